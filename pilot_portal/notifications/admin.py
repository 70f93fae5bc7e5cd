"""Letters on their way, for the system administrator: what is stuck and why. Their texts are not shown."""

from django.contrib import admin
from django.urls import reverse

from pilot_portal.admin_site import DeskLine, list_url
from pilot_portal.audit.workbench import BenchAdmin, Choice

from .models import Delivery, Message


class ByDelivery(Choice):
    title, parameter_name, as_tabs = "发送状态", "delivery", True

    def lookups(self, request, model_admin):
        return Delivery.choices

    def queryset(self, request, queryset):
        return queryset.filter(delivery=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(BenchAdmin):
    nav_label = "消息发送"
    list_display = ["created_at", "channel", "event", "recipient", "delivery", "attempts", "next_try_at"]
    list_select_related = ["recipient"]
    list_filter = [ByDelivery]
    tag_fields = ("delivery",)
    tones = {Delivery.WAITING: "wait", Delivery.SENT: "done", Delivery.DEAD: "stop"}
    hidden_facts = ("subject", "body", "address", "key", "link")
    ordering = ["-pk"]

    def desk(self, request):
        dead = Message.objects.filter(delivery=Delivery.DEAD)
        yield DeskLine("发送失败的消息", dead, list_url(Message, delivery=Delivery.DEAD), "请检查邮件或短信通道", True)


def alarms(request) -> DeskLine:
    """Unread alarms of this person, for whoever's desk shows them."""
    unread = Message.objects.inbox_of(request.user).filter(event="alarm", read_at__isnull=True)
    return DeskLine("未读告警", unread, reverse("notifications:inbox"), "超期、重复申报、超限等", True)
