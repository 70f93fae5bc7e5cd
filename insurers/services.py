"""Verbs on policies and what belongs to them, and on entrustments."""

from datetime import datetime

from django.db import transaction

from enterprises.models import LegalEntity
from enterprises.services import SUBMITTERS, members_to_tell, require_member
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from . import rules
from .models import Entrustment, Insurer, Invoice, Policy, PremiumPayment
from .states import EntrustmentAction, EntrustmentState, PolicyAction, PolicyState

CONSTRAINT_REFUSALS.update(
    one_policy_per_insurer_and_number="policy_taken",
    one_invoice_row_per_policy_and_number="invoice_taken",
    one_payment_row_per_policy_and_reference="payment_taken",
    policy_ends_after_it_starts="policy_dates",
    policy_premium_covers_its_parts="policy_parts",
    invoice_amount_positive="amount_not_positive",
    premium_payment_positive="amount_not_positive",
    one_live_entrustment_per_insurer_and_entity="entrustment_exists",
    entrustment_ends_after_it_starts="entrustment_period",
)


def insurer_of(user: User) -> Insurer | None:
    return Insurer.objects.filter(staff__user=user).first()


def require_insurer(insurer: Insurer, by: User) -> None:
    if insurer_of(by) != insurer:
        raise Refusal("not_its_insurer")


@transaction.atomic
def register_policy(entity: LegalEntity, *, by: User, at: datetime, facts: dict, paper) -> Policy:
    """Register a policy of the enterprise. `facts` holds columns of Policy; `ends_on` is the first day without cover.

    Raises Refusal: not_a_member, unverified_enterprise, product_of_another, policy_taken, policy_dates, policy_parts, files'.
    """
    require_member(entity, by)
    if not entity.is_verified:
        raise Refusal("unverified_enterprise")
    policy = Policy(legal_entity=entity, registered_by=by, registered_at=at)
    _fill(policy, facts)
    policy.paper = store_upload(paper, by=by, at=at)
    with refusing_constraints(number=policy.number):
        policy.save()
    record("register_policy", policy, by=by, at=at, premium=policy.premium)
    return policy


@transaction.atomic
def change_policy(policy: Policy, *, by: User, at: datetime, facts: dict, paper=None, version: int | None = None) -> Policy:
    """Mend a policy that no filed case uses yet; a confirmation falls away, since it was of other figures or another paper.

    Raises Refusal: not_a_member, policy_in_use, wrong_state (surrendered), moved_on, and those of register_policy.
    """
    require_member(policy.legal_entity, by)
    locked = lock(policy)
    require_unused(locked)
    if locked.state == PolicyState.SURRENDERED:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="修改")
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    before = {column: str(getattr(locked, column)) for column in facts if getattr(locked, column) != facts[column]}
    _fill(locked, facts)
    if paper:
        locked.paper = store_upload(paper, by=by, at=at)
    if before or paper:
        locked.state, locked.state_reason, locked.proven_by, locked.proven_at = PolicyState.REGISTERED, "", None, None
    locked.version += 1
    with refusing_constraints(number=locked.number):
        locked.save()
    record("change_policy", locked, by=by, at=at, before=before)
    return locked


def filed_on(policy: Policy):
    """The filed case that stands on this policy, if any."""
    return policy.applications.filter(number__isnull=False).exclude(state__in=["withdrawn", "not_accepted"]).first()


def require_unused(policy: Policy) -> None:
    """Raises Refusal policy_in_use when a filed case stands on this policy."""
    if filed := filed_on(policy):
        raise Refusal("policy_in_use", number=filed.number)


def _fill(policy: Policy, facts: dict) -> None:
    for column, value in facts.items():
        setattr(policy, column, value)
    policy.number_normalised = rules.normalise_policy_number(policy.number)
    if policy.product.insurer_id != policy.insurer_id:
        raise Refusal("product_of_another", field="product")


