"""What happened to an object, read from its events."""

from django.db.models import Q

from pilot_portal.audit.models import Event

LONGEST = 200


def trail(*objects):
    """The events of these objects, newest first."""
    about = Q()
    for obj in objects:
        which = {"object_id": obj.pk} if isinstance(obj.pk, int) else {"object_label": str(obj)}
        about |= Q(object_type=obj._meta.label_lower, **which)
    return Event.objects.filter(about).order_by("-pk")[:LONGEST]
