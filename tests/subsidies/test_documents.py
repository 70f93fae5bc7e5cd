"""Papers say what they were given, look the same every time, and take nothing from outside."""

import hashlib
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

import pikepdf
import pypdfium2
import pytest
import segno
from django.conf import settings

from subsidies import documents
from subsidies.documents import rendering, wording
from subsidies.documents.papers import QR_MASK, Paper, page, paper_facts
from subsidies.rules import SCHEME, Terms, rmb_capitals
from tests.subsidies import papers

DRAW = {
    Paper.RECEIPT: (documents.receipt, papers.filing()),
    Paper.ACCEPTANCE: (documents.acceptance, papers.acceptance()),
    Paper.CORRECTION: (documents.correction, papers.correction()),
    Paper.REFUSAL: (documents.refusal, papers.refusal()),
    Paper.REJECTION: (documents.rejection, papers.rejection()),
    Paper.PUBLIC_NOTICE: (documents.public_notice, papers.public_notice()),
    Paper.RECOVERY: (documents.recovery, papers.recovery()),
    Paper.APPROVAL_SHEET: (documents.approval_sheet, papers.batch()),
    Paper.PAYMENT_DETAIL: (documents.payment_detail, papers.batch()),
    Paper.PAYMENT_NOTICE: (documents.payment_notice, papers.notice()),
}


def drawn(paper: Paper) -> bytes:
    draw, data = DRAW[paper]
    return draw(data, papers.issue())


@pytest.fixture(scope="module", params=list(Paper), ids=lambda paper: paper.value)
def any_paper(request):
    return request.param, drawn(request.param)


def test_every_paper_carries_title_number_code_and_the_hash_of_its_facts(any_paper):
    paper, pdf = any_paper
    said = papers.joined(pdf)
    for wanted in (
        paper.title,
        "中知促拨〔2026〕31号",
        "核验码：7K3M-92QD",
        documents.facts_sha256(paper.value, DRAW[paper][1], papers.issue()),
    ):
        assert wanted in said


def test_every_paper_leaves_room_for_a_seal_and_draws_none(any_paper):
    _, pdf = any_paper
    assert "（盖章）" in papers.joined(pdf)
    assert not any(page.get_images() for page in pikepdf.open(BytesIO(pdf)).pages)


BLANK = re.compile(r".*[\u4e00-\u9fff，。；：（）] [0-9¥].*|.*[0-9] [\u4e00-\u9fff，。；：（）].*")


@pytest.mark.parametrize("paper", Paper)
def test_no_blank_stands_between_figures_and_characters(paper):
    html = page(paper_facts(paper, DRAW[paper][1], papers.issue()))
    assert not [text for text in re.split(r"<[^>]*>", html) if BLANK.search(text)]
    sentences = [line for line in papers.text(drawn(Paper.PAYMENT_NOTICE)).splitlines() if "　" not in line]
    assert not [line for line in sentences if BLANK.search(line)]


def test_only_our_fonts_are_used_and_all_are_embedded(any_paper):
    _, pdf = any_paper
    assert papers.fonts(pdf) == {"Noto-Serif-SC-Cut": True, "Noto-Sans-SC-Cut": True}


def test_every_paper_is_pdf_a_2b_with_a_chinese_title_and_the_day_of_its_issue(any_paper):
    paper, pdf = any_paper
    with pikepdf.open(BytesIO(pdf)) as opened:
        assert opened.docinfo["/Title"] == f"{paper.title}（中知促拨〔2026〕31号）"
        assert opened.docinfo["/CreationDate"] == "D:20261002093005+08'00"
        assert opened.Root.Lang == "zh-CN"
        assert opened.Root.OutputIntents[0].S == "/GTS_PDFA1"
        assert {"/OpenAction", "/AA", "/Names", "/AcroForm"}.isdisjoint(opened.Root.keys())
        with opened.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")


