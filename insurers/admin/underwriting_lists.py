"""承保清单 as insurers reported them, beside what the register holds for the same days now."""

from django.contrib import admin

from insurers import register
from insurers.models import UnderwritingList
from pilot_portal.audit.workbench import ScreenAdmin, name_actions

name_actions(report_underwriting_list="报送承保清单")


@admin.register(UnderwritingList)
class UnderwritingListAdmin(ScreenAdmin):
    nav_position = 5
    intro = "保险公司按签订日期报送的承保清单。报送后不再变动；打开一份可以与台账现在的情况对照。"
    screen_template = "admin/insurers/underwriting_list.html"
    list_display = ["insurer_name", "signed_from", "signed_to", "policy_count", "premium_total", "reported_at"]
    list_select_related = ["insurer"]
    search_fields = ["insurer__short_name__startswith"]
    search_placeholder = "保险公司简称的开头"
    ordering = ["-pk"]

    @admin.display(description="保险公司")
    def insurer_name(self, obj):
        return obj.insurer.short_name

    def screen(self, request, obj, *, now, bound, seen):
        return {"today": register.totals(register.underwritten(obj.insurer, obj.signed_from, obj.signed_to))}
