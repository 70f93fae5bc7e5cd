"""Promised dates, and clocks that stop while a case waits for its applicant, for an objection or on hold."""

from datetime import datetime

from django.utils import timezone

from pilot_portal.reference.services import deadline, last_day, working_days_between
from pilot_portal.workflow.refusals import Refusal

from .letters import alarm_head


def promised(at: datetime, days: int) -> datetime | None:
    """The promised deadline. A missing calendar year is the centre's fault, never the applicant's: no date then, and an alarm."""
    try:
        return deadline(at, days)
    except Refusal as refusal:
        alarm_head(f"calendar:{refusal.facts['year']}", "工作日历缺失", refusal.sentence, at=at)
        return None


def resumed(due: datetime | None, *, stopped_at: datetime, at: datetime, binding: bool = False) -> datetime | None:
    """The deadline after a stop: as many working days from now as were left then, at least one. What was late already stays late.

    One that is `binding` on the applicant is not left open where the calendar ends: Refusal calendar_missing.
    """
    if due is None or due <= stopped_at:
        return due
    left = working_days_between(timezone.localdate(stopped_at), last_day(due))
    return deadline(at, max(left, 1)) if binding else promised(at, max(left, 1))
