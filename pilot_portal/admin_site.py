"""Django's own admin as the centre's workbench: who may enter, what it is called, and a desk that says what is due."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.template.response import TemplateResponse
from django.urls import reverse

STOCK_PAGES = {"password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site", "app_list"}  # the portal has its own


@dataclass(frozen=True)
class DeskLine:
    """A figure on the desk that is a link to what it counts. `count` is a number or, where counting on would be slow, "999+"."""

    title: str
    count: int | str
    url: str
    note: str = ""
    urgent: bool = False


class PortalAdminSite(admin.AdminSite):
    site_header = "审核工作台"
    site_title = "审核工作台"
    index_title = "我的桌面"
    enable_nav_sidebar = False

    def has_permission(self, request):
        return request.user.is_authenticated and request.user.works_in_admin

    def get_urls(self):
        return [url for url in super().get_urls() if getattr(url, "name", None) not in STOCK_PAGES and "app_label" not in str(url.pattern)]

    def each_context(self, request):
        """Without Django's list of apps, which would be built for every page."""
        return {
            "site_header": self.site_header,
            "site_title": self.site_title,
            "has_permission": self.has_permission(request),
            "bench_nav": [(page.nav_label, page.list_url()) for page in self.pages(request) if page.nav_position],
        }

    def pages(self, request) -> Iterator:
        """The workbench pages that this person may open, in the order of the navigation."""
        for page in sorted(self._registry.values(), key=lambda page: getattr(page, "nav_position", 0)):
            if page.has_view_permission(request):
                yield page

    def index(self, request, extra_context=None):
        pages = list(self.pages(request))
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "desk": [line for page in pages for line in page.desk(request)],
            "panels": [panel for page in pages for panel in page.desk_panels(request)],
            "others": [(page.nav_label, page.list_url()) for page in pages if not page.nav_position],
        }
        return TemplateResponse(request, "admin/index.html", context)


class PortalAdminConfig(AdminConfig):
    default_site = "pilot_portal.admin_site.PortalAdminSite"


def list_url(model, **filters: object) -> str:
    """The list of a model, filtered."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return url + ("?" + "&".join(f"{name}={value}" for name, value in filters.items()) if filters else "")


def screen_url(obj) -> str:
    """The screen of an object."""
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
