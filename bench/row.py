from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True)
class Row:
    """One measured ratio and the bar it has to keep to. Ratios within one run, since machines differ and are noisy."""

    name: str
    ratio: float
    bar: float
    at_most: bool = True  # otherwise the ratio is a rate, which may not fall below the bar

    @property
    def ok(self) -> bool:
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar


def time_ratio(ours: Callable[[], object], floor: Callable[[], object], rounds: int = 7) -> float:
    """Time of `ours` in units of `floor`, taken in turn, so that a slow moment of the machine hits both: the median of the rounds."""
    ours(), floor()  # both warm
    return median(seconds(ours) / seconds(floor) for _ in range(rounds))


def seconds(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return perf_counter() - begin
