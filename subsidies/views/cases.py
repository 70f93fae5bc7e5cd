"""A case as its applicant sees it: the task list of a draft, the timeline of what is filed, and its withdrawal."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.services import applications as services
from subsidies.states import Action

from .finding import of_case


@of_case
@require_safe
def application(request, application):
    now = timezone.now()
    context = {"application": application, "amount": reports.amount_of(application, at=now)}
    if not application.is_filed:
        tasks = reports.tasks_of(application, services.problems(application, at=now))
        context |= {"tasks": tasks, "progress": reports.progress(tasks), "coming": reports.coming(application), "is_open": application.window.is_open(now)}
        return render(request, "subsidies/draft.html", context)
    context |= {
        "steps": reports.timeline(application),
        "next_step": reports.next_step(application),
        "tone": reports.tone_of(application),
        "due": reports.promised_day(application),
        "actions": reports.actions_of(application, request.user),
        "papers": list(services.papers_of(application)),
        "documents": application.documents.for_applicant(),
        "letters": reports.letters_of(application, request.user),
    }
    return render(request, "subsidies/case.html", context)


@of_case
@require_http_methods(["GET", "POST"])
def withdraw(request, application):
    """Ask for the reason, then withdraw; the page says whether the slot may be used again."""
    form = forms.WithdrawForm(request.POST or None, initial={"version": application.version})
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
    return render(request, "subsidies/withdraw.html", {"application": application, "form": form}, status=form_status(form))
