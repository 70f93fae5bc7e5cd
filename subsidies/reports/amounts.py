"""The amount of a case and how it comes about."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from subsidies import rules
from subsidies.models import Application
from subsidies.services.documents import filed_basis
from subsidies.services.facts import explained
from subsidies.states import AWARDED, ENDED, State

# States in which the papers still yield a figure that is not going to be paid, or probably not.
NOTHING_COMES = dict.fromkeys(ENDED, "本件已终止，不拨付补贴。") | {State.REJECTION_PROPOSED: "拟不予补贴，以市知识产权局审定为准。"}


@dataclass(frozen=True)
class Amount:
    title: str
    amount: Decimal
    lines: list[rules.Line]
    remark: str

    @property
    def capitals(self) -> str:
        return rules.rmb_capitals(self.amount)


def amount_of(application: Application, *, at: datetime) -> Amount | None:
    """What a case yields and how it comes about: expected on its papers, then as reviewed and checked, then as awarded."""
    if application.policy is None:
        return None
    if application.state in AWARDED:
        return _awarded(application)
    if application.state == State.CHECKED:
        lines = _reviewed_lines(application, "应补金额")
        return Amount("应补金额", application.entitled, lines, "截止后按本期预算统一核定，以审定和公示结果为准。")
    if application.is_filed:
        title = "按材料测算" if application.state in NOTHING_COMES else "预计补贴"
        lines = rules.explain(filed_basis(application), application.window.terms, title)
        if application.state in NOTHING_COMES:
            return Amount(title, lines[-1].amount, lines, NOTHING_COMES[application.state])
    else:
        lines = explained(application, at=at)
    return Amount("预计补贴", lines[-1].amount, lines, "最终以审核、审定和公示结果为准。")


def _awarded(application: Application) -> Amount:
    lines = _reviewed_lines(application, "应补金额")
    if application.awarded < application.entitled:
        lines.append(rules.Line("核定补贴", application.awarded, "本期预算不足，按同比例核定", total=True))
        return Amount("核定补贴", application.awarded, lines, "本期预算不足，各件按同一比例核定。")
    return Amount("核定补贴", application.awarded, [*lines[:-1], rules.Line("核定补贴", application.awarded, "", total=True)], "")


def _reviewed_lines(application: Application, result: str) -> list[rules.Line]:
    """The lines of the latest review: figures two persons agreed on, and a lowering with its reason."""
    review = application.reviews.first()
    basis = rules.Basis(policy_total=review.policy_premium, invoices_total=review.invoiced, paid_cny=review.paid)
    lowered = review.entitled if review.entitled < review.computed else None
    return rules.explain(basis, application.terms, result, lowered_to=lowered)
