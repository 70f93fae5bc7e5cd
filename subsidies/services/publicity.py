"""审定, 公示, 批准: the IP office's word on a list, the public's five working days, the head's approval."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.reference.services import deadline
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import lock, move_all
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import AllocationRun, Application, Determination, DocumentKind, PublicNotice
from subsidies.states import Action, State

from .allocation import list_hash
from .letters import tell, tell_officers
from .numbering import next_value


@transaction.atomic
def send_list(run: AllocationRun, *, by: User, at: datetime, minutes_number: str, minutes_on: date, minutes_paper) -> AllocationRun:
    """报送: an allocated list goes to the IP office, with the centre's own minutes. Once.

    Raises Refusal: wrong_role, minutes_missing, minutes_later, list_sent, nothing_on_list, files'.
    """
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="报送名单")
    lock(run.window)
    locked = lock(run)
    if locked.sent_at is not None:
        raise Refusal("list_sent")
    if not run.applications.filter(state__in=[State.ALLOCATED, State.REJECTION_PROPOSED]).exists():
        raise Refusal("nothing_on_list")
    if not minutes_number.strip():
        raise Refusal("minutes_missing", field="minutes_number")
    if minutes_on > timezone.localdate(at):
        raise Refusal("minutes_later", field="minutes_on")
    locked.minutes_number, locked.minutes_on = minutes_number.strip(), minutes_on
    locked.minutes_paper, locked.sent_by, locked.sent_at = store_upload(minutes_paper, by=by, at=at), by, at
    locked.save(update_fields=["minutes_number", "minutes_on", "minutes_paper", "sent_by", "sent_at"])
    record("send_list", locked, by=by, at=at, minutes_number=locked.minutes_number, list_hash=locked.list_hash)
    words = f"核定 {locked.count} 件，{locked.awarded_total:,.2f} 元；中心会议纪要 {locked.minutes_number}。"
    tell_officers(Role.IP_OFFICE, f"list:{locked.pk}", f"待审定名单：{locked}", words, at=at)
    return locked


@transaction.atomic
def determine(
    run: AllocationRun, *, by: User, at: datetime, minutes_number: str, seen_hash: str, seen_count: int | None = None
) -> Determination:
    """审定 the list that the person saw: awards and proposed rejections take effect together.

    Raises Refusal: wrong_role, list_not_sent, minutes_missing, nothing_on_list, list_changed (the list is no longer the one of
    `seen_hash`, a case was held or released since, or it is not the one that was allocated: such a list can only be returned).
    """
    run = _locked_list(run, by, "审定名单", seen_hash)
    if run.list_hash != seen_hash:
        raise Refusal("list_changed")
    if not minutes_number.strip():
        raise Refusal("minutes_missing", field="minutes_number")
    listed = run.applications.filter(state=State.ALLOCATED, held_at__isnull=True)
    rejected = run.applications.filter(state=State.REJECTION_PROPOSED, held_at__isnull=True)
    if not (listed.exists() or rejected.exists()):
        raise Refusal("nothing_on_list")
    _require_seen(_free_on(run), seen_count)
    determination = Determination.objects.create(
        window=run.window,
        allocation=run,
        list_hash=run.list_hash,
        minutes_number=minutes_number,
        count=listed.count(),
        rejected_count=rejected.count(),
        total=listed.aggregate(total=Sum("awarded"))["total"] or 0,
        determined_by=by,
        determined_at=at,
    )
    stamps = {"determined_at": at, "determined_by": by, "determination": determination}
    move_all(listed, Action.DETERMINE, by=by, at=at, about=determination, **stamps)
    ending = {"ended_at": at, "ended_by": by, "ended_reason": F("rejection_reason"), "reserved": 0, "due_at": None}
    move_all(rejected, Action.REJECT, by=by, at=at, about=determination, **stamps, **ending)
    _tell_all(determination.applications.filter(state=State.DETERMINED), "determined", at)
    for case in _tell_all(determination.applications.filter(state=State.REJECTED), "rejected", at):
        after_commit("subsidies.tasks.issue_paper", DocumentKind.REJECTION.value, case.pk)
    return determination


@transaction.atomic
def return_list(run: AllocationRun, *, by: User, at: datetime, reason: str, seen_hash: str, seen_count: int | None = None) -> int:
    """Send the list back with reasons: awards fall away, every case is checked again. Returns how many.

    Raises Refusal: wrong_role, list_not_sent, reason_missing, nothing_on_list, list_changed. A list that is no longer as allocated,
    since a case was given up or another rejection proposed, can be returned. Where an earlier list of the window is determined, its
    shares stand: what is returned then keeps its amount as a reservation.
    """
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    run = _locked_list(run, by, "退回名单", seen_hash)
    listed = run.applications.filter(state=State.ALLOCATED, held_at__isnull=True)
    rejected = run.applications.filter(state=State.REJECTION_PROPOSED)
    if not (listed.exists() or rejected.exists()):
        raise Refusal("nothing_on_list")
    _require_seen(_free_on(run), seen_count)
    keys = list(listed.values_list("pk", flat=True))
    rejected.update(allocation=None, version=F("version") + 1)
    record("return_list", run, by=by, at=at, reason=reason)
    decided = run.window.applications.filter(determination__isnull=False).exists()
    if not decided:
        run.window.applications.filter(reserved__gt=0).update(reserved=0)
    returned = move_all(
        run.applications.all(),
        Action.RETURN_LIST,
        by=by,
        at=at,
        about=run,
        reserved=F("awarded") if decided else 0,
        awarded=None,
        allocation=None,
        allocated_at=None,
        allocated_by=None,
    )
    _tell_all(Application.objects.filter(pk__in=keys), "list_returned", at)
    return returned


def _locked_list(run: AllocationRun, by: User, action: str, seen_hash: str) -> AllocationRun:
    """The run with every case on its list locked, so that none moves, or is held, between what was seen and what is written."""
    if by.role != Role.IP_OFFICE:
        raise Refusal("wrong_role", action=action)
    lock(run.window)
    locked = lock(run)
    if locked.sent_at is None:
        raise Refusal("list_not_sent")
    listed = run.applications.filter(state__in=[State.ALLOCATED, State.REJECTION_PROPOSED])
    list(listed.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    if seen_hash != list_hash(locked):
        raise Refusal("list_changed")
    return locked


@transaction.atomic
def publicise(determination: Determination, *, by: User, at: datetime, seen_count: int | None = None) -> PublicNotice:
    """公示 what was determined, for the window's working days from the next day.

    Raises Refusal: wrong_role, nothing_on_list, list_changed (no longer the number of cases that the head saw), calendar_missing.
    """
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="公示")
    lock(determination.window)
    listed = determination.applications.filter(state=State.DETERMINED, held_at__isnull=True)
    if not listed.exists():
        raise Refusal("nothing_on_list")
    _require_seen(listed, seen_count)
    ends_at = deadline(at, determination.window.publicity_days)
    year = determination.window.pilot.year
    notice = PublicNotice.objects.create(
        window=determination.window,
        number=f"公示〔{year}〕{next_value('notice', year)}号",
        starts_on=timezone.localdate(at) + timedelta(days=1),
        ends_on=timezone.localdate(ends_at - timedelta(microseconds=1)),
        ends_at=ends_at,
        count=listed.count(),
        total=listed.aggregate(total=Sum("awarded"))["total"],
        published_by=by,
        published_at=at,
    )
    move_all(listed, Action.PUBLICISE, by=by, at=at, about=notice, publicised_at=at, publicised_by=by, public_notice=notice)
    _record_published(notice, determination, by, at)
    _tell_all(notice.applications.filter(state=State.PUBLICIZED), "publicised", at, until=notice.ends_on)
    after_commit("subsidies.tasks.issue_paper", DocumentKind.PUBLIC_NOTICE.value, notice.pk)
    return notice


def _record_published(notice: PublicNotice, determination: Determination, by: User, at: datetime) -> None:
    """What the public was told, row by row, for the paper and for ever: a case may leave the list later. Raises Refusal list_changed."""
    published = notice.applications.order_by("number").values_list("legal_entity__name", "legal_entity__credit_code", "awarded")
    awards = [[name, code, str(awarded)] for name, code, awarded in published]
    if len(awards) != notice.count:
        raise Refusal("list_changed")
    record("public_list", notice, by=by, at=at, minutes_number=determination.minutes_number, awards=awards)


@transaction.atomic
def approve(notice: PublicNotice, *, by: User, at: datetime, seen_count: int | None = None) -> int:
    """批准拨付 every case of a notice that has run its days and is not held; how many.

    Raises Refusal: wrong_role, publicity_running, nothing_on_list, list_changed.
    """
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="批准拨付")
    lock(notice.window)
    if at < notice.ends_at:
        raise Refusal("publicity_running", until=f"{notice.ends_on:%Y-%m-%d}")
    _require_seen(notice.applications.filter(state=State.PUBLICIZED, held_at__isnull=True), seen_count)
    moved = move_all(
        Application.objects.filter(public_notice=notice), Action.APPROVE, by=by, at=at, about=notice, approved_at=at, approved_by=by
    )
    if not moved:
        raise Refusal("nothing_on_list")
    _close_zero_awards(notice, by, at)
    _tell_all(notice.applications.filter(state=State.APPROVED), "approved", at)
    return moved


def _free_on(run: AllocationRun):
    """Awards and rejections of a list that nothing holds."""
    return run.applications.filter(state__in=[State.ALLOCATED, State.REJECTION_PROPOSED], held_at__isnull=True)


def _require_seen(listed, seen_count: int | None) -> None:
    """Raises Refusal list_changed when a case was held or released since the page was opened."""
    if seen_count is not None and listed.count() != seen_count:
        raise Refusal("list_changed")


def _close_zero_awards(notice: PublicNotice, by: User, at: datetime) -> None:
    """A premium of 0.01 yields 0.00: nothing is paid, the case is archived."""
    nothing = Application.objects.filter(public_notice=notice, state=State.APPROVED, awarded=0)
    if nothing.exists():
        keys = list(nothing.values_list("pk", flat=True))
        move_all(nothing, Action.CLOSE_ZERO, by=by, at=at, about=notice, ended_at=at, ended_by=by, ended_reason="核定补贴为 0.00 元")
        _tell_all(Application.objects.filter(pk__in=keys), "closed_zero", at)


def _tell_all(cases, event: str, at: datetime, **facts) -> list[Application]:
    told = list(cases.select_related("legal_entity", "window", "insurer").order_by("pk"))
    for case in told:
        tell(case, event, at=at, why=case.ended_reason, **facts)
    return told
