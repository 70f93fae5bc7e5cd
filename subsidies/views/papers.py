"""Papers to print, seal and upload, filled in as things stand now. Nothing is kept of them."""

from tempfile import TemporaryFile
from zipfile import ZIP_STORED, ZipFile

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from insurers.models import Entrustment
from insurers.states import EntrustmentState
from insurers.views.finding import for_filers
from insurers.views.many_mandates import AT_ONCE
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import APPLICANTS
from pilot_portal.files.services import clean_name, serve_made
from subsidies import documents
from subsidies.services import form_facts

from .finding import of_case


@of_case
@require_safe
def application_form(request, application):
    form = form_facts.application_form(application, at=timezone.now())
    return serve_made(documents.application_form(form), f"保费补贴申请表 {application}.pdf")


@of_case
@require_safe
def pledge(request, application):
    form = form_facts.pledge(application, at=timezone.now())
    return serve_made(documents.pledge(form), f"承诺书 {application}.pdf")


@never_cache
@only(*APPLICANTS)
@require_safe
def entrustment(request, pk):
    """委托书, for both sides."""
    mandates = Entrustment.objects.visible_to(request.user).select_related("insurer", "legal_entity")
    mandate = get_object_or_404(mandates, pk=pk)
    return serve_made(documents.entrustment(form_facts.entrustment(mandate, at=timezone.now())), f"委托书 {mandate}.pdf")


@for_filers
@require_safe
def mandate_papers(request, insurer):
    """The chosen 委托书 that wait for their seals, in one ZIP; each name tells its client and number."""
    keys = [key for key in request.GET.getlist("pk") if key.isascii() and key.isdecimal() and len(key) < 19]
    waiting = insurer.entrustments.filter(pk__in=keys, state=EntrustmentState.PROPOSED).select_related("insurer", "legal_entity")
    found = list(waiting.order_by("pk")[:AT_ONCE])
    if not found:
        messages.error(request, "请至少选择一份等待盖章的委托书。")
        return redirect("insurers:mandates_sealed")
    at = timezone.now()
    packed = TemporaryFile()  # noqa: SIM115 - the answer closes it
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for mandate in found:
            entity = mandate.legal_entity
            name = clean_name(f"委托书_{entity.credit_code}_{mandate.number}_{entity.name}.pdf")
            archive.writestr(name, documents.entrustment(form_facts.entrustment(mandate, at=at)))
    packed.seek(0)
    name = f"委托书 {timezone.localdate(at)}（{len(found)} 份）.zip"
    return FileResponse(packed, as_attachment=True, filename=name, content_type="application/zip", headers={"Cache-Control": "no-store"})
