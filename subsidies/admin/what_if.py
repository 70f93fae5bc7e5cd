"""What a run of the allocation would do now, for the head's eyes before it runs."""

from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal("0.00")


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
