"""The public site."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pilot_portal.accounts.throttle import allowed
from subsidies.models import Application, PublicNotice, Window
from subsidies.rules import SCHEME

from . import forms, reports, services

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
def lists(request):
    now = timezone.now()
    published = PublicNotice.objects.filter(published_at__lte=now).select_related("window")[:PAGE]
    context = {
        "running": [notice for notice in published if notice.is_running(now)],
        "ended": [notice for notice in published if not notice.is_running(now)],
    }
    return render(request, "programme/lists.html", context)


@login_not_required
@never_cache
@require_safe
def published_list(request, pk):
    """Names only while the list is published; afterwards the page stays, without them."""
    now = timezone.now()
    notice = get_object_or_404(PublicNotice.objects.filter(published_at__lte=now).select_related("window"), pk=pk)
    context = {"notice": notice, "title": reports.list_title(notice), "running": notice.is_running(now)}
    if context["running"]:
        after = request.GET.get("after", "")
        cases = list(reports.published_cases(notice, int(after) if after.isdecimal() and len(after) < 19 else 0, PAGE + 1))
        context["cases"] = cases[:PAGE]
        context["older"] = f"after={cases[PAGE - 1].pk}" if len(cases) > PAGE else ""
    return render(request, "programme/list.html", context)


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
        number, tail = form.cleaned_data["number"], form.cleaned_data["tail"]
        found = Application.objects.filter(number=number, legal_entity__credit_code__endswith=tail, submitted_at__isnull=False)
        context["application"] = found.first()
        context["missed"] = context["application"] is None
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
