"""A correction as its applicant works through it: each item, what was and what is, and where it is mended."""

from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from subsidies.models import Application, Correction, CorrectionItem
from subsidies.services.corrections import mended, open_correction, parts_now

from .words import left_in_words


@dataclass(frozen=True)
class Row:
    label: str
    before: str
    now: str

    @property
    def has_changed(self) -> bool:
        return self.before != self.now


@dataclass(frozen=True)
class Item:
    item: CorrectionItem
    rows: list[Row]
    is_done: bool
    papers: list  # attachments that stand

    @property
    def has_changed(self) -> bool:
        return any(row.has_changed for row in self.rows)


@dataclass(frozen=True)
class Sheet:
    """The open list as a page shows it."""

    correction: Correction
    items: list[Item]
    left: str  # how long, in words
    is_near: bool

    @property
    def done(self) -> int:
        return sum(item.is_done for item in self.items)


def sheet_of(application: Application, *, at: datetime) -> Sheet | None:
    """The open correction of a case, read once whatever the number of its items."""
    correction = open_correction(application)
    if correction is None:
        return None
    items = list(correction.items.all())
    for item in items:
        item.correction, correction.application = correction, application
    now = parts_now(items)
    left, is_near = left_in_words(correction.due_at, at)
    return Sheet(correction, [_item(item, now[item.part]) for item in items], left, is_near)


def _item(item: CorrectionItem, now: list[list[str]]) -> Item:
    papers = [paper for paper in item.attachments.all() if paper.superseded_at is None]
    return Item(item, rows_beside(item.before, now), mended(item, now), papers)


def rows_beside(before: list[list[str]], now: list[list[str]]) -> list[Row]:
    """What was and what is, line by line. Lines that only one side has stay empty on the other."""
    pairs = zip_longest(before, now, fillvalue=None)
    return [_row(was, is_now) for was, is_now in pairs]


def _row(was: list[str] | None, is_now: list[str] | None) -> Row:
    label_was, value_was = was or ("", "")
    label_now, value_now = is_now or ("", "")
    if label_was and label_now and label_was != label_now:  # lines of rows that have numbers of their own
        return Row("", f"{label_was}：{value_was}", f"{label_now}：{value_now}")
    return Row(label_was or label_now, value_was, value_now)
