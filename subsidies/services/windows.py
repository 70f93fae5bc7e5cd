"""Publishing a window and adding to its budget."""

from datetime import datetime

from django.db import transaction

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import BASIS_COLUMNS, Window

CONSTRAINT_REFUSALS["draws_within_appropriations"] = "draws_exceed_appropriations"


@transaction.atomic
def publish(window: Window, *, by: User, at: datetime) -> Window:
    """Make a window public; its terms are locked from now on. Raises Refusal: wrong_role, basis_missing, draws_exceed_appropriations."""
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="发布申报周期")
    locked = lock(window)
    missing = [column for column in BASIS_COLUMNS if not str(locked.basis.get(column, "")).strip()]
    if missing:
        raise Refusal("basis_missing", count=len(missing), columns=missing)
    locked.published_by, locked.published_at = by, at
    with refusing_constraints():
        locked.save()
    record("publish_window", locked, by=by, at=at, rate=locked.rate, cap=locked.cap, draw=locked.draw)
    return locked
