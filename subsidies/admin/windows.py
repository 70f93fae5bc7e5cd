"""申报周期: drafting step by step, publishing, extending, the budget, 核定, 公示, 批准, 制单, 归档."""

from collections.abc import Callable
from decimal import Decimal

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import DeskLine, list_url, screen_url
from pilot_portal.audit.workbench import Act, Choice, ScreenAdmin, name_actions, trail
from subsidies.models import AllocationRun, Application, Batch, Objection, PublicNotice, Window
from subsidies.reports.budgets import budget_of
from subsidies.services import allocation, endings, payments, publicity, windows
from subsidies.services.timetable import timetable
from subsidies.states import APPLICATION_LIFE, Action, ObjectionState, State

from .what_if import WhatIf, what_if
from .window_forms import (
    AllocateForm,
    DrawDecisionForm,
    DrawForm,
    ExtendForm,
    ListForm,
    PrepareForm,
    PublishForm,
    draw_proposals,
)
from .window_lists import lists_of
from .window_runs import REPLAYERS, WindowRuns
from .window_steps import table
from .window_wizard import WindowWizard

name_actions(
    draft_window="起草申报周期",
    publish_window="发布申报周期",
    public_list="公示名单",
    extend_window="延长申报期",
    change_draw="调整可用预算",
    prepare_batch="制单",
    send_list="报送名单",
)
HEAD, FINANCE = frozenset({Role.HEAD}), frozenset({Role.FINANCE})


def _roles(action: Action) -> frozenset:
    return frozenset().union(*(edge.roles for edge in APPLICATION_LIFE.edge(action)))


class ByStage(Choice):
    title, parameter_name, as_tabs = "阶段", "stage", True

    def lookups(self, request, model_admin):
        return [("draft", "草稿"), ("open", "申报中"), ("closed", "已截止")]

    def queryset(self, request, queryset):
        now = timezone.now()
        if self.value() == "draft":
            return queryset.filter(published_at__isnull=True)
        if self.value() == "open":
            return queryset.open_at(now)
        return queryset.published().filter(closes_at__lte=now) if self.value() == "closed" else queryset


class ByWork(Choice):
    title, parameter_name = "待办", "work"

    def lookups(self, request, model_admin):
        return [(name, label) for name, (label, _) in WORK.items()]

    def queryset(self, request, queryset):
        return queryset.filter(pk__in=WORK[self.value()][1]().order_by().values("pk")) if self.value() in WORK else queryset


def _with_open_draw():
    return Window.objects.filter(pk__in=draw_proposals().filter(confirmed__isnull=True).order_by().values("object_id"))


def _allocatable():
    """Closed windows whose next list would hold something: an award, or a rejection whose reply period is over."""
    now = timezone.now()
    free = Application.objects.filter(held_at__isnull=True).order_by()
    ripe = Q(state=State.CHECKED) | Q(state=State.REJECTION_PROPOSED, due_at__lte=now, allocation__isnull=True)
    return Window.objects.published().filter(pk__in=free.filter(ripe).values("window"), closes_at__lte=now)


def _to_send():
    """Windows with a list that waits for the centre's minutes."""
    listed = Application.objects.filter(state__in=[State.ALLOCATED, State.REJECTION_PROPOSED], allocation__sent_at__isnull=True)
    return Window.objects.filter(pk__in=listed.filter(allocation__isnull=False).order_by().values("window"))


def _to_publicise():
    return Window.objects.filter(pk__in=Application.objects.filter(state=State.DETERMINED).order_by().values("window"))


def _to_approve():
    over = PublicNotice.objects.filter(ends_at__lte=timezone.now()).values("pk")
    return Window.objects.filter(
        pk__in=Application.objects.filter(state=State.PUBLICIZED, public_notice__in=over).order_by().values("window")
    )


def _to_prepare():
    approved = Application.objects.filter(state=State.APPROVED, held_at__isnull=True, awarded__gt=0)
    return Window.objects.filter(pk__in=approved.exclude(payments__state__in=payments.LIVE_PAYMENT).order_by().values("window"))


def _to_archive():
    return Window.objects.filter(pk__in=endings.archivable().order_by().values("window"))


