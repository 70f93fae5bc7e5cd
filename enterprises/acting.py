"""For which legal entity a person now acts."""

from functools import wraps
from urllib.parse import urlencode

from django.shortcuts import redirect
from django.urls import reverse

from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role

from .models import LegalEntity

CHOSEN = "legal_entity"  # key in the session


def entities_of(user):
    return LegalEntity.objects.visible_to(user).order_by("pk")


def standing(request) -> tuple[LegalEntity | None, bool]:
    """The legal entity that the person acts for, and whether that is still to be chosen among several.

    The one chosen on the switch page since logging in, else the first that the person may act for.
    """
    entities = list(entities_of(request.user).select_related("district", "industry", "licence"))
    chosen = [entity for entity in entities if entity.pk == request.session.get(CHOSEN)]
    return next(iter(chosen + entities), None), not chosen and len(entities) > 1


def current_entity(request) -> LegalEntity | None:
    return standing(request)[0]


def choose(request, entity: LegalEntity) -> None:
    request.session[CHOSEN] = entity.pk


def choosing(view):
    """A page of one legal entity or of none yet: the view gets `entity`. Who has several and chose none is led to the choice."""

    @only(Role.ENTERPRISE)
    @wraps(view)
    def guarded(request, *args, **kwargs):
        entity, undecided = standing(request)
        return to_the_choice(request) if undecided else view(request, *args, entity=entity, **kwargs)

    return guarded


def acting(view):
    """A page of one legal entity: the view gets `entity`. Who has none yet is led to the profile, and on to registering."""

    @choosing
    @wraps(view)
    def guarded(request, *args, entity, **kwargs):
        return view(request, *args, entity=entity, **kwargs) if entity else redirect("enterprises:profile")

    return guarded


def to_the_choice(request, wanted: LegalEntity | None = None):
    """To the page of the choice, which suggests the wanted enterprise and leads back to what was only to be looked at."""
    asked = {"to": wanted.pk} if wanted else {}
    if request.method in ("GET", "HEAD"):
        asked["next"] = request.get_full_path()
    return redirect(f"{reverse('enterprises:switch')}?{urlencode(asked)}")
