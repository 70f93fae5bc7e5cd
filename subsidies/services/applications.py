"""From filing to acceptance: propose, confirm, decline, submit, withdraw, accept, refuse; hold and release at any time."""

from collections.abc import Iterable
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone

from enterprises.models import MembershipState
from enterprises.services import SUBMITTERS, require_member
from insurers.models import Entrustment, Invoice, PremiumPayment
from insurers.services import require_insurer
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.services import last_day
from pilot_portal.workflow import proposals
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.models import Proposal
from pilot_portal.workflow.moving import lock, moving, violated_constraint
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import Application, Attachment, Channel, DocumentKind
from subsidies.states import Action, ObjectionState, State

from .clocks import promised, resumed
from .drafts import problems, require_author
from .facts import basis_of
from .letters import tell, tell_officers
from .numbering import application_number
from .slots import require_free, slot_taken

READ_AT_FILING = (  # read once, whatever the number of papers
    "legal_entity__categories",
    Prefetch("policy__invoices", Invoice.objects.select_related("paper")),
    Prefetch("policy__premium_payments", PremiumPayment.objects.select_related("paper")),
    "policy__endorsements",
)


@contextmanager
def giving_back(application: Application, action: Action, **options):
    """`moving` for what takes an award or a reservation away: the window, whose totals change with it, is locked first, as lists do."""
    with transaction.atomic():
        lock(application.window)
        with moving(application, action, **options) as locked:
            yield locked


def submit(application: Application, *, by: User, at: datetime, version: int | None = None) -> Application:
    """File a draft: take the slot, give the number. 试点方案 六（二）2.

    Submitting what is already filed by the same party gives it back unchanged (a double click is one filing).
    Raises Refusal: already_filed, already_awarded, policy_already_filed, window_closed, moved_on and every code of `problems`.
    """
    try:
        with moving(application, Action.SUBMIT, by=by, at=at, version=version) as locked:
            mandate = require_author(locked, by, at, to_submit=True)
            _file(locked, mandate, by, at)
            locked.event_data = {"number": locked.number}
    except IntegrityError as error:
        raise slot_taken(application, violated_constraint(error)) or error from error
    except Refusal as refusal:
        application.refresh_from_db()
        if refusal.code != "wrong_state" or application.state != State.SUBMITTED:
            raise
        require_author(application, by, at, to_submit=True)
        return application
    _after_filing(application)
    return application


def _file(locked: Application, mandate: Entrustment | None, by: User, at: datetime) -> None:
    """Take the slot under the mandate; without one the enterprise files itself, also what its insurer has drafted."""
    locked.entrustment = mandate
    if mandate is None:
        locked.channel, locked.insurer = Channel.SELF, None
    require_free(locked)
    if locked.policy:
        locked.policy = lock(locked.policy)  # neither it nor its papers change between what is checked and what is filed
    prefetch_related_objects([locked], *READ_AT_FILING)
    for problem in problems(locked, at=at):
        raise problem
    locked.submitted_at, locked.submitted_by, locked.saved_at = at, by, at
    locked.due_at = promised(at, locked.window.acceptance_days)
    locked.snapshot = snapshot(locked, at)
    locked.number = locked.number or application_number(locked.window.pilot.year)
    tell(locked, "submitted", at=at)


def _after_filing(application: Application) -> None:
    after_commit("subsidies.tasks.screen_application", application.pk)
    after_commit("subsidies.tasks.issue_receipt", application.pk)


def propose(application: Application, *, by: User, at: datetime, version: int | None = None) -> Application:
    """An insurer whose mandate leaves submission to the enterprise asks it to confirm a complete draft.

    Raises Refusal: mandate_includes_submission, already_filed, window_closed and every code of `problems` but the pledge.
    """
    with moving(application, Action.PROPOSE, by=by, at=at, version=version) as locked:
        if require_author(locked, by, at).includes_submission:
            raise Refusal("mandate_includes_submission")
        require_free(locked)
        for problem in problems(locked, at=at, pledge=False):
            raise problem
        locked.proposed_at, locked.proposed_by, locked.due_at = at, by, locked.window.closes_at
        tell(locked, "proposed", at=at)
    return application


