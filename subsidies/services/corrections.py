"""补正: one complete list, only listed parts mended, the same number; the promised time stops meanwhile. 申报通知."""

from collections.abc import Sequence
from copy import copy
from datetime import datetime

from django.db import transaction

from enterprises.models import EntityCategory
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.reference.services import deadline, last_day, working_days_after
from pilot_portal.workflow import proposals
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import lock, moving
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import Application, Attachment, AttachmentKind, Correction, CorrectionItem, DocumentKind, Part
from subsidies.states import Action, State

from .applications import require_applicant
from .clocks import resumed
from .drafts import TASKS, require_author
from .facts import facts_of
from .letters import tell, tell_officers

KINDS = {Part.CATEGORY: AttachmentKind.CATEGORY, Part.ACCOUNT: AttachmentKind.ACCOUNT, Part.PLEDGE: AttachmentKind.PLEDGE}
PARTS_OF_TASK = {"policy": {Part.POLICY}, "papers": {Part.INVOICES, Part.PAYMENTS}, "account": {Part.ACCOUNT}}


def ask_correction(
    application: Application, *, by: User, at: datetime, items: Sequence[tuple[Part, str]], version: int | None = None
) -> Application:
    """一次性告知补正: `items` are (part, what is wrong and what to do). A later list can only repeat parts of the first.

    Raises Refusal: no_items, told_once, proposal_open, calendar_missing.
    """
    items = [(Part(part), sentence.strip()) for part, sentence in items if sentence.strip()]
    if not items:
        raise Refusal("no_items")
    with moving(application, Action.ASK_CORRECTION, by=by, at=at, version=version) as locked:
        proposals.require_none_open(locked)
        _require_told(locked, items)
        correction = Correction.objects.create(
            application=locked,
            sequence=locked.corrections.count() + 1,
            asked_by=by,
            asked_at=at,
            due_at=deadline(at, locked.window.correction_days),
            stopped_due_at=locked.due_at,
        )
        CorrectionItem.objects.bulk_create(
            CorrectionItem(correction=correction, part=part, sentence=sentence, before=part_of(locked, part)) for part, sentence in items
        )
        locked.correction_asked_at, locked.correction_asked_by, locked.due_at = at, by, correction.due_at
        until = str(last_day(correction.due_at))
        locked.event_data = {"items": [[part.value, sentence] for part, sentence in items], "until": until}
        tell(locked, "correction", at=at, count=len(items))
    after_commit("subsidies.tasks.issue_paper", DocumentKind.CORRECTION.value, correction.pk)
    return application


def _require_told(application: Application, items: Sequence[tuple[Part, str]]) -> None:
    first = application.corrections.order_by("sequence").first()
    if first is None:
        return
    told = set(first.items.values_list("part", flat=True))
    for part, _ in items:
        if part not in told:
            raise Refusal("told_once", part=part.label)


def open_correction(application: Application) -> Correction | None:
    return application.corrections.filter(closed_at__isnull=True).prefetch_related("items__attachments__file").first()


def part_of(application: Application, part: Part) -> list[list[str]]:
    """A part of the case as (label, value) rows, to be set beside itself later."""
    policy = application.policy
    if part == Part.POLICY:
        return [
            ["保险产品", str(policy.product)],
            ["签订日期", policy.signed_on.isoformat()],
            ["保险期间", f"{policy.starts_on} 至 {policy.last_day}"],
            ["责任限额", f"{policy.liability_limit:,.2f}"],
            ["保费", f"{policy.premium:,.2f}"],
            ["其中非试点责任", f"{policy.non_pilot_premium:,.2f}"],
            ["其中非试点共保", f"{policy.coinsured_premium:,.2f}"],
            _paper(policy.paper),
        ]
    if part == Part.INVOICES:
        return [row for one in policy.invoices.order_by("pk") for row in (_money_row(one.number, one.buyer, one), _paper(one.paper))]
    if part == Part.PAYMENTS:
        return [
            row for one in policy.premium_payments.order_by("pk") for row in (_money_row(one.reference, one.payer, one), _paper(one.paper))
        ]
    if part == Part.CATEGORY:
        chosen = application.category
        return [["企业类别", f"{chosen}，有效期至 {chosen.valid_until or '长期'}"], _paper(chosen.evidence)] if chosen else []
    if part == Part.ACCOUNT:
        account = application.bank_account
        return [["收款账户", str(account)], _paper(account.proof)]
    kind = KINDS.get(part, AttachmentKind.OTHER)
    papers = application.attachments.filter(kind=kind, superseded_at__isnull=True).select_related("file").order_by("pk")
    return [_paper(one.file) for one in papers]


