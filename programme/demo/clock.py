"""The demo's days: counted in working days back from today, so that every deadline falls as it should, whatever day today is."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

from django.utils import timezone

from pilot_portal.reference.models import CalendarDay

LONGEST = 400  # calendar days back from today: more than the story needs


@dataclass(frozen=True)
class Clock:
    now: datetime

    @property
    def today(self) -> date:
        return timezone.localdate(self.now)

    def ago(self, days: int, hour: int = 10, minute: int = 0) -> datetime:
        """A moment on the working day that lies `days` of them before today, which does not count itself."""
        return moment(_working_days_before(self.today)[days - 1], hour, minute)

    def ahead(self, days: int, hour: int = 17) -> datetime:
        """A moment some calendar days after today."""
        return moment(self.today + timedelta(days=days), hour)


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


@cache
def _working_days_before(today: date) -> list[date]:
    """Working days before a day, the last one first."""
    days = CalendarDay.objects.filter(day__lt=today, day__gte=today - timedelta(days=LONGEST), is_working=True)
    return list(days.order_by("-day").values_list("day", flat=True))
