"""A draft: start, fill, attach, delete, and everything that still stands between it and its submission. It holds no slot."""

from copy import copy
from datetime import datetime, timedelta

from django.db import transaction

from enterprises.models import LegalEntity
from enterprises.services import SUBMITTERS, WRITERS, require_member
from insurers.models import Entrustment, Policy
from insurers.services import require_insurer, staff_of
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import Application, Attachment, AttachmentKind, Channel, Window
from subsidies.states import State

from .facts import facts_of
from .slots import require_free, require_free_policy

CONSTRAINT_REFUSALS["one_draft_per_window_entity_and_channel"] = "draft_exists"

DRAFT_COLUMNS = {"policy", "category", "bank_account", "other_subsidies", "pledged"}
TYPED = {"other_subsidies"}  # columns that people type at length
SITTING = timedelta(hours=1)
OTHER_SUBSIDIES_LENGTH = 1000  # of a filed application; a draft keeps what is still to be shortened
# Which task of the list mends what a check refuses; the policy where none is named.
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


@transaction.atomic
def start(entity: LegalEntity, window: Window, *, by: User, at: datetime, **columns) -> Application:
    """Open a draft, with what is known of its columns already (those of `save_draft`); it holds no slot.

    Raises Refusal: not_a_member, no_mandate, window_closed, already_filed, already_awarded, draft_exists.
    """
    _require_columns(columns)
    staff = staff_of(by) if by.role == Role.INSURER else None
    insurer = staff.insurer if staff else None
    application = Application(
        pilot=window.pilot,
        window=window,
        legal_entity=entity,
        channel=Channel.INSURER if insurer else Channel.SELF,
        insurer=insurer,
        created_by=by,
        created_at=at,
        saved_at=at,
        **columns,
    )
    require_author(application, by, at)
    if not window.is_open(at):
        raise Refusal("window_closed", sentence="现在不在申报期内，不能开始申报。请留意下一期申报通知。")
    require_free(application)
    with refusing_constraints():
        application.save()
    record("start", application, by=by, at=at, window=window.pk, columns=sorted(columns))
    return application


def _require_columns(columns: dict) -> None:
    if unknown := columns.keys() - DRAFT_COLUMNS:
        raise TypeError(f"not columns of a draft: {sorted(unknown)}")


def require_author(
    application: Application, by: User, at: datetime, *, to_submit: bool = False, to_correct: bool = False
) -> Entrustment | None:
    """Raises Refusal unless this person may write (submit, correct) this application now; the entrustment for an insurer."""
    if application.channel == Channel.SELF or by.role == Role.ENTERPRISE:
        require_member(application.legal_entity, by, SUBMITTERS if to_submit else WRITERS)
        return None
    require_insurer(application.insurer, by, otherwise="other_applicant")
    mandates = Entrustment.objects.filter(insurer=application.insurer, legal_entity=application.legal_entity)
    mandate = mandates.in_force(at).first()  # an insurer and an enterprise have one live mandate at most
    if mandate is None:
        raise Refusal("mandate_revoked" if mandates.exists() else "no_mandate", entity=application.legal_entity)
    if to_submit and not mandate.includes_submission:
        raise Refusal("submission_not_entrusted", entity=application.legal_entity)
    if to_correct and not mandate.includes_correction:
        raise Refusal("correction_not_entrusted", entity=application.legal_entity)
    return mandate


def _window_closed() -> Refusal:
    return Refusal("window_closed", sentence=rules.WORDINGS["window_closed"].fails, task="")


@transaction.atomic
def save_draft(application: Application, *, by: User, at: datetime, version: int | None = None, page: str = "", **columns) -> Application:
    """Write columns of a draft (policy, category, bank_account, other_subsidies, pledged).

    `version` is where the draft stood when the person opened the page, `page` marks that page: nothing is written over what somebody else,
    or another page, has written there since. Raises Refusal: changed_meanwhile, wrong_state, not_a_member.
    """
    _require_columns(columns)
    locked = locked_draft(application, by, at)
    if version is not None:
        if all(getattr(locked, column) == value for column, value in columns.items()):
            return locked
        _require_unwritten(locked, set(columns), version, page)
    for column, value in columns.items():
        setattr(locked, column, value)
    locked.saved_at, locked.version = at, locked.version + 1
    locked.save()
    if not _goes_on(locked, columns, by, at, page):
        record("save_draft", locked, by=by, at=at, columns=sorted(columns), version=locked.version, page=page)
    return locked


def _saved(draft: Application):
    return Event.objects.filter(object_type=draft._meta.label_lower, object_id=draft.pk, action="save_draft").order_by("-pk")


