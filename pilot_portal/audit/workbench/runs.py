"""Pages by key: a page begins where the last one ended, so that nothing is counted, repeated or lost while rows come and go."""

import base64
import binascii
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.lookups import GreaterThan, LessThan
from django.http import Http404


@dataclass(frozen=True)
class Run:
    """Rows in an order of their own, by columns that are never empty; together the `keys` name a row. A list shows its runs in turn."""

    rows: QuerySet
    keys: tuple[str, ...] = ("pk",)
    descending: bool = False

    @classmethod
    def ordered(cls, rows: QuerySet, ordering: Sequence[str]) -> "Run":
        """By names as Django orders by them, all of them up or all of them down."""
        names, signs = [name.lstrip("-") for name in ordering], {name.startswith("-") for name in ordering}
        if len(signs) != 1:
            raise ValueError(f"one direction only: {ordering}")
        single = names == ["pk"] or rows.model._meta.get_field(names[-1]).unique
        return cls(rows, tuple(names if single or "pk" in names else [*names, "pk"]), signs.pop())

    @property
    def in_order(self) -> QuerySet:
        return self._towards(self.descending)

    def beyond(self, values: list | None, backwards: bool) -> QuerySet:
        """The rows after these values of the keys, or before them; the nearest first."""
        down = self.descending != backwards
        found = self._towards(down)
        if values is None:
            return found
        if len(self.keys) == 1:
            return found.filter(**{f"{self.keys[0]}__{'lt' if down else 'gt'}": values[0]})
        here, there = _row(*map(F, self.keys)), _row(*map(Value, values))
        near = {f"{self.keys[0]}__{'lte' if down else 'gte'}": values[0]}  # said apart, for the index of the first key alone
        return found.filter((LessThan if down else GreaterThan)(here, there), **near)

    def values_of(self, row) -> list:
        return [getattr(row, key) for key in self.keys]

    def parse(self, values: list) -> list:
        """Values of the keys as they were written into a token. Raises ValidationError, ValueError."""
        return [self._field(key).to_python(value) for key, value in zip(self.keys, values, strict=True)]

    def _field(self, key: str):
        annotation = self.rows.query.annotations.get(key)
        options = self.rows.model._meta
        return annotation.output_field if annotation is not None else options.pk if key == "pk" else options.get_field(key)

    def _towards(self, down: bool) -> QuerySet:
        return self.rows.order_by(*(f"-{key}" if down else key for key in self.keys))


def _row(*parts) -> Func:
    return Func(*parts, function="ROW", output_field=BooleanField())


@dataclass(frozen=True)
class Slice:
    """What stands on a page; `newer` and `older` are tokens of the pages beside it, None where there is none."""

    rows: list
    newer: str | None
    older: str | None


def page_of(runs: Sequence[Run], size: int, *, after: str = "", before: str = "") -> Slice:
    """The page behind one of the tokens, else the first. Raises Http404 for a token that no page gave out."""
    token, backwards = (before, True) if before else (after, False)
    place = _read(token, runs) if token else (len(runs) - 1 if backwards else 0, None)
    found = list(islice(_walk(runs, *place, backwards=backwards, most=size + 1), size + 1))
    more, shown = len(found) > size, found[:size]
    if backwards:
        shown.reverse()
    first, last = (_write(*shown[0], runs), _write(*shown[-1], runs)) if shown else ("", "")
    if not shown:
        return Slice([], "" if token else None, None)
    has_newer, has_older = (more, True) if backwards else (bool(token), more)
    return Slice([row for _, row in shown], first if has_newer else None, last if has_older else None)


def _walk(runs: Sequence[Run], index: int, values: list | None, *, backwards: bool, most: int) -> Iterator[tuple[int, object]]:
    """(run, row) from a place on; a run is read when the one before it has ended."""
    while 0 <= index < len(runs):
        for row in runs[index].beyond(values, backwards)[:most]:
            yield index, row
        index, values = index + (-1 if backwards else 1), None


def _write(index: int, row, runs: Sequence[Run]) -> str:
    said = json.dumps([index, *runs[index].values_of(row)], default=lambda value: value.isoformat(), ensure_ascii=False)
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def _read(token: str, runs: Sequence[Run]) -> tuple[int, list]:
    try:
        index, *values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        parsed = runs[index].parse(values) if type(index) is int and index >= 0 and "\x00" not in str(values) else None
    except (binascii.Error, ValueError, TypeError, IndexError, ValidationError, RecursionError) as error:
        raise Http404 from error
    if not parsed or None in parsed:
        raise Http404
    return index, parsed
