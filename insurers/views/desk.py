"""Policies as their insurer sees them: those that wait for its word, confirmed or disputed."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from insurers import forms, register, reports, services
from insurers.models import Policy
from insurers.states import PolicyState
from pilot_portal.files.tables import csv_answer
from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.refusals import Refusal

from .finding import PAGE, find, for_filers, of_insurer


@of_insurer
@require_safe
def insurer_policies(request, insurer):
    """Policies that wait for the insurer's word, or those that are asked for."""
    form, mine, found = _asked(request)
    page = reports.page_of(found.select_related("legal_entity", "product"), before=request.GET.get("before"), size=PAGE)
    asked = {name: value for name in form.fields if (value := form[name].value())}
    context = {
        "insurer": insurer,
        "form": form,
        "state": asked.get("state", "all"),
        "asked": urlencode(asked),
        "is_searched": len(asked) > 1,
        "counts": reports.counts_by_state(mine),
        **page,
    }
    if page["older"]:
        context["older"] = f"{context['asked']}&{page['older']}"
    return render(request, "insurers/insurer_policies.html", context)


@of_insurer
@require_safe
def policies_export(request, kind, insurer):
    """The same policies as a file: Excel with their payments and endorsements, or CSV with the totals."""
    _, _, found = _asked(request)
    name = f"保单台账 {timezone.localdate()}"
    if kind == "xlsx":
        return register.book_of(found).answer(f"{name}.xlsx")
    return csv_answer(f"{name}.csv", register.HEAD, (register.line(policy) for policy in register.in_chunks(found)))


def _asked(request):
    """The form with what was asked, all policies of the insurer, and those that are asked for: none where the question is faulty."""
    form = register.RegisterForm({"state": PolicyState.REGISTERED, **request.GET.dict()})
    mine = Policy.objects.visible_to(request.user)
    return form, mine, register.narrowed(mine, form.cleaned_data) if form.is_valid() else mine.none()


@of_insurer
@require_safe
def insurer_policy(request, pk, insurer):
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


@for_filers
@require_POST
def confirm(request, pk, insurer):
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


@for_filers
@require_POST
def dispute(request, pk, insurer):
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
