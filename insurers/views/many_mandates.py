"""委托书 of many clients: proposed at once, downloaded as one ZIP, and taken in again sealed, several files at a time."""

from dataclasses import asdict

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from insurers import mandate_forms, reports, services
from insurers.models import Insurer
from insurers.states import EntrustmentState
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from .finding import for_filers

AT_ONCE = 50  # clients on the page, papers in a ZIP
OUTCOMES = "mandate_outcomes"  # key in the session: what the last sending has come to


def _without_mandate(insurer: Insurer):
    live = insurer.entrustments.filter(
        legal_entity=OuterRef("pk"), state__in=[EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED], ends_at__gt=timezone.now()
    )
    return reports.clients_of(insurer).filter(~Exists(live)).order_by("-pk")


@for_filers
@require_http_methods(["GET", "POST"])
def mandates_batch(request, insurer):
    """Choose clients without a mandate, and propose one to each of them."""
    term = request.GET.get("q", "").strip()[:120]
    found = reports.search(_without_mandate(insurer), term)
    shown = list(found[: AT_ONCE + 1])
    offered = found.filter(pk__in=[client.pk for client in shown[:AT_ONCE]])
    initial = mandate_forms.ManyMandatesForm.suggested() | {"clients": offered if "all" in request.GET else []}
    form = mandate_forms.ManyMandatesForm(*sent(request), by=request.user, clients=offered, initial=initial)
    if form.is_valid():
        chosen = list(form.cleaned_data["clients"])
        try:
            outcomes = services.propose_many(insurer, chosen, by=request.user, at=timezone.now(), facts=form.facts)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            _keep(request, outcomes)
            done = sum(outcome.done for outcome in outcomes)
            messages.success(request, f"已为 {done} 家客户发起委托。有账号的企业可以在线确认；其余的请下载委托书盖章。")
            return redirect("insurers:mandates_sealed")
    context = {"form": form, "insurer": insurer, "q": term, "shown": len(shown[:AT_ONCE]), "more": len(shown) > AT_ONCE}
    return render(request, "insurers/mandates_batch.html", context, status=form_status(form))


@for_filers
@require_http_methods(["GET", "POST"])
def mandates_sealed(request, insurer):
    """Papers to print, and the field for the sealed ones. What became of each file stands here once after the sending."""
    form = mandate_forms.SealedForm(*sent(request))
    if form.is_valid():
        try:
            outcomes = services.take_sealed(insurer, form.cleaned_data["papers"], by=request.user, at=timezone.now())
        except Refusal as refusal:
            refused(form, refusal)
        else:
            _keep(request, outcomes)
            return redirect("insurers:mandates_sealed")
    waiting = insurer.entrustments.filter(state=EntrustmentState.PROPOSED, paper__isnull=True, ends_at__gt=timezone.now())
    rows = list(waiting.select_related("legal_entity").order_by("-pk")[: AT_ONCE + 1])
    outcomes = [] if request.method == "POST" else request.session.pop(OUTCOMES, [])
    context = {
        "form": form,
        "insurer": insurer,
        "waiting": rows[:AT_ONCE],
        "more": len(rows) > AT_ONCE,
        "outcomes": outcomes,
        "failed": sum(not outcome["done"] for outcome in outcomes),
    }
    return render(request, "insurers/mandates_sealed.html", context, status=form_status(form))


def _keep(request, outcomes) -> None:
    request.session[OUTCOMES] = [asdict(outcome) for outcome in outcomes]
