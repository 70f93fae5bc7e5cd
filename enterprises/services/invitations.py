"""An owner asks colleagues in, says what they may do, and lets them go."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from enterprises.models import INVITABLE, Invitation, LegalEntity, Membership, MembershipRole, MembershipState
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from pilot_portal.workflow.proposals import settle
from pilot_portal.workflow.refusals import Refusal

from .links import find_by_link, send_link, take_back, take_up

CONSTRAINT_REFUSALS["entity_keeps_an_owner"] = "last_owner"


def require_owner(entity: LegalEntity, by: User) -> None:
    """Raises Refusal not_owner."""
    if not owners_of(entity).filter(user=by).exists():
        raise Refusal("not_owner", entity=entity)


def owners_of(entity: LegalEntity):
    return entity.memberships.filter(state=MembershipState.ACTIVE, role=MembershipRole.OWNER)


def find_invitation(token: str) -> Invitation | None:
    """The invitation of a link, whatever has become of it; None for a link that we did not write."""
    return find_by_link(Invitation, token, "legal_entity")


@transaction.atomic
def invite(entity: LegalEntity, *, by: User, at: datetime, email: str, role: str) -> Invitation:
    """Mail a link that lets its reader join, once, within seven days. A new link to the same address ends the former one.

    Raises Refusal: not_owner, not_invitable, already_colleague, too_many_invitations.
    """
    entity = lock(entity)
    require_owner(entity, by)
    if role not in INVITABLE:
        raise Refusal("not_invitable", field="role")
    email = email.strip().lower()
    if entity.memberships.filter(state=MembershipState.ACTIVE, user__email__iexact=email).exists():
        raise Refusal("already_colleague", field="email", email=email)
    body = f"{by.get_full_name()}邀请您以“{{role}}”的身份，在保费补贴门户为“{entity}”办理业务。"
    return send_link(entity, by=by, at=at, email=email, role=role, body=body, page="enterprises:invitation")


@transaction.atomic
def accept_invitation(invitation: Invitation, *, by: User, at: datetime) -> Membership:
    """The reader of the link becomes a member. Raises Refusal: wrong_role, invitation_over, already_member."""
    if by.role != Role.ENTERPRISE:
        raise Refusal("wrong_role", action="接受邀请")
    entity = lock(invitation.legal_entity)
    take_up(invitation, by=by, at=at)
    membership, is_new = Membership.objects.get_or_create(
        user=by, legal_entity=entity, defaults={"role": invitation.role, "state": MembershipState.ACTIVE, "created_at": at}
    )
    if not is_new:
        if membership.state == MembershipState.ACTIVE:
            raise Refusal("already_member", entity=entity)
        membership.role, membership.state, membership.created_at = invitation.role, MembershipState.ACTIVE, at
        membership.save(update_fields=["role", "state", "created_at"])
    record("accept_invitation", entity, by=by, at=at, invitation=invitation.pk, membership=membership.pk, role=invitation.role)
    notify(
        "invitation_accepted",
        User.objects.filter(memberships__in=owners_of(entity), is_active=True),
        key=f"invitation_accepted:{invitation.pk}",
        subject=f"{by.get_full_name()}已加入“{entity}”",
        body=f"{by.get_full_name()}（{invitation.email}）接受了邀请，身份是“{invitation.get_role_display()}”。如有不对，请在成员页面移除。",
        at=at,
        link=reverse("enterprises:members"),
    )
    return membership


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: User, at: datetime) -> None:
    """Take an invitation back; its link no longer works. Raises Refusal: not_owner, invitation_over."""
    require_owner(invitation.legal_entity, by)
    take_back(invitation, invitation.legal_entity, by=by, at=at)


@transaction.atomic
def change_member_role(membership: Membership, *, by: User, at: datetime, role: str) -> Membership:
    """Give a colleague another role. Raises Refusal: not_owner, member_gone, not_invitable (an owner's role is never just changed)."""
    entity = lock(membership.legal_entity)
    require_owner(entity, by)
    membership = active(membership)
    if role not in INVITABLE or membership.role == MembershipRole.OWNER:
        raise Refusal("not_invitable", field="role")
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    record("change_member_role", entity, by=by, at=at, membership=membership.pk, before=before, after=role)
    notify(
        "member_role_changed",
        [membership.user],
        key=f"member_role_changed:{membership.pk}:{at.isoformat()}",
        subject=f"您在“{entity}”的身份有变化",
        body=f"{by.get_full_name()}把您在“{entity}”的身份改为“{membership.get_role_display()}”。",
        at=at,
        link=reverse("enterprises:members"),
    )
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, by: User, at: datetime) -> Membership:
    """Let a member go: an owner does, or the member leaves. Links that the member has sent end too.

    Raises Refusal: not_owner, member_gone, last_owner.
    """
    entity = lock(membership.legal_entity)
    if membership.user_id != by.pk:
        require_owner(entity, by)
    membership = active(membership)
    with refusing_constraints():
        let_go(membership, entity, by=by, at=at)
    if membership.user_id != by.pk:
        notify(
            "member_removed",
            [membership.user],
            key=f"member_removed:{membership.pk}:{at.isoformat()}",
            subject=f"您已不再代表“{entity}”",
            body=f"{by.get_full_name()}已将您从“{entity}”的成员中移除。如有疑问，请与该企业的管理员联系。",
            at=at,
        )
    return membership


def let_go(membership: Membership, entity: LegalEntity, *, by: User, at: datetime) -> None:
    """End a membership, whatever was offered to it, and the links that the member has sent."""
    membership.state = MembershipState.REMOVED
    membership.save(update_fields=["state"])
    settle(membership, at=at, remark="成员已移除")
    for invitation in entity.invitations.unanswered().filter(invited_by=membership.user):
        take_back(invitation, entity, by=by, at=at)
    record("remove_member", entity, by=by, at=at, membership=membership.pk)


def active(membership: Membership) -> Membership:
    """The row, locked. Raises Refusal member_gone."""
    membership = lock(membership)
    if membership.state != MembershipState.ACTIVE:
        raise Refusal("member_gone")
    return membership
