"""Where the money of the pilots stands, as figures and as the parts of a bar. CNY."""

from dataclasses import dataclass, fields
from decimal import Decimal
from itertools import groupby

from django.db.models import DecimalField, Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from pilot_portal.reference.models import Pilot
from subsidies.models import Appropriation, DrawChange, Payment, Recovery, Window
from subsidies.states import PaymentState, RecoveryState, State

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
    """`drawn` is what may be awarded; `left` of it is neither awarded nor reserved.

    `paid` has arrived; `returned` came back from the bank and waits to be paid again. Of what was paid, `recovered` has been given back and
    `owed` is ordered back; neither is added to `left`.
    """

    drawn: Decimal
    awarded: Decimal
    reserved: Decimal
    paid: Decimal
    returned: Decimal = ZERO
    recovered: Decimal = ZERO
    owed: Decimal = ZERO

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
        return Money(**{column.name: sum((getattr(row, column.name) for row in rows), ZERO) for column in fields(Money)})

    @property
    def undrawn(self) -> Decimal:
        return self.appropriated - self.total.drawn

    @property
    def changes(self) -> list[DrawChange]:
        """Every version of the windows' draws, the oldest first."""
        return sorted((change for window, _ in self.windows for change in window.draw_changes.all()), key=lambda change: change.pk)


def budgets() -> list[PilotMoney]:
    """Every pilot with a published window, the newest first; two queries."""
    windows = _with_sums(Window.objects.published()).select_related("pilot").order_by("-pilot__year", "sequence")
    windows = windows.prefetch_related("draw_changes__window", "draw_changes__approved_by")
    return [_of_pilot(pilot, list(rows)) for pilot, rows in groupby(windows, key=lambda window: window.pilot)]


def budget_at_a_glance() -> PilotMoney | None:
    """The newest pilot that has a published window, and what its windows have made of its money; one query."""
    newest = Window.objects.published().order_by("-pilot__year").values("pilot")[:1]
    windows = list(_with_sums(Window.objects.published().filter(pilot=Subquery(newest))).select_related("pilot").order_by("sequence"))
    return _of_pilot(windows[0].pilot, windows) if windows else None


def budget_of(window: Window) -> PilotMoney:
    """One window's money, published or not, with its pilot's appropriations; one query."""
    return _of_pilot(window.pilot, [_with_sums(Window.objects.all()).get(pk=window.pk)])


def _with_sums(windows: QuerySet) -> QuerySet:
    payments = Payment.objects.filter(batch__window=OuterRef("pk"))
    replaced = Payment.objects.filter(application=OuterRef("application"), pk__gt=OuterRef("pk"))
    returned = payments.filter(~Exists(replaced), state=PaymentState.RETURNED, application__state=State.APPROVED)
    recoveries = Recovery.objects.filter(application__window=OuterRef("pk"))
    return windows.annotate(
        appropriated=_sum(Appropriation.objects.filter(pilot=OuterRef("pilot")), "pilot"),
        paid=_sum(payments.filter(state=PaymentState.PAID), "batch__window"),
        returned=_sum(returned, "batch__window"),
        recovered=_sum(recoveries.filter(state=RecoveryState.REPAID), "application__window"),
        owed=_sum(recoveries.filter(state__in=[RecoveryState.ORDERED, RecoveryState.OVERDUE]), "application__window"),
    )


def _of_pilot(pilot: Pilot, windows: list[Window]) -> PilotMoney:
    return PilotMoney(pilot, windows[0].appropriated, [(window, _of_window(window)) for window in windows])


def _of_window(window: Window) -> Money:
    sums = {name: getattr(window, name) for name in ("paid", "returned", "recovered", "owed")}
    return Money(drawn=window.draw, awarded=window.awarded_total, reserved=window.reserved_total, **sums)


def _sum(rows: QuerySet, group: str) -> Coalesce:
    """The sum of their amounts as a subquery; 0.00 where there is no row."""
    summed = rows.order_by().values(group).annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(summed), ZERO, output_field=DecimalField(max_digits=14, decimal_places=2))


def _units(amount: Decimal, whole: Decimal) -> int:
    return int(amount * BAR / whole) if whole else 0