@transaction.atomic
def add_invoice(policy: Policy, *, by: User, at: datetime, facts: dict, paper) -> Invoice:
    """Raises Refusal: not_a_member, policy_in_use, invoice_taken, amount_not_positive, files'."""
    require_member(policy.legal_entity, by)
    require_unused(lock(policy))
    stored = store_upload(paper, by=by, at=at)
    with refusing_constraints(number=facts["number"]):
        invoice = Invoice.objects.create(policy=policy, paper=stored, **facts)
    record("add_invoice", policy, by=by, at=at, invoice=invoice.number, amount=invoice.amount)
    return invoice


@transaction.atomic
def add_premium_payment(policy: Policy, *, by: User, at: datetime, facts: dict, paper) -> PremiumPayment:
    """Raises Refusal: not_a_member, policy_in_use, payment_taken, amount_not_positive, files'."""
    require_member(policy.legal_entity, by)
    require_unused(lock(policy))
    stored = store_upload(paper, by=by, at=at)
    with refusing_constraints(number=facts["reference"]):
        payment = PremiumPayment.objects.create(policy=policy, paper=stored, **facts)
    record("add_premium_payment", policy, by=by, at=at, payment=payment.pk, amount=payment.amount)
    return payment


@transaction.atomic
def remove_row(row: Invoice | PremiumPayment, *, by: User, at: datetime) -> None:
    """Take back an invoice or a payment that no filed case stands on; the trail keeps what it was."""
    require_member(row.policy.legal_entity, by)
    require_unused(lock(row.policy))
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


def expire_mandates(*, at: datetime) -> int:
    """End every entrustment whose period is over; filed cases stay with the enterprise. Returns how many."""
    over = Entrustment.objects.filter(state__in=[EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED], ends_at__lte=at)
    system = User.objects.system()
    for entrustment in over:
        with moving(entrustment, EntrustmentAction.EXPIRE, by=system, at=at) as locked:
            notify(
                "entrustment_expired",
                members_to_tell(locked.legal_entity),
                key=f"entrustment_expired:{locked.pk}",
                subject="对保险公司的委托已到期",
                body=f"您对“{locked.insurer}”的委托已到期。已提交的申报继续有效，由您自行跟进。",
                at=at,
                link="/enterprise/",
            )
    return len(over)


@transaction.atomic
def propose_entrustment(entity: LegalEntity, insurer: Insurer, *, by: User, at: datetime, facts: dict, paper=None) -> Entrustment:
    """Either side starts an entrustment; the enterprise (online) or a handler (on the sealed paper) confirms it.

    `facts` holds starts_at, ends_at and the scope. Raises Refusal: not_a_member, not_its_insurer, entrustment_exists, entrustment_period.
    """
    if by.role == Role.INSURER:
        require_insurer(insurer, by)
    else:
        require_member(entity, by, SUBMITTERS)
    stored = store_upload(paper, by=by, at=at) if paper else None
    with refusing_constraints(insurer=insurer, entity=entity):
        entrustment = Entrustment.objects.create(
            insurer=insurer, legal_entity=entity, proposed_by=by, proposed_at=at, paper=stored, **facts
        )
    record("propose_entrustment", entrustment, by=by, at=at)
    return entrustment


def confirm_entrustment(entrustment: Entrustment, *, by: User, at: datetime, version: int | None = None) -> Entrustment:
    """The enterprise agrees online, or a handler has checked the sealed paper."""
    with moving(entrustment, EntrustmentAction.CONFIRM, by=by, at=at, version=version) as locked:
        if by.role == Role.ENTERPRISE:
            require_member(locked.legal_entity, by, SUBMITTERS)
        elif locked.paper is None:
            raise Refusal("entrustment_paper_missing")
        locked.confirmed_by, locked.confirmed_at = by, at
    return entrustment


def revoke_entrustment(entrustment: Entrustment, *, by: User, at: datetime, reason: str, version: int | None = None) -> Entrustment:
    """End it at any time; filed cases stay and the enterprise takes them over."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(entrustment, EntrustmentAction.REVOKE, by=by, at=at, version=version, reason=reason) as locked:
        if by.role == Role.ENTERPRISE:
            require_member(locked.legal_entity, by, SUBMITTERS)
    return entrustment