def _money_row(number: str, party: str, row) -> list[str]:
    return [number, f"{party}，{row.amount:,.2f} 元"]


def _paper(stored) -> list[str]:
    return ["文件", f"{stored.name}（{stored.sha256[:12]}）" if stored else "无"]


@transaction.atomic
def answer(item: CorrectionItem, *, by: User, at: datetime, text: str = "", upload=None) -> CorrectionItem:
    """Say something to one item, or add a paper to it. Raises Refusal: wrong_state, on_hold, correction_over, other_applicant, files'."""
    application = _in_correction(item.correction.application, by, at)
    if text.strip():
        item.answer, item.answered_at, item.answered_by = text.strip(), at, by
        item.save(update_fields=["answer", "answered_at", "answered_by"])
    if upload:
        kind = KINDS.get(Part(item.part), AttachmentKind.OTHER)
        stored = store_upload(upload, by=by, at=at)
        if item.part == Part.PLEDGE:
            application.attachments.filter(kind=kind, superseded_at__isnull=True).update(superseded_at=at)
        Attachment.objects.create(application=application, kind=kind, file=stored, item=item)
    record("answer_item", application, by=by, at=at, item=item.pk, text=bool(text.strip()), file=bool(upload))
    return item


@transaction.atomic
def take_back(attachment: Attachment, *, by: User, at: datetime) -> None:
    """Remove a paper that was added to an item of the open list. Raises Refusal as answer does, not_on_the_list."""
    application = _in_correction(attachment.application, by, at)
    if attachment.item is None or attachment.item.correction.closed_at is not None:
        raise Refusal("not_on_the_list", part=attachment.get_kind_display())
    record("take_back", application, by=by, at=at, kind=attachment.kind, sha256=attachment.file.sha256)
    attachment.delete()


@transaction.atomic
def change_category(application: Application, category: EntityCategory, *, by: User, at: datetime) -> Application:
    """Another category of the same enterprise, where the list asks for it. Raises Refusal: not_on_the_list and as answer does."""
    locked = _in_correction(application, by, at)
    if not locked.asks_for(Part.CATEGORY):
        raise Refusal("not_on_the_list", part=Part.CATEGORY.label)
    if category.legal_entity_id != locked.legal_entity_id:
        raise Refusal("category_of_another", field="category")
    locked.category, locked.saved_at, locked.version = category, at, locked.version + 1
    locked.save()
    record("change_category", locked, by=by, at=at, category=category.pk)
    return locked


def _in_correction(application: Application, by: User, at: datetime) -> Application:
    """The case, locked, for a person who may mend it now."""
    locked = lock(application)
    require_author(locked, by, at, to_correct=True)
    if locked.state != State.CORRECTION:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="补正")
    if locked.is_held:
        raise Refusal("on_hold", object=locked)
    if locked.due_at is not None and at >= locked.due_at:
        raise Refusal("correction_over")
    return locked


def mended(item: CorrectionItem, now: list[list[str]] | None = None) -> bool:
    """Whether the applicant has done something about an item: a word, a paper, or a part that is no longer as it was (`now`, if known)."""
    return bool(item.answer) or item.attachments.exists() or (now_of(item) if now is None else now) != item.before


def now_of(item: CorrectionItem) -> list[list[str]]:
    """The part of an item as it stands now; of the account, the one that is open, which is taken over when the correction is handed in."""
    application, part = item.correction.application, Part(item.part)
    return part_of(_with_open_account(application) if part == Part.ACCOUNT else application, part)


def _with_open_account(application: Application) -> Application:
    """A copy of the case with the account that is open now."""
    changed = copy(application)
    changed.bank_account = application.legal_entity.bank_accounts.open().first() or application.bank_account
    return changed


