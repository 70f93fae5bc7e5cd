"""The public site."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pilot_portal.accounts.throttle import allowed
from pilot_portal.files.services import serve
from subsidies.models import PublicNotice, Window
from subsidies.reports import tone_of
from subsidies.rules import SCHEME

from . import forms, published, reports, services
from . import progress as progress_of
from . import self_check as checks

PAGE = 100
TEN_MINUTES, HOUR = 600, 3600


@login_not_required
@require_safe
def home(request):
    now = timezone.now()
    window = reports.open_window(now)
    terms = window.terms if window else SCHEME
    context = {
        "window": window,
        "upcoming": None if window else reports.next_window(now),
        "headline": reports.headline(terms),
        "example": reports.calculate(reports.EXAMPLE_PREMIUM, terms),
        "figures": reports.figures(),
        "notices": reports.notices(now, most=5),
    }
    return render(request, "programme/home.html", context)


@login_not_required
@require_safe
def notices(request):
    return render(request, "programme/notices.html", {"notices": reports.notices(timezone.now(), most=PAGE)})


@login_not_required
@require_safe
def notice(request, pk):
    window = get_object_or_404(Window.objects.published().filter(published_at__lte=timezone.now()), pk=pk)
    context = {
        "window": window,
        "title": reports.notice_title(window),
        "terms": reports.terms_in_words(window),
        "changes": window.draw_changes.order_by("pk"),
        "is_open": window.is_open(timezone.now()),
    }
    return render(request, "programme/notice.html", context)


@login_not_required
@require_safe
def guide(request):
    window = reports.open_window(timezone.now())
    terms = window.terms if window else SCHEME
    return render(request, "programme/guide.html", {"window": window, "headline": reports.headline(terms)})


@login_not_required
@require_safe
def calculator(request):
    window = reports.open_window(timezone.now())
    terms = window.terms if window else SCHEME
    form = forms.CalculatorForm(request.GET if "premium" in request.GET else None)
    result = reports.calculate(form.cleaned_data["premium"], terms) if form.is_valid() else None
    context = {"form": form, "result": result, "window": window, "headline": reports.headline(terms)}
    return render(request, "programme/calculator.html", context, status=422 if form.errors else 200)


@login_not_required
@require_safe
def self_check(request):
    """自查: the answers travel in the address and are kept nowhere."""
    now = timezone.now()
    window = reports.open_window(now)
    upcoming = None if window else reports.next_window(now)
    questions = checks.questions(window or upcoming)
    asked = any(question.name in request.GET for question in questions)
    form = forms.SelfCheckForm(request.GET if asked else None, questions=questions)
    context = {"form": form, "window": window, "insurers": reports.insurers_on(timezone.localdate(now))}
    if form.is_valid():
        answers = [
            (question, option) for question in questions for option in question.options if option.value == form.cleaned_data[question.name]
        ]
        context["answers"] = answers
        context["verdict"] = checks.verdict([option for _, option in answers], window, upcoming)
        context["papers"] = checks.papers(form.cleaned_data)
    return render(request, "programme/self_check.html", context, status=422 if form.errors else 200)


@login_not_required
@require_safe
def checklist(request):
    """材料清单: every paper, to print and tick off before logging in."""
    now = timezone.now()
    return render(request, "programme/checklist.html", {"shelves": checks.CHECKLIST, "window": reports.open_window(now)})


@login_not_required
@require_safe
def lists(request):
    now = timezone.now()
    context = {"running": published.running_lists(now)[:PAGE], "ended": published.ended_lists(now, PAGE)}
    return render(request, "programme/lists.html", context)


@login_not_required
@never_cache
@require_safe
def published_list(request, pk):
    """Names only while the list is published; afterwards the page stays, without them."""
    notice, running = find_list(pk)
    context = {"notice": notice, "title": reports.list_title(notice), "running": running, "amendments": published.amendments(notice)}
    if running:
        after = request.GET.get("after", "")
        cases = list(published.published_cases(notice, int(after) if after.isdecimal() and len(after) < 19 else 0, PAGE + 1))
        context["cases"] = cases[:PAGE]
        context["older"] = f"after={cases[PAGE - 1].pk}" if len(cases) > PAGE else ""
        context["standing"] = notice.count - sum(amendment.count for amendment in context["amendments"])
        context["paper"] = None if context["amendments"] else published.paper_of(notice)
    return render(request, "programme/list.html", context)


def find_list(pk: int) -> tuple[PublicNotice, bool]:
    """A published list, and whether it still is."""
    now = timezone.now()
    notice = get_object_or_404(PublicNotice.objects.filter(published_at__lte=now).select_related("window"), pk=pk)
    return notice, notice.is_running(now)


@login_not_required
@never_cache
@require_safe
def list_paper(request, pk):
    """The 公示 as a paper, as long as it says what the list says: while it runs, and nobody has left it."""
    notice, running = find_list(pk)
    paper = published.paper_of(notice) if running and not published.amendments(notice) else None
    if paper is None:
        raise Http404
    return serve(paper.file)


@login_not_required
@require_safe
def verify(request):
    """Ask for a code, then go to its page."""
    form = forms.VerifyForm(request.GET if "code" in request.GET else None)
    if form.is_valid():
        return redirect("programme:verified", code=form.cleaned_data["code"])
    return render(request, "programme/verify.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
@never_cache
@require_safe
def verified(request, code):
    """Whether a paper is ours, and which: number, kind, time, SHA-256; nothing about anybody."""
    if not allowed("verify", request, most=60, seconds=TEN_MINUTES):
        return too_many(request)
    document, void = reports.genuine_document(forms.plain(code))
    context = {"document": document, "void": void, "asked": True, "form": forms.VerifyForm()}
    return render(request, "programme/verify.html", context, status=200 if document else 404)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def progress(request):
    """The state of a case for whoever knows its number and the end of its code; every miss gets the same answer."""
    form = forms.ProgressForm(request.POST or None)
    context = {"form": form}
    if form.is_valid():
        if not allowed("progress", request, most=20, seconds=TEN_MINUTES):
            return too_many(request)
        found = progress_of.find(form.cleaned_data["number"], form.cleaned_data["tail"])
        context["missed"] = found is None
        if found:
            context |= {"application": found, "tone": tone_of(found), "sentence": progress_of.sentence(found, at=timezone.now())}
    status = 422 if form.errors else 404 if context.get("missed") else 200
    return render(request, "programme/progress.html", context, status=status)


def too_many(request):
    return render(request, "programme/too_many.html", status=429)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_error(request):
    form = forms.ErrorReportForm(request.POST or None)
    if form.is_valid():
        if not allowed("report", request, most=10, seconds=HOUR):
            return too_many(request)
        with transaction.atomic():
            services.report_error(**form.cleaned_data, at=timezone.now())
        messages.success(request, "已送到系统管理员，谢谢您帮我们改好网站。")
        return redirect("programme:report_error")
    return render(request, "programme/report_error.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
@require_safe
def text(request, name):
    """A page of words alone: 无障碍声明, 隐私说明, 网站地图."""
    return render(request, f"programme/{name}.html")
