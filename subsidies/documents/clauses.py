"""What a paper says of rights and periods: the words of its day, with the blanks filled from its facts."""

from collections.abc import Callable
from typing import Any

from subsidies.documents.data import NoticeData
from subsidies.documents.decisions import AcceptanceData, CorrectionData, RecoveryData
from subsidies.documents.wording import day


def _acceptance(data: AcceptanceData) -> dict[str, str]:
    until = f"（{day(data.review_by)}前，含当日）" if data.review_by else ""
    return {"review_days": str(data.review_days), "review_by": until, "publicity_days": str(data.publicity_days)}


def _correction(data: CorrectionData) -> dict[str, str]:
    return {"due_on": day(data.due_on), "days": str(data.days)}


def _recovery(data: RecoveryData) -> dict[str, str]:
    return {"due_on": day(data.due_on), "days": str(data.days), "centre": data.centre}


def _notice(data: NoticeData) -> dict[str, str]:
    days = {"arrival_days": str(data.arrival_days), "report_days": str(data.report_days)}
    return {"bank": data.bank, "account_tail": data.account_tail, **days}


BLANKS: dict[type, Callable[[Any], dict[str, str]]] = {
    AcceptanceData: _acceptance,
    CorrectionData: _correction,
    RecoveryData: _recovery,
    NoticeData: _notice,
}


def lines_of(data: Any) -> list[str]:
    """The paragraphs of a paper's clauses; none where the paper has no words of the centre."""
    clauses = getattr(data, "clauses", None)
    if clauses is None:
        return []
    facts = BLANKS[type(data)](data) if type(data) in BLANKS else {}
    return clauses.text.format_map(facts).splitlines()
