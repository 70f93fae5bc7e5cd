"""Days and moments as screens say them, and lines of a list of things to do."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from pilot_portal.reference.services import last_day

NEAR_DAYS = 3


def day_in_words(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def moment_in_words(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"


def left_in_words(due: datetime, at: datetime) -> tuple[str, bool]:
    """How long is left until a deadline, and whether that is so little that it is to be said in red."""
    if due <= at:
        return "已到期", True
    hours = int((due - at).total_seconds() // 3600)
    if hours < 24:
        return f"还有不到 {hours + 1} 小时", True
    days = (last_day(due) - timezone.localdate(at)).days
    return f"还有 {days} 天", days <= NEAR_DAYS


def stamp(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


@dataclass(frozen=True)
class Task:
    """One thing to do, and how far it is."""

    key: str
    title: str
    hint: str
    tone: str  # of its tag: todo, done, wait, stop or none
    label: str
    url: str = ""  # none: it cannot be begun yet
    verb: str = ""  # what its button says, where that is not the title
    due: str = ""  # until when, in words
    is_near: bool = False  # to be said in red

    @property
    def action(self) -> str:
        return self.verb or self.title

    @property
    def is_done(self) -> bool:
        return self.tone == "done"
