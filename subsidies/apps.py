from django.apps import AppConfig


class SubsidiesConfig(AppConfig):
    name = "subsidies"
    verbose_name = "补贴"

    def ready(self):
        from . import refusals  # noqa: F401 - fills the catalogue
