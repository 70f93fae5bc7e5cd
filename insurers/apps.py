from django.apps import AppConfig


class InsurersConfig(AppConfig):
    name = "insurers"
    verbose_name = "保险公司"

    def ready(self):
        from . import refusals  # noqa: F401 - fills the catalogue
