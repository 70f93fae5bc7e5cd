"""A new policy in two steps: its paper first, then a form that holds what the paper says."""

from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django_htmx.http import HttpResponseClientRefresh

from insurers import forms, prefill, services
from pilot_portal.files import scans
from pilot_portal.files.models import StoredFile
from pilot_portal.files.services import ask_to_read
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

PAPER_STEP, BY_HAND = "read", "typed"  # name of the first step's button; ?paper=typed is the form without a paper read
NOT_WAITING = "now"  # ?paper=…&now=1 is the form without what a job may still recognise on a scan


def register(request, entity, *, done: str):
    """Both steps; `done` is told once the policy is registered."""
    if request.method == "POST" and PAPER_STEP not in request.POST:
        return _register(request, entity, done)
    chosen = request.GET.get("paper", "")
    if request.method == "GET" and chosen == BY_HAND:
        return _show(request, entity, _form(request))
    if request.method == "GET" and chosen.isdecimal():
        return _from_paper(request, entity, get_object_or_404(StoredFile, pk=chosen, added_by=request.user))
    form = forms.PolicyPaperForm(*sent(request), by=request.user)
    if form.is_valid():
        paper = form.cleaned_data["paper"]
        ask_to_read(paper, at=timezone.now())
        return redirect(f"{request.path}?{urlencode({'paper': paper.pk})}")
    context = {"form": form, "entity": entity, "reads_scans": scans.is_installed()}
    return render(request, "insurers/policy_upload.html", context, status=form_status(form))


def _from_paper(request, entity, paper: StoredFile):
    """The form with what the paper says; while a job still reads a scan, a page that waits for it and asks again."""
    if NOT_WAITING not in request.GET and prefill.is_being_read(paper, at=timezone.now()):
        return render(request, "insurers/policy_reading.html", {"entity": entity, "paper": paper})
    if request.htmx:
        return HttpResponseClientRefresh()
    readings = prefill.readings_of(paper)
    form = _form(request, initial=prefill.initial_of(paper, readings))
    return _show(request, entity, form, readings, read=True)


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
