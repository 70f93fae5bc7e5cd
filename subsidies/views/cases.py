"""A case as its applicant sees it: the task list of a draft, the timeline of what is filed, and its withdrawal."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.models import DocumentKind
from subsidies.services import applications as services
from subsidies.services import drafts
from subsidies.states import ENDED, Action

from .finding import of_case, show


@of_case
@require_safe
def application(request, application):
    return filed_case(request, application) if application.is_filed else task_list(request, application)


def task_list(request, application):
    now = timezone.now()
    tasks = reports.tasks_of(application, drafts.problems(application, at=now))
    context = {
        "amount": reports.amount_of(application, at=now),
        "tasks": tasks,
        "progress": reports.progress(tasks),
        "coming": reports.coming(application),
    }
    return show(request, "draft", application, **context)


def filed_case(request, application):
    now = timezone.now()
    documents = list(application.documents.for_applicant())
    context = {
        "amount": reports.amount_of(application, at=now),
        "steps": reports.timeline(application),
        "ended": application.state in ENDED,
        "may_refile": reports.may_refile(application, at=now),
        "next_step": reports.next_step(application),
        "tone": reports.tone_of(application),
        "actions": reports.actions_of(application, request.user),
        "papers": list(services.papers_of(application)),
        "documents": documents,
        "has_receipt": any(document.kind == DocumentKind.RECEIPT for document in documents),
        "letters": reports.letters_of(application, request.user),
    }
    return show(request, "case", application, **context)


@of_case
@require_http_methods(["GET", "POST"])
def withdraw(request, application):
    """Ask for the reason, then withdraw; the page says whether the slot may be used again."""
    form = forms.WithdrawForm(*sent(request), initial={"version": application.version})
    if form.is_valid():
        try:
            services.withdraw(application, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"申报 {application.number} 已撤回。")
            return redirect(application)
    elif request.method == "GET" and Action.WITHDRAW not in reports.actions_of(application, request.user):
        return redirect(application)
    return show(request, "withdraw", application, status=form_status(form), form=form, consequence=_consequence(application))


def _consequence(application) -> str:
    """What a withdrawal means in this window, before it is made."""
    window = application.window
    if not window.is_open(timezone.now()):
        return "撤回后本件终止。本期申报已截止，撤回后本期不能再申报。"
    if not window.refile_after_withdrawal:
        return "撤回后本件终止。本期规定，撤回后不能再次申报。"
    return f"撤回后本件终止，不再占用申报名额。{timezone.localtime(window.closes_at):%Y-%m-%d %H:%M} 截止前可以重新申报。"
