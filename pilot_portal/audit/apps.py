from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "pilot_portal.audit"
    label = "audit"
    verbose_name = "审计"
