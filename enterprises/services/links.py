"""Links by mail that let their reader join an enterprise or an insurer, once and in time; `house` is what is joined."""

from datetime import datetime, timedelta
from typing import TypeVar

from django.core.signing import BadSignature, Signer
from django.urls import reverse

from enterprises.models import AbstractInvitation
from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.notifications.outside import write_to
from pilot_portal.workflow.moving import lock
from pilot_portal.workflow.refusals import Refusal

T = TypeVar("T", bound=AbstractInvitation)
DAYS_OPEN = 7
MOST_OPEN = 20  # letters to strangers that one house may have on the way


def _signer(model: type[AbstractInvitation]) -> Signer:
    return Signer(salt=model._meta.label_lower)


def token_of(invitation: AbstractInvitation) -> str:
    return _signer(type(invitation)).sign(invitation.pk)


def find_by_link(model: type[T], token: str, house: str) -> T | None:
    """The invitation of a link, whatever has become of it; None for a link that we did not write. `house` names its foreign key."""
    try:
        key = _signer(model).unsign(token)
    except BadSignature:
        return None
    return model._default_manager.select_related(house, "invited_by").filter(pk=key).first()  # type: ignore[return-value]


def send_link(house, *, by: User, at: datetime, email: str, role: str, body: str, page: str):
    """Write the invitation and mail its link; a former one to the same address ends. Raises Refusal too_many_invitations.

    `body` may name the role as {role}; `page` is the name of the page that the link opens.
    """
    unanswered = house.invitations.unanswered()
    for former in unanswered.filter(email=email):
        take_back(former, house, by=by, at=at)
    if unanswered.filter(expires_at__gt=at).count() >= MOST_OPEN:
        raise Refusal("too_many_invitations", most=MOST_OPEN)
    invitation = house.invitations.create(email=email, role=role, invited_by=by, invited_at=at, expires_at=at + timedelta(days=DAYS_OPEN))
    record("invite", house, by=by, at=at, invitation=invitation.pk, role=role)
    closing = f"请在 {DAYS_OPEN} 天内打开下面的链接接受；没有账号的，可以先注册。链接只能使用一次，请勿转发。如与您无关，不必理会。"
    write_to(
        email,
        "invitation",
        key=f"{invitation._meta.model_name}:{invitation.pk}",
        subject=f"邀请您加入“{house}”",
        body=body.format(role=invitation.get_role_display()) + closing,
        at=at,
        link=reverse(page, args=[token_of(invitation)]),
    )
    return invitation


def take_up(invitation: AbstractInvitation, *, by: User, at: datetime) -> None:
    """Whoever read the link has joined. Raises Refusal invitation_over."""
    locked = lock(invitation)
    if not locked.is_open(at):
        raise Refusal("invitation_over")
    locked.accepted_by, locked.accepted_at = by, at
    locked.save(update_fields=["accepted_by", "accepted_at"])


def take_back(invitation: AbstractInvitation, house, *, by: User, at: datetime) -> None:
    """The link no longer works. Raises Refusal invitation_over."""
    locked = lock(invitation)
    if locked.accepted_at or locked.withdrawn_at:
        raise Refusal("invitation_over")
    locked.withdrawn_at = at
    locked.save(update_fields=["withdrawn_at"])
    record("withdraw_invitation", house, by=by, at=at, invitation=invitation.pk)