def parts_now(items: Sequence[CorrectionItem]) -> dict[str, list[list[str]]]:
    """Each part that the items name as it stands now; read once, whatever the number of items."""
    return {part: now_of(item) for part, item in {item.part: item for item in items}.items()}


def open_problems(application: Application, *, at: datetime) -> list[Refusal]:
    """All that stands between the correction and its submission: items not dealt with, and what the rules refuse of the listed parts.

    `facts["pk"]` is the item that mends it.
    """
    correction = open_correction(application)
    if correction is None:
        return []
    items = list(
        correction.items.select_related("correction__application__policy", "correction__application__legal_entity").prefetch_related(
            "attachments"
        )
    )
    now = parts_now(items)
    found = [Refusal("item_unanswered", item=str(item), pk=item.pk) for item in items if not mended(item, now[item.part])]
    handed_in = _with_open_account(application) if Part.ACCOUNT in now else application
    for verdict in rules.refusals(rules.check_application(facts_of(handed_in, at=at))):
        parts = PARTS_OF_TASK.get(TASKS.get(verdict.code, "policy"), set())
        if listed := next((item for item in items if item.part in parts), None):
            found.append(Refusal(verdict.code, sentence=verdict.sentence, pk=listed.pk))
    return found


def resubmit(application: Application, *, by: User, at: datetime, version: int | None = None) -> Application:
    """Hand in the correction, also after the window has closed; the number stays, and the promised time runs on.

    Raises Refusal: other_applicant, no_mandate, correction_over, item_unanswered and what the rules refuse of the listed parts.
    """
    with moving(application, Action.RESUBMIT, by=by, at=at, version=version) as locked:
        require_applicant(locked, by, at, to_correct=True)
        if locked.due_at is not None and at >= locked.due_at:
            raise Refusal("correction_over")
        for problem in open_problems(locked, at=at):
            raise problem
        correction = open_correction(locked)
        if locked.asks_for(Part.ACCOUNT):
            locked.bank_account = locked.legal_entity.bank_accounts.get(closed_at__isnull=True)
        for item in correction.items.all():
            item.after = part_of(locked, Part(item.part))
            item.save(update_fields=["after"])
        locked.due_at = resumed(correction.stopped_due_at, stopped_at=correction.asked_at, at=at)
        close(correction, by=by, at=at)
        locked.event_data = {"correction": correction.sequence}
        tell(locked, "resubmitted", at=at)
        tell_officers(Role.HANDLER, f"resubmitted:{correction.pk}", f"补正已提交：{locked.number}", "请核对补正内容后受理或处理。", at=at)
    after_commit("subsidies.tasks.screen_application", application.pk)
    return application


def close(correction: Correction, *, by: User, at: datetime) -> None:
    correction.closed_at, correction.closed_by = at, by
    correction.save(update_fields=["closed_at", "closed_by"])


@transaction.atomic
def extend_correction(
    application: Application, *, by: User, at: datetime, days: int, reason: str, version: int | None = None
) -> Application:
    """The head gives more time, once: `days` working days after the present deadline, at most as many as the window grants.

    Raises Refusal: wrong_role, wrong_state, on_hold, moved_on, already_extended, reason_missing.
    """
    locked = lock(application)
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="延长补正期限")
    if locked.state != State.CORRECTION:
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="延长补正期限")
    if locked.is_held:
        raise Refusal("on_hold", object=locked)
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    locked.require_free(by)
    correction = open_correction(locked)
    if correction.extended_at is not None:
        raise Refusal("already_extended")
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    days = min(max(days, 1), locked.window.correction_days)
    correction.due_at = deadline_after(correction.due_at, days)
    correction.extended_at, correction.extended_by, correction.extension_reason = at, by, reason[:300]
    correction.save()
    locked.due_at, locked.version = correction.due_at, locked.version + 1
    locked.save()
    record("extend_correction", locked, by=by, at=at, until=str(last_day(correction.due_at)), reason=reason)
    tell(locked, "correction_extended", at=at)
    return locked


def deadline_after(due: datetime, days: int) -> datetime:
    """A deadline some working days after another one."""
    return due + (working_days_after(last_day(due), days) - last_day(due))
