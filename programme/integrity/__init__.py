"""Faults in what is stored, one generator a check: each yields a sentence for every fault and nothing for clean data."""

from collections.abc import Iterator

from . import belonging, budgets, lives, money, numbers, papers, trail

CHECKS = (
    money.window_totals,
    money.batches,
    money.paid_cases,
    money.paid_payments,
    money.live_payments,
    money.reservations,
    money.entitlements,
    budgets.draws,
    budgets.recoveries,
    budgets.owed_recoveries,
    budgets.endorsements,
    belonging.slots,
    belonging.owners,
    belonging.channels,
    lives.stamps,
    lives.steps,
    lives.two_persons,
    lives.corrections,
    lives.refusals,
    lives.rejections,
    lives.objections,
    trail.states_of_cases,
    trail.states_of_others,
    trail.audit_chain,
    numbers.application_numbers,
    numbers.notice_numbers,
    numbers.objection_numbers,
    numbers.payment_notice_numbers,
    papers.documents,
    papers.missing_papers,
    papers.files,
)


def faults() -> Iterator[str]:
    """Every fault that any check finds."""
    for check in CHECKS:
        yield from check()
