"""Everything that an insurer has to do by a day, in one list: the nearest first, and what is over before it."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.dateparse import parse_datetime

from insurers.models import Insurer
from insurers.states import AnswerState
from pilot_portal.reference.services import last_day
from subsidies.models import Application, Window
from subsidies.states import State

from .words import left_in_words

CHUNK = 500
ENDING = timedelta(days=30)  # mandates that end later are no concern yet
HEAD = ["期限", "还有", "事项", "企业", "统一社会信用代码", "说明"]


@dataclass(frozen=True)
class Deadline:
    due: datetime
    kind: str
    label: str
    client: str
    code: str
    hint: str
    url: str
    left: str
    is_near: bool
    key: str  # of its place in the list, for the page after it

    @property
    def line(self) -> list:
        return [last_day(self.due), self.left, self.label, self.client, self.code, self.hint]


@dataclass(frozen=True)
class Source:
    """One kind of deadline: its rows, the column of the moment, and how a row is told."""

    kind: str
    label: str
    rows: QuerySet
    column: str
    told: Callable[[Any], tuple[str, str, str, str]]  # client, code, hint, address

    def after(self, due: datetime | None, is_past: bool, pk: int | None) -> QuerySet:
        """Rows in their order that come after a place of the list."""
        rows = self.rows.order_by(self.column, "pk")
        if due is None:
            return rows
        later = Q(**{f"{self.column}__gt": due})
        if pk is not None:
            return rows.filter(later | Q(**{self.column: due, "pk__gt": pk}))
        return rows.filter(later if is_past else later | Q(**{self.column: due}))


def sources(insurer: Insurer, at: datetime) -> list[Source]:
    """In the order in which deadlines of the same moment are told."""
    cases = insurer.applications.select_related("legal_entity", "window")
    due = cases.filter(held_at__isnull=True, due_at__gt=at)
    is_open = {"window__published_at__isnull": False, "window__opens_at__lte": at, "window__closes_at__gt": at}
    waiting = insurer.answers.filter(state=AnswerState.WAITING).select_related("request__legal_entity")
    ending = insurer.entrustments.in_force(at).filter(ends_at__lte=at + ENDING).select_related("legal_entity")
    unfiled = Count("applications", filter=Q(applications__insurer=insurer, applications__state__in=[State.DRAFT, State.PENDING_CONFIRM]))
    windows = Window.objects.open_at(at).annotate(unfiled=unfiled)
    return [
        Source("correction", "办理补正", due.filter(state=State.CORRECTION), "due_at", _of_case("subsidies:correction")),
        Source("reply", "陈述申辩", due.filter(state=State.REJECTION_PROPOSED), "due_at", _of_case("subsidies:reply")),
        Source("request", "答复投保意向", waiting, "due_at", _of_answer),
        Source("proposal", "等企业确认申报", cases.filter(state=State.PENDING_CONFIRM, **is_open), "window__closes_at", _of_draft),
        Source("draft", "提交草稿", cases.filter(state=State.DRAFT, **is_open), "window__closes_at", _of_draft),
        Source("mandate", "委托到期", ending, "ends_at", _of_mandate),
        Source("window", "申报期截止", windows, "closes_at", _of_window),
    ]


def _of_case(page: str) -> Callable[[Application], tuple[str, str, str, str]]:
    def told(case: Application) -> tuple[str, str, str, str]:
        entity = case.legal_entity
        return entity.name, entity.credit_code, f"申报 {case.number}", reverse(page, args=[case.pk])

    return told


def _of_answer(answer) -> tuple[str, str, str, str]:
    entity = answer.request.legal_entity
    return entity.name, entity.credit_code, f"保障区域：{answer.request.territory}", reverse("insurers:insurer_request", args=[answer.pk])


def _of_draft(case: Application) -> tuple[str, str, str, str]:
    return case.legal_entity.name, case.legal_entity.credit_code, case.window.name, case.get_absolute_url()


def _of_mandate(mandate) -> tuple[str, str, str, str]:
    entity = mandate.legal_entity
    return entity.name, entity.credit_code, "到期后不能再办理，需要的请重新委托", reverse("insurers:mandate", args=[mandate.pk])


def _of_window(window) -> tuple[str, str, str, str]:
    hint = f"{window.name}，还有 {window.unfiled} 份没有提交" if window.unfiled else window.name
    return "—", "", hint, reverse("programme:notice", args=[window.pk])


def deadlines(insurer: Insurer, *, at: datetime, kind: str = "", after: str = "", most: int | None = None) -> Iterator[Deadline]:
    """In the order of their moments, at most so many of each kind; of one kind where it is named, from behind a place where one is."""
    order, due, pk = _place(after)
    streams = []
    for number, source in enumerate(sources(insurer, at)):
        if kind in ("", source.kind):
            rows = source.after(due, number < order, pk if number == order else None)
            streams.append(_stream(number, source, rows.iterator(chunk_size=CHUNK) if most is None else rows[:most], at))
    for _, _, _, one in heapq.merge(*streams, key=lambda entry: entry[:3]):
        yield one


def _stream(number: int, source: Source, rows: Iterable, at: datetime) -> Iterator[tuple[datetime, int, int, Deadline]]:
    for row in rows:
        due: datetime = _moment(row, source.column)
        left, is_near = left_in_words(due, at)
        key = f"{number}_{row.pk}_{due.isoformat()}"
        yield due, number, row.pk, Deadline(due, source.kind, source.label, *source.told(row), left=left, is_near=is_near, key=key)


def _moment(row, column: str) -> datetime:
    for name in column.split("__"):
        row = getattr(row, name)
    return row


def _place(after: str) -> tuple[int, datetime | None, int | None]:
    """(order of the source, moment, key) of a place in the list; the beginning for whatever is no place."""
    order, _, rest = after.partition("_")
    pk, _, moment = rest.partition("_")
    if not (order.isdecimal() and pk.isdecimal() and len(order) < 3 and len(pk) < 19):
        return 0, None, None
    try:
        due = parse_datetime(moment)
    except ValueError:
        due = None
    return (int(order), due, int(pk)) if due and due.tzinfo else (0, None, None)


def page_of_deadlines(insurer: Insurer, *, at: datetime, kind: str, after: str, size: int) -> tuple[list[Deadline], str]:
    """One page, and the place from which the next begins, if there is one."""
    found = list(islice(deadlines(insurer, at=at, kind=kind, after=after, most=size + 1), size + 1))
    return found[:size], found[size - 1].key if len(found) > size else ""


def kinds(insurer: Insurer, *, at: datetime) -> Iterable[tuple[str, str, int]]:
    """(kind, word, how many) of each."""
    return [(source.kind, source.label, source.rows.count()) for source in sources(insurer, at)]
