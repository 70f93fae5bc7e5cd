"""Disbursement notices by our code against bare WeasyPrint: same pages, same style sheet, same fonts, both warm, in one process."""

from django.conf import settings
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from bench.row import Row, time_ratio
from subsidies.documents import Paper, payment_notice
from subsidies.documents.papers import page, paper_facts
from subsidies.documents.rendering import TEMPLATES
from subsidies.fonts import only_our_fonts
from tests.subsidies import papers

NOTICES = [(papers.notice(payee=f"北京第{n}智能装备有限公司"), papers.issue(f"中知促拨〔2026〕{n}号")) for n in range(1, 41)]


def rows() -> list[Row]:
    with only_our_fonts(settings.FONT_DIR):
        fonts = FontConfiguration()
    style = CSS(string=(TEMPLATES / "official.css").read_text(), font_config=fonts)
    pages = [page(paper_facts(Paper.PAYMENT_NOTICE, *notice)) for notice in NOTICES]

    def ours() -> None:
        for notice in NOTICES:
            payment_notice(*notice)

    def bare() -> None:
        for html in pages:
            HTML(string=html).write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/a-2b")

    return [Row("40 disbursement notices, time against bare WeasyPrint", time_ratio(ours, bare), 1.15)]
