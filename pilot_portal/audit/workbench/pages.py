"""Pages of the workbench on Django's ModelAdmin."""

from datetime import datetime

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import display_for_field
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from pilot_portal.audit.services import record

from .acts import Act, ActForm
from .lists import Page
from .runs import Run
from .trails import trail


class BenchAdmin(admin.ModelAdmin):
    """A list in the workbench, and a history read from the audit trail. Who may open it stands in accounts.permissions."""

    nav_position = 0  # 0: not in the navigation
    tag_fields = ("state",)  # columns shown as tags
    tones: dict[str, str] = {}  # state → tone of its tag
    list_links: tuple = ()  # (label, address) beside the heading of the list
    intro = ""
    add_label = ""  # what the button that adds one says, where that is not 新增 and the noun
    hidden_facts: tuple[str, ...] = ()  # columns that the bare facts leave out
    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    search_placeholder = ""
    formfield_overrides = {
        models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
        models.DateTimeField: {
            "form_class": forms.DateTimeField,
            "widget": forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        },
    }

    @property
    def nav_label(self) -> str:
        return self.opts.verbose_name_plural

    def list_url(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def desk(self, request):
        """DeskLines of this page for this person."""
        return ()

    def desk_panels(self, request):
        """(template, context) of what stands below the figures."""
        return ()

    def get_changelist(self, request, **kwargs):
        return Page

    def runs(self, request, rows, term: str) -> list[Run]:
        """The list's rows in the order in which it shows them. `term` is what is searched for, which `rows` have to meet already."""
        return [Run.ordered(rows, self.get_ordering(request) or self.opts.ordering or ["-pk"])]

    def get_queryset(self, request):
        found = super().get_queryset(request)
        return found.visible_to(request.user) if hasattr(found, "visible_to") else found

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Without Django's pop-up buttons beside a choice."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The form for whoever may edit; the bare facts for whoever may only look."""
        obj = self.found(request, object_id)
        if self.has_change_permission(request, obj):
            return super().change_view(request, object_id, form_url, extra_context)
        facts = [(field.verbose_name, _shown(field, obj)) for field in self.opts.concrete_fields if field.name not in self.hidden_facts]
        context = {**self.admin_site.each_context(request), "opts": self.opts, "object": obj, "title": str(obj), "facts": facts}
        return TemplateResponse(request, "admin/read_only.html", context | {"events": list(trail(obj))})

    def history_view(self, request, object_id, extra_context=None):
        obj = self.found(request, object_id)
        context = {**self.admin_site.each_context(request), "opts": self.opts, "object": obj, "events": trail(obj), "title": f"{obj}：记录"}
        return TemplateResponse(request, "admin/object_history.html", context)

    def found(self, request, object_id):
        """The object, for a person who may see it; 403 and 404 otherwise."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        obj = self.get_object(request, object_id)
        if obj is None:
            raise Http404
        return obj

    def page_url(self, name: str, *args) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def page_path(self, route: str, view, name: str):
        return path(route, self.admin_site.admin_view(view), name=f"{self.opts.app_label}_{self.opts.model_name}_{name}")


class RecordedAdmin(BenchAdmin):
    """Reference data, edited through Django's own forms; each save leaves an event in its transaction."""

    def save_model(self, request, obj, form, change):
        before = {name: str(form.initial.get(name)) for name in form.changed_data} if change else {}
        super().save_model(request, obj, form, change)
        after = {name: str(form.cleaned_data.get(name)) for name in form.changed_data}
        record("change" if change else "add", obj, by=request.user, at=timezone.now(), before=before, after=after)

    def log_addition(self, request, obj, message):
        """The audit trail is the only log."""

    log_change = log_deletions = log_addition


class ScreenAdmin(BenchAdmin):
    """An object's screen: facts, and the acts that are open to this person now."""

    screen_template = "admin/screen.html"
    acts: tuple[Act, ...] = ()

    def get_urls(self):
        return [self.page_path("<path:object_id>/do/<slug:name>/", self.do_view, "do"), *super().get_urls()]

    def screen(self, request, obj, *, now: datetime, bound: dict[str, ActForm], seen: int | None) -> dict:
        """What the template shows beside `object`, `acts` and `events`; `seen` is the last event, for forms beside lines."""
        return {}

    def events_of(self, obj):
        return trail(obj)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.show(request, self.found(request, object_id))

    def show(self, request, obj, *, bound: dict[str, ActForm] | None = None, status: int = 200, **extra):
        """The screen; `bound` holds a form that was refused, by the name of its act."""
        bound = bound or {}
        events = list(self.events_of(obj))
        last = events[0].pk if events else None
        refused = next(iter(bound.values()), None)
        seen = _renew(refused, obj, last) if refused is not None else None
        for name, form in bound.items():
            form.data.update(self.act_initial(self.act(name), obj))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(obj),
            "object": obj,
            "tones": self.tones,
            "list_label": self.nav_label,
            "events": events,
            "acts": self.offered(request, obj, bound, last),
            "form": refused,
            "changes": [event for event in events if seen is not None and event.pk > seen],
            "do_url": lambda name: self.page_url("do", obj.pk, name),
            **self.screen(request, obj, now=timezone.now(), bound=bound, seen=last),
            **extra,
        }
        return TemplateResponse(request, self.screen_template, context, status=status)

    def act(self, name: str) -> Act | None:
        return next((act for act in self.acts if act.name == name), None)

    def act_initial(self, act: Act, obj) -> dict:
        """What the form of an act starts with, beside version and last event; a refused form gets it anew."""
        return {}

    def sent_form(self, request, act: Act, obj) -> ActForm:
        """The form of an act with what was sent."""
        return act.bind(obj, request.POST, request.FILES)

    def offered(self, request, obj, bound, last) -> list[tuple[Act, ActForm, str]]:
        """(act, form, address) of each button that this person has now."""
        seen = {"version": getattr(obj, "version", None), "seen": last}
        return [
            (act, bound.get(act.name) or act.bind(obj, initial=seen | self.act_initial(act, obj)), self.page_url("do", obj.pk, act.name))
            for act in self.acts
            if act.placed == "panel" and act.offered(obj, request.user)
        ]

    def do_view(self, request, object_id, name):
        """Do one act: form, service, back to the screen. A refusal shows the screen with what was typed."""
        obj = self.found(request, object_id)
        act = self.act(name)
        if act is None:
            raise Http404
        if request.method != "POST":
            return redirect(self.page_url("change", obj.pk))
        form = self.sent_form(request, act, obj)
        if not form.is_valid():
            return self.show(request, obj, bound={name: form}, status=422 if form.errors else 200)
        try:
            result = act.run(obj, by=request.user, at=timezone.now(), **form.facts())
        except ValidationError as refusal:
            form.add_error(self._field_of(form, refusal), refusal)
            return self.show(request, self.found(request, object_id), bound={name: form}, status=getattr(refusal, "status", 422))
        if isinstance(result, HttpResponse):
            return result
        messages.success(request, act.done)
        return redirect(self.after(act, obj, result))

    def after(self, act: Act, obj, result) -> str:
        return self.page_url("change", obj.pk)

    @staticmethod
    def _field_of(form, refusal) -> str | None:
        name = getattr(refusal, "field", None)
        return name if name in form.fields else None


def _shown(field, obj) -> str:
    value = getattr(obj, field.name)
    return str(value) if field.is_relation or isinstance(value, dict) else display_for_field(value, field, "—")


def _renew(form: ActForm, obj, last: int | None) -> int | None:
    """Give a refused form the version that its reader sees now; the last event seen before."""
    seen = form["seen"].value()
    form.data = form.data.copy()
    form.data["version"], form.data["seen"] = getattr(obj, "version", ""), last or ""
    return int(seen) if str(seen or "").isdigit() else None
