"""Verbs on policies and what belongs to them, and on entrustments."""

from datetime import datetime

from django.db import transaction

from enterprises.models import LegalEntity
from enterprises.services import SUBMITTERS, members_to_tell, require_member, require_writer, tell_handlers
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from . import rules
from .models import Endorsement, EndorsementKind, Entrustment, Insurer, Invoice, Policy, PremiumPayment
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
    one_endorsement_per_policy_and_number="endorsement_taken",
    premium_after_not_negative="amount_not_positive",
)


def insurer_of(user: User) -> Insurer | None:
    return Insurer.objects.filter(staff__user=user).first()


def require_insurer(insurer: Insurer, by: User) -> None:
    if insurer_of(by) != insurer:
        raise Refusal("not_its_insurer")


@transaction.atomic
def register_policy(entity: LegalEntity, *, by: User, at: datetime, facts: dict, paper) -> Policy:
    """Register a policy of the enterprise. `facts` holds columns of Policy; `ends_on` is the first day without cover.

    An insurer that registers its own policy under a mandate confirms it in the same act.
    Raises Refusal: not_a_member, no_mandate, not_its_insurer, unverified_enterprise, product_of_another, policy_taken, policy_dates,
    policy_parts, files'.
    """
    require_writer(entity, by, at)
    if not entity.is_verified:
        raise Refusal("unverified_enterprise")
    policy = Policy(legal_entity=entity, registered_by=by, registered_at=at)
    _fill(policy, facts)
    _require_own(policy, by)
    policy.paper = store_upload(paper, by=by, at=at)
    with refusing_constraints(number=policy.number):
        policy.save()
    record("register_policy", policy, by=by, at=at, premium=policy.premium)
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
    _require_own(locked, by)
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
    _require_own(policy, by)
    locked = lock(policy)
    filed = filed_on(locked)
    if filed and not filed.asks_for(part):
        raise Refusal("policy_in_use", number=filed.number)
    if filed and by.role == Role.INSURER and not (filed.entrustment and filed.entrustment.includes_correction):
        raise Refusal("correction_not_entrusted", entity=locked.legal_entity)
    return locked


def _require_own(policy: Policy, by: User) -> None:
    if by.role == Role.INSURER:
        require_insurer(policy.insurer, by)


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
    stored = store_upload(paper, by=by, at=at)
    with refusing_constraints(number=facts["number"]):
        invoice = Invoice.objects.create(policy=policy, paper=stored, **facts)
    record("add_invoice", policy, by=by, at=at, invoice=invoice.number, amount=invoice.amount)
    return invoice


@transaction.atomic
def add_premium_payment(policy: Policy, *, by: User, at: datetime, facts: dict, paper) -> PremiumPayment:
    """Raises Refusal: payment_taken, amount_not_positive, files' and those of a policy that may not be changed now."""
    _open(policy, "payments", by, at)
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


@transaction.atomic
def endorse(policy: Policy, *, by: User, at: datetime, facts: dict, paper=None) -> Endorsement:
    """批改: the premium is another one from a day on. Reported by the policy's insurer, or by a handler on the paper.

    `facts` holds kind (reduction, increase), number, effective_on and premium_after (CNY). What it means for a case on the policy is worked
    out after commit. Raises Refusal: wrong_role, not_its_insurer, wrong_state, premium_not_changed, endorsement_taken, files'.
    """
    locked = _reportable(policy, by, "登记批单")
    require_other_premium(locked, facts)
    return _add_endorsement(locked, by, at, facts, paper)


def require_other_premium(policy: Policy, facts: dict) -> None:
    """Raises Refusal premium_not_changed unless the premium moves as the kind of the endorsement says."""
    if facts["kind"] == EndorsementKind.SURRENDER:
        raise ValueError("a surrender has a verb of its own")
    current = policy.endorsements.filter(effective_on__lte=facts["effective_on"]).last()
    standing = current.premium_after if current else policy.premium
    if (facts["premium_after"] < standing) != (facts["kind"] == EndorsementKind.REDUCTION) or facts["premium_after"] == standing:
        raise Refusal("premium_not_changed", field="premium_after", premium=f"{standing:,.2f}", kind=EndorsementKind(facts["kind"]).label)


def surrender(policy: Policy, *, by: User, at: datetime, facts: dict, paper=None, version: int | None = None) -> Policy:
    """退保: the policy ends. `facts` holds number and effective_on.

    Raises Refusal: wrong_role, wrong_state, not_its_insurer, endorsement_taken, files'.
    """
    with moving(policy, PolicyAction.SURRENDER, by=by, at=at, version=version, number=facts["number"]) as locked:
        _require_own(locked, by)
        locked.state_reason = f"{facts['effective_on']:%Y-%m-%d} 退保，批单 {facts['number']}"
        _add_endorsement(locked, by, at, {**facts, "kind": EndorsementKind.SURRENDER, "premium_after": 0}, paper)
    return policy


def _reportable(policy: Policy, by: User, action: str) -> Policy:
    if by.role not in (Role.INSURER, Role.HANDLER):
        raise Refusal("wrong_role", action=action)
    _require_own(policy, by)
    locked = lock(policy)
    if locked.state == PolicyState.SURRENDERED:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action=action)
    return locked


