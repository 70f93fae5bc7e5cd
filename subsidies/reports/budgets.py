"""Where the money of the pilots stands, as figures and as the parts of a bar. CNY."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from pilot_portal.reference.models import Pilot
from subsidies.models import Appropriation, Payment, Window
from subsidies.states import PaymentState

ZERO = Decimal("0.00")
BAR = 1000  # units of a bar's width


@dataclass(frozen=True)
class Part:
    """A part of a bar, from `x` over `width` units."""

    label: str
    colour: str
    amount: Decimal
    x: int
    width: int


@dataclass(frozen=True)
class Money:
    """`drawn` is what may be awarded; `left` of it is neither awarded nor reserved."""

    drawn: Decimal
    awarded: Decimal
    reserved: Decimal
    paid: Decimal

    @property
    def left(self) -> Decimal:
        return self.drawn - self.awarded - self.reserved

    @property
    def parts(self) -> list[Part]:
        shares = [
            ("已拨付", "#17693f", self.paid),
            ("已核定未拨付", "#0b4ea2", self.awarded - self.paid),
            ("预留", "#e39a1c", self.reserved),
            ("剩余", "#c9d3df", self.left),
        ]
        parts, start = [], ZERO
        for label, colour, amount in shares:
            x, end = _units(start, self.drawn), _units(start + amount, self.drawn)
            parts.append(Part(label, colour, amount, x, max(end - x, 0)))
            start += amount
        return parts


@dataclass(frozen=True)
class PilotMoney:
    """A pilot's appropriations, and what windows of it have made of them."""

    pilot: Pilot
    appropriated: Decimal
    windows: list[tuple[Window, Money]]

    @property
    def total(self) -> Money:
        rows = [money for _, money in self.windows]
        return Money(*(sum((getattr(row, name) for row in rows), ZERO) for name in ("drawn", "awarded", "reserved", "paid")))

    @property
    def undrawn(self) -> Decimal:
        return self.appropriated - self.total.drawn


def budgets() -> list[PilotMoney]:
    """Every pilot with a published window, the newest first; one query."""
    windows = _with_sums(Window.objects.published()).select_related("pilot").order_by("-pilot__year", "sequence")
    return [_of_pilot(pilot, list(rows)) for pilot, rows in groupby(windows, key=lambda window: window.pilot)]


def budget_of(window: Window) -> PilotMoney:
    """One window's money, published or not, with its pilot's appropriations; one query."""
    return _of_pilot(window.pilot, [_with_sums(Window.objects.all()).get(pk=window.pk)])


def _with_sums(windows: QuerySet) -> QuerySet:
    paid = Payment.objects.filter(batch__window=OuterRef("pk"), state=PaymentState.PAID)
    return windows.annotate(
        appropriated=_sum(Appropriation.objects.filter(pilot=OuterRef("pilot")), "pilot", "amount"),
        paid=_sum(paid, "batch__window", "amount"),
    )


def _of_pilot(pilot: Pilot, windows: list[Window]) -> PilotMoney:
    rows = [(window, Money(window.draw, window.awarded_total, window.reserved_total, window.paid)) for window in windows]
    return PilotMoney(pilot, windows[0].appropriated, rows)


def _sum(rows: QuerySet, group: str, column: str) -> Coalesce:
    """The sum of a column as a subquery; 0.00 where there is no row."""
    summed = rows.order_by().values(group).annotate(sum=Sum(column)).values("sum")
    return Coalesce(Subquery(summed), ZERO, output_field=DecimalField(max_digits=14, decimal_places=2))


def _units(amount: Decimal, whole: Decimal) -> int:
    return int(amount * BAR / whole) if whole else 0
