from django.apps import AppConfig


class WorkflowConfig(AppConfig):
    name = "pilot_portal.workflow"
    label = "workflow"
    verbose_name = "流程"
