"""How pages of policies, mandates and clients find what they show: a stranger's is not found."""

from functools import wraps

from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache

from enterprises.models import LegalEntity
from insurers import reports, services
from insurers.models import Entrustment, Insurer, Policy
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role

PAGE = 30


def find(request, pk: int) -> Policy:
    mine = Policy.objects.visible_to(request.user).select_related("insurer", "product", "legal_entity", "paper", "proven_by")
    return get_object_or_404(mine, pk=pk)


def find_mandate(request, pk: int) -> Entrustment:
    return get_object_or_404(Entrustment.objects.visible_to(request.user).select_related("insurer", "legal_entity", "paper"), pk=pk)


def find_client(insurer: Insurer, pk: int) -> LegalEntity:
    return get_object_or_404(reports.clients_of(insurer).select_related("district", "industry", "licence"), pk=pk)


def of_insurer(view):
    """A page of an insurer: the view gets `insurer`; who works for none yet is told whom to ask."""

    @never_cache
    @only(Role.INSURER)
    @wraps(view)
    def guarded(request, *args, **kwargs):
        insurer = services.insurer_of(request.user)
        if insurer is None:
            return render(request, "insurers/no_insurer.html")
        return view(request, *args, insurer=insurer, **kwargs)

    return guarded
