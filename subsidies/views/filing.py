"""Check, declare, file, confirm. Filing twice is filing once."""

from datetime import timedelta

from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.services import applications as services
from subsidies.services import drafts
from subsidies.states import ENDED

from .finding import of_case, of_draft, say_no, show

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
    amount, papers = reports.amount_of(application, at=now), list(services.papers_of(application))
    return show(request, "check", application, status=status, problems=problems, amount=amount, papers=papers, **rows)


@of_draft
@require_safe
def declare(request, application):
    if drafts.problems(application, at=timezone.now()):
        return redirect("subsidies:check", application.pk)
    return declaration(request, application)


def declaration(request, application, *, changes=None, status: int = 200):
    form = forms.VersionForm(initial={"version": application.version})
    amount = reports.amount_of(application, at=timezone.now())
    return show(request, "declare", application, status=status, form=form, changes=changes, amount=amount)


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
    return show(request, "submitted", application, filed=filed, coming=reports.coming(application))
