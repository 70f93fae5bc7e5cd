"""What an endorsement or a surrender will mean for the case on its policy, said before it is registered."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from insurers.models import EndorsementKind, Policy
from pilot_portal.accounts.models import User
from subsidies import rules
from subsidies.models import Application
from subsidies.services.facts import basis_of
from subsidies.services.recovery import PAID, RECKONED, recovered
from subsidies.states import ENDED, UNFILED

from .words import day_in_words

ZERO = Decimal("0.00")
NO_TOP_UP = "批改不补发补贴：保费增加的，已核定或已拨付的补贴不变。"


def consequences(policy: Policy, user: User, *, facts: dict, at: datetime) -> list[str]:
    """Sentences on what follows, with amounts of cases that this person may see. `facts` as the verbs take them."""
    premium_after = facts.get("premium_after", ZERO)
    kind = EndorsementKind(facts.get("kind", EndorsementKind.SURRENDER))
    said = []
    if facts["effective_on"] > timezone.localdate(at):
        said.append(f"{day_in_words(facts['effective_on'])}生效，生效前申报照常办理，生效当日按下面的说明处理。")
    filed = list(Application.objects.standing_on([policy]).select_related("window").order_by("pk"))
    said += [_of_case(case, policy, user, kind, premium_after, at) for case in filed]
    if not filed:
        said.append(
            "这份保单没有用于申报。退保后不能再用于申报。"
            if kind == EndorsementKind.SURRENDER
            else "这份保单没有用于申报。以后申报时按批改后的保费计算补贴。"
        )
    if policy.applications.filter(state__in=UNFILED).exists():
        said.append("用这份保单的草稿没有提交，预计补贴会随之变化。" if premium_after else "用这份保单的草稿不能再提交，请改选其他保单。")
    return [*said, "登记后企业会收到通知，批单不能修改或删除。"]


def _of_case(case: Application, policy: Policy, user: User, kind: EndorsementKind, premium_after: Decimal, at: datetime) -> str:
    if not Application.objects.visible_to(user).filter(pk=case.pk).exists():
        return "企业已用这份保单申报。中心会据此重新核算，多领的补贴须退回。"
    premium = _premium(case, policy, premium_after, at)
    if case.state in PAID:
        return _of_paid(case, kind, premium)
    if case.state in ENDED:
        return f"申报 {case.number} 已终止，不受影响。"
    stands = f"申报 {case.number}（{case.get_state_display()}）："
    if case.state in RECKONED:
        return stands + _of_reckoned(case, premium)
    return stands + ("保单已退保，不能获得补贴。" if kind == EndorsementKind.SURRENDER else "还没有完成初审，按批改后的保费重新核查。")


def _of_reckoned(case: Application, premium: Decimal) -> str:
    after = min(rules.entitlement(premium, case.terms), case.entitled)
    if after == case.entitled:
        return f"应补金额 {case.entitled:,.2f} 元不变。{NO_TOP_UP}"
    return f"应补金额由 {case.entitled:,.2f} 元降为 {after:,.2f} 元，本件将暂停办理，由中心重新核算或终止拨付。"


def _of_paid(case: Application, kind: EndorsementKind, premium: Decimal) -> str:
    if kind == EndorsementKind.SURRENDER:
        recovery = rules.recovery_after_surrender(case.awarded)
    else:
        recovery = rules.recovery_after_endorsement(case.awarded, case.entitled, premium, case.terms)
    amount = recovery.recover - recovered(case)
    if amount <= 0:
        return f"申报 {case.number} 已拨付 {case.awarded:,.2f} 元，不需要退回。{NO_TOP_UP}"
    return f"申报 {case.number} 已拨付 {case.awarded:,.2f} 元，拟向企业追回 {amount:,.2f} 元，由市知识产权局决定。"


def _premium(case: Application, policy: Policy, premium_after: Decimal, at: datetime) -> Decimal:
    """The recognised premium once the endorsement is in effect, CNY; of a reviewed case never above what was recognised."""
    if premium_after == 0:
        return ZERO
    basis = basis_of(policy, case.window.paid_until, timezone.localdate(at))
    premium = rules.recognised_premium(replace(basis, policy_total=premium_after))
    return premium if case.recognised_premium is None else min(premium, case.recognised_premium)
