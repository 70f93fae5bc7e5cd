"""批量申报: an insurer sends a sheet and its papers, sees what is wrong before anything is filed, and has the good rows filed."""

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from insurers.reports import page_of
from insurers.views.finding import PAGE, for_filers, of_insurer
from pilot_portal.reference.models import Entry, Kind
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import filing_sheets
from subsidies.filing_sheets import COLUMNS
from subsidies.forms.imports import ImportForm
from subsidies.models import Import, RowResult, Window
from subsidies.services import imports as services
from subsidies.states import ImportState

from .finding import say_no

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TITLES = {column.key: column.title for column in COLUMNS}
TONES = {
    RowResult.BAD: "stop",
    RowResult.GOOD: "todo",
    RowResult.FILED: "done",
    RowResult.PROPOSED: "wait",
    RowResult.REFUSED: "stop",
}
SHOWN = {
    "mend": ("须修改", [RowResult.BAD, RowResult.REFUSED]),
    "good": ("可以办理", [RowResult.GOOD]),
    "filed": ("已办理", [RowResult.FILED, RowResult.PROPOSED]),
    "all": ("全部", list(RowResult)),
}


def find(request, pk: int) -> Import:
    mine = Import.objects.visible_to(request.user).select_related("window", "insurer", "file", "zip", "created_by", "committed_by")
    return get_object_or_404(mine, pk=pk)


@of_insurer
@require_http_methods(["GET", "POST"])
def imports(request, insurer):
    """Send a sheet; the same files lead to the import that is there already."""
    at = timezone.now()
    form = ImportForm(*sent(request), windows=Window.objects.open_at(at).order_by("closes_at", "pk"), by=request.user)
    if form.is_valid():
        try:
            batch = services.upload(insurer, by=request.user, at=at, **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            if batch.created_at < at:
                messages.info(request, "同样的文件已经上传过，下面是它的结果，没有重复办理。")
            return redirect(batch)
    mine = Import.objects.visible_to(request.user).select_related("window", "file", "created_by")
    context = {"form": form, **page_of(mine, before=request.GET.get("before"), size=PAGE)}
    return render(request, "subsidies/imports.html", context, status=form_status(form))


@of_insurer
@require_safe
def import_template(request, insurer):
    """The sheet to fill, with the insurer's products and the categories to choose from."""
    products = list(insurer.products.values_list("filing_number", flat=True))
    categories = list(Entry.objects.of(Kind.CATEGORY).valid_on(timezone.localdate()).values_list("name", flat=True))
    return _workbook(filing_sheets.template(products, categories), "批量申报模板.xlsx")


def _workbook(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


@of_insurer
@require_safe
def import_page(request, pk, insurer):
    """How far it is, what has come of it, and its rows: first those to mend, a sentence a cell."""
    batch = find(request, pk)
    counts = dict(batch.rows.order_by().values_list("result").annotate(Count("pk")))
    tabs = {key: (word, sum(counts.get(result, 0) for result in results)) for key, (word, results) in SHOWN.items()}
    order = ["filed", "mend", "good"] if batch.state == ImportState.DONE else ["mend", "good", "filed"]
    first = next((key for key in order if tabs[key][1]), "all")
    show = request.GET.get("show", first)
    label, results = SHOWN.get(show, SHOWN["all"])
    after = request.GET.get("after", "")
    rows = batch.rows.filter(result__in=results, number__gt=int(after[:9]) if after.isdecimal() else 0)
    found = list(rows.select_related("application")[: PAGE + 1])
    context = {
        "batch": batch,
        "counts": counts,
        "rows": [_line(row) for row in found[:PAGE]],
        "older": f"show={show}&after={found[PAGE - 1].number}" if len(found) > PAGE else "",
        "show": show,
        "label": label,
        "tabs": [(key, word, count) for key, (word, count) in tabs.items()],
        "is_open": batch.window.is_open(timezone.now()),
        "states": {state.name: batch.state == state for state in ImportState},
    }
    return render(request, "subsidies/import.html", context)


def _line(row) -> dict:
    """A row as the table shows it; an account number does not appear."""
    return {
        "row": row,
        "policy": row.data.get("number", ""),
        "name": row.data.get("name", ""),
        "tone": TONES[RowResult(row.result)],
        "errors": [(TITLES[key], sentence) for key, sentence in row.errors],
        "remark": services.remark_of(row) if row.result != RowResult.BAD else "",
    }


@of_insurer
@require_safe
def import_progress(request, pk, insurer):
    """The bar alone, for a page that asks again and again; once it is over, the page loads itself anew."""
    batch = find(request, pk)
    response = render(request, "subsidies/import_progress.html", {"batch": batch})
    if not batch.under_way:
        response["HX-Refresh"] = "true"
    return response


@for_filers
@require_POST
def import_commit(request, pk, insurer):
    """Have the good rows filed."""
    return _act(request, find(request, pk), services.commit, "开始办理。可以离开本页，办理不会中断。")


@for_filers
@require_POST
def import_recheck(request, pk, insurer):
    """Check anew the rows that were not filed."""
    return _act(request, find(request, pk), services.recheck, "正在重新检查没有办理的行。")


def _act(request, batch: Import, verb, said: str):
    try:
        verb(batch, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return say_no(request, refusal)
    messages.success(request, said)
    return redirect(batch)


@of_insurer
@require_safe
def import_annotated(request, pk, insurer):
    """The sheet again, each row with its result, each bad cell marked."""
    batch = find(request, pk)
    return _workbook(services.annotated(batch), f"批量申报结果_{batch.pk}.xlsx")
