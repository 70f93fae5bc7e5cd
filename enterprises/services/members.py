"""Who may act for a legal entity, and who is told."""

from datetime import datetime

from django.db import transaction

from enterprises.models import SUBMITTERS, WRITERS, LegalEntity, Membership, MembershipRole, MembershipState
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import lock
from pilot_portal.workflow.refusals import Refusal

__all__ = ["SUBMITTERS", "WRITERS"]  # for the services of higher apps, too
INSURERS_FILERS = ("manager", "filer")  # roles of people of an insurer; this app knows insurers by name only


def require_member(entity: LegalEntity, by: User, roles=WRITERS) -> None:
    """Raises Refusal not_a_member unless the person acts for the entity in one of these roles."""
    if not entity.memberships.filter(user=by, state=MembershipState.ACTIVE, role__in=roles).exists():
        raise Refusal("not_a_member", entity=entity)


def require_writer(entity: LegalEntity, by: User, at: datetime) -> None:
    """A member who may write, or a person of an insurer that the enterprise has entrusted and whose mandate is in force.

    Raises Refusal: not_a_member, no_mandate.
    """
    files = {"insurer__staff__user": by, "insurer__staff__role__in": INSURERS_FILERS}
    mandates = entity.entrustments.filter(**files, state="confirmed", starts_at__lte=at, ends_at__gt=at)
    if by.role != Role.INSURER:
        require_member(entity, by)
    elif not mandates.exists():
        raise Refusal("no_mandate", entity=entity)


def members_to_tell(entity: LegalEntity):
    """Users of the entity who get its letters."""
    return User.objects.filter(memberships__legal_entity=entity, memberships__state=MembershipState.ACTIVE, is_active=True).distinct()


@transaction.atomic
def decide_membership(membership: Membership, *, by: User, at: datetime, accepted: bool) -> Membership:
    """The centre's word on a rival claim, once. Raises Refusal: wrong_role, wrong_state."""
    if by.role != Role.HANDLER:
        raise Refusal("wrong_role", action="核实企业成员")
    entity = lock(membership.legal_entity)
    membership = lock(membership)
    if membership.state != MembershipState.PENDING:
        raise Refusal("wrong_state", object=membership, state=membership.get_state_display(), action="核实")
    has_owner = entity.memberships.filter(role=MembershipRole.OWNER, state=MembershipState.ACTIVE).exists()
    membership.state = MembershipState.ACTIVE if accepted else MembershipState.REMOVED
    membership.role = MembershipRole.SUBMITTER if has_owner else MembershipRole.OWNER  # another owner takes two officers: 接管
    membership.save(update_fields=["state", "role"])
    record("decide_membership", membership, by=by, at=at, accepted=accepted, role=membership.role)
    notify(
        "membership_decided",
        [membership.user],
        key=f"membership_decided:{membership.pk}",
        subject="可以代表企业办理了" if accepted else "未能确认您代表该企业",
        body=f"经核实，您现在可以以{membership.get_role_display()}的身份代表“{entity}”办理。"
        if accepted
        else f"经核实，您目前不能代表“{entity}”办理。如有疑问，请由该企业出具证明后联系中心。",
        at=at,
        link="/enterprise/profile/",
    )
    return membership
