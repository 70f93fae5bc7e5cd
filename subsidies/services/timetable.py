"""When the last case of a window can be paid at the latest: the longest way from its closing, step by step, in working days."""

from dataclasses import dataclass
from datetime import date, timedelta

from pilot_portal.reference.models import CalendarDay
from pilot_portal.reference.rules import CalendarGap, add_working_days
from pilot_portal.reference.services import LONGEST_HOLIDAY, last_day, working_days_between
from subsidies.models import Window

# Steps for which neither the scheme nor a window sets a limit; working days, as the centre plans them.
AFTER_CORRECTION, CHECK, ALLOCATION, DETERMINATION, APPROVAL, BANK = 1, 5, 3, 5, 3, 3
ASSUMED = "假定"


@dataclass(frozen=True)
class Step:
    """A step of the way; `until` is its last day, None where the calendar does not reach."""

    label: str
    days: int  # working days
    ground: str
    until: date | None


@dataclass(frozen=True)
class Timetable:
    closes_on: date  # the last day on which anyone can file
    steps: list[Step]
    pay_by: date  # 计划拨付完成日
    provisional: bool  # some of the days counted are not announced yet
    gap: CalendarGap | None  # the calendar ends before the way does

    @property
    def until(self) -> date | None:
        """The last possible day of payment."""
        return self.steps[-1].until

    @property
    def days(self) -> int:
        return sum(step.days for step in self.steps)

    @property
    def late_by(self) -> int:
        """Working days by which the last payment may come after the planned day."""
        return working_days_between(self.pay_by, self.until) if self.until and self.until > self.pay_by else 0

    @property
    def is_late(self) -> bool:
        return self.until is not None and self.until > self.pay_by

    @property
    def missing(self) -> str:
        """Says which year of the calendar has to be entered first, if any."""
        return str(self.gap) if self.gap else ""


def longest_way(window: Window) -> list[tuple[str, int, str]]:
    """(step, working days, ground): a case filed at the last moment, corrected with an extension, proposed for rejection and replied to."""
    return [
        ("告知补正或受理", window.acceptance_days, "受理期限"),
        ("补正", window.correction_days, "补正期限"),
        ("补正延长一次", window.correction_days, "最多与补正期限相同"),
        ("补正后受理", AFTER_CORRECTION, "受理期限的剩余部分，至少 1 天"),
        ("初审", window.review_days, "初审期限"),
        ("复核", CHECK, ASSUMED),
        ("陈述申辩", window.reply_days, "陈述申辩期限"),
        ("核定拟补贴额", ALLOCATION, ASSUMED),
        ("市知识产权局审定", DETERMINATION, ASSUMED),
        ("公示", window.publicity_days, "公示期限"),
        ("批准拨付、制单、批准批次", APPROVAL, ASSUMED),
        ("银行付款和回单", BANK, ASSUMED),
    ]


def timetable(window: Window) -> Timetable:
    """The window's longest way. Objections, holds and returned payments come on top; they cannot be foreseen."""
    closes_on, way = last_day(window.closes_at), longest_way(window)
    days = sum(days for _, days, _ in way)
    horizon = closes_on + timedelta(days=days * 2 + LONGEST_HOLIDAY * 2)
    rows = list(CalendarDay.objects.filter(day__gt=closes_on, day__lte=horizon).values_list("day", "is_working", "provisional"))
    is_working = {day: works for day, works, _ in rows}
    steps: list[Step] = []
    day: date | None = closes_on
    gap = None
    for label, length, ground in way:
        try:
            day = add_working_days(day, length, is_working) if day else None
        except CalendarGap as met:
            day, gap = None, met
        steps.append(Step(label, length, ground, day))
    reached = day or horizon
    return Timetable(closes_on, steps, window.pay_by, any(marked and at <= reached for at, _, marked in rows), gap)
