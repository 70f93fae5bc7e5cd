"""A window done again: its reviews, its allocations, its awards; what comes out differently is a deviation."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from subsidies.models import AWARDING, AllocationLine, Application, Review, Window
from subsidies.states import State

from .allocations import lines_again, run_again
from .reviews import review_again

CHUNK = 1000
RELATED = ("policy", "window", "allocation", "legal_entity")


@dataclass(frozen=True)
class Deviation:
    """Where it was, what is stored, what comes out."""

    where: str
    what: str


@dataclass(frozen=True)
class Outcome:
    """A decided case as it is reckoned again, CNY; `awarded` is None for a rejection."""

    number: str
    entity: str
    state: str
    recognised: Decimal | None
    entitled: Decimal | None
    awarded: Decimal | None
    deviations: list[Deviation]

    @property
    def holds(self) -> bool:
        return not self.deviations


def replay(window: Window) -> Iterator[Outcome | Deviation]:
    """What is wrong with its allocations, then each decided case in the order of numbers."""
    awards: dict[int, dict[int, Decimal]] = {}
    for run in window.allocation_runs.order_by("sequence").iterator():
        awards[run.pk] = dict(lines_again(run))
        for fault in run_again(run, awards[run.pk]):
            yield Deviation(str(run), fault)
    for case in decided(window).iterator(chunk_size=CHUNK):
        yield _again(case, awards)


def decided(window: Window) -> QuerySet[Application]:
    """Awarded, or rejected with a list: what stands on a list that was allocated."""
    cases = window.applications.filter(allocation__isnull=False).exclude(state=State.REJECTION_PROPOSED)
    reviews = Prefetch("reviews", Review.objects.select_related("made_by").order_by("pk"), to_attr="made_reviews")
    lines = Prefetch("allocation_lines", AllocationLine.objects.filter(kind__in=AWARDING), to_attr="awarding_lines")
    papers = ("policy__invoices", "policy__premium_payments", "policy__endorsements", "payments")
    return cases.select_related(*RELATED).prefetch_related(reviews, lines, *papers).order_by("number")


def _again(case: Application, awards: dict[int, dict[int, Decimal]]) -> Outcome:
    found = [Deviation(case.number, fault) for fault in (*_entitlement(case), *_award(case, awards))]
    return Outcome(
        case.number,
        case.legal_entity.name,
        case.get_state_display(),
        case.recognised_premium,
        case.entitled,
        None if case.state == State.REJECTED else case.awarded,
        found,
    )


def _entitlement(case: Application) -> Iterator[str]:
    """Each review done again in its order, and the case against the last of them."""
    reviews = case.made_reviews
    if not reviews:
        yield "没有初审记录"
        return
    if (case.rate, case.cap) != (case.window.rate, case.window.cap):
        yield f"本件条款为 {case.rate}、{case.cap}，本期条款为 {case.window.rate}、{case.window.cap}"
    before = None
    for review in reviews:
        yield from review_again(case, review, before)
        before = review
    stored, last = (case.recognised_premium, case.entitled), (before.recognised_premium, before.entitled)
    if stored != last:
        yield f"本件认定保费 {stored[0]}、应补 {stored[1]}，最后一次初审为 {last[0]}、{last[1]}"


def _award(case: Application, awards: dict[int, dict[int, Decimal]]) -> Iterator[str]:
    if case.awarded is None or case.state in (State.ABANDONED, State.CANCELLED):
        return
    share = awards.get(case.allocation_id, {}).get(case.pk)
    if share is None:
        yield f"核定 {case.awarded}，{case.allocation} 的明细中没有本件"
    elif share != case.awarded:
        yield f"核定 {case.awarded}，重放为 {share}"
    for payment in case.payments.all():
        if payment.state == "paid" and payment.amount != share:
            yield f"已付 {payment.amount}，重放为 {share}"
