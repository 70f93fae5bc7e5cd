"""Verbs on policies, their invoices and payments."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from enterprises.models import LegalEntity
from enterprises.services import members_to_tell, require_writer
from insurers import rules
from insurers.models import Invoice, Policy, PremiumPayment
from insurers.states import PolicyAction, PolicyState
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from .staff import require_insurer, require_own

CONSTRAINT_REFUSALS.update(
    one_policy_per_insurer_and_number="policy_taken",
    one_invoice_row_per_policy_and_number="invoice_taken",
    one_payment_row_per_policy_and_reference="payment_taken",
    policy_ends_after_it_starts="policy_dates",
    policy_premium_covers_its_parts="policy_parts",
    invoice_amount_positive="amount_not_positive",
    premium_payment_positive="amount_not_positive",
)


@transaction.atomic
def register_policy(
    entity: LegalEntity, *, by: User, at: datetime, facts: dict, paper, invoices: Iterable[tuple] = (), payments: Iterable[tuple] = ()
) -> Policy:
    """Register a policy of the enterprise. `facts` holds columns of Policy; `ends_on` is the first day without cover.

    Invoices and payments that come with it are (facts, paper) each. An insurer that registers its own policy under a mandate confirms it
    in the same act. Raises Refusal: not_a_member, no_mandate, not_its_insurer, unverified_enterprise, product_of_another, policy_taken,
    policy_dates, policy_parts, files' and those of `add_invoice` and `add_premium_payment`.
    """
    require_writer(entity, by, at)
    if not entity.is_verified:
        raise Refusal("unverified_enterprise")
    policy = Policy(legal_entity=entity, registered_by=by, registered_at=at)
    _fill(policy, facts)
    require_own(policy, by)
    policy.paper = store_upload(paper, by=by, at=at)
    with refusing_constraints(number=policy.number):
        policy.save()
    record("register_policy", policy, by=by, at=at, premium=policy.premium)
    for columns, document in invoices:
        _keep_invoice(policy, columns, document, by, at)
    for columns, document in payments:
        _keep_payment(policy, columns, document, by, at)
    if by.role == Role.INSURER:
        confirm_policy(policy, by=by, at=at)
    return policy


@transaction.atomic
def change_policy(policy: Policy, *, by: User, at: datetime, facts: dict, paper=None, version: int | None = None) -> Policy:
    """Mend a policy that no filed case uses, or whose correction list asks for it; a confirmation of other figures falls away.

    Raises Refusal: policy_in_use, policy_swapped, wrong_state (surrendered), moved_on, and those of register_policy.
    """
    locked = _open(policy, "policy", by, at)
    if locked.state == PolicyState.SURRENDERED:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="修改")
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    before = {column: str(getattr(locked, column)) for column in facts if getattr(locked, column) != facts[column]}
    if filed_on(locked) and before.keys() & {"number", "insurer"}:
        raise Refusal("policy_swapped", field="number")
    _fill(locked, facts)
    require_own(locked, by)
    if paper:
        locked.paper = store_upload(paper, by=by, at=at)
    if before or paper:
        locked.state, locked.state_reason, locked.proven_by, locked.proven_at = PolicyState.REGISTERED, "", None, None
    locked.version += 1
    with refusing_constraints(number=locked.number):
        locked.save()
    record("change_policy", locked, by=by, at=at, before=before)
    if by.role == Role.INSURER and locked.state == PolicyState.REGISTERED:
        confirm_policy(locked, by=by, at=at)
    return locked


def filed_on(policy: Policy):
    """The filed case that stands on this policy, if any."""
    return policy.applications.filter(number__isnull=False).exclude(state__in=["withdrawn", "not_accepted"]).first()


def _open(policy: Policy, part: str, by: User, at: datetime) -> Policy:
    """The policy, locked, for a person who may change this part of it now.

    Raises Refusal: not_a_member, no_mandate, policy_in_use (a filed case stands on it and asks for no correction of this part),
    correction_not_entrusted.
    """
    require_writer(policy.legal_entity, by, at)
    require_own(policy, by)
    locked = lock(policy)
    filed = filed_on(locked)
    if filed and not filed.asks_for(part):
        raise Refusal("policy_in_use", number=filed.number)
    if filed and by.role == Role.INSURER and not (filed.entrustment and filed.entrustment.includes_correction):
        raise Refusal("correction_not_entrusted", entity=locked.legal_entity)
    return locked


def _fill(policy: Policy, facts: dict) -> None:
    for column, value in facts.items():
        setattr(policy, column, value)
    policy.number_normalised = rules.normalise_policy_number(policy.number)
    if policy.product.insurer_id != policy.insurer_id:
        raise Refusal("product_of_another", field="product")


@transaction.atomic
def add_invoice(policy: Policy, *, by: User, at: datetime, facts: dict, paper) -> Invoice:
    """Raises Refusal: invoice_taken, amount_not_positive, files' and those of a policy that may not be changed now."""
    _open(policy, "invoices", by, at)
    return _keep_invoice(policy, facts, paper, by, at)


