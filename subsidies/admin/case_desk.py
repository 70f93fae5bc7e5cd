"""The centre's desk: how many cases wait for whom, each figure a link to them, and what is due first."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.html import format_html, format_html_join

from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import DeskLine, list_url, screen_url
from pilot_portal.audit.workbench import capped
from pilot_portal.notifications.admin import alarms
from pilot_portal.reference.services import last_day
from subsidies.models import Application
from subsidies.reports import tone_of
from subsidies.states import State

from .matters import APPLICANTS_TURN, MATTERS, marks_of, on_turn, overdue, with_marks

NEXT_DUE = 8


def lines(request) -> Iterator[DeskLine]:
    cases, role = Application.objects.visible_to(request.user), request.user.role
    if role == Role.HANDLER:
        yield _matter("fresh", cases, "核对材料是否齐全", title="待受理")
        yield _matter("corrected", cases, "逐项核对后受理或再次告知")
        yield _waiting("待初审", cases, State.ACCEPTED, "逐项写明核查结论")
        yield _matter("said", cases, "查看后回复或标为已读", title="申请人留言")
        yield _waiting("待补正", cases, State.CORRECTION, "等待企业办理")
        yield _late(cases, role)
    elif role == Role.REVIEWER:
        yield _waiting("待复核", cases, State.REVIEWED, "须由初审以外的人复核")
        yield _matter("refusal", cases, "经办提请，由您确认或退回")
        yield _late(cases, role)
    elif role == Role.HEAD:
        yield _waiting("等待核定", cases, State.CHECKED, "申报截止后统一核定")
        yield _matter("replied", cases, "核实后决定是否重新审核", title="拟不予补贴待复议", urgent=True)
        yield _matter("recompute", cases, "重新核算或终止拨付", urgent=True)
        yield DeskLine("已暂停", capped(cases.filter(held_at__isnull=False)), list_url(Application, due="held"), "查明后解除", True)
        yield alarms(request)
        yield _late(cases)


def _matter(name: str, cases, note: str, *, title: str = "", urgent: bool = False) -> DeskLine:
    label, narrow = MATTERS[name]
    return DeskLine(title or label, capped(narrow(cases)), list_url(Application, matter=name), note, urgent)


def _waiting(title: str, cases, state: State, note: str) -> DeskLine:
    running = cases.filter(state=state, held_at__isnull=True)
    return DeskLine(title, capped(running), list_url(Application, state=state, due="running"), note)


def _late(cases, turn: Role | None = None) -> DeskLine:
    """What is late; for an officer, what is late at this desk."""
    if turn:
        late = overdue(on_turn(cases, turn))
        return DeskLine("已超期", capped(late), list_url(Application, due="over", turn=turn), "请先办理", True)
    return DeskLine("已超期", capped(overdue(cases)), list_url(Application, due="over"), "请督促办理", True)


def panels(request) -> Iterator[tuple[str, dict]]:
    if request.user.role in (Role.HANDLER, Role.REVIEWER):
        waiting = on_turn(Application.objects.filter(held_at__isnull=True), request.user.role)
        next_due = with_marks(waiting).select_related("legal_entity").order_by("due_at", "pk")
        rows = [(case, screen_url(case), where(case), due(case)) for case in next_due[:NEXT_DUE]]
        yield "admin/subsidies/next_due.html", {"rows": rows}


def where(case: Application):
    """The state as a tag, with what it does not say."""
    marks = [("todo", mark) for mark in marks_of(case)] + [("stop", "已暂停")] * case.is_held
    shown = format_html_join("", ' <span class="tag {}">{}</span>', marks)
    return format_html('<span class="tag {}">{}</span>{}', tone_of(case), case.get_state_display(), shown)


def due(case: Application):
    """The last day of the running step; whose it is, where it is not the centre's."""
    if case.due_at is None:
        return None
    day = f"{last_day(case.due_at):%Y-%m-%d}"
    if case.state in APPLICANTS_TURN:
        return format_html('<span class="num">{}</span> <span class="muted small">申请人</span>', day)
    late = case.due_at <= timezone.now() and not case.is_held
    return format_html('<span class="num due">{} 已超期</span>' if late else '<span class="num">{}</span>', day)
