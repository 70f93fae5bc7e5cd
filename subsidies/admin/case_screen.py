"""What the case screen shows: facts with what differs, the amount line by line, checks, papers, the way of the case, its trail."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from pilot_portal.audit.workbench import trail
from pilot_portal.reference.services import last_day, working_days_between
from subsidies import rules
from subsidies.models import Application, Finding, Review, Verdict
from subsidies.services.facts import basis_of
from subsidies.states import State

from .case_matters import matters_of

WHOSE = {State.CORRECTION: "企业应于 {day}前补正", State.REJECTION_PROPOSED: "陈述申辩至 {day}"}
FILED_WORDS = {
    "applicant": "企业名称",
    "policy": "保单号",
    "signed_on": "签订日期",
    "starts_on": "保险起期",
    "ends_on": "保险止期",
    "policy_total": "保单保费",
    "invoices_total": "发票合计",
    "paid_cny": "实付合计",
}


@dataclass(frozen=True)
class Due:
    sentence: str
    left: int  # working days
    over: bool
    ours: bool  # the centre's, not the applicant's


@dataclass(frozen=True)
class Figure:
    """One figure of the premium by its source; `differs` when it is not the policy's."""

    source: str
    amount: Decimal | None
    differs: bool


def due_of(case: Application, now: datetime) -> Due | None:
    """By when the running step should be done; None where nothing runs."""
    if case.due_at is None or case.is_held:
        return None
    last = last_day(case.due_at)
    left = working_days_between(timezone.localdate(now), last)
    sentence = WHOSE.get(case.state, "应于 {day}前办理").format(day=f"{last.month} 月 {last.day} 日")
    return Due(sentence, left, case.due_at <= now, case.state not in WHOSE)


def figures_of(case: Application, now: datetime) -> list[Figure]:
    """The premium by policy, invoices and payment."""
    basis = basis_of(case.policy, case.window.paid_until, timezone.localdate(now))
    sources = [("保单", basis.policy_total), ("发票合计", basis.invoices_total), ("截止前实付", basis.paid_cny)]
    return [Figure(source, amount, amount != basis.policy_total) for source, amount in sources]


def changed_since_filing(case: Application, now: datetime) -> list[tuple[str, str, str]]:
    """(what, then, now) where today's rows are no longer what was filed."""
    filed, policy, basis = case.snapshot, case.policy, basis_of(case.policy, case.window.paid_until, timezone.localdate(now))
    today = {
        "applicant": case.legal_entity.name,
        "policy": policy.number,
        "signed_on": policy.signed_on.isoformat(),
        "starts_on": policy.starts_on.isoformat(),
        "ends_on": policy.ends_on.isoformat(),
        "policy_total": str(basis.policy_total),
        "invoices_total": str(basis.invoices_total),
        "paid_cny": str(basis.paid_cny),
    }
    return [(FILED_WORDS[name], filed.get(name, ""), value) for name, value in today.items() if name in filed and filed[name] != value]


def amount_lines(case: Application, review: Review | None, now: datetime) -> list[rules.Line]:
    """How the amount comes about: on the papers until it is reviewed, then on the figures that the review recognised."""
    if case.entitled is None or review is None:
        basis = basis_of(case.policy, case.window.paid_until, timezone.localdate(now))
        return rules.explain(basis, case.terms, "按材料计算")
    basis = rules.Basis(policy_total=review.policy_premium, invoices_total=review.invoiced or None, paid_cny=review.paid or None)
    lowered = case.entitled if case.entitled < review.computed else None
    lines = rules.explain(basis, case.terms, "应补金额", lowered)
    if case.awarded is not None:
        short = "预算不足，同比例核定" if case.awarded < case.entitled else "按应补金额核定"
        lines.append(rules.Line("核定补贴", case.awarded, short, total=True))
    return lines


@dataclass(frozen=True)
class Checked:
    """A check with its form, where it may be judged now, and (label, address) of what shows it."""

    finding: Finding
    form: object
    evidence: list[tuple[str, str]]

    @property
    def tone(self) -> str:
        return {Verdict.PASSED: "done", Verdict.FAILED: "stop"}.get(self.finding.verdict, "wait")

    @property
    def is_automatic(self) -> bool:
        """Passed by the machine; no officer has written a ground."""
        return self.finding.verdict == Verdict.PASSED and not self.finding.note

    @property
    def sign(self) -> str:
        return {Verdict.PASSED: "✓", Verdict.FAILED: "✕"}.get(self.finding.verdict, "!")


def checks_of(findings: list[Finding], form_for, papers: list[tuple]) -> list[Checked]:
    """What an officer has to judge or has judged, in the order of the checks; then what the machine passed, without forms."""
    opens = {stored.pk: url for _, stored, url in papers}
    checks = (Checked(finding, None, evidence_of(finding, opens)) for finding in findings)
    ordered = sorted(checks, key=lambda check: (check.is_automatic, check.finding.pk))
    return [check if check.is_automatic else replace(check, form=form_for(check.finding)) for check in ordered]


def evidence_of(finding: Finding, opens: dict[int, str]) -> list[tuple[str, str]]:
    """What an officer has named, else what the machine looked at; papers that the screen does not open any more are left out."""
    seen = finding.evidence.get("seen")
    return [
        (f"{kind}第 {page} 页" if page else kind, f"{opens[pk]}#page-{page}" if page else opens[pk])
        for kind, pk, page in ([seen] if seen else finding.evidence.get("papers", []))
        if pk in opens
    ]


def events_of(case: Application):
    """The case's own events, those of what lies beside it, of its policy and mandate, and of the lists it stood on."""
    matters = matters_of(case)
    others = [case.policy, case.entrustment, case.allocation, case.determination, case.public_notice]
    return trail(case, *matters.proposals, *matters.objections, *matters.recoveries, *(one for one in others if one is not None))
