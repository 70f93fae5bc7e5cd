"""批改 and 退保, reported by the policy's insurer: typed, shown with what will follow for the case, then registered."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from insurers import forms, services
from insurers.views.finding import find, for_filers
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies.reports.endorsements import consequences


@for_filers
@require_http_methods(["GET", "POST"])
def endorse(request, pk, insurer):
    policy = find(request, pk)
    form = forms.EndorsementForm(*sent(request), by=request.user)
    return _report(request, policy, form, services.endorse, "登记批单", "批单已登记，企业会收到通知。")


@for_filers
@require_http_methods(["GET", "POST"])
def surrender(request, pk, insurer):
    policy = find(request, pk)
    form = forms.SurrenderForm(*sent(request), by=request.user)
    return _report(request, policy, form, services.surrender, "登记退保", "退保已登记，企业会收到通知。")


def _report(request, policy, form, verb, title: str, done: str):
    """The form; once it is in order what will follow, with everything kept; and the verb when that has been confirmed."""
    now = timezone.now()
    said = None
    if form.is_valid() and "back" not in request.POST:
        typed = form.cleaned_data
        try:
            if typed["confirmed"]:
                verb(policy, by=request.user, at=now, facts=form.facts, paper=typed["paper"])
                messages.success(request, done)
                return redirect("insurers:insurer_policy", policy.pk)
            if "kind" in form.facts:
                services.require_other_premium(policy, form.facts)
            said = consequences(policy, request.user, facts=form.facts, at=now)
        except Refusal as refusal:
            refused(form, refusal)
    context = {"form": form, "policy": policy, "entity": policy.legal_entity, "title": title, "said": said}
    return render(request, "subsidies/endorse.html", context, status=form_status(form))
