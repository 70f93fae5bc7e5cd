"""Policies as their insurer sees them: those that wait for its word, confirmed or disputed."""

from urllib.parse import quote

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from insurers import forms, reports, services
from insurers.models import Policy
from insurers.states import PolicyState
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.refusals import Refusal

from .finding import PAGE, find, of_insurer


@of_insurer
@require_safe
def insurer_policies(request, insurer):
    """Policies that wait for the insurer's word, or those of one state."""
    state = request.GET.get("state", PolicyState.REGISTERED)
    mine = Policy.objects.visible_to(request.user)
    rows = mine.filter(state=state) if state in PolicyState.values else mine
    page = reports.page_of(rows.select_related("legal_entity", "product"), before=request.GET.get("before"), size=PAGE)
    context = {"insurer": insurer, "state": state, "counts": reports.counts_by_state(mine), **page}
    if page["older"]:
        context["older"] = f"state={quote(state)}&{page['older']}"
    return render(request, "insurers/insurer_policies.html", context)


@never_cache
@only(Role.INSURER)
@require_safe
def insurer_policy(request, pk):
    return _insurer_page(request, find(request, pk))


def _insurer_page(request, policy, **refused_forms):
    version = {"version": policy.version}
    context = {
        **reports.policy_page(policy, request.user, at=timezone.now()),
        "confirm_form": forms.ConfirmForm(initial=version),
        "dispute_form": forms.DisputeForm(initial=version),
        **refused_forms,
    }
    status = next((form_status(form) for form in refused_forms.values()), 200)
    return render(request, "insurers/insurer_policy.html", context, status=status)


@never_cache
@only(Role.INSURER)
@require_POST
def confirm(request, pk):
    policy = find(request, pk)
    form = forms.ConfirmForm(request.POST)
    if form.is_valid():
        try:
            services.confirm_policy(policy, by=request.user, at=timezone.now(), version=form.cleaned_data["version"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"已确认保单 {policy.number}。")
            return redirect("insurers:insurer_policies")
    return _insurer_page(request, find(request, pk), confirm_form=form)


@never_cache
@only(Role.INSURER)
@require_POST
def dispute(request, pk):
    policy = find(request, pk)
    form = forms.DisputeForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.dispute_policy(policy, by=request.user, at=timezone.now(), reason=typed["reason"], version=typed["version"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"已对保单 {policy.number} 提出异议，企业会收到通知。")
            return redirect("insurers:insurer_policies")
    return _insurer_page(request, find(request, pk), dispute_form=form)
