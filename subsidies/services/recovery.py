"""批改, 退保 and 追回: what an endorsement means for the case on its policy, and how paid money comes back. 试点方案 六（二）1."""

from datetime import date, datetime
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from insurers.models import Endorsement, EndorsementKind
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.reference.services import deadline, last_day
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import Application, DocumentKind, Recovery
from subsidies.states import AFTER_ALLOCATION, Action, RecoveryAction, RecoveryState, State

from .applications import freeze, require_applicant
from .facts import premium_now
from .letters import alarm_head, tell, tell_officers

logger = structlog.get_logger(__name__)
CONSTRAINT_REFUSALS["recoveries_within_award"] = "recovery_exceeds_award"
CONSTRAINT_REFUSALS["recovery_of_a_paid_case"] = "nothing_to_recover"
CONSTRAINT_REFUSALS["recovery_positive"] = "nothing_to_recover"
RECKONED = {State.REVIEWED, State.REJECTION_PROPOSED, State.CHECKED} | AFTER_ALLOCATION  # their amount rests on figures that were agreed
PAID = (State.PAID, State.ARCHIVED)


@transaction.atomic
def follow_endorsement(endorsement: Endorsement, *, at: datetime) -> None:
    """Work out, once, what an endorsement in effect means for the case on its policy.

    Before review nothing is agreed yet: the checks run anew. Agreed figures that no longer hold freeze the case, for the head to recompute
    or stop it. What was paid too much becomes a proposed recovery; there is never a top-up.
    """
    locked = lock(endorsement)
    if locked.followed_at is not None or locked.effective_on > timezone.localdate(at):
        return
    for case in Application.objects.standing_on([locked.policy_id]).order_by("pk"):
        _follow(lock(case), locked, at)
    Endorsement.objects.filter(pk=locked.pk).update(followed_at=at)


def _follow(case: Application, endorsement: Endorsement, at: datetime) -> None:
    what = f"保单{endorsement.get_kind_display()}（批单 {endorsement.number}）"
    if case.state in (State.SUBMITTED, State.ACCEPTED):
        after_commit("subsidies.tasks.screen_application", case.pk)
    elif case.state in RECKONED and _entitled_now(case, at) < case.entitled:
        if not case.is_held:
            system = User.objects.system()
            freeze(case, by=system, at=at, reason=f"{what}，须重新核算或终止拨付")
            case.version += 1
            case.save()
            record(Action.HOLD, case, by=system, at=at, reason=case.held_reason)
            tell(case, "held", at=at, why=f"{what}，正在重新核算")
        alarm_head(f"endorsement:{endorsement.pk}", f"{what}：{case.number}", f"申报 {case.number} 须重新核算或终止拨付。", at=at)
    elif case.state in PAID:
        amount = _recoverable(case, at) - recovered(case)
        if amount > 0:
            _propose(case, amount, what, User.objects.system(), at, endorsement)


def _entitled_now(case: Application, at: datetime) -> Decimal:
    return min(rules.entitlement(premium_now(case, timezone.localdate(at)), case.terms), case.entitled)


def _recoverable(case: Application, at: datetime) -> Decimal:
    """Old award − new award, CNY, before what is being recovered already."""
    surrenders = Endorsement.objects.filter(policy=case.policy_id, kind=EndorsementKind.SURRENDER)
    if surrenders.filter(effective_on__lte=timezone.localdate(at)).exists():
        return rules.recovery_after_surrender(case.awarded).recover
    premium = premium_now(case, timezone.localdate(at))
    return rules.recovery_after_endorsement(case.awarded, case.entitled, premium, case.terms).recover


def recovered(case: Application) -> Decimal:
    """What has been or is being taken back of a case, CNY."""
    rows = case.recoveries.exclude(state=RecoveryState.DROPPED)
    return rows.aggregate(total=Sum("amount"))["total"] or Decimal("0.00")


def _propose(case: Application, amount: Decimal, reason: str, by: User, at: datetime, endorsement: Endorsement | None = None) -> Recovery:
    with refusing_constraints():
        made = Recovery.objects.create(
            application=case, amount=amount, reason=reason[:300], endorsement=endorsement, proposed_by=by, proposed_at=at
        )
    case.version += 1
    case.save(update_fields=["version"])
    record("propose_recovery", made, by=by, at=at, amount=amount, reason=reason)
    tell_officers(
        Role.IP_OFFICE, f"recovery:{made.pk}", f"拟追回补贴：{case.number}", f"申报 {case.number} 拟追回 {amount:,.2f} 元。", at=at
    )
    return made


@transaction.atomic
def propose_recovery(
    application: Application, *, by: User, at: datetime, amount: Decimal, reason: str, version: int | None = None
) -> Recovery:
    """The head proposes to take money back for another reason than an endorsement.

    Raises Refusal: wrong_role, moved_on, reason_missing, nothing_to_recover, recovery_exceeds_award.
    """
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="提请追回")
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    case = lock(application)
    if version is not None and case.version != version:
        raise Refusal("moved_on", object=case)
    case.require_free(by)
    if case.state not in PAID or amount <= 0:
        raise Refusal("nothing_to_recover", field="amount")
    if amount + recovered(case) > case.awarded:
        raise Refusal("recovery_exceeds_award", field="amount")
    return _propose(case, amount, reason, by, at)


