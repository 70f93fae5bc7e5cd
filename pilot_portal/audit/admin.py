"""The audit trail, for the auditor to read."""

from django.contrib import admin
from django.utils import timezone

from pilot_portal.admin_site import DeskLine, list_url

from .models import Anchor, Event, Seal
from .services import unsealed_age
from .workbench import BenchAdmin, Choice
from .workbench.words import ACTION_NAMES, ROLE_NAMES, event_name


class ByRole(Choice):
    title, parameter_name = "角色", "role"

    def lookups(self, request, model_admin):
        return ROLE_NAMES.items()

    def queryset(self, request, queryset):
        return queryset.filter(role=self.value()) if self.value() else queryset


class ByAction(Choice):
    title, parameter_name = "动作", "action"

    def lookups(self, request, model_admin):
        return ACTION_NAMES.items()

    def queryset(self, request, queryset):
        return queryset.filter(action=self.value()) if self.value() else queryset


class BySealing(Choice):
    title, parameter_name = "封存", "sealed"

    def lookups(self, request, model_admin):
        return [("no", "尚未封存")]

    def queryset(self, request, queryset):
        return queryset.filter(sealed__isnull=True) if self.value() else queryset


@admin.register(Event)
class EventAdmin(BenchAdmin):
    nav_position = 10
    intro = "谁在什么时候做了什么。事件只增不改，每分钟封存成链。"
    list_display = ["at", "actor", "role_name", "action_name", "object_label"]
    list_filter = [ByRole, ByAction, BySealing]
    search_fields = ["actor__exact", "object_label__startswith"]
    search_placeholder = "操作人用户名，或对象（如申报编号）的开头"
    ordering = ["-pk"]

    @admin.display(description="角色")
    def role_name(self, event):
        return ROLE_NAMES.get(event.role, event.role)

    @admin.display(description="动作")
    def action_name(self, event):
        return event_name(event)

    def desk(self, request):
        today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        waiting = int(unsealed_age(now=timezone.now()).total_seconds() // 60)
        yield DeskLine("今日事件", Event.objects.filter(at__gte=today), list_url(Event))
        yield DeskLine(
            "尚未封存",
            Event.objects.filter(sealed__isnull=True),
            list_url(Event, sealed="no"),
            f"最早一条已等待 {waiting} 分钟",
            waiting >= 10,
        )


@admin.register(Seal)
class SealAdmin(BenchAdmin):
    list_display = ["at", "count", "hash"]
    ordering = ["-pk"]


@admin.register(Anchor)
class AnchorAdmin(BenchAdmin):
    list_display = ["day", "hash"]
    ordering = ["-day"]
