"""Django's own admin as the centre's workbench: who may enter, what it is called, and a desk that says what is due."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.db.models import QuerySet
from django.template.response import TemplateResponse
from django.urls import reverse

from pilot_portal.audit.counting import capped_all

STOCK_PAGES = {"password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site", "app_list"}  # the portal has its own


DUE, YOURS, OTHERS = "期限", "待您办理", "等待他人"  # groups of the desk, in this order


@dataclass(frozen=True)
class DeskLine:
    """A figure on the desk that is a link to what it counts.

    A page gives `count` as the rows themselves, and the desk counts all rows of all pages in one statement: a number, or "999+".
    """

    title: str
    count: int | str | QuerySet
    url: str
    note: str = ""
    urgent: bool = False
    group: str = YOURS


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
        lines = counted([line for page in pages for line in page.desk(request)])
        context = {
            **self.each_context(request),
            "title": self.index_title,
            "desk": lines,
            "groups": in_groups(lines),
            "panels": [panel for page in pages for panel in page.desk_panels(request)],
            "others": [(page.nav_label, page.list_url()) for page in pages if not page.nav_position],
        }
        return TemplateResponse(request, "admin/index.html", context)


def counted(lines: list[DeskLine]) -> list[DeskLine]:
    """With numbers in the place of rows; one query."""
    numbers = iter(capped_all([line.count for line in lines if isinstance(line.count, QuerySet)]))
    return [replace(line, count=next(numbers)) if isinstance(line.count, QuerySet) else line for line in lines]


def in_groups(lines: list[DeskLine]) -> list[tuple[str, list[DeskLine]]]:
    groups = [(group, [line for line in lines if line.group == group]) for group in (DUE, YOURS, OTHERS)]
    return [(group, found) for group, found in groups if found]


class PortalAdminConfig(AdminConfig):
    default_site = "pilot_portal.admin_site.PortalAdminSite"


def list_url(model, **filters: object) -> str:
    """The list of a model, filtered."""
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return url + ("?" + "&".join(f"{name}={value}" for name, value in filters.items()) if filters else "")


def screen_url(obj) -> str:
    """The screen of an object."""
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
