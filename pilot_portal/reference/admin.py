"""Years, dictionaries and the working-day calendar, for the system administrator."""

import re
from datetime import date, timedelta

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from pilot_portal.admin_site import DeskLine, list_url
from pilot_portal.audit.workbench import Choice, RecordedAdmin, name_actions

from .models import CalendarDay, Entry, Kind, Pilot
from .services import set_calendar_year

name_actions(set_calendar_year="录入年度日历")
LINE = re.compile(r"(\d{4}-\d{1,2}-\d{1,2})(?:\s*(?:至|到|~|—)\s*(\d{4}-\d{1,2}-\d{1,2}))?")


@admin.register(Pilot)
class PilotAdmin(RecordedAdmin):
    list_display = ["name", "year", "basis"]


class ByKind(Choice):
    title, parameter_name, as_tabs = "字典", "kind", True

    def lookups(self, request, model_admin):
        return Kind.choices

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Entry)
class EntryAdmin(RecordedAdmin):
    nav_position = 20
    nav_label = "字典"
    intro = "字典项不删除：不再使用的，填写停用日。"
    list_display = ["name", "kind", "code", "valid_from", "valid_until", "basis"]
    list_filter = [ByKind]
    search_fields = ["name__startswith", "code__startswith"]
    search_placeholder = "名称或代码的开头"

    def desk(self, request):
        yield DeskLine("字典项", Entry.objects.all(), list_url(Entry))


class ByYear(Choice):
    title, parameter_name, as_tabs = "年度", "year", True

    def lookups(self, request, model_admin):
        return [(str(day.year), f"{day.year} 年") for day in CalendarDay.objects.dates("day", "year", order="DESC")]

    def queryset(self, request, queryset):
        return queryset.filter(day__year=self.value()) if (self.value() or "").isdigit() else queryset


class DaysField(forms.CharField):
    """Days, one a line, or a range: 2027-10-01 至 2027-10-07."""

    widget = forms.Textarea(attrs={"rows": 8})

    def clean(self, value) -> set[date]:
        days = set()
        for line in filter(None, map(str.strip, super().clean(value).splitlines())):
            found = LINE.fullmatch(line)
            try:
                first = date(*map(int, found[1].split("-")))
                last = date(*map(int, found[2].split("-"))) if found[2] else first
            except (TypeError, ValueError) as error:
                raise forms.ValidationError(f"看不懂“{line}”。请写成 2027-10-01，或 2027-10-01 至 2027-10-07。") from error
            if last < first:
                raise forms.ValidationError(f"“{line}”的止日早于起日，请核对。")
            days |= {first + timedelta(days=offset) for offset in range((last - first).days + 1)}
        return days


class YearForm(forms.Form):
    year = forms.IntegerField(label="年度", min_value=2020, max_value=2099)
    days_off = DaysField(label="放假日期", help_text="照国务院办公厅放假通知，一行一天，或写“2027-10-01 至 2027-10-07”。周末不用写。")
    extra_working = DaysField(label="调休上班的周末", required=False, help_text="一行一天；没有就留空。")

    def clean(self):
        given = super().clean()
        for name in ("days_off", "extra_working"):
            if any(day.year != given.get("year") for day in given.get(name, ())):
                self.add_error(name, "有日期不在所填年度内，请核对。")
        return given


@admin.register(CalendarDay)
class CalendarDayAdmin(RecordedAdmin):
    nav_position = 30
    intro = "期限按工作日历计算。缺少某一年的日历时，涉及该年的期限无法计算。"
    list_display = ["day", "is_working", "provisional"]
    list_filter = [ByYear]
    list_per_page = 62
    ordering = ["-day"]

    def get_urls(self):
        return [self.page_path("year/", self.year_view, "year"), *super().get_urls()]

    @property
    def list_links(self):
        return [("录入年度日历", self.page_url("year"))]

    def get_readonly_fields(self, request, obj=None):
        return ["day"] if obj else []

    def desk(self, request):
        today = timezone.localdate()
        last = CalendarDay.objects.filter(provisional=False).order_by("-day").values_list("day", flat=True).first()
        missing = max(today.year + 1 - (last.year if last else today.year - 1), 0)
        yield DeskLine("待录入的年度日历", missing, self.page_url("year"), f"已录入至 {last or '—'}", today.month >= 11 or missing > 1)

    def year_view(self, request):
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = YearForm(request.POST or None, initial={"year": timezone.localdate().year + 1})
        if form.is_valid():
            set_calendar_year(**form.cleaned_data, by=request.user, at=timezone.now())
            messages.success(request, f"{form.cleaned_data['year']} 年工作日历已录入。")
            return redirect(self.list_url() + f"?year={form.cleaned_data['year']}")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "title": "录入年度日历"}
        return TemplateResponse(request, "admin/reference/year.html", context, status=422 if form.errors else 200)
