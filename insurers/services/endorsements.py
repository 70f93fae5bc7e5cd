"""批改 and 退保, as the policy's insurer or a handler reports them."""

from datetime import date, datetime

from django.db import transaction

from enterprises.services import members_to_tell
from insurers.models import Endorsement, EndorsementKind, Policy
from insurers.rules import REPORT_DAYS
from insurers.states import PolicyAction, PolicyState
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.kinds import Kind, may_stay_out_of_mail
from pilot_portal.notifications.services import notify
from pilot_portal.reference.services import working_days_after
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from .staff import require_own

may_stay_out_of_mail(Kind.RECORDS, "policy_endorsed")

CONSTRAINT_REFUSALS.update(
    one_endorsement_per_policy_and_number="endorsement_taken",
    premium_after_not_negative="amount_not_positive",
)


@transaction.atomic
def endorse(policy: Policy, *, by: User, at: datetime, facts: dict, paper=None) -> Endorsement:
    """批改: the premium is another one from a day on. Reported by the policy's insurer, or by a handler on the paper.

    `facts` holds kind (reduction, increase), number, effective_on and premium_after (CNY). What it means for a case on the policy is worked
    out after commit. Raises Refusal: wrong_role, not_its_insurer, wrong_state, premium_not_changed, endorsement_taken, files'.
    """
    locked = _reportable(policy, by, "登记批单")
    require_other_premium(locked, facts)
    return _add_endorsement(locked, by, at, facts, paper)


def require_other_premium(policy: Policy, facts: dict) -> None:
    """Raises Refusal premium_not_changed unless the premium moves as the kind of the endorsement says."""
    if facts["kind"] == EndorsementKind.SURRENDER:
        raise ValueError("a surrender has a verb of its own")
    current = policy.endorsements.filter(effective_on__lte=facts["effective_on"]).last()
    standing = current.premium_after if current else policy.premium
    if (facts["premium_after"] < standing) != (facts["kind"] == EndorsementKind.REDUCTION) or facts["premium_after"] == standing:
        raise Refusal("premium_not_changed", field="premium_after", premium=f"{standing:,.2f}", kind=EndorsementKind(facts["kind"]).label)


def surrender(policy: Policy, *, by: User, at: datetime, facts: dict, paper=None, version: int | None = None) -> Policy:
    """退保: the policy ends. `facts` holds number and effective_on.

    Raises Refusal: wrong_role, wrong_state, not_its_insurer, endorsement_taken, files'.
    """
    with moving(policy, PolicyAction.SURRENDER, by=by, at=at, version=version, number=facts["number"]) as locked:
        require_own(locked, by)
        locked.state_reason = f"{facts['effective_on']:%Y-%m-%d} 退保，批单 {facts['number']}"
        _add_endorsement(locked, by, at, {**facts, "kind": EndorsementKind.SURRENDER, "premium_after": 0}, paper)
    return policy


def _reportable(policy: Policy, by: User, action: str) -> Policy:
    if by.role not in (Role.INSURER, Role.HANDLER):
        raise Refusal("wrong_role", action=action)
    require_own(policy, by)
    locked = lock(policy)
    if locked.state == PolicyState.SURRENDERED:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action=action)
    return locked


def _add_endorsement(policy: Policy, by: User, at: datetime, facts: dict, paper) -> Endorsement:
    stored = store_upload(paper, by=by, at=at) if paper else None
    with refusing_constraints(number=facts["number"]):
        due = _report_due_on(policy, facts["effective_on"])
        made = Endorsement.objects.create(policy=policy, reported_by=by, reported_at=at, report_due_on=due, paper=stored, **facts)
    record("endorse", policy, by=by, at=at, kind=made.kind, number=made.number, premium_after=made.premium_after, late=made.is_late)
    notify(
        "policy_endorsed",
        members_to_tell(policy.legal_entity),
        key=f"policy_endorsed:{made.pk}",
        subject=f"保单 {policy.number} 已登记{made.get_kind_display()}",
        body=f"批单 {made.number}，{made.effective_on:%Y-%m-%d} 起生效。已申报或已获补贴的，中心会据此重新核算并通知您。",
        at=at,
        link=policy.get_absolute_url(),
    )
    if made.is_late:
        _alarm_late(made, at)
    after_commit("subsidies.tasks.follow_endorsement", made.pk)
    return made


def _report_due_on(policy: Policy, effective_on: date) -> date | None:
    """The last day on which it is reported in time; none where the calendar of that year is missing."""
    selection = policy.insurer.selections.covering(policy.signed_on).first()
    try:
        return working_days_after(effective_on, selection.report_days if selection else REPORT_DAYS)
    except Refusal:
        return None


def _alarm_late(made: Endorsement, at: datetime) -> None:
    """Tell the heads, who speak with the insurer, and the insurer's people."""
    policy = made.policy
    staff = User.objects.filter(insurer_staff__insurer=policy.insurer_id, is_active=True)
    told = f"{made.effective_on:%Y-%m-%d} 起生效，应在 {made.report_due_on:%Y-%m-%d} 前报送，实际 {at:%Y-%m-%d} 报送。"
    for whom, kind, link in (
        (User.objects.active_with_role(Role.HEAD), "alarm", f"/admin/insurers/policy/{policy.pk}/change/"),
        (staff, "endorsement_late", f"/insurer/policies/{policy.pk}/"),
    ):
        notify(
            kind,
            whom,
            key=f"{kind}:endorsement_late:{made.pk}",
            subject=f"批单逾期报送：保单 {policy.number}",
            body=f"{policy.insurer.short_name}的批单 {made.number} {told}",
            at=at,
            link=link,
        )
