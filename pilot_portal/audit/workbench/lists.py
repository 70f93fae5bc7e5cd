"""Lists of any length at the same speed: no counting, pages by key."""

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList

from .runs import page_of

AFTER, BEFORE = "after", "before"


class Page(ChangeList):
    def get_results(self, request):
        self.runs = self.model_admin.runs(request, self.queryset, self.query.strip())
        page = page_of(self.runs, self.list_per_page, after=request.GET.get(AFTER, ""), before=request.GET.get(BEFORE, ""))
        self.result_list = page.rows
        self.result_count = len(page.rows)
        self.full_result_count = self.paginator = None
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = self.multi_page = False
        self.older = self._page(AFTER, page.older)
        self.newer = self._page(BEFORE, page.newer)

    def _page(self, name: str, token: str | None) -> str:
        """The query of a page beside this one; with an empty token the first page, without one nothing."""
        return "" if token is None else self.get_query_string({name: token} if token else {}).removeprefix("?")

    def get_filters_params(self, params=None):
        return {name: value for name, value in super().get_filters_params(params).items() if name not in (AFTER, BEFORE)}

    def get_query_string(self, new_params=None, remove=None):
        """Links to other rows begin at their first page."""
        return super().get_query_string({AFTER: None, BEFORE: None} | (new_params or {}), remove)

    @property
    def tabs(self):
        return [filter_ for filter_ in self.filter_specs if getattr(filter_, "as_tabs", False)]

    @property
    def selects(self):
        return [one for one in self.filter_specs if not getattr(one, "as_tabs", False) and not getattr(one, "is_further", False)]

    @property
    def further(self):
        """Filters asked for now and then: folded away until one is chosen."""
        return [one for one in self.filter_specs if getattr(one, "is_further", False)]

    @property
    def is_further_open(self) -> bool:
        return any(one.value() for one in self.further)


class Choice(SimpleListFilter):
    """A filter over fixed values, as tabs or as a select. Subclasses give title, parameter_name, lookups() and queryset()."""

    as_tabs = False
    is_further = False

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
