from django.apps import AppConfig


class ReferenceConfig(AppConfig):
    name = "pilot_portal.reference"
    label = "reference"
    verbose_name = "基础资料"

    def ready(self):
        from . import refusals  # noqa: F401 - fills the catalogue
