"""申报周期: drafting with a basis for each term, publishing, the budget, 核定, 公示, 批准, 制单."""

from datetime import datetime
from decimal import Decimal

from django.contrib import admin, messages
from django.db.models import Count, Q, Sum
from django.http import HttpResponseRedirect
from django.utils import timezone

from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import DeskLine, list_url, screen_url
from pilot_portal.audit.workbench import Act, Choice, RecordedAdmin, ScreenAdmin, capped, name_actions, trail
from subsidies.models import BASIS_COLUMNS, Application, Batch, PublicNotice, Window
from subsidies.reports.budgets import budget_of
from subsidies.services import allocation, payments, publicity, windows
from subsidies.states import APPLICATION_LIFE, Action, State

from .what_if import ZERO, WhatIf
from .window_forms import AllocateForm, ListForm, PrepareForm, WindowForm

name_actions(publish_window="发布申报周期", prepare_batch="制单")


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


def _publish(window, *, by, at, version=None):
    windows.publish(window, by=by, at=at)


def _publicise(window, *, by, at, determination, seen_count, notice=None, version=None):
    publicity.publicise(determination, by=by, at=at, seen_count=seen_count)


def _approve(window, *, by, at, notice, seen_count, determination=None, version=None):
    publicity.approve(notice, by=by, at=at, seen_count=seen_count)


def _prepare(window, *, by, at, appropriation, numbers, version=None):
    return payments.prepare_batch(window, appropriation, by=by, at=at, numbers=numbers)


def _is_draft(window: Window) -> bool:
    return window.published_at is None


def _may_allocate(window: Window) -> bool:
    return not _is_draft(window) and window.closes_at <= timezone.now() and _what_if(window).count > 0


def _what_if(window: Window) -> WhatIf:
    """What a run would start from now; reckoned once a request."""
    if not hasattr(window, "what_if"):
        wanted = allocation.demand(window, at=timezone.now())
        waiting = sum((amount for _, amount in wanted.waiting), ZERO)
        window.what_if = WhatIf(
            count=allocation.ready(window).count(),
            budget=wanted.budget,
            entitled=wanted.entitled,
            late=wanted.late,
            waiting=len(wanted.waiting),
            waiting_amount=waiting,
            awarded=allocation.expected_awards(window, wanted),
            input_hash=wanted.input_hash,
        )
    return window.what_if


