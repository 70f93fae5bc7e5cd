"""Accounts come to be and change their password here; each time is recorded."""

from datetime import datetime

from django.db import transaction

from pilot_portal.audit.services import record

from .models import User
from .roles import Role


@transaction.atomic
def register_enterprise_user(*, username: str, password: str, display_name: str, phone: str, email: str, at: datetime) -> User:
    """A person who will act for an enterprise; which one is said and verified later. IntegrityError when the name was just taken."""
    user = User.objects.create_user(
        username, email, password, role=Role.ENTERPRISE, display_name=display_name, phone=phone
    )
    record("accounts.register", user, by=user, at=at)
    return user


@transaction.atomic
def record_access(action: str, *, by: User, at: datetime) -> None:
    """login, logout, password_change or password_reset of a person."""
    record(f"accounts.{action}", by, by=by, at=at)
