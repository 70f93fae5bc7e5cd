"""The papers, one function each. Issued ones take their facts and the issue that makes them ours; forms to seal take their facts alone."""

from enum import Enum
from typing import Any

import segno

from subsidies.documents.clauses import lines_of
from subsidies.documents.data import BatchData, Issue, NoticeData, ReceiptData, facts_sha256
from subsidies.documents.decisions import AcceptanceData, CorrectionData, PublicNoticeData, RecoveryData, RefusalData, RejectionData
from subsidies.documents.forms import ApplicationForm, EntrustmentForm, PledgeForm
from subsidies.documents.rendering import render_html, render_pdf

LISTED_ON_SHEET = 12  # more payees never fit on the one page of the approval sheet
QR_MASK = 3  # any of the eight can be read; weighing them would take a tenth of a notice's time


class Paper(Enum):
    """Kind of issued paper: its stable name, which is also its template, and its title."""

    RECEIPT = "receipt"
    ACCEPTANCE = "acceptance"
    CORRECTION = "correction"
    REFUSAL = "refusal"
    REJECTION = "rejection"
    PUBLIC_NOTICE = "public_notice"
    RECOVERY = "recovery"
    APPROVAL_SHEET = "approval_sheet"
    PAYMENT_DETAIL = "payment_detail"
    PAYMENT_NOTICE = "payment_notice"

    @property
    def title(self) -> str:
        return TITLES[self]


TITLES = {
    Paper.RECEIPT: "申报回执",
    Paper.ACCEPTANCE: "受理通知书",
    Paper.CORRECTION: "补正告知书",
    Paper.REFUSAL: "不予受理通知书",
    Paper.REJECTION: "不予补贴决定书",
    Paper.PUBLIC_NOTICE: "拟补贴企业名单公示",
    Paper.RECOVERY: "退回补贴资金通知书",
    Paper.APPROVAL_SHEET: "保费补贴资金拨付审批表",
    Paper.PAYMENT_DETAIL: "保费补贴资金拨付明细表",
    Paper.PAYMENT_NOTICE: "保费补贴资金拨付通知书",
}


def receipt(data: ReceiptData, issue: Issue) -> bytes:
    """申报回执, for whoever filed."""
    return render_pdf(page(paper_facts(Paper.RECEIPT, data, issue)))


def acceptance(data: AcceptanceData, issue: Issue) -> bytes:
    """受理通知书."""
    return _letter(Paper.ACCEPTANCE, data, issue)


def correction(data: CorrectionData, issue: Issue) -> bytes:
    """补正告知书, with everything that is to be mended."""
    return _letter(Paper.CORRECTION, data, issue)


def refusal(data: RefusalData, issue: Issue) -> bytes:
    """不予受理通知书."""
    return _letter(Paper.REFUSAL, data, issue)


def rejection(data: RejectionData, issue: Issue) -> bytes:
    """不予补贴决定书."""
    return _letter(Paper.REJECTION, data, issue)


def public_notice(data: PublicNoticeData, issue: Issue) -> bytes:
    """拟补贴企业名单公示, every enterprise and amount."""
    return _letter(Paper.PUBLIC_NOTICE, data, issue)


def recovery(data: RecoveryData, issue: Issue) -> bytes:
    """退回补贴资金通知书."""
    return _letter(Paper.RECOVERY, data, issue)


def approval_sheet(data: BatchData, issue: Issue) -> bytes:
    """保费补贴资金拨付审批表, to be signed. It lists the payees as long as they fit on its one page; the 拨付明细表 always does."""
    facts = paper_facts(Paper.APPROVAL_SHEET, data, issue)
    if data.count > LISTED_ON_SHEET:
        return render_pdf(page(facts))
    return render_pdf(page({**facts, "listed": True}), shorter=lambda: page(facts))


def payment_detail(data: BatchData, issue: Issue) -> bytes:
    """保费补贴资金拨付明细表, every payment in figures and capitals."""
    return render_pdf(page(paper_facts(Paper.PAYMENT_DETAIL, data, issue)))


def payment_notice(data: NoticeData, issue: Issue) -> bytes:
    """保费补贴资金拨付通知书, one for each enterprise."""
    return _letter(Paper.PAYMENT_NOTICE, data, issue)


def application_form(data: ApplicationForm) -> bytes:
    """申请表, to be sealed."""
    return _form("application_form", data)


def pledge(data: PledgeForm) -> bytes:
    """承诺书, to be sealed."""
    return _form("pledge", data)


def entrustment(data: EntrustmentForm) -> bytes:
    """委托书, to be sealed by both."""
    return _form("entrustment", data)


def _letter(paper: Paper, data: Any, issue: Issue) -> bytes:
    """Set a little tighter where one page does not hold it."""
    facts = paper_facts(paper, data, issue)
    return render_pdf(page(facts), shorter=lambda: page({**facts, "tight": True}))


def _form(template: str, data: Any) -> bytes:
    """Set a little tighter where one page does not hold it."""
    return render_pdf(
        render_html(f"{template}.html", {"data": data}), shorter=lambda: render_html(f"{template}.html", {"data": data, "tight": True})
    )


def paper_facts(paper: Paper, data: Any, issue: Issue) -> dict[str, Any]:
    return {
        "paper": paper,
        "data": data,
        "lines": lines_of(data),
        "issue": issue,
        "sha256": facts_sha256(paper.value, data, issue),
        "qr": segno.make(issue.verify_url, error="m", micro=False, mask=QR_MASK).svg_inline(border=0, omitsize=True),
    }


def page(facts: dict[str, Any]) -> str:
    """The HTML that becomes the PDF."""
    return render_html(f"{facts['paper'].value}.html", facts)
