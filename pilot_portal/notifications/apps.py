from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "pilot_portal.notifications"
    label = "notifications"
    verbose_name = "消息"
