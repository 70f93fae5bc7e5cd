"""Who works here, and as what: the security manager asks, the head or another security manager confirms."""

from datetime import datetime

from django.db import transaction

from pilot_portal.accounts import services as accounts
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role

from . import proposals
from .after_commit import after_commit
from .models import Proposal
from .moving import lock
from .refusals import Reason, Refusal, catalogue

OPEN_ACCOUNT, CHANGE_ROLE = "open_account", "change_role"
ASKED_BY = frozenset({Role.SECURITY})
CONFIRMED_BY = frozenset({Role.HEAD, Role.SECURITY})

catalogue(
    own_staff_proposal=Reason("这是您本人的账号，不能由您确认。请由另一位负责人或安全管理员确认。", status=403),
    opening_not_confirmed=Reason("开通这个账号还没有另一人确认，不能启用。"),
)


def staff_proposals():
    """Everything asked about accounts, the latest first."""
    return Proposal.objects.filter(action__in=(OPEN_ACCOUNT, CHANGE_ROLE)).order_by("-pk")


@transaction.atomic
def ask_account(user: User, *, by: User, at: datetime, reason: str) -> Proposal:
    """Save an account that stays closed until another person has confirmed it. IntegrityError: the name is taken.

    Raises Refusal reason_missing and the ValidationErrors of `create_staff`.
    """
    user.is_active = False
    accounts.create_staff(user, by=by, at=at)
    return proposals.propose(OPEN_ACCOUNT, user, by=by, at=at, reason=reason, role=user.role)


@transaction.atomic
def ask_role(user: User, *, by: User, at: datetime, role: str, reason: str) -> Proposal:
    """Ask that an account gets another role; it keeps its own until another person has confirmed.

    Raises Refusal reason_missing, proposal_open, and the ValidationErrors of `require_another` and `require_assignable`.
    """
    accounts.require_another(user, by)
    accounts.require_assignable(user, role)
    return proposals.propose(CHANGE_ROLE, user, by=by, at=at, reason=reason, before=user.role, role=role)


@transaction.atomic
def decide_staff(proposal: Proposal, *, by: User, at: datetime, confirmed: bool, remark: str = "") -> User:
    """Confirm what was asked about an account, or not. A new one then gets its link to set a password by mail.

    Raises Refusal: wrong_role, own_staff_proposal, same_person, already_decided.
    """
    if by.role not in CONFIRMED_BY:
        raise Refusal("wrong_role", action="确认账号变更")
    if proposal.object_id == by.pk:
        raise Refusal("own_staff_proposal")
    decided = proposals.decide(proposal, by=by, at=at, confirmed=confirmed, remark=remark)
    user = lock(User(pk=decided.object_id))
    if confirmed and decided.action == CHANGE_ROLE:
        accounts.change_role(user, by=by, at=at, role=decided.data["role"], reason=decided.reason)
    elif confirmed:
        accounts.set_active(user, by=by, at=at, active=True, reason=decided.reason)
        after_commit("pilot_portal.accounts.tasks.send_password_reset", user.email)
    return user


@transaction.atomic
def close_account(user: User, *, by: User, at: datetime, reason: str) -> User:
    """One person is enough to close an account; who is logged in is out with the next click."""
    accounts.require_another(user, by)
    return accounts.set_active(lock(user), by=by, at=at, active=False, reason=reason)


@transaction.atomic
def reopen_account(user: User, *, by: User, at: datetime, reason: str) -> User:
    """Open a closed account again, in the role that it had. Raises Refusal opening_not_confirmed."""
    accounts.require_another(user, by)
    if not was_confirmed(user):
        raise Refusal("opening_not_confirmed")
    return accounts.set_active(lock(user), by=by, at=at, active=True, reason=reason)


def was_confirmed(user: User) -> bool:
    """Whether nobody has still to say yes to the opening of this account."""
    openings = Proposal.objects.filter(action=OPEN_ACCOUNT, object_type=User._meta.label_lower, object_id=user.pk)
    return openings.filter(confirmed=True).exists() or not openings.exists()
