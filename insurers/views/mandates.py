"""委托 as the insurer sees it: proposed, confirmed by the enterprise or on the sealed paper, laid down."""

from urllib.parse import quote

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from enterprises.models import LegalEntity, MembershipState
from insurers import client_forms, reports, services
from insurers.models import Entrustment
from insurers.states import EntrustmentState
from pilot_portal.files.services import serve
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from .finding import PAGE, find_mandate, for_filers, of_insurer


@of_insurer
@require_safe
def mandates(request, insurer):
    """The insurer's mandates of one state, the newest first."""
    state = request.GET.get("state", "all")
    mine = Entrustment.objects.visible_to(request.user)
    rows = mine.filter(state=state) if state in EntrustmentState.values else mine
    page = reports.page_of(rows.select_related("legal_entity", "paper"), before=request.GET.get("before"), size=PAGE)
    if page["older"]:
        page["older"] = f"state={quote(state)}&{page['older']}"
    at = timezone.now()
    lines = [(mandate, *reports.standing_of(mandate, at=at)) for mandate in page["rows"]]
    counts = reports.counts_by_state(mine, EntrustmentState)
    return render(request, "insurers/mandates.html", {"insurer": insurer, "state": state, "counts": counts, **page, "lines": lines})


@for_filers
@require_http_methods(["GET", "POST"])
def mandate_new(request, code, insurer):
    """Propose a mandate to an enterprise that the portal knows. Of a client that is not the insurer's yet, only its name is shown."""
    entity = get_object_or_404(LegalEntity, credit_code=code)
    live = entity.entrustments.filter(insurer=insurer, state__in=[EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED]).first()
    if live and request.method != "POST":
        return redirect("insurers:mandate", live.pk)
    form = client_forms.MandateForm(*sent(request), by=request.user, initial=client_forms.MandateForm.suggested())
    if form.is_valid():
        try:
            made = services.propose_entrustment(
                entity, insurer, by=request.user, at=timezone.now(), facts=form.facts, paper=form.cleaned_data["paper"]
            )
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "委托已发起。")
            return redirect("insurers:mandate", made.pk)
    context = {"form": form, "entity": entity, "insurer": insurer, "live": live}
    return render(request, "insurers/mandate_new.html", context, status=form_status(form))


@of_insurer
@require_safe
def mandate(request, pk, insurer):
    return _mandate_page(request, find_mandate(request, pk))


def _mandate_page(request, mandate: Entrustment, form=None):
    upload = form or client_forms.MandatePaperForm(by=request.user, initial={"version": mandate.version})
    tone, sentence = reports.standing_of(mandate, at=timezone.now())
    members = mandate.legal_entity.memberships.filter(state=MembershipState.ACTIVE)
    context = {
        "mandate": mandate,
        "entity": mandate.legal_entity,
        "form": upload,
        "tone": tone,
        "sentence": sentence,
        "allows": reports.allows(mandate),
        "verb": _ending(mandate),
        "has_account": members.exists(),
        "live": mandate.state in (EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED),
    }
    return render(request, "insurers/mandate.html", context, status=form_status(upload))


def _ending(mandate: Entrustment) -> str:
    return "撤回" if mandate.state == EntrustmentState.PROPOSED else "终止"


@for_filers
@require_POST
def mandate_upload(request, pk, insurer):
    mandate = find_mandate(request, pk)
    form = client_forms.MandatePaperForm(*sent(request), by=request.user)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.add_entrustment_paper(mandate, by=request.user, at=timezone.now(), paper=typed["paper"], version=typed["version"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "委托书已上传，中心核实后委托生效，结果会发站内消息。")
            return redirect("insurers:mandate", pk)
    return _mandate_page(request, find_mandate(request, pk), form)


@of_insurer
@require_safe
def mandate_paper(request, pk, insurer):
    paper = find_mandate(request, pk).paper
    if paper is None:
        raise Http404
    return serve(paper)


@for_filers
@require_http_methods(["GET", "POST"])
def mandate_revoke(request, pk, insurer):
    """Take back a proposal, or lay a mandate down; what is filed stays with the enterprise."""
    mandate = find_mandate(request, pk)
    form = client_forms.RevokeForm(*sent(request), initial={"version": mandate.version})
    if form.is_valid():
        try:
            services.revoke_entrustment(mandate, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "委托已结束，企业会收到通知。")
            return redirect("insurers:mandate", pk)
    verb = _ending(mandate)
    context = {"form": form, "mandate": mandate, "entity": mandate.legal_entity, "verb": verb, "question": f"{verb}这份委托？"}
    return render(request, "insurers/mandate_revoke.html", context, status=form_status(form))
