"""Check, declare, file, confirm. Filing twice is filing once."""

from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.services import applications as services
from subsidies.services import drafts
from subsidies.states import ENDED, Action

from .finding import of_case, of_case_alone, of_draft, say_no, show
from .proposals import answers_of


@of_draft
@require_safe
def check(request, application):
    return check_page(request, application)


def check_page(request, application, *, status: int = 200):
    """Everything that would be filed, and all that still stands in the way."""
    now = timezone.now()
    actions = reports.actions_of(application, request.user, at=now)
    context = {
        "problems": open_problems(request, application, now),
        "amount": reports.amount_of(application, at=now),
        "rival": reports.rival_of(application, request.user, at=now),
        "actions": actions,
        "to_propose": Action.PROPOSE in actions,
        "may_write": Action.DELETE in actions,
        **answers_of(application),
    }
    return show(request, "check", application, status=status, **context)


def open_problems(request, application, now):
    """All that stands in the way; the pledge is the enterprise's where it files what its insurer proposes."""
    to_propose = Action.PROPOSE in reports.actions_of(application, request.user, at=now)
    return drafts.problems(application, at=now, pledge=not to_propose)


@of_draft
@require_safe
def declare(request, application):
    if open_problems(request, application, timezone.now()):
        return redirect("subsidies:check", application.pk)
    return declaration(request, application)


def declaration(request, application, *, changes=None, status: int = 200):
    form = forms.VersionForm(initial={"version": application.version})
    now = timezone.now()
    actions = reports.actions_of(application, request.user, at=now)
    context = {
        "amount": reports.amount_of(application, at=now),
        "to_propose": Action.PROPOSE in actions,
        "may_file": not actions.isdisjoint({Action.SUBMIT, Action.PROPOSE}),
    }
    return show(request, "declare", application, status=status, form=form, changes=changes, **context)


@of_case_alone
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
