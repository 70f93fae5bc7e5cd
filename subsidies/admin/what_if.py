"""What a run of the allocation would do now, for the head's eyes before it runs."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from subsidies.models import Application, Window
from subsidies.services import allocation
from subsidies.states import State

ZERO = Decimal("0.00")
MOST_NAMES = 20


@dataclass(frozen=True)
class Group:
    """Cases that are not decided yet, and what they could get at most."""

    label: str
    ground: str
    count: int
    amount: Decimal


@dataclass(frozen=True)
class WhatIf:
    """What a run of the allocation would do now, CNY."""

    count: int
    budget: Decimal
    entitled: Decimal
    late: Decimal
    groups: list[Group]
    awarded: Decimal
    rejected: int
    rejections: list[Application]  # the first of them
    input_hash: str

    @property
    def waiting(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def waiting_amount(self) -> Decimal:
        return sum((group.amount for group in self.groups), ZERO)

    @property
    def may_run(self) -> bool:
        """A list may hold rejections alone."""
        return bool(self.count or self.rejected)

    @property
    def is_short(self) -> bool:
        return self.entitled + self.waiting_amount > self.budget

    @property
    def share(self) -> str:
        """What the budget leaves of each entitlement."""
        total = self.entitled + self.waiting_amount
        return f"{self.budget * 100 / total:.2f}%" if self.is_short else "100%"


GROUPS = {
    "unresolved": ("尚未办结", "受理、补正、初审、复核中，办结后再核定"),
    "replying": ("陈述申辩期内", "拟不予补贴，期满后列入名单"),
    "held": ("暂停办理", "解除暂停后再核定"),
}


def what_if(window: Window, at: datetime) -> WhatIf:
    """Reads as a run would, and changes nothing."""
    wanted = allocation.demand(window, at=at)
    ripe = allocation.ripe_rejections(window, at).order_by("number")
    first = list(ripe.select_related("legal_entity")[: MOST_NAMES + 1])
    return WhatIf(
        count=allocation.ready(window).count(),
        budget=wanted.budget,
        entitled=wanted.entitled,
        late=wanted.late,
        groups=_groups(window, dict(wanted.waiting), at),
        awarded=allocation.expected_awards(window, wanted),
        rejected=ripe.count() if len(first) > MOST_NAMES else len(first),
        rejections=first[:MOST_NAMES],
        input_hash=wanted.input_hash,
    )


def _groups(window: Window, amounts: dict[int, Decimal], at: datetime) -> list[Group]:
    found: dict[str, list[Decimal]] = {name: [] for name in GROUPS}
    for key, state, held_at in allocation.waiting_cases(window, at).order_by().values_list("pk", "state", "held_at"):
        kind = "held" if held_at else "replying" if state == State.REJECTION_PROPOSED else "unresolved"
        found[kind].append(amounts.get(key, ZERO))
    return [Group(*GROUPS[name], len(each), sum(each, ZERO)) for name, each in found.items() if each]
