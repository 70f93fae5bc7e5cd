"""From draft to acceptance: start, fill, attach, submit, withdraw, accept, hold."""

from copy import copy
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from enterprises.models import LegalEntity, MembershipState
from enterprises.services import SUBMITTERS, WRITERS, require_member
from insurers.models import Entrustment, Policy
from insurers.services import insurer_of
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.reference.services import deadline
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints, violated_constraint
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import Application, Attachment, AttachmentKind, Channel, Window
from subsidies.states import Action, State

from .facts import basis_of, facts_of
from .letters import alarm_head, tell
from .numbering import application_number

CONSTRAINT_REFUSALS["one_draft_per_window_entity_and_channel"] = "draft_exists"

DRAFT_COLUMNS = {"policy", "category", "bank_account", "other_subsidies", "pledged"}


@transaction.atomic
def start(entity: LegalEntity, window: Window, *, by: User, at: datetime) -> Application:
    """Open a draft; it holds no slot.

    Raises Refusal: not_a_member, no_mandate, window_closed, already_filed, already_awarded, draft_exists.
    """
    channel = Channel.INSURER if by.role == Role.INSURER else Channel.SELF
    application = Application(
        pilot=window.pilot, window=window, legal_entity=entity, channel=channel, created_by=by, created_at=at, saved_at=at
    )
    require_author(application, by, at)
    if not window.is_open(at):
        raise Refusal("window_closed", sentence="现在不在申报期内，不能开始申报。请留意下一期申报通知。")
    require_free_slot(application)
    with refusing_constraints():
        application.save()
    record("start", application, by=by, at=at, window=window.pk)
    return application


def require_author(application: Application, by: User, at: datetime, *, to_submit: bool = False) -> Entrustment | None:
    """Raises Refusal unless this person may write (or submit) this application now; the entrustment for an insurer."""
    if application.channel == Channel.SELF or by.role == Role.ENTERPRISE:
        require_member(application.legal_entity, by, SUBMITTERS if to_submit else WRITERS)
        return None
    mandates = Entrustment.objects.filter(insurer=insurer_of(by), legal_entity=application.legal_entity)
    live = mandates.in_force(at)
    if to_submit:
        live = live.filter(includes_submission=True)
    if mandate := live.first():
        return mandate
    code = "mandate_revoked" if mandates.exists() else "no_mandate"
    raise Refusal(code, entity=application.legal_entity)


def _window_closed() -> Refusal:
    return Refusal("window_closed", sentence=rules.WORDINGS["window_closed"].fails, task="")


def require_free_slot(application: Application) -> None:
    """Raises Refusal already_filed or already_awarded, naming the case that stands in the way."""
    others = Application.objects.filter(legal_entity_id=application.legal_entity_id).exclude(pk=application.pk)
    if other := others.holding_slot().filter(window_id=application.window_id).first():
        raise _already_filed(other)
    if other := others.filter(pilot_id=application.pilot_id, awarded__gt=0).first():
        raise Refusal("already_awarded", entity=application.legal_entity, **_named(other))
    window = application.window
    ended = set(others.filter(window_id=window.pk).values_list("state", flat=True))
    if (State.WITHDRAWN in ended and not window.refile_after_withdrawal) or (
        State.NOT_ACCEPTED in ended and not window.refile_after_refusal
    ):
        raise Refusal("no_refiling")


def _already_filed(other: Application) -> Refusal:
    return Refusal("already_filed", entity=other.legal_entity, **_named(other))


def _policy_taken(policy: Policy, other: Application) -> Refusal:
    return Refusal("policy_already_filed", policy=policy, **_named(other))


def _named(other: Application) -> dict:
    """The case that stands in the way, as a refusal names it; `application` is its key."""
    return {
        "number": other.number,
        "channel": other.get_channel_display(),
        "when": f"{timezone.localtime(other.submitted_at):%Y-%m-%d %H:%M}",
        "state": other.get_state_display(),
        "application": other.pk,
    }


@transaction.atomic
def save_draft(application: Application, *, by: User, at: datetime, version: int | None = None, **columns) -> Application:
    """Write columns of a draft (policy, category, bank_account, other_subsidies, pledged).

    Raises Refusal: moved_on, wrong_state, not_a_member.
    """
    if unknown := columns.keys() - DRAFT_COLUMNS:
        raise TypeError(f"not columns of a draft: {sorted(unknown)}")
    locked = _locked_draft(application, by, at)
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    for column, value in columns.items():
        setattr(locked, column, value)
    locked.saved_at, locked.version = at, locked.version + 1
    locked.save()
    record("save_draft", locked, by=by, at=at, columns=sorted(columns))
    return locked


