"""Filings through one insurer: narrowed by what is asked for, and as a list to take away."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet

from enterprises.rules import normalise_credit_code
from subsidies.models import Application
from subsidies.states import State

from .cases import next_step

# States under one heading of the list; the last takes all.
SHOWN = {
    State.DRAFT.value: ("草稿", [State.DRAFT]),
    State.PENDING_CONFIRM.value: ("等企业确认", [State.PENDING_CONFIRM]),
    State.CORRECTION.value: ("待补正或申辩", [State.CORRECTION, State.REJECTION_PROPOSED]),
    "all": ("全部", list(State)),
}
HEAD = ["申报编号", "企业", "统一社会信用代码", "申报周期", "保单号", "状态", "下一步", "提交时间", "应补金额", "核定补贴"]


def narrowed(cases: QuerySet[Application], *, state: str = "all", window: str = "", q: str = "") -> QuerySet[Application]:
    """`q` is the beginning of a name, a credit code or a number."""
    cases = cases.filter(state__in=SHOWN.get(state, SHOWN["all"])[1])
    if window.isdecimal():
        cases = cases.filter(window=window)
    if term := q.strip():
        code = normalise_credit_code(term)
        cases = cases.filter(
            Q(legal_entity__name__startswith=term) | Q(legal_entity__credit_code__startswith=code) | Q(number__startswith=term.upper())
        )
    return cases


def lines(cases: QuerySet[Application]) -> Iterator[list]:
    for case in cases.select_related("window", "legal_entity", "policy").order_by("-pk").iterator(chunk_size=500):
        yield [
            *(case.number, case.legal_entity.name, case.legal_entity.credit_code, case.window.name),
            *(case.policy.number if case.policy else None, case.get_state_display(), next_step(case), case.submitted_at),
            *(case.entitled, case.awarded),
        ]
