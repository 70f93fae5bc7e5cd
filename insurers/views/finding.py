"""How pages of policies, mandates and clients find what they show: a stranger's is not found."""

from functools import partial, wraps

from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache

from enterprises.acting import standing_for
from enterprises.models import WRITERS, LegalEntity, MembershipRole
from insurers import reports, services
from insurers.models import Entrustment, Insurer, Policy, StaffRole
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import APPLICANTS, Role
from pilot_portal.workflow.refusals import Refusal

PAGE = 30


def find(request, pk: int) -> Policy:
    mine = Policy.objects.visible_to(request.user).select_related("insurer", "product", "legal_entity", "paper", "proven_by")
    return get_object_or_404(mine, pk=pk)


def find_mandate(request, pk: int) -> Entrustment:
    return get_object_or_404(Entrustment.objects.visible_to(request.user).select_related("insurer", "legal_entity", "paper"), pk=pk)


def find_client(insurer: Insurer, pk: int) -> LegalEntity:
    return get_object_or_404(reports.clients_of(insurer).select_related("district", "industry", "licence"), pk=pk)


def of_insurer(view, *, roles=tuple(StaffRole)):
    """A page of an insurer for its people of these roles: the view gets `insurer`, its template `request.staff`.

    Who works for none yet is told whom to ask, and so is who may not do what the page is for.
    """

    @never_cache
    @only(Role.INSURER)
    @wraps(view)
    def guarded(request, *args, **kwargs):
        request.staff = staff = services.staff_of(request.user)
        if staff is None:
            return render(request, "insurers/no_insurer.html")
        try:
            services.require_role(staff, roles)
        except Refusal as refusal:
            return render(request, "insurers/not_allowed.html", {"refusal": refusal}, status=refusal.status)
        return view(request, *args, insurer=staff.insurer, **kwargs)

    return guarded


def of_policy(view, *, roles=tuple(MembershipRole)):
    """A page of one policy for its insurer, and for members of the insured of these roles: the view gets `policy`."""

    @only(*APPLICANTS)
    @wraps(view)
    def guarded(request, pk, **rest):
        policy = find(request, pk)
        return standing_for(request, policy.legal_entity, roles) or view(request, policy, **rest)

    return guarded


to_change_a_policy = partial(of_policy, roles=WRITERS)
for_filers = partial(of_insurer, roles=services.FILERS)
for_managers = partial(of_insurer, roles=services.MANAGERS)
