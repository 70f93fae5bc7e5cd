"""An owner hands the account over; it changes hands when the new owner accepts."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from enterprises.models import Membership, MembershipRole, MembershipState
from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.notifications.services import notify
from pilot_portal.workflow import proposals
from pilot_portal.workflow.models import Proposal
from pilot_portal.workflow.moving import lock
from pilot_portal.workflow.refusals import Refusal

from .invitations import active, require_owner

HAND_OVER = "hand_over"


def open_handovers(entity) -> list[Proposal]:
    """What the owners of an enterprise have offered and nobody has answered; `object_id` is the colleague's membership."""
    keys = entity.memberships.values("pk")
    found = Proposal.objects.filter(action=HAND_OVER, object_type=Membership._meta.label_lower, object_id__in=keys, confirmed__isnull=True)
    return list(found.select_related("proposed_by").order_by("pk"))


@transaction.atomic
def offer_handover(membership: Membership, *, by: User, at: datetime) -> Proposal:
    """Ask a colleague to become owner in one's stead. Raises Refusal: not_owner, member_gone, already_owner, proposal_open."""
    entity = lock(membership.legal_entity)
    require_owner(entity, by)
    membership = active(membership)
    if membership.role == MembershipRole.OWNER:
        raise Refusal("already_owner")
    proposal = proposals.propose(HAND_OVER, membership, by=by, at=at, reason="移交企业管理员")
    body = f"{by.get_full_name()}请您接任“{entity}”的管理员。接受后由您管理成员；不接受的，一切照旧。请在成员页面答复。"
    _tell("handover_offered", membership.user, proposal, f"请您接任“{entity}”的管理员", body, at)
    return proposal


@transaction.atomic
def answer_handover(membership: Membership, *, by: User, at: datetime, accepted: bool) -> Membership:
    """The colleague accepts, and changes places with the owner who asked, or declines.

    Raises Refusal: not_a_member, member_gone, handover_over (nothing is offered any more, or by nobody who owns).
    """
    entity = lock(membership.legal_entity)
    membership = active(membership)
    if membership.user_id != by.pk:
        raise Refusal("not_a_member", entity=entity)
    proposal = _offered(membership)
    giver = entity.memberships.filter(user=proposal.proposed_by, state=MembershipState.ACTIVE, role=MembershipRole.OWNER).first()
    if accepted and giver is None:
        raise Refusal("handover_over")
    proposals.decide(proposal, by=by, at=at, confirmed=accepted)
    if accepted:
        membership.role = MembershipRole.OWNER
        membership.save(update_fields=["role"])  # first, so that there is an owner at every moment
        giver.role = MembershipRole.SUBMITTER
        giver.save(update_fields=["role"])
        record("hand_over", entity, by=by, at=at, giver=giver.pk, taker=membership.pk)
    name = by.get_full_name()
    subject = f"{name}已接任“{entity}”的管理员" if accepted else f"{name}没有接受“{entity}”的移交"
    body = "您的身份现在是提交人，可以继续填报和提交。" if accepted else "您仍是管理员。可以在成员页面另选一位同事。"
    _tell("handover_answered", proposal.proposed_by, proposal, subject, body, at)
    return membership


@transaction.atomic
def withdraw_handover(membership: Membership, *, by: User, at: datetime) -> None:
    """An owner takes the offer back. Raises Refusal: not_owner, handover_over."""
    entity = lock(membership.legal_entity)
    require_owner(entity, by)
    _offered(membership)
    proposals.settle(membership, at=at, remark="已收回")
    record("withdraw_handover", entity, by=by, at=at, membership=membership.pk)


def _offered(membership: Membership) -> Proposal:
    proposal = proposals.open_proposal(membership)
    if proposal is None:
        raise Refusal("handover_over")
    return proposal


def _tell(event: str, person: User, proposal: Proposal, subject: str, body: str, at: datetime) -> None:
    link = reverse("enterprises:members")
    notify(event, [person], key=f"{event}:{proposal.pk}", subject=subject, body=body, at=at, link=link)
