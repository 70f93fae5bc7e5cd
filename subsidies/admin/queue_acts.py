"""What is done with many cases of the queue at once: giving them to a colleague, taking them away as a file."""

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.tables import table_answer
from pilot_portal.workflow.refusals import Refusal
from subsidies.reports import case_sheet
from subsidies.services.assignments import ASSIGNABLE, ASSIGNING, MOST, assign

from .filters import words
from .queue import matching

NOT_NOW = mark_safe('<span class="visually-hidden">不能交办</span>')
AMOUNTS = {"csv": None, "xlsx": Decimal}  # as text, or as numbers with which Excel reckons
MOST_IN_EXCEL = 200_000  # lines; Excel itself ends at 1,048,576


class QueueActs:
    """Mixed into the page of applications."""

    change_list_template = "admin/subsidies/queue.html"

    def get_urls(self):
        return [
            self.page_path("assign/", self.assign_view, "assign"),
            self.page_path("export/", self.export_view, "export"),
            *super().get_urls(),
        ]

    def get_list_display(self, request):
        ticks = [_tick(set(request.POST.getlist("case")))] if may_assign(request.user) else []
        return [*ticks, *super().get_list_display(request)]

    def changelist_view(self, request, extra_context=None):
        context = {
            "may_assign": may_assign(request.user),
            "colleagues": words(request, "handler"),
            "chosen_to": request.POST.get("to", ""),
            "query": request.GET.urlencode(),
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def assign_view(self, request):
        """Refused, the list comes back with what was ticked."""
        if not may_assign(request.user):
            raise PermissionDenied
        if request.method != "POST":
            return redirect(self.list_url())
        seen, to = _seen(request.POST.getlist("case")), User.objects.filter(role=Role.HANDLER, pk=_key(request.POST.get("to"))).first()
        try:
            if to is None:
                raise Refusal("nobody_chosen")
            given = assign(seen, by=request.user, at=timezone.now(), to=to)
        except Refusal as refusal:
            return self._again(request, refusal)
        messages.success(request, f"已将 {len(given)} 件申报交给{to.get_full_name()}。")
        return redirect(f"{self.list_url()}?{request.GET.urlencode()}")

    def export_view(self, request):
        """Exactly what the list is narrowed to, newest first; who took what away is recorded before the first line leaves."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect(self.list_url())
        kind = request.POST.get("kind")
        if kind not in AMOUNTS:
            raise BadRequest
        shown = self.get_changelist_instance(request)
        cases, at = matching(shown.queryset, shown.query.strip()), timezone.now()
        count = cases.order_by().count()
        if kind == "xlsx" and count > MOST_IN_EXCEL:
            return self._again(request, Refusal("too_many_for_excel", count=f"{count:,}", most=f"{MOST_IN_EXCEL:,}"))
        with transaction.atomic():
            record("export_cases", by=request.user, at=at, kind=kind, rows=count, narrowed=_narrowed(shown))
        lines = case_sheet.lines(cases, amount=AMOUNTS[kind])
        return table_answer(kind, f"申报件 {timezone.localtime(at):%Y-%m-%d %H%M}", case_sheet.HEAD, lines)

    def _again(self, request, refusal: Refusal):
        messages.error(request, refusal.sentence)
        response = self.changelist_view(request)
        response.status_code = refusal.status
        return response


def may_assign(user) -> bool:
    return user.role in ASSIGNING


def _key(text: str | None) -> str | None:
    return text if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _seen(ticked: list[str]) -> dict[int, int]:
    """Key and version of each ticked row; what no list wrote counts as not ticked."""
    pairs = [text.split("-") for text in ticked[: MOST + 1]]
    return {int(pair[0]): int(pair[1]) for pair in pairs if len(pair) == 2 and all(map(_key, pair))}


def _tick(ticked: set[str]):
    """The column of boxes, with those ticked that were sent."""

    def tick(case):
        if case.state not in ASSIGNABLE:
            return NOT_NOW
        value = f"{case.pk}-{case.version}"
        return format_html(
            '<input type="checkbox" class="form-check-input" form="assign" name="case" value="{}" aria-label="选择 {}"{}>',
            value,
            case.number,
            " checked" if value in ticked else "",
        )

    tick.short_description = "选择"
    return tick


def _narrowed(shown) -> list[list[str]]:
    """What the list is narrowed by, as its page says it."""
    chosen = [[one.title, dict(one.lookup_choices).get(one.value(), one.value())] for one in shown.filter_specs if one.value()]
    return [*chosen, ["查找", shown.query.strip()]] if shown.query.strip() else chosen
