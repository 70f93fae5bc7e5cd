from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "pilot_portal.files"
    label = "files"
    verbose_name = "文件"

    def ready(self):
        from . import refusals  # noqa: F401 - fills the catalogue