def _add_endorsement(policy: Policy, by: User, at: datetime, facts: dict, paper) -> Endorsement:
    stored = store_upload(paper, by=by, at=at) if paper else None
    with refusing_constraints(number=facts["number"]):
        made = Endorsement.objects.create(policy=policy, reported_by=by, reported_at=at, paper=stored, **facts)
    record("endorse", policy, by=by, at=at, kind=made.kind, number=made.number, premium_after=made.premium_after)
    notify(
        "policy_endorsed",
        members_to_tell(policy.legal_entity),
        key=f"policy_endorsed:{made.pk}",
        subject=f"保单 {policy.number} 已登记{made.get_kind_display()}",
        body=f"批单 {made.number}，{made.effective_on:%Y-%m-%d} 起生效。已申报或已获补贴的，中心会据此重新核算并通知您。",
        at=at,
        link=policy.get_absolute_url(),
    )
    after_commit("subsidies.tasks.follow_endorsement", made.pk)
    return made


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
            _tell_insurer(locked, "expired", f"“{locked.legal_entity}”的委托已到期", "已提交的申报由企业跟进，贵公司不能再办理。", at)
    return len(over)


def _tell_insurer(entrustment: Entrustment, event: str, subject: str, body: str, at: datetime) -> None:
    notify(
        f"entrustment_{event}_insurer",
        User.objects.filter(insurer_staff__insurer=entrustment.insurer, is_active=True),
        key=f"entrustment_{event}_insurer:{entrustment.pk}",
        subject=subject,
        body=body,
        at=at,
        link="/insurer/",
    )


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
    if paper:
        _tell_of_paper(entrustment, at)
    if by.role == Role.INSURER:
        notify(
            "entrustment_proposed",
            members_to_tell(entity),
            key=f"entrustment_proposed:{entrustment.pk}",
            subject=f"“{insurer}”请您确认委托",
            body=f"“{insurer}”请您委托其代为申报保费补贴。请核对委托期限和范围后确认；不委托的可以拒绝。",
            at=at,
            link="/enterprise/",
        )
    return entrustment


@transaction.atomic
def add_entrustment_paper(entrustment: Entrustment, *, by: User, at: datetime, paper, version: int | None = None) -> Entrustment:
    """Either side hands in the sealed 委托书 of a proposed entrustment, for a handler to verify; a later one replaces it.

    Raises Refusal: not_a_member, not_its_insurer, wrong_state, moved_on, files'.
    """
    locked = lock(entrustment)
    _require_party(locked, by)
    if locked.state != EntrustmentState.PROPOSED:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="上传委托书")
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    locked.paper, locked.version = store_upload(paper, by=by, at=at), locked.version + 1
    locked.save()
    record("add_entrustment_paper", locked, by=by, at=at, sha256=locked.paper.sha256)
    _tell_of_paper(locked, at)
    return locked


def _require_party(entrustment: Entrustment, by: User) -> None:
    if by.role == Role.INSURER:
        require_insurer(entrustment.insurer, by)
    elif by.role == Role.ENTERPRISE:
        require_member(entrustment.legal_entity, by, SUBMITTERS)


def _tell_of_paper(entrustment: Entrustment, at: datetime) -> None:
    tell_handlers(
        "entrustment_waiting",
        key=f"entrustment_waiting:{entrustment.pk}:{entrustment.paper_id}",
        subject=f"委托书待核实：{entrustment.legal_entity}",
        body=f"“{entrustment.insurer}”提交了“{entrustment.legal_entity}”盖章的委托书，请核实后确认委托。",
        at=at,
    )


def confirm_entrustment(entrustment: Entrustment, *, by: User, at: datetime, version: int | None = None) -> Entrustment:
    """The enterprise agrees online, or a handler has checked the sealed paper."""
    with moving(entrustment, EntrustmentAction.CONFIRM, by=by, at=at, version=version) as locked:
        if by.role == Role.ENTERPRISE:
            require_member(locked.legal_entity, by, SUBMITTERS)
        elif locked.paper is None:
            raise Refusal("entrustment_paper_missing")
        locked.confirmed_by, locked.confirmed_at = by, at
        _tell_insurer(locked, "confirmed", f"“{locked.legal_entity}”的委托已生效", "可以为其登记保单、准备和提交申报。", at)
    return entrustment


def revoke_entrustment(entrustment: Entrustment, *, by: User, at: datetime, reason: str, version: int | None = None) -> Entrustment:
    """Either side, or a handler, ends or declines it at any time; filed cases stay, and the enterprise takes them over.

    Raises Refusal: reason_missing, not_a_member, not_its_insurer.
    """
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(entrustment, EntrustmentAction.REVOKE, by=by, at=at, version=version, reason=reason) as locked:
        _require_party(locked, by)
        locked.state_reason = reason[:300]
        why = f"理由：{reason.rstrip('。')}。已提交的申报由企业跟进。"
        _tell_insurer(locked, "revoked", f"“{locked.legal_entity}”的委托已撤销", why, at)
        if by.role == Role.INSURER:
            notify(
                "entrustment_laid_down",
                members_to_tell(locked.legal_entity),
                key=f"entrustment_laid_down:{locked.pk}",
                subject=f"“{locked.insurer}”撤回了委托",
                body=why,
                at=at,
                link="/enterprise/",
            )
    return entrustment
