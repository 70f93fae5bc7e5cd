"""A run of the allocation beside the one before it: who came, who left, who gets another amount."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from subsidies.models import AWARDING, AllocationLine, AllocationRun

ZERO = Decimal("0.00")
CAME, LEFT, CHANGED, SAME = "新列入", "不再列入", "金额变化", "相同"


@dataclass(frozen=True)
class Difference:
    """One case in two runs, CNY; None where it was not awarded in one. `now` says where it stands today."""

    number: str
    entity: str
    kind: str
    before: Decimal | None
    after: Decimal | None
    now: str

    @property
    def change(self) -> Decimal:
        return (self.after or ZERO) - (self.before or ZERO)


def previous_of(run: AllocationRun) -> AllocationRun | None:
    return run.window.allocation_runs.filter(sequence__lt=run.sequence).order_by("-sequence").first()


def differences(run: AllocationRun, before: AllocationRun | None) -> Iterator[Difference]:
    """Each case of either run in the order of numbers; those awarded in neither are left out."""
    old = _lines(before) if before else {}
    new = _lines(run)
    for number in sorted(old.keys() | new.keys()):
        was, line = old.get(number), new.get(number)
        case = (line or was).application
        yield Difference(
            number,
            case.legal_entity.name,
            _kind(was, line),
            was.result if was else None,
            line.result if line else None,
            case.get_state_display(),
        )


def _lines(run: AllocationRun) -> dict[str, AllocationLine]:
    lines = run.lines.filter(kind__in=AWARDING).select_related("application__legal_entity")
    return {line.application.number: line for line in lines}


def _kind(was: AllocationLine | None, line: AllocationLine | None) -> str:
    if was is None or line is None:
        return LEFT if line is None else CAME
    return SAME if was.result == line.result else CHANGED
