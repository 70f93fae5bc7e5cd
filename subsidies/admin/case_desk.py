"""The centre's desk: how many cases wait for whom, each figure a link to them, and what is due first."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.html import format_html, format_html_join

from pilot_portal.accounts.roles import CENTRE, Role
from pilot_portal.admin_site import DUE, OTHERS, YOURS, DeskLine, list_url, screen_url
from pilot_portal.notifications.admin import alarms
from pilot_portal.reference.services import last_day
from subsidies.models import Application
from subsidies.reports import tone_of
from subsidies.reports.budgets import budget_at_a_glance
from subsidies.states import State

from .matters import APPLICANTS_TURN, MATTERS, TURNS, due_today, marks_of, on_turn, overdue, with_marks

NEXT_DUE = 8


def lines(request) -> Iterator[DeskLine]:
    cases, role = Application.objects.visible_to(request.user).order_by("due_at", "pk"), request.user.role
    if role not in TURNS:
        return
    yield from _due(cases, role)
    if role == Role.HANDLER:
        yield from _handlers(cases, request.user)
    elif role == Role.REVIEWER:
        yield _waiting("待复核", cases, State.REVIEWED, "须由初审以外的人复核")
        yield _matter("refusal", cases, "经办提请，由您确认或退回")
        yield _waiting("拟不予补贴", cases, State.REJECTION_PROPOSED, "申请人陈述申辩，或等待核定", OTHERS)
        yield _waiting("复核通过", cases, State.CHECKED, "等待负责人核定", OTHERS)
    elif role == Role.HEAD:
        yield from _heads(cases)
        yield alarms(request)


def _due(cases, role: Role) -> Iterator[DeskLine]:
    """What is late and what ends today: at this desk, or, for the head, at any desk of the centre."""
    turn = {} if role == Role.HEAD else {"turn": role}
    mine = on_turn(cases, role) if turn else cases
    note = "请先办理" if turn else "请督促办理"
    yield DeskLine("已超期", overdue(mine), list_url(Application, due="over", **turn), note, True, DUE)
    yield DeskLine("今天到期", due_today(mine), list_url(Application, due="today", **turn), note, True, DUE)


def _handlers(cases, user) -> Iterator[DeskLine]:
    mine = on_turn(cases.filter(handler=user), Role.HANDLER)
    yield DeskLine("由我承办", mine, list_url(Application, handler="me", turn=Role.HANDLER), "交给您的和您受理的")
    yield _matter("fresh", cases, "核对材料是否齐全", title="待受理")
    yield _matter("corrected", cases, "逐项核对后受理或再次告知")
    yield _waiting("待初审", cases, State.ACCEPTED, "逐项写明核查结论")
    yield _matter("said", cases, "查看后回复或标为已读", title="申请人留言")
    yield _waiting("待补正", cases, State.CORRECTION, "等待企业办理", OTHERS)
    yield _waiting("待复核", cases, State.REVIEWED, "等待另一人复核", OTHERS)


def _heads(cases) -> Iterator[DeskLine]:
    yield _waiting("等待核定", cases, State.CHECKED, "申报截止后统一核定")
    yield _matter("replied", cases, "核实后决定是否重新审核", title="拟不予补贴待复议", urgent=True)
    yield _matter("recompute", cases, "重新核算或终止拨付", urgent=True)
    yield DeskLine("已暂停", cases.filter(held_at__isnull=False).order_by(), list_url(Application, due="held"), "查明后解除", True)
    yield _waiting("待审定", cases, State.ALLOCATED, "等待市知识产权局", OTHERS)
    yield _waiting("待拨付", cases, State.APPROVED, "等待财务制单和银行到账", OTHERS)


def _matter(name: str, cases, note: str, *, title: str = "", urgent: bool = False) -> DeskLine:
    label, narrow = MATTERS[name]
    return DeskLine(title or label, narrow(cases), list_url(Application, matter=name), note, urgent)


def _waiting(title: str, cases, state: State, note: str, group: str = YOURS) -> DeskLine:
    running = cases.filter(state=state, held_at__isnull=True)
    return DeskLine(title, running, list_url(Application, state=state, due="running"), note, group=group)


def panels(request) -> Iterator[tuple[str, dict]]:
    if request.user.role in (Role.HANDLER, Role.REVIEWER):
        waiting = on_turn(Application.objects.filter(held_at__isnull=True), request.user.role)
        next_due = with_marks(waiting).select_related("legal_entity").order_by("due_at", "pk")
        rows = [(case, screen_url(case), where(case), due(case)) for case in next_due[:NEXT_DUE]]
        yield "admin/subsidies/next_due.html", {"rows": rows}
    if request.user.role in CENTRE and (money := budget_at_a_glance()):
        yield "admin/subsidies/budget_glance.html", {"money": money}


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
