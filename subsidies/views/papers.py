"""Papers to print, seal and upload, filled in as things stand now. Nothing is kept of them."""

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from insurers.models import Entrustment
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import APPLICANTS
from pilot_portal.files.services import serve_made
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
