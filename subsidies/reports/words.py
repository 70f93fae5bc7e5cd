"""Days and moments as screens say them, and lines of a list of things to do."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone


def day_in_words(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def moment_in_words(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"


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

    @property
    def action(self) -> str:
        return self.verb or self.title

    @property
    def is_done(self) -> bool:
        return self.tone == "done"
