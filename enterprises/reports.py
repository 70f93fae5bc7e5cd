"""What pages of an enterprise show beyond one row."""

from pilot_portal.audit.models import Event


def returns_of(obj, action) -> list[Event]:
    """Every time the centre sent this object back, newest first; the reason is in `data`."""
    return list(Event.objects.filter(object_type=obj._meta.label_lower, object_id=obj.pk, action=action.value).order_by("-pk"))