WORK: dict[str, tuple[str, Callable[[], QuerySet]]] = {
    "draw": ("有待确认的预算调整", _with_open_draw),
    "allocate": ("可以核定", _allocatable),
    "send": ("有待报送的名单", _to_send),
    "publicise": ("有待公示的名单", _to_publicise),
    "approve": ("有公示期满的名单", _to_approve),
    "prepare": ("可以制单", _to_prepare),
    "archive": ("有已拨付待归档的申报", _to_archive),
}


def _decide_draw(window, *, by, at, proposal, confirmed, remark):
    windows.decide_draw(proposal, by=by, at=at, confirmed=confirmed, remark=remark)


def _archive(window, *, by, at, version=None):
    endings.archive_paid(window, by=by, at=at)


def _publicise(window, *, by, at, determination, seen_count, notice=None, version=None):
    publicity.publicise(determination, by=by, at=at, seen_count=seen_count)


def _approve(window, *, by, at, notice, seen_count, determination=None, version=None):
    publicity.approve(notice, by=by, at=at, seen_count=seen_count)


def _prepare(window, *, by, at, appropriation, numbers, version=None):
    return payments.prepare_batch(window, appropriation, by=by, at=at, numbers=numbers)


def _is_draft(window: Window) -> bool:
    return window.published_at is None


def _is_published(window: Window) -> bool:
    return not _is_draft(window)


def _may_allocate(window: Window) -> bool:
    return _is_published(window) and window.closes_at <= timezone.now() and _what_if(window).may_run


def _may_propose_draw(window: Window) -> bool:
    return _is_published(window) and lists_of(window).open_draw is None


def _archivable(window: Window) -> int:
    if not hasattr(window, "archivable"):
        window.archivable = endings.archivable(window).count()
    return window.archivable


def _may_archive(window: Window) -> bool:
    return _archivable(window) > 0


def _what_if(window: Window) -> WhatIf:
    """What a run would start from now; reckoned once a request."""
    if not hasattr(window, "what_if"):
        window.what_if = what_if(window, timezone.now())
    return window.what_if


