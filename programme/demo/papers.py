"""Papers that the sample enterprises upload: real PDFs with a text layer, plainly marked as fictional."""

import io
from dataclasses import dataclass
from datetime import date, timedelta

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile

from insurers.rules import one_year_after
from subsidies.documents.rendering import render_html, render_pdf

from .samples import Sample


@dataclass(frozen=True)
class Sheet:
    title: str
    lines: tuple[tuple[str, str], ...]
    signed: str = ""


def press(*sheets: Sheet) -> list[SimpleUploadedFile]:
    """A one-page PDF a sheet, named after its title. Laid out as one paper and taken apart, which is several times faster."""
    together = render_pdf(render_html("sample_paper.html", {"sheets": sheets}))
    with pikepdf.open(io.BytesIO(together)) as pages:
        if len(pages.pages) != len(sheets):
            raise ValueError(f"a sample paper needs more than its page: {[sheet.title for sheet in sheets]}")
        return [_upload(sheet.title, page) for sheet, page in zip(sheets, pages.pages, strict=True)]


def _upload(title: str, page: pikepdf.Page) -> SimpleUploadedFile:
    single, content = pikepdf.new(), io.BytesIO()
    single.pages.append(page)
    single.docinfo["/Title"] = title
    single.save(content, deterministic_id=True)
    return SimpleUploadedFile(f"{title}.pdf", content.getvalue(), content_type="application/pdf")


def paper(title: str, *lines: tuple[str, str], signed: str = "") -> SimpleUploadedFile:
    """One paper by itself."""
    return press(Sheet(title, lines, signed))[0]


@dataclass(frozen=True)
class Folder:
    """What an enterprise brings along."""

    licence: SimpleUploadedFile
    category: SimpleUploadedFile
    account: SimpleUploadedFile
    policy: SimpleUploadedFile
    invoice: SimpleUploadedFile
    payment: SimpleUploadedFile


def folder(sample: Sample, signed_on: date) -> Folder:
    """The papers of a sample whose policy was signed on this day."""
    starts = signed_on + sample.start_after_signing
    last_day = one_year_after(starts) - timedelta(days=1)
    sheets = (
        Sheet("营业执照", (("名称", sample.name), ("统一社会信用代码", sample.credit_code), ("类型", "有限责任公司（企业法人）"))),
        Sheet("企业类别证明", (("企业", sample.name), ("类别", sample.category))),
        Sheet("基本存款账户信息", (("户名", sample.name), ("账号", sample.account), ("开户行", sample.bank))),
        Sheet(
            "知识产权海外纠纷法律费用保险保险单",
            (
                ("保险单号", sample.policy_signed_in(signed_on.year)),
                ("被保险人", sample.name),
                ("签订日期", signed_on.isoformat()),
                ("保险期间", f"{starts}零时起至{last_day}二十四时止"),
                ("保险费（含税）", f"人民币{sample.premium:,.2f}元"),
            ),
            signed=sample.insurer,
        ),
        Sheet("保费发票", (("发票号码", sample.invoice), ("购买方", sample.name), ("价税合计", f"{sample.premium:,.2f}元"))),
        Sheet("银行付款回单", (("付款人", sample.name), ("金额", f"{sample.paid:,.2f}元"), ("流水号", f"LS{sample.invoice}"))),
    )
    return Folder(*press(*sheets))


def endorsement(sample: Sample, number: str, effective_on: date, what: str) -> SimpleUploadedFile:
    """批单, as an insurer writes it."""
    return paper(
        "保险批单",
        ("批单号", number),
        ("被保险人", sample.name),
        ("生效日期", effective_on.isoformat()),
        ("批改内容", what),
        signed=sample.insurer,
    )


def mandate(sample: Sample, until: date) -> SimpleUploadedFile:
    """委托书 with the enterprise's seal, where it has no account here."""
    return paper(
        "委托书",
        ("委托企业", sample.name),
        ("受托保险公司", sample.insurer),
        ("委托事项", "代为申报知识产权海外纠纷法律费用保险保费补贴，含提交和补正"),
        ("委托期至", until.isoformat()),
        signed=f"{sample.name}（盖章）",
    )
