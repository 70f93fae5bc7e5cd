"""比对名单: importing what others publish, and every version that was imported."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from pilot_portal.admin_site import screen_url
from pilot_portal.audit.workbench import Choice, ScreenAdmin, name_actions
from pilot_portal.files.services import serve
from pilot_portal.reference.forms import DayField
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import ListKind, MatchList
from subsidies.services import match_lists

name_actions(import_match_list="导入比对名单")
SHOWN = 200


class ImportListForm(forms.Form):
    kind = forms.ChoiceField(label="名单", choices=ListKind.choices, widget=forms.RadioSelect, initial=ListKind.CREDIT)
    source = forms.CharField(label="发布单位", max_length=100, help_text="例如：市发展改革委。同一单位的新名单取代旧名单，旧名单仍保留。")
    listed_on = DayField(label="名单日期", help_text="名单上写明的日期，不是导入的日期。")
    file = forms.FileField(
        label="名单文件",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text="Excel（.xlsx）或 CSV，第 1 行是表头：统一社会信用代码、名称、日期、事项、金额；只有第一列必填。",
        error_messages={"required": "请选择名单文件。"},
    )

    def facts(self) -> dict:
        given, upload = self.cleaned_data, self.cleaned_data["file"]
        return {name: given[name] for name in ("kind", "source", "listed_on")} | {"content": upload.read(), "name": upload.name}


class ByKind(Choice):
    title, parameter_name, as_tabs = "名单", "kind", True

    def lookups(self, request, model_admin):
        return ListKind.choices

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(MatchList)
class MatchListAdmin(ScreenAdmin):
    nav_position = 6
    nav_label = "比对名单"
    add_label = "导入名单"
    intro = "失信名单和其他资金支持名单。导入后，还在核查的申报按统一社会信用代码比对，命中的列入核查事项，由经办人认定。"
    screen_template = "admin/subsidies/match_list.html"
    list_display = ["kind_name", "source", "listed_on", "row_count", "imported_by", "imported_at"]
    list_select_related = ["imported_by"]
    list_filter = [ByKind]
    search_fields = ["source__startswith"]
    search_placeholder = "发布单位的开头"
    ordering = ["-pk"]

    @admin.display(description="名单")
    def kind_name(self, obj):
        return obj.get_kind_display()

    def get_urls(self):
        return [self.page_path("<path:object_id>/file/", self.file_view, "file"), *super().get_urls()]

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ImportListForm(*sent(request))
        if form.is_valid():
            try:
                made = match_lists.import_match_list(by=request.user, at=timezone.now(), **form.facts())
            except Refusal as refusal:
                refused(form, refusal)
            else:
                messages.success(request, f"已导入 {made.row_count} 行，还在核查的申报随后比对。")
                return redirect(screen_url(made))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "title": "导入名单"}
        return TemplateResponse(request, "admin/subsidies/match_list_new.html", context, status=form_status(form))

    def file_view(self, request, object_id):
        return serve(self.found(request, object_id).file, download=True)

    def screen(self, request, obj, *, now, bound, seen):
        newer = MatchList.objects.newest(obj.kind).filter(source=obj.source).exclude(pk=obj.pk).first()
        return {"rows": obj.rows.all()[:SHOWN], "newer": newer, "file_url": self.page_url("file", obj.pk)}
