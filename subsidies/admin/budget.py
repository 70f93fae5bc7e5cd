"""Where the money of a window stands, as figures and as the parts of a bar."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from subsidies.models import Appropriation, Payment, Window
from subsidies.states import PaymentState

ZERO = Decimal("0.00")
WIDTH = 1000  # units of the bar


@dataclass(frozen=True)
class Part:
    """A part of the bar, from `x` over `width` units."""

    css: str
    label: str
    amount: Decimal
    x: int
    width: int


@dataclass(frozen=True)
class Budget:
    """CNY. `drawn` is what the window may award; `left` of it is neither awarded nor reserved."""

    appropriated: Decimal  # to the pilot
    drawn_by_all: Decimal  # by all published windows of the pilot
    drawn: Decimal
    awarded: Decimal
    reserved: Decimal
    paid: Decimal

    @property
    def left(self) -> Decimal:
        return self.drawn - self.awarded - self.reserved

    @property
    def undrawn(self) -> Decimal:
        return self.appropriated - self.drawn_by_all

    @property
    def parts(self) -> list[Part]:
        shares = [
            ("b-paid", "已拨付", self.paid),
            ("b-awarded", "已核定未拨付", self.awarded - self.paid),
            ("b-reserved", "预留", self.reserved),
            ("b-left", "剩余", self.left),
        ]
        parts, x = [], 0
        for css, label, amount in shares:
            width = int(amount * WIDTH / self.drawn) if self.drawn else 0
            parts.append(Part(css, label, amount, x, width))
            x += width
        return parts


def budget_of(window: Window) -> Budget:
    paid = Payment.objects.filter(application__window=window, state=PaymentState.PAID)
    return Budget(
        appropriated=_total(Appropriation.objects.filter(pilot=window.pilot_id), "amount"),
        drawn_by_all=_total(Window.objects.published().filter(pilot=window.pilot_id), "draw"),
        drawn=window.draw,
        awarded=window.awarded_total,
        reserved=window.reserved_total,
        paid=_total(paid, "amount"),
    )


def _total(rows, column: str) -> Decimal:
    return rows.aggregate(total=Sum(column))["total"] or ZERO


@dataclass(frozen=True)
class WhatIf:
    """What a run of the allocation would do now, CNY."""

    count: int
    budget: Decimal
    entitled: Decimal
    late: Decimal
    waiting: int
    waiting_amount: Decimal
    awarded: Decimal
    input_hash: str

    @property
    def is_short(self) -> bool:
        return self.entitled + self.waiting_amount > self.budget

    @property
    def share(self) -> str:
        """What the budget leaves of each entitlement."""
        total = self.entitled + self.waiting_amount
        return f"{self.budget * 100 / total:.2f}%" if self.is_short else "100%"
