"""What-if: an allocation under other terms beside the terms in force. Reads what a run would read, and writes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.utils import timezone

from subsidies.models import Application, Window
from subsidies.rules import Terms, entitlement, pro_rata, recognised_premium
from subsidies.services import allocation
from subsidies.services.facts import basis_of

ZERO = Decimal("0.00")
PAPERS = ("policy__invoices", "policy__premium_payments", "policy__endorsements")


class Method(models.TextChoices):
    """Ways to share a short budget. Only the window's own may be allocated by; the others are for comparison."""

    PRO_RATA = "pro_rata", "同比例"
    IN_ORDER = "in_order", "按提交先后"
    COMMON_CAP = "common_cap", "统一降低上限"


def in_order(claims: Sequence[Decimal], budget: Decimal) -> tuple[Decimal, ...]:
    """In full one after the other while the budget lasts; whom it no longer covers in full gets what is left."""
    awards, left = [], budget
    for claim in claims:
        awards.append(min(claim, left))
        left -= awards[-1]
    return tuple(awards)


def common_cap(claims: Sequence[Decimal], budget: Decimal) -> tuple[Decimal, ...]:
    """Nobody gets more than the highest common cap, to the fen, under which the budget suffices."""
    left, waiting, cap = budget, len(claims), None
    for claim in sorted(claims):
        if claim * waiting > left:
            cap = (left / waiting).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
            break
        left, waiting = left - claim, waiting - 1
    return tuple(claim if cap is None else min(claim, cap) for claim in claims)


SHARES: dict[str, Callable[[Sequence[Decimal], Decimal], tuple[Decimal, ...]]] = {
    Method.PRO_RATA: lambda claims, budget: pro_rata(claims, budget).awards,
    Method.IN_ORDER: in_order,
    Method.COMMON_CAP: common_cap,
}


@dataclass(frozen=True)
class Claim:
    """A case that takes part: with what premium, what it is entitled to by the terms in force, what is reserved for it. CNY."""

    number: str
    entity: str
    premium: Decimal
    entitled: Decimal
    lowered: bool  # an officer lowered it below what rate and cap allow
    reserved: Decimal
    waits: bool  # not decided yet: what it could get is reserved

    def under(self, terms: Terms) -> Decimal:
        allowed = entitlement(self.premium, terms)
        return min(allowed, self.entitled) if self.lowered else allowed


@dataclass(frozen=True)
class Variant:
    """Terms and what an allocation under them would give, CNY."""

    name: str
    terms: Terms
    method: str
    budget: Decimal
    shares: dict[str, Decimal] = field(default_factory=dict)  # by number
    awarded: Decimal = ZERO
    reserved: Decimal = ZERO
    count: int = 0
    left: Decimal = ZERO

    @property
    def method_label(self) -> str:
        return Method(self.method).label


@dataclass(frozen=True)
class Line:
    """A case under each variant, the terms in force first. CNY."""

    claim: Claim
    amounts: list[Decimal]
    names: list[str]

    @property
    def cells(self) -> list[tuple[Decimal, Decimal, str]]:
        """(amount, change, variant)."""
        return list(zip(self.amounts, [ZERO, *self.changes], self.names, strict=True))

    @property
    def changes(self) -> list[Decimal]:
        return [amount - self.amounts[0] for amount in self.amounts[1:]]


def claims_of(window: Window, at: datetime) -> list[Claim]:
    """Everybody who would take part in a run now, in the order of filing."""
    waiting = set(allocation.waiting_cases(window, at).values_list("pk", flat=True))
    cases = Application.objects.filter(pk__in=[*waiting, *allocation.ready(window).values_list("pk", flat=True)])
    related = cases.select_related("legal_entity", "policy", "window").prefetch_related(*PAPERS)
    return [_claim(case, case.pk in waiting, at) for case in related.order_by("submitted_at", "pk")]


def _claim(case: Application, waits: bool, at: datetime) -> Claim:
    premium = case.recognised_premium
    if premium is None:
        premium = ZERO if case.policy is None else recognised_premium(_basis(case, at))
    allowed = entitlement(premium, case.terms)
    entitled = allowed if case.entitled is None else case.entitled
    return Claim(case.number or "", case.legal_entity.name, premium, entitled, entitled < allowed, case.reserved, waits)


def _basis(case: Application, at: datetime):
    return basis_of(case.policy, case.window.paid_until, timezone.localdate(at))


def compute(name: str, claims: Sequence[Claim], terms: Terms, method: str, budget: Decimal) -> Variant:
    """Who would get what. A case with a reservation gets it, whatever the budget; the others share."""
    sharing = [claim for claim in claims if not claim.reserved]
    shares = dict(zip((claim.number for claim in sharing), SHARES[method]([claim.under(terms) for claim in sharing], budget), strict=True))
    left = budget - sum(shares.values(), ZERO)
    shares |= {claim.number: min(claim.under(terms), claim.reserved) for claim in claims if claim.reserved}
    now = [shares[claim.number] for claim in claims if not claim.waits]
    reserved = sum((shares[claim.number] for claim in claims if claim.waits), ZERO)
    return Variant(name, terms, method, budget, shares, sum(now, ZERO), reserved, sum(share > 0 for share in now), left)


def lines_of(claims: Sequence[Claim], variants: Sequence[Variant]) -> list[Line]:
    """Each case under every variant, the greatest change first."""
    names = [variant.name for variant in variants]
    lines = [Line(claim, [variant.shares[claim.number] for variant in variants], names) for claim in claims]
    return sorted(lines, key=lambda line: (-max(map(abs, line.changes), default=ZERO), line.claim.number))
