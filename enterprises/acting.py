"""For which legal entity a person now acts."""

from functools import wraps

from django.shortcuts import redirect

from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role

from .models import LegalEntity

CHOSEN = "legal_entity"  # key in the session


def entities_of(user):
    return LegalEntity.objects.visible_to(user).order_by("pk")


def current_entity(request) -> LegalEntity | None:
    """The legal entity chosen on the switch page, else the first that the person may act for."""
    entities = list(entities_of(request.user).select_related("district", "industry", "licence"))
    chosen = [entity for entity in entities if entity.pk == request.session.get(CHOSEN)]
    return next(iter(chosen + entities), None)


def has_to_choose(request) -> bool:
    """Whether the person may act for several and has not said for which since logging in."""
    return CHOSEN not in request.session and entities_of(request.user).count() > 1


def choose(request, entity: LegalEntity) -> None:
    request.session[CHOSEN] = entity.pk


def acting(view):
    """A page of one legal entity: the view gets `entity`.

    Who has none yet is led to the profile (and on to registering), who has several and chose none to the choice.
    """

    @only(Role.ENTERPRISE)
    @wraps(view)
    def guarded(request, *args, **kwargs):
        entity = current_entity(request)
        if entity is None:
            return redirect("enterprises:profile")
        if has_to_choose(request):
            return redirect("enterprises:switch")
        return view(request, *args, entity=entity, **kwargs)

    return guarded