def _keep_invoice(policy: Policy, facts: dict, paper, by: User, at: datetime) -> Invoice:
    stored = store_upload(paper, by=by, at=at)
    with refusing_constraints(number=facts["number"]):
        invoice = Invoice.objects.create(policy=policy, paper=stored, **facts)
    record("add_invoice", policy, by=by, at=at, invoice=invoice.number, amount=invoice.amount)
    return invoice


@transaction.atomic
def add_premium_payment(policy: Policy, *, by: User, at: datetime, facts: dict, paper) -> PremiumPayment:
    """Raises Refusal: payment_taken, amount_not_positive, files' and those of a policy that may not be changed now."""
    _open(policy, "payments", by, at)
    return _keep_payment(policy, facts, paper, by, at)


def _keep_payment(policy: Policy, facts: dict, paper, by: User, at: datetime) -> PremiumPayment:
    stored = store_upload(paper, by=by, at=at)
    with refusing_constraints(number=facts["reference"]):
        payment = PremiumPayment.objects.create(policy=policy, paper=stored, **facts)
    record("add_premium_payment", policy, by=by, at=at, payment=payment.pk, amount=payment.amount)
    return payment


@transaction.atomic
def remove_row(row: Invoice | PremiumPayment, *, by: User, at: datetime) -> None:
    """Take back an invoice or a payment while that part may be changed; the trail keeps what it was."""
    _open(row.policy, "invoices" if isinstance(row, Invoice) else "payments", by, at)
    record(f"remove_{row._meta.model_name}", row.policy, by=by, at=at, row=str(row), amount=row.amount)
    row.delete()


def confirm_policy(policy: Policy, *, by: User, at: datetime, version: int | None = None) -> Policy:
    """The insurer says: this is our policy, and these are its figures."""
    with moving(policy, PolicyAction.CONFIRM, by=by, at=at, version=version) as locked:
        require_insurer(locked.insurer, by)
        locked.proven_by, locked.proven_at, locked.state_reason = by, at, ""
    return policy


def dispute_policy(policy: Policy, *, by: User, at: datetime, reason: str, version: int | None = None) -> Policy:
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(policy, PolicyAction.DISPUTE, by=by, at=at, version=version, reason=reason) as locked:
        require_insurer(locked.insurer, by)
        locked.state_reason = reason
        notify(
            "policy_disputed",
            members_to_tell(locked.legal_entity),
            key=f"policy_disputed:{locked.pk}:{locked.version}",
            subject=f"保险公司对保单 {locked.number} 有异议",
            body=f"保险公司说明：{reason.rstrip('。')}。请核对保单信息，或与保险公司联系。",
            at=at,
            link=locked.get_absolute_url(),
        )
    return policy


def verify_policy(policy: Policy, *, by: User, at: datetime, reason: str, version: int | None = None) -> Policy:
    """A handler has verified the policy by other means and says by which."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(policy, PolicyAction.VERIFY, by=by, at=at, version=version, reason=reason) as locked:
        locked.proven_by, locked.proven_at, locked.state_reason = by, at, reason
    return policy
