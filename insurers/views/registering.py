"""A new policy in two steps: its paper first, then a form that holds what the paper says."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from insurers import forms, prefill, services
from pilot_portal.files.models import StoredFile
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

PAPER_STEP, BY_HAND = "read", "typed"  # name of the first step's button; ?paper=typed is the form without a paper read


def register(request, entity, *, done: str):
    """Both steps; `done` is told once the policy is registered."""
    if request.method == "POST" and PAPER_STEP not in request.POST:
        return _register(request, entity, done)
    chosen = request.GET.get("paper", "")
    if request.method == "GET" and chosen == BY_HAND:
        return _show(request, entity, _form(request))
    if request.method == "GET" and chosen.isdecimal():
        paper = get_object_or_404(StoredFile, pk=chosen, added_by=request.user)
        readings = prefill.readings_of(paper)
        form = _form(request, initial=prefill.initial_of(paper, readings))
        return _show(request, entity, form, readings, read=True)
    form = forms.PolicyPaperForm(*sent(request), by=request.user)
    if form.is_valid():
        return redirect(f"{request.path}?{urlencode({'paper': form.cleaned_data['paper'].pk})}")
    return render(request, "insurers/policy_upload.html", {"form": form, "entity": entity}, status=form_status(form))


def _form(request, *args, **kwargs):
    return forms.policy_form_of(request.user)(*args, by=request.user, **kwargs)


def _register(request, entity, done):
    form = _form(request, *sent(request))
    if form.is_valid():
        try:
            made = services.register_policy(entity, by=request.user, at=timezone.now(), facts=form.facts, paper=form.cleaned_data["paper"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, done)
            return redirect(made)
    kept = form.fields["paper"].kept
    return _show(request, entity, form, prefill.readings_of(kept) if kept else {}, status=form_status(form))


def _show(request, entity, form, readings=None, *, read=False, status=200):
    readings = readings or {}
    prefill.mark(form, readings)
    context = {
        "form": form,
        "entity": entity,
        "readings": readings,
        "is_scan": read and not readings,
        "insured": readings.get("insured"),
        "insured_differs": prefill.insured_differs(entity.name, readings),
    }
    return render(request, "insurers/policy_form.html", context, status=status)