@admin.register(Window)
class WindowAdmin(RecordedAdmin, ScreenAdmin):
    """The allocation runs in the request, not as a job: it is one set-based statement, and its refusals must reach the head at once."""

    nav_position = 5
    screen_template = "admin/subsidies/window.html"
    change_form_template = "admin/subsidies/window_form.html"
    form = WindowForm
    list_display = ["name", "stage", "opens_at", "closes_at", "draw", "awarded_total", "reserved_total"]
    list_filter = [ByStage]
    tag_fields = ()
    ordering = ["-opens_at"]
    acts = (
        Act("publish", "发布", _publish, frozenset({Role.HEAD}), done="已发布。条款自此锁定。", tone="btn-primary", when=_is_draft),
        Act(
            "allocate",
            "核定拟补贴额",
            allocation.allocate,
            _roles(Action.ALLOCATE),
            AllocateForm,
            "拟补贴额已核定，名单已送市知识产权局审定。",
            "btn-primary",
            _may_allocate,
        ),
        Act("publicise", "公示", _publicise, _roles(Action.PUBLICISE), ListForm, "已公示，企业会收到通知。", placed="line"),
        Act("approve", "批准拨付", _approve, _roles(Action.APPROVE), ListForm, "已批准拨付。", placed="line"),
        Act("prepare", "制单", _prepare, frozenset({Role.FINANCE}), PrepareForm, "批次已制好，等待负责人批准。", placed="line"),
    )

    @admin.display(description="阶段")
    def stage(self, window):
        return stage_of(window)

    def desk(self, request):
        now, role = timezone.now(), request.user.role
        if role == Role.HEAD:
            drafts = Window.objects.filter(published_at__isnull=True)
            yield DeskLine("待发布申报周期", capped(drafts), list_url(Window, stage="draft"), "草稿中")
            closed = Window.objects.published().filter(
                closes_at__lte=now, applications__state=State.CHECKED, applications__held_at__isnull=True
            )
            yield DeskLine("可以核定", capped(closed.distinct()), list_url(Window, stage="closed"), "已截止，有复核通过的申报")
            determined = Window.objects.filter(determinations__applications__state=State.DETERMINED).distinct()
            yield DeskLine("待公示", capped(determined), _first_or_list(determined), "已审定的名单")
            over = PublicNotice.objects.filter(ends_at__lte=now, applications__state=State.PUBLICIZED).distinct()
            yield DeskLine(
                "公示期满待批准", capped(over), _first_or_list(Window.objects.filter(public_notices__in=over)), "期满后批准拨付", True
            )
        elif role == Role.FINANCE:
            approved = Application.objects.filter(state=State.APPROVED, held_at__isnull=True, awarded__gt=0)
            payable = approved.exclude(payments__state__in=payments.LIVE_PAYMENT)
            yield DeskLine("可以制单", capped(payable), _first_or_list(Window.objects.filter(applications__in=payable)), "已批准拨付的申报")

    # drafting

    def get_urls(self):
        return [self.page_path("<path:object_id>/edit/", self.edit_view, "edit"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return ScreenAdmin.change_view(self, request, object_id)

    def edit_view(self, request, object_id):
        obj = self.found(request, object_id)
        if not self.has_change_permission(request, obj):
            messages.info(request, "申报周期已发布，条款已锁定，不能修改。" if obj.published_at else "您的角色不能修改申报周期。")
            return HttpResponseRedirect(screen_url(obj))
        return self.changeform_view(request, object_id)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (obj is None or _is_draft(obj))

    def response_post_save_add(self, request, obj):
        return HttpResponseRedirect(screen_url(obj))

    response_post_save_change = response_post_save_add

    def after(self, act, obj, result):
        return screen_url(result) if isinstance(result, Batch) else screen_url(obj)

    # the screen

    def act_initial(self, act, obj):
        return {"seen_hash": _what_if(obj).input_hash} if act.name == "allocate" else {}

    def events_of(self, obj):
        """The window's own and those of its lists."""
        return trail(obj, *obj.allocation_runs.all(), *obj.determinations.all(), *obj.public_notices.all())

    def screen(self, request, obj, *, now, bound, seen):
        by_name = {act.name: act for act in self.acts}
        may = {name: act.offered(obj, request.user) for name, act in by_name.items()}
        return {
            "budget": budget_of(obj),
            "stage": stage_of(obj),
            "may": may,
            "may_edit": self.has_change_permission(request, obj),
            "terms": [(obj._meta.get_field(name).verbose_name, _value(obj, name), obj.basis.get(name, "")) for name in BASIS_COLUMNS],
            "states": _states(obj),
            "what_if": _what_if(obj) if not _is_draft(obj) else None,
            "closed": obj.closes_at <= now,
            "runs": obj.allocation_runs.select_related("run_by"),
            "determinations": _with_listed(obj.determinations, State.DETERMINED),
            "notices": _with_listed(obj.public_notices, State.PUBLICIZED),
            "now": now,
            "prepare": (bound.get("prepare") or PrepareForm(obj=obj, initial={"seen": seen}, auto_id="id_prepare_%s"))
            if may["prepare"]
            else None,
            "batches": obj.batches.select_related("appropriation"),
        }


def stage_of(window: Window) -> str:
    now = timezone.now()
    if window.published_at is None:
        return "草稿"
    if now < window.opens_at:
        return "已发布，未开始"
    return "申报中" if window.is_open(now) else "已截止"


def _value(window: Window, name: str):
    field = window._meta.get_field(name)
    value = getattr(window, f"get_{name}_display")() if field.choices else getattr(window, name)
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return timezone.localtime(value).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value


def _states(window: Window) -> list[tuple[str, int, str]]:
    """(state, how many, link) of the window's filed cases."""
    counts = dict(window.applications.filter(number__isnull=False).order_by().values_list("state").annotate(Count("pk")))
    return [(state.label, counts[state], list_url(Application, window=window.pk, state=state.value)) for state in State if state in counts]


def _with_listed(lists, state: State):
    """Each list with the number and sum of its cases that wait in a state and are not held."""
    waiting = Q(applications__state=state, applications__held_at__isnull=True)
    return lists.annotate(listed=Count("applications", filter=waiting), listed_total=Sum("applications__awarded", filter=waiting))


def _first_or_list(found) -> str:
    """The screen of the only one, else the list."""
    two = list(found.order_by("-pk").distinct()[:2])
    return screen_url(two[0]) if len(two) == 1 else list_url(Window, stage="closed")
