"""The oversight desk: what waits for determination with the evidence before it. Only the IP office acts; the others read."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import OVERSIGHT, Role
from pilot_portal.files.services import serve
from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import AllocationRun, Application, Determination
from subsidies.reports import amount_of, timeline, tone_of
from subsidies.reports.budgets import budgets
from subsidies.services import publicity
from subsidies.services.applications import papers_of

from . import forms, recoveries, reports

RECENT = 5
RELATED = (
    "window__pilot",
    "allocation",
    "legal_entity__licence",
    "policy__product",
    "policy__paper",
    "category__category",
    "category__evidence",
    "bank_account__proof",
)
ROWS = ("policy__invoices__paper", "policy__premium_payments__paper")


@never_cache
@only(*OVERSIGHT)
@require_safe
def desk(request):
    context = {
        "lists": reports.waiting_lists(),
        "budgets": budgets(),
        "determinations": reports.recent_determinations(RECENT),
        "recoveries": recoveries.counts(),
        "notices": reports.running_notices(timezone.now()),
    }
    return render(request, "programme/oversight/desk.html", context)


@never_cache
@only(*OVERSIGHT)
@require_safe
def allocated_list(request, pk):
    return list_page(request, find_run(pk))


def find_run(pk: int) -> AllocationRun:
    """A list that the centre has sent."""
    return get_object_or_404(AllocationRun.objects.filter(sent_at__isnull=False).select_related("window__pilot", "run_by"), pk=pk)


def list_page(request, run: AllocationRun, *, refusal: Refusal | None = None, typed: dict | None = None) -> HttpResponse:
    """The list as it stands now. After a refusal it is shown anew, and what was typed goes along to the next form."""
    now = reports.standing(run)
    context = {
        "run": run,
        "standing": now,
        "awards": reports.cases_page(reports.awards_of(run), "page", request.GET.get("page", "")),
        "rejections": reports.cases_page(reports.rejections_of(run), "rejected", request.GET.get("rejected", "")),
        "determinations": run.determinations.all(),
        "returned": reports.returned(run),
        "refusal": refusal,
        "seen": urlencode({"seen_hash": now.hash, "seen_count": now.free, **(typed or {})}),
        "may_act": request.user.role == Role.IP_OFFICE and not now.is_empty,
    }
    return render(request, "programme/oversight/list.html", context, status=refusal.status if refusal else 200)


@never_cache
@only(Role.IP_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def determine(request, pk):
    """审定: a page that says what it means, then the act itself."""

    def act(run: AllocationRun, facts: dict) -> HttpResponse:
        made = publicity.determine(run, by=request.user, at=timezone.now(), **facts)
        messages.success(request, determined_in_words(made))
        return redirect("programme:determined", made.pk)

    return decide(request, find_run(pk), forms.DetermineForm, "determine", act)


def determined_in_words(determination: Determination) -> str:
    if not determination.count:
        return f"名单已审定，{determination.rejected_count} 件不予补贴，决定书由系统出具并通知申请人。"
    rejected = f"，不予补贴 {determination.rejected_count} 件" if determination.rejected_count else ""
    return f"名单已审定，补贴 {determination.count} 件{rejected}。促进中心接下来公示。"


@never_cache
@only(Role.IP_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def return_list(request, pk):
    """退回 with reasons, in the same two steps."""

    def act(run: AllocationRun, facts: dict) -> HttpResponse:
        count = publicity.return_list(run, by=request.user, at=timezone.now(), **facts)
        awards = f"{count} 件申报回到复核通过，" if count else ""
        messages.success(request, f"名单已退回，{awards}由促进中心处理后重新报审。")
        return redirect("programme:determination", run.pk)

    return decide(request, find_run(pk), forms.ReturnForm, "return_list", act)


def decide(request, run: AllocationRun, form_class: type, template: str, act: Callable) -> HttpResponse:
    """Ask, then act on the very list that the person saw; any other list is shown first."""
    standing = reports.standing(run)
    form = form_class(request.POST or None, initial=request.GET.dict())
    if request.method != "POST" and request.GET.get("seen_hash") != standing.hash:
        messages.warning(request, "请先核对下面的名单，再办理。")
        return redirect("programme:determination", run.pk)
    if form.is_valid():
        facts = {name: value for name, value in form.cleaned_data.items() if name != "confirmed"}
        try:
            return act(run, facts)
        except Refusal as refusal:
            if refusal.code == "list_changed":
                return list_moved(request, run, refusal, facts)
            refused(form, refusal)
    context = {"run": run, "standing": standing, "form": form}
    return render(request, f"programme/oversight/{template}.html", context, status=form_status(form))


def list_moved(request, run: AllocationRun, refusal: Refusal, facts: dict) -> HttpResponse:
    """The list as it is by now; where the same form was sent twice, what it has determined a moment ago."""
    done = run.determinations.filter(list_hash=facts["seen_hash"], determined_by=request.user).first()
    if done and facts.get("minutes_number") == done.minutes_number:
        return redirect("programme:determined", done.pk)
    typed = {name: value for name, value in facts.items() if not name.startswith("seen_")}
    return list_page(request, run, refusal=refusal, typed=typed)


@never_cache
@only(*OVERSIGHT)
@require_safe
def determined(request, pk):
    determination = find_determination(pk)
    context = {
        "determination": determination,
        "capitals": rules.rmb_capitals(determination.total),
        "awards": reports.cases_page(reports.awards_in(determination), "page", request.GET.get("page", "")),
        "rejections": reports.cases_page(reports.rejections_in(determination), "rejected", request.GET.get("rejected", "")),
    }
    return render(request, "programme/oversight/determined.html", context)


def find_determination(pk: int) -> Determination:
    return get_object_or_404(Determination.objects.select_related("window", "allocation", "determined_by"), pk=pk)


@never_cache
@only(*OVERSIGHT)
@require_safe
def list_csv(request, pk):
    run = find_run(pk)
    rows = reports.list_csv(reports.awards_of(run), reports.rejections_of(run), reports.standing(run).hash)
    return attachment(rows, f"{run.window.name} 第{run.sequence}次核定名单.csv")


@never_cache
@only(*OVERSIGHT)
@require_safe
def list_minutes(request, pk):
    """The centre's minutes on a list."""
    return serve(find_run(pk).minutes_paper)


