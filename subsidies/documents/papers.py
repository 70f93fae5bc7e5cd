"""The papers, one function each. All take their facts and the issue that makes them ours."""

from enum import Enum
from typing import Any

import segno

from subsidies.documents.data import BatchData, Issue, NoticeData, ReceiptData, facts_sha256
from subsidies.documents.rendering import render_html, render_pdf

LISTED_ON_SHEET = 12  # more payees never fit on the one page of the approval sheet
QR_MASK = 3  # any of the eight can be read; weighing them would take a tenth of a notice's time


class Paper(Enum):
    """Kind of paper: its stable name, which is also its template, and its title."""

    RECEIPT = "receipt"
    APPROVAL_SHEET = "approval_sheet"
    PAYMENT_DETAIL = "payment_detail"
    PAYMENT_NOTICE = "payment_notice"

    @property
    def title(self) -> str:
        return TITLES[self]


TITLES = {
    Paper.RECEIPT: "申报回执",
    Paper.APPROVAL_SHEET: "保费补贴资金拨付审批表",
    Paper.PAYMENT_DETAIL: "保费补贴资金拨付明细表",
    Paper.PAYMENT_NOTICE: "保费补贴资金拨付通知书",
}


def receipt(data: ReceiptData, issue: Issue) -> bytes:
    """申报回执, for whoever filed."""
    return render_pdf(page(paper_facts(Paper.RECEIPT, data, issue)))


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
    """保费补贴资金拨付通知书, one for each enterprise; set a little tighter where that saves the second page."""
    facts = paper_facts(Paper.PAYMENT_NOTICE, data, issue)
    return render_pdf(page(facts), shorter=lambda: page({**facts, "tight": True}))


def paper_facts(paper: Paper, data: Any, issue: Issue) -> dict[str, Any]:
    return {
        "paper": paper,
        "data": data,
        "issue": issue,
        "sha256": facts_sha256(paper.value, data, issue),
        "qr": segno.make(issue.verify_url, error="m", micro=False, mask=QR_MASK).svg_inline(border=0, omitsize=True),
    }


def page(facts: dict[str, Any]) -> str:
    """The HTML that becomes the PDF."""
    return render_html(f"{facts['paper'].value}.html", facts)
