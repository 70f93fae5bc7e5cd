"""Check, declare, file, confirm. Filing twice is filing once."""

from datetime import timedelta

from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.services import applications as services
from subsidies.services import drafts
from subsidies.states import ENDED

from .finding import of_case, of_draft, say_no

DAY = timedelta(days=1)


@of_draft
@require_safe
def check(request, application):
    return check_page(request, application)


def check_page(request, application, *, status: int = 200):
    """Everything that would be filed, and all that still stands in the way."""
    now = timezone.now()
    problems = drafts.problems(application, at=now)
    policy = application.policy
    rows = (
        {"invoices": policy.invoices.all(), "payments": policy.premium_payments.all(), "last_day": policy.ends_on - DAY} if policy else {}
    )
    context = {
        **rows,
        "application": application,
        "problems": problems,
        "amount": reports.amount_of(application, at=now),
        "papers": list(services.papers_of(application)),
        "is_open": application.window.is_open(now),
    }
    return render(request, "subsidies/check.html", context, status=status)


@of_draft
@require_safe
def declare(request, application):
    now = timezone.now()
    if drafts.problems(application, at=now):
        return redirect("subsidies:check", application.pk)
    return declaration(request, application)


def declaration(request, application, *, changes=None, status: int = 200):
    now = timezone.now()
    context = {
        "application": application,
        "form": forms.VersionForm(initial={"version": application.version}),
        "changes": changes,
        "amount": reports.amount_of(application, at=now),
        "is_open": application.window.is_open(now),
    }
    return render(request, "subsidies/declare.html", context, status=status)


@of_case
@require_POST
def submit(request, application):
    """File the draft as the person saw it. Pressed twice, or sent again later, it leads to the same confirmation."""
    if application.is_filed:
        return redirect("subsidies:submitted", application.pk)
    form = forms.VersionForm(request.POST)
    if not form.is_valid():
        return declaration(request, application, status=422)
    seen = form.cleaned_data["version"]
    try:
        services.submit(application, by=request.user, at=timezone.now(), version=seen)
    except Refusal as refusal:
        return not_filed(request, application, refusal, seen)
    return redirect("subsidies:submitted", application.pk)


def not_filed(request, application, refusal: Refusal, seen: int):
    """The page that lets the person go on: the other case, what has changed, or what is missing."""
    application.refresh_from_db()
    if refusal.code == "moved_on":
        return declaration(request, application, changes=reports.changes_since(application, seen), status=refusal.status)
    if refusal.facts.get("task"):  # a task mends it
        return check_page(request, application, status=refusal.status)
    return say_no(request, refusal, application)


@of_case
@require_safe
def submitted(request, application):
    """申报已提交: the number, the receipt, and what happens next."""
    if not application.is_filed or application.state in ENDED:
        return redirect(application)
    filed = f"{application.legal_entity.name}，{timezone.localtime(application.submitted_at):%Y-%m-%d %H:%M} 提交"
    return render(request, "subsidies/submitted.html", {"application": application, "filed": filed, "coming": reports.coming(application)})