def _goes_on(draft: Application, columns, by: User, at: datetime, page: str) -> bool:
    """Whether this only goes on with what the draft's latest event says already: the same person types on the same page, within an hour.

    Every pause in typing saves; the trail says once who wrote what, on which page. Anybody else's save begins a new event.
    """
    if not page or not columns.keys() <= TYPED:
        return False
    last = _saved(draft).first()
    return (
        last is not None
        and (last.actor_id, last.data["page"], last.data["columns"]) == (by.pk, page, sorted(columns))
        and at - last.at < SITTING
    )


def written_since(draft: Application, version: int) -> list[tuple[datetime, Event]]:
    """What was written into a draft after it stood at `version`: when last, and its event, the latest first."""
    events = list(_saved(draft).filter(data__version__gt=version))
    if not events and draft.version > version:  # the latest was before, and typing may have gone on
        events = [last for last in _saved(draft)[:1] if TYPED.issuperset(last.data["columns"])]
    typed_on = TYPED.issuperset(events[0].data["columns"]) if events else False
    return [(draft.saved_at if typed_on and event is events[0] else event.at, event) for event in events]


def _require_unwritten(draft: Application, columns: set[str], version: int, page: str) -> None:
    """Raises Refusal changed_meanwhile where another page has written these columns after `version`."""
    for when, event in written_since(draft, version):
        if columns & set(event.data["columns"]) and not (page and event.data["page"] == page):
            raise Refusal("changed_meanwhile", object=draft, who=event.actor, when=when, by=event.actor_id)


@transaction.atomic
def choose_policy(
    application: Application, policy: Policy, *, by: User, at: datetime, version: int | None = None, page: str = ""
) -> Application:
    """Put a policy into a draft. Raises Refusal: those of save_draft, policy_already_filed, and the first of `policy_problems`."""
    draft = locked_draft(application, by, at)
    draft.policy = policy
    require_free_policy(draft)
    for problem in policy_problems(draft, policy, at=at):
        raise problem
    return save_draft(application, by=by, at=at, version=version, page=page, policy=policy)


def locked_draft(application: Application, by: User, at: datetime) -> Application:
    locked = lock(application)
    require_author(locked, by, at)
    if locked.state != State.DRAFT:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="修改")
    return locked


@transaction.atomic
def attach(application: Application, kind: AttachmentKind, upload, *, by: User, at: datetime) -> Attachment:
    """Add a paper to a draft. Raises the Refusals of files."""
    locked = locked_draft(application, by, at)
    attachment = Attachment.objects.create(application=locked, kind=kind, file=store_upload(upload, by=by, at=at))
    Application.objects.filter(pk=locked.pk).update(saved_at=at)
    record("attach", locked, by=by, at=at, kind=kind, sha256=attachment.file.sha256)
    return attachment


@transaction.atomic
def detach(attachment: Attachment, *, by: User, at: datetime) -> None:
    locked = locked_draft(attachment.application, by, at)
    record("detach", locked, by=by, at=at, kind=attachment.kind, sha256=attachment.file.sha256)
    attachment.delete()


@transaction.atomic
def delete_draft(application: Application, *, by: User, at: datetime) -> None:
    locked = locked_draft(application, by, at)
    record("delete", locked, by=by, at=at)
    locked.delete()


def problems(application: Application, *, at: datetime, pledge: bool = True) -> list[Refusal]:
    """Everything that stands between a draft and its submission, each with the task (`facts["task"]`) that mends it.

    Without `pledge`: what an insurer can complete; the enterprise makes the pledge when it confirms.
    """
    missing = [
        ("policy", application.policy is None, "保单与保费"),
        ("account", application.bank_account is None or application.bank_account.closed_at is not None, "收款账户"),
        ("category", application.category is None, "企业类别证明"),
    ]
    found = [Refusal("incomplete", what=what, task=task) for task, is_missing, what in missing if is_missing]
    if pledge and not application.pledged:
        found.append(Refusal("not_pledged", task="pledge"))
    if application.policy and application.insurer and application.policy.insurer_id != application.insurer_id:
        found.append(Refusal("policy_of_another_insurer", task="policy"))
    if application.policy is not None:
        verdicts = rules.refusals(rules.check_application(facts_of(application, at=at)))
        known = {"no_account"} if application.bank_account is None else set()
        found += [Refusal(v.code, sentence=v.sentence, task=TASKS.get(v.code, "policy")) for v in verdicts if v.code not in known]
    elif not application.window.is_open(at):
        found.append(_window_closed())
    if len(application.other_subsidies) > OTHER_SUBSIDIES_LENGTH:
        found.append(Refusal("text_too_long", length=OTHER_SUBSIDIES_LENGTH, task="further"))
    return found


def policy_problems(application: Application, policy: Policy, *, at: datetime) -> list[Refusal]:
    """Everything that keeps this policy from being filed with this draft, each for the field `policy`."""
    draft = copy(application)
    draft.policy = policy
    found = [problem for problem in problems(draft, at=at) if problem.facts["task"] == "policy"]
    for problem in found:
        problem.field = "policy"
    return found
