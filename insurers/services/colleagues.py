"""A manager of an insurer asks colleagues in, says what they may do, and lets them go."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from enterprises.services import find_by_link, send_link, take_back, take_up
from insurers.models import Insurer, InsurerStaff, StaffInvitation, StaffRole
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.accounts.services import register_invited
from pilot_portal.audit.services import record
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from .staff import MANAGERS, require_insurer

CONSTRAINT_REFUSALS["insurer_keeps_a_manager"] = "last_manager"


def find_staff_invitation(token: str) -> StaffInvitation | None:
    """The invitation of a link, whatever has become of it; None for a link that we did not write."""
    return find_by_link(StaffInvitation, token, "insurer")


@transaction.atomic
def invite_staff(insurer: Insurer, *, by: User, at: datetime, email: str, role: str) -> StaffInvitation:
    """Mail a link that lets its reader join, once, within seven days. A new link to the same address ends the former one.

    Raises Refusal: not_its_insurer, not_manager, already_staff, too_many_invitations.
    """
    insurer = lock(insurer)
    require_insurer(insurer, by, MANAGERS)
    email = email.strip().lower()
    if insurer.staff.filter(user__email__iexact=email).exists():
        raise Refusal("already_staff", field="email", email=email)
    body = f"{by.get_full_name()}邀请您以“{{role}}”的身份，在保费补贴门户为“{insurer}”办理业务。"
    role = StaffRole(role).value
    return send_link(insurer, by=by, at=at, email=email, role=role, body=body, page="insurers:staff_invitation")


@transaction.atomic
def join_as_new(invitation: StaffInvitation, user: User, *, at: datetime) -> InsurerStaff:
    """The reader of the link opens an account and joins. Raises Refusal invitation_over; IntegrityError: the name was just taken."""
    user.email = invitation.email
    return accept_staff_invitation(invitation, by=register_invited(user, role=Role.INSURER, at=at), at=at)


@transaction.atomic
def accept_staff_invitation(invitation: StaffInvitation, *, by: User, at: datetime) -> InsurerStaff:
    """The reader of the link works for the insurer from now on. Raises Refusal: wrong_role, invitation_over, works_elsewhere."""
    if by.role != Role.INSURER:
        raise Refusal("wrong_role", action="接受邀请")
    insurer = lock(invitation.insurer)
    take_up(invitation, by=by, at=at)
    if InsurerStaff.objects.filter(user=by).exists():
        raise Refusal("works_elsewhere")
    staff = InsurerStaff.objects.create(user=by, insurer=insurer, role=invitation.role)
    record("accept_invitation", insurer, by=by, at=at, invitation=invitation.pk, staff=staff.pk, role=staff.role)
    notify(
        "invitation_accepted",
        User.objects.filter(insurer_staff__insurer=insurer, insurer_staff__role=StaffRole.MANAGER, is_active=True),
        key=f"staff_invitation_accepted:{invitation.pk}",
        subject=f"{by.get_full_name()}已加入“{insurer}”",
        body=f"{by.get_full_name()}（{invitation.email}）接受了邀请，身份是“{staff.get_role_display()}”。如有不对，请在人员页面移除。",
        at=at,
        link=reverse("insurers:staff"),
    )
    return staff


@transaction.atomic
def withdraw_staff_invitation(invitation: StaffInvitation, *, by: User, at: datetime) -> None:
    """Take an invitation back; its link no longer works. Raises Refusal: not_its_insurer, not_manager, invitation_over."""
    require_insurer(invitation.insurer, by, MANAGERS)
    take_back(invitation, invitation.insurer, by=by, at=at)


@transaction.atomic
def change_staff_role(staff: InsurerStaff, *, by: User, at: datetime, role: str) -> InsurerStaff:
    """Give a colleague, or oneself, another role. Raises Refusal: not_its_insurer, not_manager, staff_gone, last_manager."""
    insurer, locked = _of_manager(staff, by)
    before, locked.role = locked.role, StaffRole(role).value
    with refusing_constraints():
        locked.save(update_fields=["role"])
    record("change_staff_role", insurer, by=by, at=at, staff=locked.pk, user=locked.user_id, before=before, after=locked.role)
    if locked.user_id != by.pk:
        body = f"{by.get_full_name()}把您在“{insurer}”的身份改为“{locked.get_role_display()}”。"
        _tell(locked, "staff_role_changed", f"您在“{insurer}”的身份有变化", body, at, reverse("insurers:staff"))
    return locked


@transaction.atomic
def remove_staff(staff: InsurerStaff, *, by: User, at: datetime) -> None:
    """Let a colleague go, or leave. Links that this person has sent and keys that this person has made stop working.

    Raises Refusal: not_its_insurer, not_manager, staff_gone, last_manager.
    """
    if staff.user_id == by.pk:
        insurer, locked = lock(staff.insurer), _present(staff)
    else:
        insurer, locked = _of_manager(staff, by)
    key = locked.pk
    with refusing_constraints():
        locked.delete()
    for invitation in insurer.invitations.unanswered().filter(invited_by=locked.user):
        take_back(invitation, insurer, by=by, at=at)
    for api_key in insurer.api_keys.live_at(at).filter(created_by=locked.user):
        api_key.revoked_at = at
        api_key.save(update_fields=["revoked_at"])
        record("revoke_api_key", api_key, by=by, at=at)
    record("remove_staff", insurer, by=by, at=at, staff=key, user=locked.user_id)
    if locked.user_id != by.pk:
        body = f"{by.get_full_name()}已将您从“{insurer}”的人员中移除。如有疑问，请与该公司的管理员联系。"
        _tell(locked, "staff_removed", f"您已不再代表“{insurer}”", body, at, "")


def _of_manager(staff: InsurerStaff, by: User) -> tuple[Insurer, InsurerStaff]:
    """The insurer and the colleague, locked, for a manager. Raises Refusal: not_its_insurer, not_manager, staff_gone."""
    insurer = lock(staff.insurer)
    require_insurer(insurer, by, MANAGERS)
    return insurer, _present(staff)


def _present(staff: InsurerStaff) -> InsurerStaff:
    found = InsurerStaff.objects.select_for_update(of=("self",)).select_related("user", "insurer").filter(pk=staff.pk).first()
    if found is None or found.insurer_id != staff.insurer_id:
        raise Refusal("staff_gone")
    return found


def _tell(staff: InsurerStaff, event: str, subject: str, body: str, at: datetime, link: str) -> None:
    key = f"{event}:{staff.insurer_id}:{staff.user_id}:{at.isoformat()}"
    notify(event, [staff.user], key=key, subject=subject, body=body, at=at, link=link)