@transaction.atomic
def choose_policy(application: Application, policy: Policy, *, by: User, at: datetime) -> Application:
    """Put a policy into a draft. Raises Refusal: not_a_member, wrong_state, policy_already_filed, and the first of `policy_problems`."""
    draft = _locked_draft(application, by, at)
    draft.policy = policy
    require_free_policy(draft)
    for problem in policy_problems(draft, policy, at=at):
        raise problem
    return save_draft(application, by=by, at=at, policy=policy)


def policy_problems(application: Application, policy: Policy, *, at: datetime) -> list[Refusal]:
    """Everything that keeps this policy from being filed with this draft, each for the field `policy`."""
    draft = copy(application)
    draft.policy = policy
    found = [problem for problem in problems(draft, at=at) if problem.facts["task"] == "policy"]
    for problem in found:
        problem.field = "policy"
    return found


def _locked_draft(application: Application, by: User, at: datetime) -> Application:
    locked = lock(application)
    require_author(locked, by, at)
    if locked.state != State.DRAFT:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="修改")
    return locked


@transaction.atomic
def attach(application: Application, kind: AttachmentKind, upload, *, by: User, at: datetime) -> Attachment:
    """Add a paper to a draft. Raises the Refusals of files."""
    locked = _locked_draft(application, by, at)
    attachment = Attachment.objects.create(application=locked, kind=kind, file=store_upload(upload, by=by, at=at))
    Application.objects.filter(pk=locked.pk).update(saved_at=at)
    record("attach", locked, by=by, at=at, kind=kind, sha256=attachment.file.sha256)
    return attachment


@transaction.atomic
def detach(attachment: Attachment, *, by: User, at: datetime) -> None:
    locked = _locked_draft(attachment.application, by, at)
    record("detach", locked, by=by, at=at, kind=attachment.kind, sha256=attachment.file.sha256)
    attachment.delete()


@transaction.atomic
def delete_draft(application: Application, *, by: User, at: datetime) -> None:
    locked = _locked_draft(application, by, at)
    record("delete", locked, by=by, at=at)
    locked.delete()


def problems(application: Application, *, at: datetime) -> list[Refusal]:
    """Everything that stands between a draft and its submission, each with the task (`facts["task"]`) that mends it."""
    missing = [
        ("policy", application.policy is None, "保单与保费"),
        ("account", application.bank_account is None or application.bank_account.closed_at is not None, "收款账户"),
        ("category", application.category is None, "企业类别证明"),
    ]
    found = [Refusal("incomplete", what=what, task=task) for task, is_missing, what in missing if is_missing]
    if not application.pledged:
        found.append(Refusal("not_pledged", task="pledge"))
    if application.policy is not None:
        verdicts = rules.refusals(rules.check_application(facts_of(application, at=at)))
        known = {"no_account"} if application.bank_account is None else set()
        found += [Refusal(v.code, sentence=v.sentence, task=TASKS.get(v.code, "policy")) for v in verdicts if v.code not in known]
    elif not application.window.is_open(at):
        found.append(_window_closed())
    return found


TASKS = {
    "unverified_enterprise": "enterprise",
    "branch_not_legal_person": "enterprise",
    "not_legal_person": "enterprise",
    "not_in_beijing": "enterprise",
    "no_invoice": "papers",
    "no_payment": "papers",
    "zero_premium": "papers",
    "no_account": "account",
    "payee_name_differs": "account",
    "window_closed": "",
}


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
            for problem in problems(locked, at=at):
                raise problem
            locked.submitted_at, locked.submitted_by, locked.saved_at = at, by, at
            locked.due_at = promised(at, locked.window.acceptance_days)
            locked.snapshot = snapshot(locked, at)
            locked.number = application_number(locked.pilot.year)
            locked.event_data = {"number": locked.number}
            tell(locked, "submitted", at=at)
    except IntegrityError as error:
        raise _slot_taken(application, violated_constraint(error)) or error from error
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


def require_free_policy(application: Application) -> None:
    """Raises Refusal policy_already_filed, naming the case that uses the policy."""
    if application.policy_id is None:
        return
    other = Application.objects.holding_slot().filter(policy_id=application.policy_id).exclude(pk=application.pk).first()
    if other:
        raise _policy_taken(application.policy, other)


def _slot_taken(application: Application, constraint: str | None) -> Refusal | None:
    """The refusal behind a unique index that another filing won in the same moment."""
    rivals = Application.objects.holding_slot().exclude(pk=application.pk)
    if constraint == "one_application_per_window_and_entity":
        return _already_filed(rivals.get(window_id=application.window_id, legal_entity_id=application.legal_entity_id))
    if constraint == "one_application_per_policy":
        application.refresh_from_db()
        return _policy_taken(application.policy, rivals.get(policy_id=application.policy_id))
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
