"""初审 again: the papers as they were known that day, the recognised premium, what the scheme allows."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from django.utils import timezone

from pilot_portal.accounts.roles import Role
from subsidies import rules
from subsidies.models import Application, Review
from subsidies.rules import Basis, Terms
from subsidies.services.facts import basis_of


def review_again(case: Application, review: Review, before: Review | None) -> Iterator[str]:
    """What comes out differently from the figures that a review recognised, in sentences; `before` is the review before it."""
    day = f"{timezone.localdate(review.made_at):%Y-%m-%d} 初审"
    papers = basis_then(case, review)
    if review.made_by.role == Role.HANDLER and not review.correction_reason:
        read = (papers.policy_part or rules.ZERO, papers.invoices_total or rules.ZERO, papers.paid_cny or rules.ZERO)
        for name, stored, shown in zip(("保单", "发票", "实付"), _figures(review), read, strict=True):
            if stored != shown:
                yield f"{day}记{name} {stored}，材料为 {shown}"
    premium = rules.recognised_premium(_recognised(review, papers))
    if before is not None and review.made_by.role != Role.HANDLER:  # recomputed: never above what was recognised
        premium = min(premium, before.recognised_premium)
    if premium != review.recognised_premium:
        yield f"{day}认定保费 {review.recognised_premium}，重放为 {premium}"
    computed = rules.entitlement(premium, Terms(case.rate, case.cap))
    if computed != review.computed:
        yield f"{day}计算应补 {review.computed}，重放为 {computed}"
    if review.entitled > computed or (review.entitled < computed and not review.lowered_reason):
        yield f"{day}应补 {review.entitled}，重放为 {computed}"


def basis_then(case: Application, review: Review) -> Basis:
    """What the papers said, without endorsements that were reported later."""
    on = timezone.localdate(review.made_at)
    basis = basis_of(case.policy, case.window.paid_until, on)
    known = [row for row in case.policy.endorsements.all() if row.effective_on <= on and row.reported_at <= review.made_at]
    return replace(basis, policy_total=known[-1].premium_after if known else case.policy.premium)


def _figures(review: Review) -> tuple[Decimal, Decimal, Decimal]:
    return review.policy_premium, review.invoiced, review.paid


def _recognised(review: Review, papers: Basis) -> Basis:
    """The figures of the review; 0.00 of a paper that there is none of means that it did not count."""
    return Basis(
        policy_total=review.policy_premium,
        invoices_total=None if papers.invoices_total is None and not review.invoiced else review.invoiced,
        paid_cny=None if papers.paid_cny is None and not review.paid else review.paid,
    )
