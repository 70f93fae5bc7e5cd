"""Accounts come to be, change and end here; each time is recorded."""

import secrets
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from kombu.exceptions import OperationalError

from pilot_portal.audit.services import record

from .models import User
from .roles import ASSIGNABLE, Role
from .tasks import send_password_reset


@transaction.atomic
def register_enterprise_user(user: User, *, at: datetime) -> User:
    """Save a new person who will act for an enterprise; which one is said and verified later. IntegrityError: the name was just taken."""
    return register_invited(user, role=Role.ENTERPRISE, at=at)


@transaction.atomic
def register_invited(user: User, *, role: Role, at: datetime) -> User:
    """Save a new person whom somebody of that role has asked in. IntegrityError: the name was just taken."""
    user.role = role
    user.save(force_insert=True)
    record("accounts.register", user, by=user, at=at)
    return user


@transaction.atomic
def record_access(action: str, *, by: User, at: datetime) -> None:
    """login, logout, password_change or password_reset of a person."""
    record(f"accounts.{action}", by, by=by, at=at)


@transaction.atomic
def create_staff(user: User, *, by: User, at: datetime, password: str = "") -> User:
    """Save an account for a colleague, an insurer or a bureau; the system does so for who runs the machine.

    Without a password its holder sets one by mail. IntegrityError: the name is taken.
    """
    if by.role != Role.SYSTEM:
        _require_security(by)
    if user.role not in ASSIGNABLE:
        raise ValidationError("这个角色不能由安全管理员开通。", code="role_not_assignable")
    user.set_password(password or secrets.token_urlsafe(32))
    user.save(force_insert=True)
    record("accounts.create_staff", user, by=by, at=at, role=user.role)
    return user


def set_active(user: User, *, by: User, at: datetime, active: bool, reason: str) -> User:
    """Close a locked account or open it again. Whether `by` may is asked in `workflow.staff`."""
    user.is_active = active
    user.save(update_fields=["is_active"])
    record("accounts.activate" if active else "accounts.deactivate", user, by=by, at=at, reason=reason)
    return user


def change_role(user: User, *, by: User, at: datetime, role: str, reason: str) -> User:
    """Give a locked account the role that two persons agreed on in `workflow.staff`; the database refuses any other."""
    require_assignable(user, role)
    before, user.role = user.role, role
    user.save(update_fields=["role"])
    record("accounts.change_role", user, by=by, at=at, before=before, after=role, reason=reason)
    return user


def send_set_password(user: User, *, by: User, at: datetime) -> None:
    """Mail the holder a link to set a password."""
    _require_security(by)
    with transaction.atomic():
        record("accounts.send_set_password", user, by=by, at=at)
    try:
        send_password_reset.delay(user.email)
    except OperationalError as error:
        raise ValidationError("暂时无法发送邮件，请过几分钟再试。", code="broker_away") from error


def require_assignable(user: User, role: str) -> None:
    """Enterprises and insurers keep their role: rows belong to it."""
    if not {user.role, role} <= ASSIGNABLE - {Role.INSURER}:
        raise ValidationError("企业和保险公司账号的角色不能改变。请另开账号。", code="role_not_assignable")
    if user.role == role:
        raise ValidationError("这个账号已经是该角色，请选择新的角色。", code="same_role")


def require_another(user: User, by: User) -> None:
    """The security manager, and never about the own account, so that nobody raises or locks out himself."""
    _require_security(by)
    if user.pk == by.pk:
        raise ValidationError("不能更改自己的账号。请由另一位安全管理员办理。", code="own_account")


def _require_security(by: User) -> None:
    if by.role != Role.SECURITY:
        raise ValidationError("您的角色不能管理用户。请由安全管理员办理。", code="wrong_role")
