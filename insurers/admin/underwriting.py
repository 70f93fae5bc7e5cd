"""投保意向 as the centre sees it: who asked whom, what was answered, after how many days, and why insurers refuse."""

from django.contrib import admin
from django.utils import timezone

from insurers.models import UnderwritingAnswer
from insurers.states import AnswerAction, AnswerState
from pilot_portal.audit.workbench import ByState, Choice, ScreenAdmin, name_actions, name_values

name_values(AnswerState)
name_actions(AnswerAction, send_underwriting_request="发送投保意向")


class ByDelay(Choice):
    title, parameter_name = "答复", "late"

    def lookups(self, request, model_admin):
        return [("yes", "超过 5 个工作日未答复")]

    def queryset(self, request, queryset):
        return queryset.overdue(timezone.now()) if self.value() == "yes" else queryset


@admin.register(UnderwritingAnswer)
class UnderwritingAnswerAdmin(ScreenAdmin):
    nav_position = 3
    intro = "企业向保险公司发出的投保意向，每家公司一行：答复、用时和不承保的理由。这里只看，不办理。"
    screen_template = "admin/insurers/answer.html"
    list_display = ["entity_name", "insurer_name", "state", "sent_on", "days", "premium", "reason"]
    list_select_related = ["request__legal_entity", "insurer"]
    list_filter = [ByState, ByDelay]
    tones = {
        AnswerState.WAITING: "wait",
        AnswerState.OFFERED: "",
        AnswerState.CHOSEN: "done",
        AnswerState.REFUSED: "stop",
        AnswerState.EXPIRED: "stop",
    }
    search_fields = ["request__legal_entity__name__startswith", "insurer__short_name__startswith"]
    search_placeholder = "企业名称或保险公司简称的开头"
    ordering = ["-pk"]

    @admin.display(description="企业")
    def entity_name(self, answer):
        return answer.request.legal_entity.name

    @admin.display(description="保险公司")
    def insurer_name(self, answer):
        return answer.insurer.short_name

    @admin.display(description="发送时间")
    def sent_on(self, answer):
        return answer.request.sent_at

    @admin.display(description="已等或用时（天）")
    def days(self, answer):
        return answer.days_waited(timezone.now())

    def screen(self, request, obj, *, now, bound, seen):
        others = obj.request.answers.exclude(pk=obj.pk).select_related("insurer")
        return {
            "wanted": obj.request,
            "days": obj.days_waited(now),
            "late": obj.state == AnswerState.WAITING and obj.due_at <= now,
            "others": others,
        }
