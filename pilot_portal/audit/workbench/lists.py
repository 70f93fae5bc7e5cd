"""Lists of any length at the same speed: no counting, one row more than a page says whether an older page follows."""

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.http import Http404

COUNTED = 1000
LAST_PAGE = 2000  # further back one searches instead


class Page(ChangeList):
    def get_results(self, request):
        if not 1 <= self.page_num <= LAST_PAGE:
            raise Http404
        first = (self.page_num - 1) * self.list_per_page
        rows = list(self.queryset[first : first + self.list_per_page + 1])
        self.result_list = rows[: self.list_per_page]
        self.result_count = len(self.result_list)
        self.full_result_count = self.paginator = None
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = self.multi_page = False
        self.older = self._page(self.page_num + 1) if len(rows) > self.list_per_page else ""
        self.newer = self._page(self.page_num - 1) if self.page_num > 1 else ""

    def _page(self, number: int) -> str:
        return self.get_query_string({PAGE_VAR: number}).removeprefix("?")

    @property
    def tabs(self):
        return [filter_ for filter_ in self.filter_specs if getattr(filter_, "as_tabs", False)]

    @property
    def selects(self):
        return [filter_ for filter_ in self.filter_specs if not getattr(filter_, "as_tabs", False)]


class Choice(SimpleListFilter):
    """A filter over fixed values, as tabs or as a select. Subclasses give title, parameter_name, lookups() and queryset()."""

    as_tabs = False

    def has_output(self):
        return True

    def options(self):
        """(value, label, chosen), the empty value first."""
        chosen = self.value() or ""
        return [("", "全部", not chosen), *((value, label, value == chosen) for value, label in self.lookup_choices)]

    def links(self, changelist):
        """(query string, label, chosen) for tabs."""
        name = self.parameter_name
        return [
            (changelist.get_query_string({name: value} if value else {}, [] if value else [name]), label, chosen)
            for value, label, chosen in self.options()
        ]


class ByState(Choice):
    """Tabs over the states of a life."""

    title, parameter_name, as_tabs = "状态", "state", True

    def lookups(self, request, model_admin):
        return model_admin.opts.get_field("state").choices

    def queryset(self, request, queryset):
        return queryset.filter(state=self.value()) if self.value() else queryset


def capped(queryset) -> int | str:
    """How many, counted up to a thousand."""
    count = queryset.order_by()[:COUNTED].count()
    return count if count < COUNTED else f"{COUNTED - 1}+"