def confirm(application: Application, *, by: User, at: datetime, pledged: bool, version: int | None = None) -> Application:
    """The enterprise makes the pledge and files what its insurer has prepared.

    A mandate that ended meanwhile makes it the enterprise's own filing. Raises Refusal as submit does.
    """
    try:
        with moving(application, Action.CONFIRM, by=by, at=at, version=version) as locked:
            require_member(locked.legal_entity, by, SUBMITTERS)
            locked.pledged = pledged
            mandates = Entrustment.objects.filter(insurer=locked.insurer, legal_entity=locked.legal_entity)
            _file(locked, mandates.in_force(at).first(), by, at)
            locked.event_data = {"number": locked.number}
    except IntegrityError as error:
        raise slot_taken(application, violated_constraint(error)) or error from error
    except Refusal as refusal:
        application.refresh_from_db()
        if refusal.code != "wrong_state" or application.state != State.SUBMITTED:
            raise
        require_member(application.legal_entity, by, SUBMITTERS)
        return application
    _after_filing(application)
    return application


def decline(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """The enterprise sends a proposed filing back to its insurer. Raises Refusal: not_a_member, reason_missing."""
    _require_reason(reason)
    with moving(application, Action.DECLINE, by=by, at=at, version=version, reason=reason) as locked:
        require_member(locked.legal_entity, by, SUBMITTERS)
        tell(locked, "declined", at=at, why=reason)
        locked.due_at = None
    return application


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")


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


def papers_of(application: Application, attachments: Iterable[Attachment] | None = None):
    """Every paper of a case in the order in which an officer reads them: (kind, StoredFile). `attachments`: its own, if already read."""
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
    for attachment in application.attachments.select_related("file") if attachments is None else attachments:
        if attachment.superseded_at is None:
            yield attachment.get_kind_display(), attachment.file


def withdraw(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """Take a filing back before acceptance; the slot is free again. Raises Refusal: other_applicant, wrong_state, reason_missing."""
    _require_reason(reason)
    with giving_back(application, Action.WITHDRAW, by=by, at=at, version=version, reason=reason) as locked:
        require_applicant(locked, by, at)
        end(locked, by=by, at=at, reason=reason)
        proposals.settle(locked, at=at, remark="申请人已撤回申报")
        refile = "申报期内可以再次申报。" if locked.window.refile_after_withdrawal and locked.window.is_open(at) else ""
        tell(locked, "withdrawn", at=at, refile=refile)
    return application


def end(locked: Application, *, by: User, at: datetime, reason: str) -> None:
    """What every end has in common: nothing is due, reserved or awarded any more, and the reason stands."""
    locked.ended_at, locked.ended_by, locked.ended_reason = at, by, reason
    locked.due_at, locked.reserved = None, Decimal(0)


def require_applicant(application: Application, by: User, at: datetime, *, to_correct: bool = False) -> None:
    """The enterprise always; an insurer only what it filed itself and as long as its mandate lasts."""
    if by.role == Role.INSURER:
        require_insurer(application.insurer, by, otherwise="other_applicant")
        require_author(application, by, at, to_correct=to_correct)
    elif not application.legal_entity.memberships.filter(user=by, state=MembershipState.ACTIVE, role__in=SUBMITTERS).exists():
        raise Refusal("other_applicant")


def accept(application: Application, *, by: User, at: datetime, version: int | None = None) -> Application:
    """受理: the papers are complete in form. Raises Refusal proposal_open while a refusal waits for its confirmation."""
    with moving(application, Action.ACCEPT, by=by, at=at, version=version) as locked:
        proposals.require_none_open(locked)
        locked.accepted_at, locked.accepted_by, locked.handler = at, by, by
        locked.due_at = promised(at, locked.window.review_days)
        locked.event_data = {"until": str(last_day(locked.due_at)) if locked.due_at else ""}
        tell(locked, "accepted", at=at)
    after_commit("subsidies.tasks.issue_paper", DocumentKind.ACCEPTANCE.value, application.pk)
    return application


@transaction.atomic
def propose_refusal(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Proposal:
    """A handler proposes 不予受理; a reviewer confirms or declines. Raises Refusal: wrong_role, wrong_state, on_hold, reason_missing."""
    locked = lock(application)
    if by.role != Role.HANDLER:
        raise Refusal("wrong_role", action="提请不予受理")
    if locked.state != State.SUBMITTED:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="提请不予受理")
    if locked.is_held:
        raise Refusal("on_hold", object=locked)
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    locked.require_free(by)
    proposal = proposals.propose(Action.REFUSE.value, locked, by=by, at=at, reason=reason)
    locked.version += 1
    locked.save(update_fields=["version"])
    tell_officers(Role.REVIEWER, f"refusal:{proposal.pk}", f"待确认不予受理：{locked.number}", f"理由：{reason}", at=at)
    return proposal


@transaction.atomic
def decide_refusal(
    application: Application, *, by: User, at: datetime, confirmed: bool, remark: str = "", version: int | None = None
) -> Application:
    """A reviewer's word on it: confirmed, the case ends as 不予受理; declined, it goes back to the handler, with a remark.

    Raises Refusal: wrong_role, moved_on, proposal_missing, same_person, reason_missing (declined without a remark).
    """
    if by.role != Role.REVIEWER:
        raise Refusal("wrong_role", action="确认不予受理")
    lock(application.window)
    case = lock(application)
    if version is not None and case.version != version:
        raise Refusal("moved_on", object=case)
    case.require_free(by)
    proposal = proposals.open_proposal(case)
    if proposal is None or proposal.action != Action.REFUSE:
        raise Refusal("proposal_missing", object=case)
    if not confirmed and not remark.strip():
        raise Refusal("reason_missing", field="remark")
    proposals.decide(proposal, by=by, at=at, confirmed=confirmed, remark=remark)
    if not confirmed:
        case.version += 1
        case.save(update_fields=["version"])
        tell_officers(Role.HANDLER, f"refusal_declined:{proposal.pk}", f"不予受理未获确认：{application.number}", f"意见：{remark}", at=at)
        return application
    with moving(application, Action.REFUSE, by=by, at=at, version=version, reason=proposal.reason) as locked:
        end(locked, by=by, at=at, reason=proposal.reason)
        refile = "申报期内可以补齐后再次申报。" if locked.window.refile_after_refusal and locked.window.is_open(at) else ""
        tell(locked, "not_accepted", at=at, why=proposal.reason, refile=refile)
    after_commit("subsidies.tasks.issue_paper", DocumentKind.REFUSAL.value, application.pk)
    return application


def hold(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """Freeze a case at its state; its clock stops. Raises Refusal reason_missing, on_hold."""
    _require_reason(reason)
    with moving(application, Action.HOLD, by=by, at=at, version=version, reason=reason) as locked:
        freeze(locked, by=by, at=at, reason=reason)
        tell(locked, "held", at=at, why=reason)
    return application


def freeze(locked: Application, *, by: User, at: datetime, reason: str) -> None:
    locked.held_at, locked.held_by, locked.held_reason = at, by, reason[:300]


def thaw(locked: Application, *, at: datetime) -> None:
    """Let a case go on; what was due has as many working days left as when it was frozen.

    Raises Refusal calendar_missing for a correction or a reply, whose deadline binds the applicant and is never guessed.
    """
    binding = locked.state in (State.CORRECTION, State.REJECTION_PROPOSED)
    locked.due_at = resumed(locked.due_at, stopped_at=locked.held_at, at=at, binding=binding)
    if locked.state == State.CORRECTION:
        locked.corrections.filter(closed_at__isnull=True).update(due_at=locked.due_at)
    locked.held_at, locked.held_by, locked.held_reason = None, None, ""


def release(application: Application, *, by: User, at: datetime, reason: str, version: int | None = None) -> Application:
    """Let a held case go on. Raises Refusal: reason_missing, not_held, objection_open, calendar_missing."""
    _require_reason(reason)
    with moving(application, Action.RELEASE, by=by, at=at, version=version) as locked:
        locked.event_data = {"reason": reason, "held_reason": locked.held_reason}
        if not locked.is_held:
            raise Refusal("not_held", object=locked)
        if locked.objections.filter(state=ObjectionState.OPEN).exists():
            raise Refusal("objection_open", number=locked.number)
        thaw(locked, at=at)
        tell(locked, "released", at=at)
    return application