def order_recovery(recovery: Recovery, *, by: User, at: datetime, version: int | None = None) -> Recovery:
    """责令退回 within the window's working days, by another person than who proposed. Raises Refusal: same_person, calendar_missing."""
    with moving(recovery, RecoveryAction.ORDER, by=by, at=at, version=version) as locked:
        if locked.proposed_by_id == by.pk:
            raise Refusal("same_person")
        locked.ordered_at, locked.ordered_by = at, by
        locked.due_on = last_day(deadline(at, locked.application.window.recovery_days))
        _tell(locked, "recovery_ordered", at, why=locked.reason)
    after_commit("subsidies.tasks.issue_paper", DocumentKind.RECOVERY.value, recovery.pk)
    return recovery


def drop_recovery(recovery: Recovery, *, by: User, at: datetime, reason: str, version: int | None = None) -> Recovery:
    """不予追回, with the reason. Raises Refusal reason_missing."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(recovery, RecoveryAction.DROP, by=by, at=at, version=version, reason=reason) as locked:
        locked.dropped_at, locked.dropped_by, locked.drop_reason = at, by, reason[:300]
        tell_officers(Role.HEAD, f"recovery_dropped:{locked.pk}", f"不予追回：{locked.application.number}", f"理由：{reason}", at=at)
    return recovery


@transaction.atomic
def prove_repayment(recovery: Recovery, *, by: User, at: datetime, paper, version: int | None = None) -> Recovery:
    """The applicant shows that it has paid back. Raises Refusal: other_applicant, wrong_state, moved_on, files'."""
    locked = lock(recovery)
    require_applicant(locked.application, by, at)
    if locked.state not in (RecoveryState.ORDERED, RecoveryState.OVERDUE):
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="上传退款凭证")
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    locked.proof, locked.version = store_upload(paper, by=by, at=at), locked.version + 1
    locked.save()
    record("prove_repayment", locked, by=by, at=at, sha256=locked.proof.sha256)
    number = locked.application.number
    tell_officers(Role.FINANCE, f"repaid:{locked.pk}:{locked.version}", f"退款凭证已上传：{number}", "请核对到账后确认。", at=at)
    return locked


def confirm_repayment(
    recovery: Recovery, *, by: User, at: datetime, amount: Decimal, bank_reference: str, version: int | None = None
) -> Recovery:
    """Finance has the money: all of it, under this bank reference. Raises Refusal: amount_differs, reason_missing."""
    if not bank_reference.strip():
        raise Refusal("reason_missing", field="bank_reference")
    with moving(recovery, RecoveryAction.REPAY, by=by, at=at, version=version, bank_reference=bank_reference) as locked:
        if amount != locked.amount:
            raise Refusal("amount_differs", field="amount", amount=f"{locked.amount:,.2f}")
        locked.repaid_at, locked.repaid_by, locked.bank_reference = at, by, bank_reference.strip()[:60]
        _tell(locked, "recovery_repaid", at)
    return recovery


def overdue_recoveries(*, at: datetime) -> int:
    """Mark, tell and alarm every ordered recovery whose last day is over. Returns how many."""
    late = Recovery.objects.filter(state=RecoveryState.ORDERED, due_on__lt=timezone.localdate(at)).order_by("pk")
    return sum(_is_overdue(recovery, at) for recovery in late)


def _is_overdue(recovery: Recovery, at: datetime) -> bool:
    """One transaction a recovery; one that finance has confirmed in the same moment is left alone."""
    try:
        with moving(recovery, RecoveryAction.OVERDUE, by=User.objects.system(), at=at) as locked:
            _tell(locked, "recovery_overdue", at)
            number = locked.application.number
            alarm_head(f"overdue:{locked.pk}", f"逾期未退：{number}", f"申报 {number} 应退回的 {locked.amount:,.2f} 元已逾期。", at=at)
    except Refusal as refusal:
        logger.info("deadline_overtaken", recovery=recovery.pk, why=refusal.code)
        return False
    return True


def refollow(policy_id: int, *, at: datetime) -> None:
    """A case on this policy has just been paid: endorsements that only froze it until now may mean money to come back."""
    waiting = Endorsement.objects.filter(policy=policy_id, effective_on__lte=timezone.localdate(at))
    for key in waiting.values_list("pk", flat=True):
        after_commit("subsidies.tasks.follow_endorsement", key)
    waiting.update(followed_at=None)


def follow_endorsements(*, at: datetime) -> int:
    """Endorsements that have come into effect, or whose task was lost. Returns how many."""
    waiting = list(Endorsement.objects.to_follow(timezone.localdate(at)).order_by("pk"))
    for endorsement in waiting:
        follow_endorsement(endorsement, at=at)
    return len(waiting)


def _tell(recovery: Recovery, event: str, at: datetime, **facts) -> None:
    """The letter of a recovery; each event of it is another one, whatever the version of its case."""
    until: date | None = recovery.due_on
    case = recovery.application
    tell(case, event, at=at, about=recovery.pk, amount=f"{recovery.amount:,.2f}", until=f"{until:%Y-%m-%d}" if until else "", **facts)
