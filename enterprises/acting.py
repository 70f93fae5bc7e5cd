"""For which legal entity a person now acts, and what the person may do there."""

from functools import partial, wraps
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role

from .models import OWNERS, SUBMITTERS, WRITERS, LegalEntity, Membership, MembershipRole, MembershipState

CHOSEN = "legal_entity"  # key in the session
LOOKING = ("GET", "HEAD")


def entities_of(user):
    return LegalEntity.objects.visible_to(user).order_by("pk")


def standing(request) -> tuple[Membership | None, bool]:
    """By which membership the person acts, and whether the legal entity is still to be chosen among several.

    The one chosen on the switch page since logging in, else the first that the person may act for.
    """
    related = ("legal_entity__district", "legal_entity__industry", "legal_entity__licence")
    memberships = list(_active(request.user).select_related(*related))
    chosen = [one for one in memberships if one.legal_entity_id == request.session.get(CHOSEN)]
    return next(iter(chosen + memberships), None), not chosen and len(memberships) > 1


def _active(user):
    return user.memberships.filter(state=MembershipState.ACTIVE).order_by("legal_entity")


def current_entity(request) -> LegalEntity | None:
    member, _ = standing(request)
    return member.legal_entity if member else None


def choose(request, entity: LegalEntity) -> None:
    request.session[CHOSEN] = entity.pk


def choosing(view):
    """A page of one legal entity or of none yet: the view gets `entity`. Who has several and chose none is led to the choice.

    The view and its template ask `request.member` what the person may do: writes, submits, owns.
    """

    @only(Role.ENTERPRISE)
    @wraps(view)
    def guarded(request, *args, **kwargs):
        request.member, undecided = standing(request)
        if undecided:
            return to_the_choice(request)
        return view(request, *args, entity=request.member.legal_entity if request.member else None, **kwargs)

    return guarded


def acting(view, *, roles=tuple(MembershipRole)):
    """A page of one legal entity for its members of these roles: the view gets `entity`.

    Who has none yet is led to the profile, and on to registering. Who may not do what the page is for is told who may, before typing
    anything; what was typed while the role changed goes to the service, which refuses it on the page that still holds it.
    """

    @choosing
    @wraps(view)
    def guarded(request, *args, entity, **kwargs):
        if entity is None:
            return redirect("enterprises:profile")
        return not_allowed(request, entity, roles) or view(request, *args, entity=entity, **kwargs)

    return guarded


for_writers = partial(acting, roles=WRITERS)
for_submitters = partial(acting, roles=SUBMITTERS)
for_owners = partial(acting, roles=OWNERS)


def standing_for(request, entity: LegalEntity, roles=tuple(MembershipRole)) -> HttpResponse | None:
    """For a page that is found by itself, as a case or a policy: sets `request.member` where an enterprise looks.

    The answer instead of the page, if any: the choice where another enterprise is chosen, so that no link on the page leads to that
    one's account or profile; who may do what the page is for where this person may not.
    """
    if request.user.role != Role.ENTERPRISE:
        return None
    memberships = list(_active(request.user))
    request.member = next((one for one in memberships if one.legal_entity_id == entity.pk), None)
    if request.method in LOOKING and len(memberships) > 1 and request.session.get(CHOSEN) != entity.pk:
        return to_the_choice(request, entity)
    return not_allowed(request, entity, roles)


def to_the_choice(request, wanted: LegalEntity | None = None) -> HttpResponse:
    """To the page of the choice, which suggests the wanted enterprise and leads back to what was only to be looked at."""
    asked: dict = {"to": wanted.pk} if wanted else {}
    if request.method in LOOKING:
        asked["next"] = request.get_full_path()
    return redirect(f"{reverse('enterprises:switch')}?{urlencode(asked)}")


def not_allowed(request, entity: LegalEntity, roles) -> HttpResponse | None:
    """A page that names those who may, to a member of another role who comes to look."""
    if request.method not in LOOKING or request.member is None or request.member.role in roles:
        return None
    able = entity.memberships.filter(state=MembershipState.ACTIVE, role__in=roles).select_related("user").order_by("created_at", "pk")
    return render(request, "enterprises/not_allowed.html", {"entity": entity, "able": able}, status=403)
