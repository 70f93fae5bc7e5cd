"""An insurer's pages that show cases: its desk, its clients, one client, its filings."""

from urllib.parse import urlencode

from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from insurers.reports import page_of
from insurers.views.finding import PAGE, find_client, for_filers, of_insurer
from pilot_portal.files.tables import table_answer
from pilot_portal.notifications.models import Message
from pilot_portal.workflow.refusals import Refusal
from subsidies import reports
from subsidies.forms.board import BoardForm, FilingsForm
from subsidies.models import Application, Window
from subsidies.reports import board, client_cases, insurer_deadlines
from subsidies.reports import clients as client_reports
from subsidies.reports.insurer_desk import desk_of_insurer
from subsidies.services import drafts

from .finding import say_no

LETTERS = 4


@of_insurer
@require_safe
def home(request, insurer):
    now = timezone.now()
    context = {
        "insurer": insurer,
        "groups": desk_of_insurer(insurer, at=now),
        "windows": Window.objects.open_at(now).order_by("closes_at", "pk"),
        "letters": Message.objects.inbox_of(request.user)[:LETTERS],
    }
    return render(request, "subsidies/insurer_home.html", context)


@of_insurer
@require_safe
def clients(request, insurer):
    """The board: who waits for whom, narrowed by what is asked for."""
    at, form = timezone.now(), BoardForm(request.GET)
    asked = form.asked
    page = page_of(board.board(insurer, at=at, **asked), before=request.GET.get("before"), size=PAGE)
    context = {
        "insurer": insurer,
        "form": form,
        "asked": urlencode(asked),
        "older": "&".join(filter(None, [urlencode(asked), page["older"]])) if page["older"] else "",
        "clients": board.client_rows(insurer, page["rows"], at=at),
    }
    return render(request, "subsidies/clients.html", context)


@of_insurer
@require_safe
def clients_export(request, kind, insurer):
    """The same clients as a file."""
    at = timezone.now()
    lines = board.board_lines(insurer, board.board(insurer, at=at, **BoardForm(request.GET).asked), at=at)
    return table_answer(kind, f"客户 {timezone.localdate(at)}", board.HEAD, lines)


@of_insurer
@require_safe
def deadlines(request, insurer):
    """All that is to be done by a day, the nearest first."""
    at, kind = timezone.now(), request.GET.get("kind", "")
    kinds = list(insurer_deadlines.kinds(insurer, at=at))
    asked = kind if kind in {name for name, _, _ in kinds} else ""
    rows, after = insurer_deadlines.page_of_deadlines(insurer, at=at, kind=asked, after=request.GET.get("after", ""), size=PAGE)
    context = {
        "insurer": insurer,
        "kind": asked,
        "kinds": kinds,
        "asked": urlencode({"kind": asked} if asked else {}),
        "rows": rows,
        "older": urlencode({"kind": asked, "after": after}) if after else "",
    }
    return render(request, "subsidies/insurer_deadlines.html", context)


@of_insurer
@require_safe
def deadlines_export(request, kind, insurer):
    at = timezone.now()
    found = insurer_deadlines.deadlines(insurer, at=at, kind=request.GET.get("kind", ""))
    return table_answer(kind, f"期限 {timezone.localdate(at)}", insurer_deadlines.HEAD, (one.line for one in found))


@of_insurer
@require_safe
def client(request, pk, insurer):
    entity = find_client(insurer, pk)
    context = client_reports.client_page(insurer, entity, request.user, at=timezone.now())
    return render(request, "subsidies/client.html", context)


@of_insurer
@require_safe
def insurer_cases(request, insurer):
    """Filings through this insurer, the newest first."""
    form = FilingsForm({"state": "all", **request.GET.dict()})
    asked = form.asked
    cases = client_cases.narrowed(Application.objects.visible_to(request.user), **asked)
    page = page_of(cases.select_related("window", "legal_entity"), before=request.GET.get("before"), size=PAGE)
    context = {
        "insurer": insurer,
        "form": form,
        "asked": urlencode(asked),
        "narrows": asked != {"state": "all"},
        "rows": reports.rows_of(page["rows"]),
        "older": f"{urlencode(asked)}&{page['older']}" if page["older"] else "",
    }
    return render(request, "subsidies/insurer_cases.html", context)


@of_insurer
@require_safe
def insurer_cases_export(request, kind, insurer):
    """The same filings as a file."""
    cases = client_cases.narrowed(Application.objects.visible_to(request.user), **FilingsForm(request.GET).asked)
    return table_answer(kind, f"代办申报 {timezone.localdate()}", client_cases.HEAD, client_cases.lines(cases))


@for_filers
@require_POST
def start(request, pk, window, insurer):
    """Open a draft for a client; who has one already comes back to it, also by a double click."""
    entity = find_client(insurer, pk)
    chosen = get_object_or_404(Window.objects.published().select_related("pilot"), pk=window)
    try:
        application = drafts.start(entity, chosen, by=request.user, at=timezone.now())
    except Refusal as refusal:
        if refusal.code != "draft_exists":
            return say_no(request, refusal)
        application = Application.objects.unfiled().get(window=chosen, legal_entity=entity, insurer=insurer)
    return redirect(application)