def test_the_printed_code_leads_to_the_page_that_verifies_it(any_paper):
    _, pdf = any_paper
    opened = pypdfium2.PdfDocument(pdf)
    picture = opened[len(opened) - 1].render(scale=300 / 72).to_pil().convert("L")
    code = segno.make("https://portal.example/verify/7K3M-92QD/", error="m", micro=False, mask=QR_MASK).matrix
    step = 18 / 25.4 * 300 / len(code)  # printed 18 mm wide at the right edge of the type area
    millimetre, margins = 300 / 25.4, (26, 28, 37)
    places = [
        (x, y)
        for margin in margins
        for x in [picture.width - margin * millimetre - 18 * millimetre]
        for y in range(picture.height // 2, picture.height - round(18 * millimetre))
    ]

    def matches(x, y):
        return all(
            (picture.getpixel((int(x + (c + 0.5) * step), int(y + (r + 0.5) * step))) < 128) == bool(dark)
            for r, row in enumerate(code)
            for c, dark in enumerate(row)
        )

    assert any(matches(x, y) for x, y in places)


def elsewhere(script: str) -> str:
    """What a script prints in a process with another hash seed, time zone and language."""
    prepared = f"from django.conf import settings; settings.configure(FONT_DIR={str(settings.FONT_DIR)!r})\nimport hashlib, os\n{script}"
    environment = {"PYTHONHASHSEED": "7", "TZ": "America/New_York", "LANG": "C", "TEST_RUN": "elsewhere", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", prepared]
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True, timeout=60).stdout


def test_the_same_facts_give_the_same_bytes_twice_and_in_another_process(any_paper):
    paper, pdf = any_paper
    assert drawn(paper) == pdf
    script = "from tests.subsidies.test_documents import *; print(hashlib.sha256(drawn(Paper({}))).hexdigest())"
    assert elsewhere(script.format(repr(paper.value))).strip() == hashlib.sha256(pdf).hexdigest()


def test_a_forked_worker_draws_what_its_parent_draws():
    script = """
from tests.subsidies.test_documents import *
before = drawn(Paper.PAYMENT_NOTICE)
child = os.fork()
if not child:
    os._exit(drawn(Paper.PAYMENT_NOTICE) != before)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), drawn(Paper.PAYMENT_NOTICE) == before)
"""
    assert elsewhere(script).split() == ["0", "True"]


def test_threads_draw_one_after_the_other():
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(drawn, [Paper.PAYMENT_NOTICE] * 8)) == {drawn(Paper.PAYMENT_NOTICE)}


def test_the_style_sheet_holds_nothing_that_is_not_understood(caplog):
    rendering._set_up.cache_clear()
    for paper in Paper:
        drawn(paper)
    assert not [record.getMessage() for record in caplog.records if record.name.startswith("weasyprint")]


def test_another_fact_is_another_hash_and_the_address_of_the_portal_is_no_fact():
    data, issue = papers.notice(), papers.issue()
    same = documents.facts_sha256("payment_notice", data, replace(issue, site_url="https://elsewhere.example"))
    others = [
        documents.facts_sha256("payment_notice", replace(data, payee="北京沐川智能装备公司"), issue),
        documents.facts_sha256("payment_notice", data, replace(issue, verify_code="7K3M-92QE")),
        documents.facts_sha256("receipt", data, issue),
    ]
    hashes = {documents.facts_sha256("payment_notice", data, issue), *others}
    assert len(hashes) == 4
    assert same in hashes


def test_a_receipt_says_what_was_filed_and_when_the_answer_comes():
    pdf = drawn(Paper.RECEIPT)
    said, rows = papers.joined(pdf), papers.rows(pdf)
    for wanted in (
        "（申报编号BJIP-2026-000123-7K）",
        "91110108MA01ABCD3X",
        "2026年8月12日09:30:05",
        "在2026年8月19日前（含当日）受理",
        "王*",
    ):
        assert wanted in said
    for wanted in ("认定保费33,333.33", "×80%，舍去分以下26,666.66", "最高80万元—未达上限", "预计补贴26,666.66"):
        assert wanted in rows
    assert "人民币贰万陆仟陆佰陆拾陆元陆角陆分（¥26,666.66）" in said
    assert "保单.pdf（1.2MB）" + "a1" * 32 in said
    assert "发票〔U+202E〕fdp.exe（1KB）" + "b2" * 32 in said


def test_a_notice_explains_the_amount_and_shows_the_tail_of_the_account_alone():
    said = papers.joined(drawn(Paper.PAYMENT_NOTICE))
    assert (
        "认定保费33,333.33元，按80%计算为26,666.66元，未超过80万元上限。本次拨付金额为人民币贰万陆仟陆佰陆拾陆元陆角陆分（¥26,666.66）"
        in said
    )
    assert "账户（尾号0170），预计5个工作日内到账" in said
    assert "中关村知识产权促进中心（盖章）2026年10月2日" in said


def test_a_capped_and_reduced_award_names_both_reasons_and_keeps_to_one_page():
    data = papers.notice(
        payee=papers.LONG_NAME,
        premium=Decimal("1200000.00"),
        awarded=Decimal("765432.10"),
        why_less="本期预算不足，各申报企业按同一比例核定",
    )
    pdf = documents.payment_notice(data, papers.issue())
    said = papers.joined(pdf)
    assert papers.LONG_NAME in said
    assert "按80%计算为960,000.00元，超过80万元上限，以上限为准；本期预算不足，各申报企业按同一比例核定。" in said
    assert papers.pages(pdf) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"awarded": Decimal("26666.67")}, "more than the 26666.66"),
        ({"premium": Decimal("2000000.00"), "awarded": Decimal("800000.01")}, "more than the 800000.00"),
        ({"awarded": Decimal("26666.65")}, "needs its reason"),
        ({"account_tail": "0859827198035247170"}, "last four figures"),
    ],
)
def test_a_notice_that_breaks_the_scheme_is_never_drawn(changes, why):
    with pytest.raises(ValueError, match=why):
        papers.notice(**changes)


