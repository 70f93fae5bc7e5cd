"""An enterprise's desk: what to do next, windows that are open, its applications."""

from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from enterprises.acting import choosing
from insurers.reports import page_of
from pilot_portal.workflow.refusals import Refusal
from subsidies import reports
from subsidies.models import Application, Channel, Window
from subsidies.services import drafts

from .finding import say_no

PAGE = 50


@never_cache
@choosing
@require_safe
def home(request, entity):
    context = {"entity": entity, **reports.desk_of(request.user, entity, request.member, at=timezone.now())}
    return render(request, "subsidies/home.html", context)


@never_cache
@choosing
@require_safe
def applications(request, entity):
    cases = Application.objects.visible_to(request.user).filter(legal_entity=entity).select_related("window")
    page = page_of(cases, before=request.GET.get("before"), size=PAGE)
    context = {"entity": entity, "rows": reports.rows_of(page["rows"]), "older": page["older"]}
    return render(request, "subsidies/applications.html", context)


@choosing
@require_POST
def start(request, pk, entity):
    """Open a draft in a window; who has one already comes back to it, also by a double click."""
    window = get_object_or_404(Window.objects.published().select_related("pilot"), pk=pk)
    if entity is None:
        return redirect("enterprises:register")
    try:
        application = drafts.start(entity, window, by=request.user, at=timezone.now())
    except Refusal as refusal:
        if refusal.code != "draft_exists":
            return say_no(request, refusal)
        application = Application.objects.unfiled().get(window=window, legal_entity=entity, channel=Channel.SELF)
    return redirect(application)
