"""From rows to the plain values that the rules take."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from enterprises.models import EntityCategory, LegalEntity
from enterprises.rules import check_cnaps, check_credit_code, looks_like_branch, same_payee_name
from insurers.models import Endorsement, Policy
from insurers.states import PROVEN, PolicyState
from subsidies.models import Application, Review, Window
from subsidies.rules import Basis, Facts, Line, entitlement, explain, recognised_premium


def premium_after_endorsements(policy: Policy, on: date) -> Decimal:
    """The policy's premium as of a day: the last endorsement in effect, or what was signed."""
    effective = endorsements_in_effect(policy, on)
    return effective[-1].premium_after if effective else policy.premium


def endorsements_in_effect(policy: Policy, on: date) -> list[Endorsement]:
    return [row for row in policy.endorsements.all() if row.effective_on <= on]


def basis_of(policy: Policy, paid_until: date, on: date) -> Basis:
    """What the papers of a policy say on a day: invoices and CNY payments up to the window's paid-until."""
    invoices = [row.amount for row in policy.invoices.all()]
    payments = [row.amount for row in policy.premium_payments.all() if row.paid_on <= paid_until]
    return Basis(
        policy_total=premium_after_endorsements(policy, on),
        non_pilot_cover=policy.non_pilot_premium,
        coinsured_share=policy.coinsured_premium,
        invoices_total=sum(invoices, Decimal(0)) if invoices else None,
        paid_cny=sum(payments, Decimal(0)) if payments else None,
    )


def explained(application: Application, *, at: datetime, result: str = "预计补贴") -> list[Line]:
    """The amount of a case, line by line, by its own terms."""
    basis = basis_of(application.policy, application.window.paid_until, timezone.localdate(at))
    return explain(basis, application.terms, result)


def expected_amount(application: Application, *, at: datetime) -> Decimal:
    """What the scheme would grant on the papers as they stand; 0.00 without a policy."""
    if application.policy is None:
        return Decimal("0.00")
    basis = basis_of(application.policy, application.window.paid_until, timezone.localdate(at))
    return entitlement(recognised_premium(basis), application.terms)


def premium_now(application: Application, on: date) -> Decimal:
    """The recognised premium of a reviewed case after the endorsements in effect; never above what was recognised, 0.00 once surrendered.

    Invoices and payments count as its last review recognised them, also where an officer corrected a mistyped figure.
    """
    policy = application.policy
    last = application.reviews.first()
    if not any(last is None or is_newer(row, last) for row in endorsements_in_effect(policy, on)):
        return application.recognised_premium
    basis = basis_of(policy, application.window.paid_until, on)
    if last is not None:
        basis = replace(basis, invoices_total=last.invoiced, paid_cny=last.paid)
    return min(recognised_premium(basis), application.recognised_premium)


def is_newer(endorsement: Endorsement, review: Review) -> bool:
    """Whether a review did not know this endorsement, or knew it before it took effect."""
    return endorsement.reported_at > review.made_at or endorsement.effective_on > timezone.localdate(review.made_at)


def facts_of(application: Application, *, at: datetime) -> Facts:
    """Everything the checks need to know of a complete draft or a filed case, judged on the filing date."""
    filed_on = timezone.localdate(application.submitted_at or at)
    entity, policy, window = application.legal_entity, application.policy, application.window
    account = application.bank_account
    basis = basis_of(policy, window.paid_until, filed_on)
    return Facts(
        **enterprise_facts(entity, entity.categories.all(), filed_on),
        **_policy_facts(policy, entity, window),
        policy_premium=basis.policy_part,
        invoices_total=basis.invoices_total,
        paid_cny=basis.paid_cny,
        invoice_buyers_same=all(same_payee_name(row.buyer, entity.name) for row in policy.invoices.all()),
        payers_same=all(same_payee_name(row.payer, entity.name) for row in policy.premium_payments.all()),
        payee_same=same_payee_name(account.holder, entity.name) if account else None,
        cnaps_ok=check_cnaps(account.cnaps) if account else True,
        window_open=application.is_filed or window.is_open(at),
        credit_lookback_years=window.credit_lookback_years,
        start_tolerance_days=window.start_tolerance_days,
    )


def enterprise_facts(entity: LegalEntity, categories: Iterable[EntityCategory], filed_on: date) -> dict:
    return {
        "verified": entity.is_verified,
        "kind": entity.kind,
        "in_beijing": entity.in_beijing,
        "category_holds": any(category.holds_on(filed_on) for category in categories),
        "name_looks_like_branch": looks_like_branch(entity.name),
        "org_code_check_ok": check_credit_code(entity.credit_code).org_code_check_ok,
    }


def _policy_facts(policy: Policy, entity: LegalEntity, window: Window) -> dict:
    return {
        "policy_own": policy.legal_entity_id == entity.pk,
        "policy_proven": policy.state in PROVEN,
        "policy_surrendered": policy.state == PolicyState.SURRENDERED,
        "insurer_selected": policy.insurer.selections.filter(pilot=window.pilot).covering(policy.signed_on).exists(),
        "product_pilot": policy.product.on_sale(policy.signed_on),
        "signed_on": policy.signed_on,
        "starts_on": policy.starts_on,
        "ends_on": policy.ends_on,
        "signing_range": (window.signed_from, window.signed_until),
    }
