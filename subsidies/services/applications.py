"""From filing to acceptance: submit, withdraw, accept, hold, release."""

from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from enterprises.models import MembershipState
from enterprises.services import SUBMITTERS
from insurers.models import Invoice, PremiumPayment
from insurers.services import insurer_of
from pilot_portal.accounts.models import User
from pilot_portal.reference.services import deadline
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import moving, violated_constraint
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import Application, Channel
from subsidies.states import Action, State

from .drafts import problems, require_author
from .facts import basis_of
from .letters import alarm_head, tell
from .numbering import application_number
from .slots import require_free_policy, require_free_slot, slot_taken

READ_AT_FILING = (  # read once, whatever the number of papers
    "legal_entity__categories",
    Prefetch("policy__invoices", Invoice.objects.select_related("paper")),
    Prefetch("policy__premium_payments", PremiumPayment.objects.select_related("paper")),
    "policy__endorsements",
)


def submit(application: Application, *, by: User, at: datetime, version: int | None = None) -> Application:
    """File a draft: take the slot, give the number. 试点方案 六（二）2.

    Submitting what is already filed by the same party gives it back unchanged (a double click is one filing).
    Raises Refusal: already_filed, already_awarded, policy_already_filed, window_closed, moved_on and every code of `problems`.
    """
    try:
        with moving(application, Action.SUBMIT, by=by, at=at, version=version) as locked:
            locked.entrustment = require_author(locked, by, at, to_submit=True)
            if locked.entrustment is None:
                locked.channel = Channel.SELF  # an enterprise that submits its insurer's draft files itself
            require_free_slot(locked)
            require_free_policy(locked)
            prefetch_related_objects([locked], *READ_AT_FILING)
            for problem in problems(locked, at=at):
                raise problem
            locked.submitted_at, locked.submitted_by, locked.saved_at = at, by, at
            locked.due_at = promised(at, locked.window.acceptance_days)
            locked.snapshot = snapshot(locked, at)
            locked.number = application_number(locked.window.pilot.year)
            locked.event_data = {"number": locked.number}
            tell(locked, "submitted", at=at)
    except IntegrityError as error:
        raise slot_taken(application, violated_constraint(error)) or error from error
    except Refusal as refusal:
        application.refresh_from_db()
        if refusal.code != "wrong_state" or application.state != State.SUBMITTED:
            raise
        require_author(application, by, at, to_submit=True)
        return application
    after_commit("subsidies.tasks.screen_application", application.pk)
    after_commit("subsidies.tasks.issue_receipt", application.pk)
    return application


def promised(at: datetime, days: int) -> datetime | None:
    """The promised deadline. A missing calendar year is the centre's fault, never the applicant's: no date then, and an alarm."""
    try:
        return deadline(at, days)
    except Refusal as refusal:
        alarm_head(f"calendar:{refusal.facts['year']}", "工作日历缺失", refusal.sentence, at=at)
        return None


def snapshot(application: Application, at: datetime) -> dict:
    """What was filed, as it stood: names, figures and the hash of every paper."""
    policy, entity = application.policy, application.legal_entity
    basis = basis_of(policy, application.window.paid_until, timezone.localdate(at))
    return {
        "applicant": entity.name,
        "credit_code": entity.credit_code,
        "policy": policy.number,
        "insurer": policy.insurer.name,
        "product": policy.product.name,
        "signed_on": policy.signed_on.isoformat(),
        "starts_on": policy.starts_on.isoformat(),
        "ends_on": policy.ends_on.isoformat(),
        "policy_total": str(basis.policy_total),
        "non_pilot_cover": str(basis.non_pilot_cover),
        "coinsured_share": str(basis.coinsured_share),
        "invoices_total": str(basis.invoices_total),
        "paid_cny": str(basis.paid_cny),
        "expected": str(rules.entitlement(rules.recognised_premium(basis), application.terms)),
        "category": str(application.category),
        "answer_by": application.due_at.isoformat() if application.due_at else None,
        "files": [[kind, stored.name, stored.size, stored.sha256] for kind, stored in papers_of(application)],
    }


def papers_of(application: Application):
    """Every paper of a case in the order in which an officer reads them: (kind, StoredFile)."""
    policy, entity = application.policy, application.legal_entity
    if entity.licence:
        yield "营业执照", entity.licence
    if policy:
        yield "保险单", policy.paper
        for invoice in policy.invoices.all():
            yield "发票", invoice.paper
        for payment in policy.premium_payments.all():
            yield "付款回单", payment.paper
    if application.category and application.category.evidence:
        yield "企业类别证明", application.category.evidence
    if application.bank_account and application.bank_account.proof:
        yield "收款账户证明", application.bank_account.proof
    for attachment in application.attachments.filter(superseded_at__isnull=True).select_related("file"):
        yield attachment.get_kind_display(), attachment.file


def withdraw(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """Take a filing back before acceptance; the slot is free again. Raises Refusal: other_applicant, wrong_state, reason_missing."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(application, Action.WITHDRAW, by=by, at=at, version=version, reason=reason) as locked:
        _require_applicant(locked, by)
        locked.ended_at, locked.ended_by, locked.due_at, locked.reserved = at, by, None, Decimal(0)
        refile = "申报期内可以再次申报。" if locked.window.refile_after_withdrawal and locked.window.is_open(at) else ""
        tell(locked, "withdrawn", at=at, refile=refile)
    return application


def _require_applicant(application: Application, by: User) -> None:
    """The enterprise always; an insurer only what it filed itself."""
    is_member = application.legal_entity.memberships.filter(user=by, state=MembershipState.ACTIVE, role__in=SUBMITTERS).exists()
    filed_it = application.channel == Channel.INSURER and insurer_of(by) is not None and application.policy.insurer == insurer_of(by)
    if not (is_member or filed_it):
        raise Refusal("other_applicant")


def accept(application: Application, *, by: User, at: datetime, version: int | None = None) -> Application:
    """受理: the papers are complete in form."""
    with moving(application, Action.ACCEPT, by=by, at=at, version=version) as locked:
        locked.accepted_at, locked.accepted_by, locked.handler = at, by, by
        locked.due_at = promised(at, locked.window.review_days)
        tell(locked, "accepted", at=at)
    return application


def hold(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """Freeze a case at its state. Raises Refusal reason_missing, on_hold."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(application, Action.HOLD, by=by, at=at, version=version, reason=reason) as locked:
        locked.held_at, locked.held_by, locked.held_reason = at, by, reason[:300]
        tell(locked, "held", at=at, why=reason)
    return application


def release(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(application, Action.RELEASE, by=by, at=at, version=version) as locked:
        locked.event_data = {"reason": reason, "held_reason": locked.held_reason}
        if not locked.is_held:
            raise Refusal("not_held", object=locked)
        locked.held_at, locked.held_by, locked.held_reason = None, None, ""
        tell(locked, "released", at=at)
    return application
