"""What an insurer has prepared: proposed to the enterprise, which confirms it with its own pledge, or sends it back."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.services import applications as services
from subsidies.services import drafts
from subsidies.states import Action, State

from .finding import not_now, of_case, of_case_alone, of_draft, say_no, show

DAY = timedelta(days=1)


def answers_of(application) -> dict:
    """Everything that is, or would be, filed."""
    policy = application.policy
    rows = (
        {"invoices": policy.invoices.all(), "payments": policy.premium_payments.all(), "last_day": policy.ends_on - DAY} if policy else {}
    )
    return {"papers": list(services.papers_of(application)), **rows}


def proposal_page(request, application, form=None, *, problems=None):
    """What waits for the enterprise's word, as it would be filed; for its insurer the same without the form."""
    now = timezone.now()
    context = {
        "form": form or forms.ConfirmProposalForm(initial={"version": application.version}),
        "problems": drafts.problems(application, at=now, pledge=False) if problems is None else problems,
        "rival": reports.rival_of(application, request.user, at=now),
        "may_confirm": Action.CONFIRM in reports.actions_of(application, request.user, at=now),
        "amount": reports.amount_of(application, at=now),
        "left": reports.left_in_words(application.window.closes_at, now),
        **answers_of(application),
    }
    return show(request, "proposal", application, status=form_status(form) if form else 200, **context)


@of_draft
@require_POST
def propose(request, application):
    """An insurer asks the enterprise to confirm the draft as it stands."""
    form = forms.VersionForm(request.POST)
    seen = form.cleaned_data["version"] if form.is_valid() else None
    try:
        services.propose(application, by=request.user, at=timezone.now(), version=seen)
    except Refusal as refusal:
        return redirect("subsidies:check", application.pk) if refusal.facts.get("task") else say_no(request, refusal, application)
    messages.success(request, "已提请企业确认，企业会收到站内消息和邮件。企业确认后才算提交。")
    return redirect(application)


@of_case_alone
@require_POST
def confirm(request, application):
    """File what the insurer has prepared. Pressed twice, it leads to the same confirmation."""
    if application.is_filed:
        return redirect("subsidies:submitted", application.pk)
    if application.state != State.PENDING_CONFIRM:
        return not_now(request, application, Action.CONFIRM.label)
    form = forms.ConfirmProposalForm(request.POST)
    if not form.is_valid():
        return proposal_page(request, application, form)
    typed = form.cleaned_data
    try:
        services.confirm(application, by=request.user, at=timezone.now(), pledged=typed["pledged"], version=typed["version"])
    except Refusal as refusal:
        return _not_confirmed(request, application, form, refusal)
    return redirect("subsidies:submitted", application.pk)


def _not_confirmed(request, application, form, refusal: Refusal):
    """The page again where it is about what it shows; the other case, or the state, where that stands in the way."""
    application.refresh_from_db()
    if application.state != State.PENDING_CONFIRM or refusal.code not in ("moved_on", *(found.code for found in _problems(application))):
        return say_no(request, refusal, application)
    refused(form, refusal)
    return proposal_page(request, application, form)


def _problems(application) -> list[Refusal]:
    return drafts.problems(application, at=timezone.now(), pledge=False)


@of_case
@require_http_methods(["GET", "POST"])
def decline(request, application):
    """Send it back to the insurer, with what is to be changed."""
    form = forms.DeclineForm(*sent(request), initial={"version": application.version})
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.decline(application, by=request.user, at=timezone.now(), reason=typed["reason"], version=typed["version"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "已退回保险公司修改，没有提交，没有占用申报名额。")
            return redirect("subsidies:home")
    elif request.method == "GET" and Action.DECLINE not in reports.actions_of(application, request.user, at=timezone.now()):
        return redirect(application)
    return show(request, "decline", application, status=form_status(form), form=form)
