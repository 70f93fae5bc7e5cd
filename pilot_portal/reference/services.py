"""Deadlines on the working-day calendar."""

from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.workflow.refusals import Refusal

from . import rules
from .models import CalendarDay

LONGEST_HOLIDAY = 12  # calendar days without a working day are never more


def working_days_after(start: date, days: int) -> date:
    """The day on which a period of working days ends, counted from the next day. Raises Refusal: calendar_missing."""
    horizon = start + timedelta(days=days * 2 + LONGEST_HOLIDAY * 2)
    rows = dict(CalendarDay.objects.filter(day__gt=start, day__lte=horizon).values_list("day", "is_working"))
    try:
        return rules.add_working_days(start, days, rows)
    except rules.CalendarGap as gap:
        raise Refusal("calendar_missing", year=gap.year) from gap


def deadline(start: datetime, days: int) -> datetime:
    """The moment (24:00 in Beijing) at which a period of working days from `start` is over."""
    last = working_days_after(timezone.localdate(start), days)
    return timezone.make_aware(datetime.combine(last + timedelta(days=1), time()))


def last_day(deadline: datetime) -> date:
    """The last day of a period that is over at `deadline`."""
    return timezone.localdate(deadline - timedelta(microseconds=1))


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after `start` up to and including `end`."""
    return CalendarDay.objects.filter(day__gt=start, day__lte=end, is_working=True).count()


@transaction.atomic
def set_calendar_year(year: int, *, days_off: set[date], extra_working: set[date], by: User, at: datetime) -> None:
    """Write the official calendar of a year: weekdays without the days off, and the weekends that are worked.

    Raises Refusal: wrong_role.
    """
    if by.role != Role.ADMINISTRATOR:
        raise Refusal("wrong_role", action="录入年度日历")
    days = [date(year, 1, 1) + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    rows = [CalendarDay(day=day, is_working=day in extra_working or (day.weekday() < 5 and day not in days_off)) for day in days]
    CalendarDay.objects.bulk_create(rows, update_conflicts=True, unique_fields=["day"], update_fields=["is_working", "provisional"])
    record("set_calendar_year", by=by, at=at, year=year, days_off=sorted(map(str, days_off)), extra_working=sorted(map(str, extra_working)))


def seed_provisional_years(first: int, last: int) -> None:
    """Weekday calendars marked 暂定 for years without official rows; only the demo calls this."""
    for year in range(first, last + 1):
        if not CalendarDay.objects.filter(day__year=year).exists():
            day, days = date(year, 1, 1), []
            while day.year == year:
                days.append(CalendarDay(day=day, is_working=day.weekday() < 5, provisional=True))
                day += timedelta(days=1)
            CalendarDay.objects.bulk_create(days)