@pytest.mark.parametrize("count", [1, 4, 12, 500])
def test_an_approval_sheet_is_one_page_with_count_and_total_for_any_batch(count):
    data = papers.batch(count)
    pdf = documents.approval_sheet(data, papers.issue("SP-2026-01-003"))
    said = papers.joined(pdf)
    assert papers.pages(pdf) == 1
    assert f"{count}笔合计（元）{data.total:,.2f}" in papers.rows(pdf)
    assert rmb_capitals(data.total) in said
    assert data.sha256 in said
    assert (data.lines[0].account in said) == (count < 12)
    assert ("名单" in said) == (count >= 12)


@pytest.fixture(scope="module")
def long_detail():
    data = papers.batch(500)
    return data, documents.payment_detail(data, papers.issue("MX-2026-01-003"))


def test_a_detail_of_500_payments_repeats_its_head_and_misses_none(long_detail):
    data, pdf = long_detail
    leaves = papers.text(pdf).split("\f")[:-1]
    assert len(leaves) == papers.pages(pdf) > 40
    assert all("收款人全称" in leaf and "—" in leaf for leaf in leaves)
    said = "\n".join(leaves)
    for payment in data.lines:
        assert said.count(payment.serial) == said.count(payment.account) == 1
    assert re.findall(r"—\s?(\d+)\s?—", said) == [str(number) for number in range(1, len(leaves) + 1)]


def test_the_printed_amounts_of_a_detail_add_up_to_its_total(long_detail):
    data, pdf = long_detail
    said = papers.text(pdf)
    table = said[: said.index("合计（500笔）")]
    amounts = [Decimal(figure.replace(",", "")) for figure in re.findall(r"(?<![\d,])(\d{1,3}(?:,\d{3})*\.\d{2})(?![\d.])(?!元)", table)]
    assert sum(amounts) == 2 * data.total  # 认定保费 and 拨付金额 are the same here
    assert f"¥{data.total:,.2f}" in said
    assert rmb_capitals(data.total) in "".join(said.split())


def test_rare_characters_print_from_the_cut_then_from_the_whole_font_then_as_their_code():
    pdf = documents.payment_notice(papers.notice(payee="北京赟𬭸亖𠮷公司"), papers.issue())
    assert "北京赟𬭸亖〔U+20BB7〕公司：" in papers.joined(pdf)
    assert set(papers.fonts(pdf)) == {"Noto-Serif-SC-Cut", "Noto-Sans-SC-Cut", "Noto-Serif-SC"}


def test_markup_in_a_name_is_text():
    data = papers.batch(2, papers.line(1, payee=papers.HOSTILE_NAME), papers.line(2))
    for draw in (documents.payment_detail, documents.approval_sheet):
        assert "".join(papers.HOSTILE_NAME.split()) in papers.joined(draw(data, papers.issue()))


@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/x.png", "data:image/png;base64,AAAA", "ftp://127.0.0.1/x"])
@pytest.mark.parametrize(
    "way",
    [
        '<img src="{}">',
        '<link rel="stylesheet" href="{}">',
        '<p style="background:url({})">x',
        '<svg width="9" height="9"><image width="9" height="9" href="{}"/></svg>',
    ],
)
def test_a_page_that_wants_something_from_outside_is_not_drawn(address, way):
    with pytest.raises(RuntimeError, match="from outside: "):
        rendering.render_pdf(f"<!doctype html><p>甲</p>{way.format(address)}")


def test_a_missing_library_or_font_is_named_with_its_remedy(monkeypatch, tmp_path):
    rendering._set_up.cache_clear()
    monkeypatch.setattr(settings, "FONT_DIR", tmp_path)
    with pytest.raises(RuntimeError, match="cut_fonts"):
        drawn(Paper.PAYMENT_NOTICE)
    monkeypatch.setattr(rendering, "harfbuzz_subset", None)
    with pytest.raises(RuntimeError, match="apt-get install libharfbuzz-subset0"):
        drawn(Paper.PAYMENT_NOTICE)


def test_dates_and_amounts_are_written_as_papers_write_them():
    issued = papers.issue().issued_at
    assert (wording.day(issued), wording.moment(issued), wording.w3c(issued)) == (
        "2026年10月2日",
        "2026年10月2日09:30:05",
        "2026-10-02T09:30:05+08:00",
    )
    assert [wording.round_sum(Decimal(text)) for text in ("800000.00", "12345.60", "0.00")] == ["80万元", "12,345.60元", "0.00元"]
    assert [wording.percent(rate) for rate in (SCHEME.rate, Decimal("0.755"))] == ["80%", "75.5%"]
    assert [wording.file_size(size) for size in (0, 1, 1024, 1025, 1_048_576, 5_500_000)] == ["0KB", "1KB", "1KB", "2KB", "1.0MB", "5.2MB"]
    assert wording.close_up("最高 80 万元，× 80%，见 Policy No 7 号") == "最高80万元，×80%，见Policy No 7号"
    assert papers.notice(terms=Terms(Decimal("0.50"), Decimal("10000.00")), awarded=Decimal("10000.00")).capped
