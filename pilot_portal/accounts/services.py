"""Accounts come to be and change their password here; each time is recorded."""

from datetime import datetime

from django.db import transaction

from pilot_portal.audit.services import record

from .models import User
from .roles import Role


@transaction.atomic
def register_enterprise_user(user: User, *, at: datetime) -> User:
    """Save a new person who will act for an enterprise; which one is said and verified later. IntegrityError: the name was just taken."""
    user.role = Role.ENTERPRISE
    user.save(force_insert=True)
    record("accounts.register", user, by=user, at=at)
    return user


@transaction.atomic
def record_access(action: str, *, by: User, at: datetime) -> None:
    """login, logout, password_change or password_reset of a person."""
    record(f"accounts.{action}", by, by=by, at=at)