@never_cache
@only(*OVERSIGHT)
@require_safe
def determined_csv(request, pk):
    found = find_determination(pk)
    rows = reports.list_csv(reports.awards_in(found), reports.rejections_in(found), found.list_hash)
    return attachment(rows, f"{found.window.name} 审定名单 {found.pk}.csv")


def attachment(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@never_cache
@only(*OVERSIGHT)
@require_safe
def case(request, pk):
    """One case with its evidence: facts, amount line by line, findings with verdicts, papers."""
    found = find_case(request, pk)
    decided, automatic = reports.findings_of(found)
    context = {
        "case": found,
        "amount": amount_of(found, at=timezone.now()),
        "why_less": reports.why_less(found),
        "steps": timeline(found),
        "tone": tone_of(found),
        "decided": decided,
        "automatic": automatic,
        "opinion": reports.opinion_of(found),
        "reply_until": reports.reply_until(found, timezone.now()),
        "replies": reports.replies_of(found),
        "papers": list(papers_of(found)),
        "may_open": request.user.role == Role.IP_OFFICE,
    }
    return render(request, "programme/oversight/case.html", context)


def find_case(request, pk: int) -> Application:
    """A case that came to determination, with everything its page reads."""
    cases = reports.with_evidence(Application.objects.visible_to(request.user)).select_related(*RELATED)
    return get_object_or_404(cases.prefetch_related(*ROWS), pk=pk)


@never_cache
@only(Role.IP_OFFICE)
@require_safe
def paper(request, pk, file):
    """A paper of a case, by its key; any other file is not found."""
    for _, stored in papers_of(find_case(request, pk)):
        if stored.pk == file:
            return serve(stored)
    raise Http404
