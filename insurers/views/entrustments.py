"""委托 as the enterprise gives it: started, confirmed, declined, revoked."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from enterprises.acting import acting, for_submitters, standing_for
from enterprises.models import SUBMITTERS
from insurers import entrustment_forms as forms
from insurers import reports, services
from insurers.models import Entrustment
from insurers.states import EntrustmentState
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role
from pilot_portal.files.services import serve
from pilot_portal.reference.services import last_day
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from .finding import PAGE, find_mandate

LIVE = (EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED)


@never_cache
@acting
@require_safe
def entrustments(request, entity):
    mine = entity.entrustments.select_related("insurer", "proposed_by")
    page = reports.page_of(mine, before=request.GET.get("before"), size=PAGE)
    lines = [(mandate, last_day(mandate.ends_at), *standing_of(mandate)) for mandate in page["rows"]]
    return render(request, "insurers/entrustments.html", {"entity": entity, **page, "lines": lines})


def standing_of(mandate: Entrustment) -> tuple[str, str]:
    """Tone of its tag, and what follows for the enterprise, in a sentence."""
    at, yours = timezone.now(), "已提交的申报由您自行跟进。"
    if mandate.state == EntrustmentState.REVOKED:
        return "", f"委托已撤销：{mandate.state_reason.rstrip('。')}。{yours}"
    if mandate.state == EntrustmentState.EXPIRED or mandate.ends_at <= at:
        return "", f"委托期已满。{yours}"
    if mandate.state == EntrustmentState.PROPOSED:
        asked = mandate.proposed_by.role == Role.INSURER
        opening = "保险公司请您委托。" if asked else "还没有生效。"
        return "todo", f"{opening}请核对期限和范围后确认；不委托的可以拒绝。"
    if at < mandate.starts_at:
        return "done", "委托已确认，委托期开始后保险公司可以办理。"
    return "done", "委托有效。您可以随时撤销，也可以自行申报。"


@for_submitters
@require_http_methods(["GET", "POST"])
def entrustment_new(request, entity):
    """Start one; it takes effect once it is confirmed on its own page, with all of it before the eyes."""
    form = forms.EntrustmentForm(*sent(request), by=request.user, initial=_suggested(entity))
    if form.is_valid():
        try:
            made = services.propose_entrustment(entity, form.cleaned_data["insurer"], by=request.user, at=timezone.now(), facts=form.facts)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            return redirect("insurers:entrustment", made.pk)
    return render(request, "insurers/entrustment_new.html", {"form": form, "entity": entity}, status=form_status(form))


def _suggested(entity) -> dict:
    latest = entity.policies.select_related("insurer").first()
    return {**forms.EntrustmentForm.suggested(), "insurer": latest.insurer if latest else None}


@never_cache
@only(Role.ENTERPRISE)
@require_safe
def entrustment(request, pk):
    return entrustment_page(request, find_mandate(request, pk))


def entrustment_page(request, mandate: Entrustment, form=None):
    if answer := standing_for(request, mandate.legal_entity):
        return answer
    tone, sentence = standing_of(mandate)
    context = {
        "mandate": mandate,
        "entity": mandate.legal_entity,
        "last_day": last_day(mandate.ends_at),
        "tone": tone,
        "sentence": sentence,
        "live": mandate.state in LIVE,
        "confirm_form": form or forms.VersionForm(initial={"version": mandate.version}),
    }
    return render(request, "insurers/entrustment.html", context, status=form_status(form) if form else 200)


@only(Role.ENTERPRISE)
@require_POST
def entrustment_confirm(request, pk):
    mandate = find_mandate(request, pk)
    form = forms.VersionForm(request.POST)
    if form.is_valid():
        try:
            services.confirm_entrustment(mandate, by=request.user, at=timezone.now(), version=form.cleaned_data["version"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"委托已生效。“{mandate.insurer}”可以在委托期内为您办理。")
            return redirect("insurers:entrustment", pk)
    return entrustment_page(request, find_mandate(request, pk), form)


@only(Role.ENTERPRISE)
@require_http_methods(["GET", "POST"])
def entrustment_revoke(request, pk):
    """Decline or revoke, with the reason; what is filed stays, and the enterprise takes it over."""
    mandate = find_mandate(request, pk)
    if answer := standing_for(request, mandate.legal_entity, SUBMITTERS):
        return answer
    form = forms.EndForm(*sent(request), initial={"version": mandate.version}, declines=mandate.state == EntrustmentState.PROPOSED)
    if form.is_valid():
        try:
            services.revoke_entrustment(mandate, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "已办理，保险公司会收到通知。已提交的申报由您自行跟进。")
            return redirect("insurers:entrustment", pk)
    elif request.method == "GET" and mandate.state not in LIVE:
        return redirect("insurers:entrustment", pk)
    context = {"form": form, "mandate": mandate, "entity": mandate.legal_entity, "declines": mandate.state == EntrustmentState.PROPOSED}
    return render(request, "insurers/entrustment_revoke.html", context, status=form_status(form))


@only(Role.ENTERPRISE)
@require_safe
def entrustment_paper(request, pk):
    paper = find_mandate(request, pk).paper
    if paper is None:
        raise Http404
    return serve(paper)
