"""How a case ends before or after payment: given up, stopped, archived."""

from datetime import datetime

from django.db import transaction

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, Window
from subsidies.states import UNSETTLED_RECOVERY, Action, ObjectionState, State

from .applications import end, giving_back, require_applicant
from .letters import tell

CONSTRAINT_REFUSALS["live_payment_keeps_award"] = "payment_in_flight"


def abandon(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """放弃补贴: the applicant gives up after acceptance; the slot stays used. Raises Refusal: other_applicant, payment_in_flight."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with (
        refusing_constraints(number=application.number),
        giving_back(application, Action.ABANDON, by=by, at=at, version=version, reason=reason) as locked,
    ):
        require_applicant(locked, by, at)
        end(locked, by=by, at=at, reason=reason)
        locked.event_data["awarded"], locked.awarded = locked.awarded, None
        tell(locked, "abandoned", at=at)
    return application


def cancel(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """终止拨付: surrender, a credit record, moved away, deregistered. A draft batch must be made void first.

    Raises Refusal: reason_missing, objection_open, payment_in_flight.
    """
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with (
        refusing_constraints(number=application.number),
        giving_back(application, Action.CANCEL, by=by, at=at, version=version, reason=reason) as locked,
    ):
        if locked.objections.filter(state=ObjectionState.OPEN).exists():
            raise Refusal("objection_open", number=locked.number)
        end(locked, by=by, at=at, reason=reason)
        locked.event_data["awarded"], locked.awarded = locked.awarded, None
        locked.held_at, locked.held_by, locked.held_reason = None, None, ""
        tell(locked, "cancelled", at=at, why=reason)
    return application


def archive(application: Application, *, by: User, at: datetime, version: int | None = None) -> Application:
    """归档 a paid case. Raises Refusal recovery_open while money has still to come back."""
    with moving(application, Action.ARCHIVE, by=by, at=at, version=version) as locked:
        if locked.recoveries.filter(state__in=UNSETTLED_RECOVERY).exists():
            raise Refusal("recovery_open", number=locked.number)
        locked.ended_at, locked.ended_by, locked.ended_reason = at, by, "办结"
        tell(locked, "archived", at=at)
    return application


def archivable(window: Window | None = None):
    """Paid cases that nothing holds back, of one window or all."""
    paid = Application.objects.filter(state=State.PAID, held_at__isnull=True).exclude(recoveries__state__in=UNSETTLED_RECOVERY)
    return paid.filter(window=window) if window else paid


@transaction.atomic
def archive_paid(window: Window, *, by: User, at: datetime) -> int:
    """Archive every paid case of a window that nothing holds back; how many. Raises Refusal: wrong_role, nothing_on_list."""
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action=Action.ARCHIVE.label)
    lock(window)
    cases = list(archivable(window).order_by("pk"))
    if not cases:
        raise Refusal("nothing_on_list")
    for case in cases:
        archive(case, by=by, at=at)
    return len(cases)