@admin.register(Window)
class WindowAdmin(WindowRuns, WindowWizard, ScreenAdmin):
    """The allocation runs in the request, not as a job: it is one set-based statement, and its refusals must reach the head at once."""

    nav_position = 5
    screen_template = "admin/subsidies/window.html"
    list_display = ["name", "stage", "opens_at", "closes_at", "draw", "awarded_total", "reserved_total"]
    list_filter = [ByStage, ByWork]
    tag_fields = ()
    ordering = ["-opens_at"]
    acts = (
        Act("publish", "发布", windows.publish, HEAD, PublishForm, "已发布。条款自此锁定。", "btn-primary", _is_draft),
        Act(
            "allocate",
            "核定拟补贴额",
            allocation.allocate,
            _roles(Action.ALLOCATE),
            AllocateForm,
            "拟补贴额已核定。中心会议通过后，在本页报送市知识产权局。",
            "btn-primary",
            _may_allocate,
        ),
        Act("extend", "延长申报期", windows.extend, HEAD, ExtendForm, "已延长，并告知未提交的企业。", when=_is_published),
        Act(
            "propose_draw", "提请调整可用预算", windows.propose_draw, FINANCE, DrawForm, "已提请，等待负责人确认。", when=_may_propose_draw
        ),
        Act(
            "archive",
            "归档已拨付的申报",
            _archive,
            _roles(Action.ARCHIVE),
            done="已归档。",
            when=_may_archive,
            hint="没有暂停、没有未办结追回的已拨付申报一并归档。",
        ),
        Act("decide_draw", "确认预算调整", _decide_draw, HEAD, DrawDecisionForm, "已办理，见预算调整记录。", placed="line"),
        Act("publicise", "公示", _publicise, _roles(Action.PUBLICISE), ListForm, "已公示，企业会收到通知。", placed="line"),
        Act("approve", "批准拨付", _approve, _roles(Action.APPROVE), ListForm, "已批准拨付。", placed="line"),
        Act("prepare", "制单", _prepare, FINANCE, PrepareForm, "批次已制好，等待负责人批准。", placed="line"),
    )

    @admin.display(description="阶段")
    def stage(self, window):
        return stage_of(window)

    def desk(self, request):
        role = request.user.role
        if role == Role.HEAD:
            drafts = Window.objects.filter(published_at__isnull=True)
            yield DeskLine("待发布申报周期", drafts, list_url(Window, stage="draft"), "草稿中")
            yield _work("待确认预算调整", "draw", "财务提请的可用预算")
            yield _work("可以核定", "allocate", "已截止，有复核通过或申辩期满的申报")
            yield _work("待报送名单", "send", "附中心会议纪要，报送市知识产权局")
            yield _work("待公示", "publicise", "有已审定名单的申报周期")
            yield _work("公示期满待批准", "approve", "期满后批准拨付", urgent=True)
            yield _work("待归档", "archive", "有已拨付申报的申报周期")
        elif role == Role.FINANCE:
            yield _work("可以制单", "prepare", "有已批准拨付申报的申报周期")

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or _is_draft(obj))

    def after(self, act, obj, result):
        if isinstance(result, AllocationRun):
            return self.page_url("run", obj.pk, result.pk)
        return screen_url(result) if isinstance(result, Batch) else screen_url(obj)

    # the screen

    def act_initial(self, act, obj):
        """What the person decides on, so that nothing else is decided."""
        if act.name == "publish":
            return {"terms": windows.fingerprint(obj)}
        return {"seen_hash": _what_if(obj).input_hash} if act.name == "allocate" else {}

    def events_of(self, obj):
        """The window's own and those of its lists."""
        lists = lists_of(obj)
        return trail(obj, *lists.runs, *lists.determinations, *lists.notices, *lists.draws)

    def screen(self, request, obj, *, now, bound, seen):
        may = {act.name: act.offered(obj, request.user) for act in self.acts}
        published, lists = _is_published(obj), lists_of(obj)
        return {
            "budget": budget_of(obj),
            "stage": stage_of(obj),
            "may": may,
            "may_edit": self.has_change_permission(request, obj),
            "may_compare": request.user.role == Role.HEAD,
            "may_replay": request.user.role in REPLAYERS and bool(lists.runs),
            "table": table(obj),
            "way": timetable(obj),
            "states": _states(obj),
            "what_if": _what_if(obj) if published else None,
            "closed": obj.closes_at <= now,
            "lists": lists,
            "objections": Objection.objects.filter(notice__window=obj, state=ObjectionState.OPEN).count(),
            "may_see_objections": request.user.has_perm("subsidies.view_objection"),
            "may_receive": request.user.has_perm("subsidies.add_objection"),
            "now": now,
            "draw_proposal": lists.open_draw,
            "proposed_draw": lists.open_draw and Decimal(lists.open_draw.data["draw"]),
            "draw_changes": obj.draw_changes.select_related("prepared_by", "approved_by") if lists.has_new_draw else [],
            "archivable": _archivable(obj),
            "prepare": _prepare_form(obj, bound, seen) if may["prepare"] else None,
            "batches": obj.batches.select_related("appropriation"),
        }


def _prepare_form(window: Window, bound: dict, seen: int | None) -> PrepareForm:
    return bound.get("prepare") or PrepareForm(obj=window, initial={"seen": seen}, auto_id="id_prepare_%s")


def _work(title: str, name: str, note: str, *, urgent: bool = False) -> DeskLine:
    return DeskLine(title, WORK[name][1](), list_url(Window, work=name), note, urgent)


def stage_of(window: Window) -> str:
    now = timezone.now()
    if window.published_at is None:
        return "草稿"
    if now < window.opens_at:
        return "已发布，未开始"
    return "申报中" if window.is_open(now) else "已截止"


def _states(window: Window) -> list[tuple[str, int, str]]:
    """(state, how many, link) of the window's filed cases."""
    counts = dict(window.applications.filter(number__isnull=False).order_by().values_list("state").annotate(Count("pk")))
    return [(state.label, counts[state], list_url(Application, window=window.pk, state=state.value)) for state in State if state in counts]
