"""How an applicant ends its case: withdrawn before acceptance, given up after it. Each page says first what that means."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.services import applications, endings
from subsidies.states import Action

from .finding import of_case, show


@of_case
@require_http_methods(["GET", "POST"])
def withdraw(request, application):
    """Ask for the reason, then withdraw; the page says whether the slot may be used again."""
    form = forms.WithdrawForm(*sent(request), initial={"version": application.version})
    if form.is_valid():
        try:
            applications.withdraw(application, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"申报 {application.number} 已撤回。")
            return redirect(application)
    elif request.method == "GET" and Action.WITHDRAW not in reports.actions_of(application, request.user, at=timezone.now()):
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


@of_case
@require_http_methods(["GET", "POST"])
def abandon(request, application):
    """Say what giving up means, ask for the reason and the word, then end the case."""
    form = forms.AbandonForm(*sent(request), initial={"version": application.version})
    if form.is_valid():
        typed = form.cleaned_data
        try:
            endings.abandon(application, by=request.user, at=timezone.now(), reason=typed["reason"], version=typed["version"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"申报 {application.number} 已放弃补贴，本件终止。")
            return redirect(application)
    elif request.method == "GET" and Action.ABANDON not in reports.actions_of(application, request.user, at=timezone.now()):
        return redirect(application)
    return show(request, "abandon", application, status=form_status(form), form=form)
