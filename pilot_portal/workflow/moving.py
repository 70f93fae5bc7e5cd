"""The one way in which a state changes: lock, edge, role; on leaving: write, record."""

from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F

from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record

from .refusals import Refusal

# Which refusal a violated constraint means to the person; each app adds its own.
CONSTRAINT_REFUSALS: dict[str, str] = {}


def violated_constraint(error: DatabaseError) -> str | None:
    """Name of the constraint or trigger rule that PostgreSQL refused with."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)


@contextmanager
def refusing_constraints(**facts):
    """Turn a known violated constraint into its Refusal; any other error passes."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        code = CONSTRAINT_REFUSALS.get(violated_constraint(error) or "")
        if code is None:
            raise
        raise Refusal(code, **facts) from error


def lock(obj):
    """The same row, locked and fresh, with what its model's MOVES_WITH names read along. Refuses to run outside a transaction."""
    related = getattr(obj, "MOVES_WITH", ())
    return type(obj)._base_manager.select_related(*related).select_for_update(of=("self",)).get(pk=obj.pk)


@contextmanager
def moving(obj, action, *, by: User, at: datetime, version: int | None = None, **data):
    """Move `obj` along the edge `action` of its LIFE.

    Yields the locked row for the verb to fill in; then sets the state, saves and records one event with `data`.
    Raises Refusal: wrong_state, wrong_role, on_hold, moved_on (the row is no longer at `version`).
    """
    with transaction.atomic():
        locked = lock(obj)
        edge = find_edge(locked, action, by)
        if version is not None and locked.version != version:
            raise Refusal("moved_on", object=locked)
        if hasattr(locked, "require_free"):
            locked.require_free(by)  # whatever else keeps this person from this object
        before = locked.state
        locked.event_data = data
        yield locked
        if edge.target is not None:
            locked.state = edge.target
        locked.version += 1
        locked.save()
        record(action, locked, by=by, at=at, before=before, after=locked.state, **locked.event_data)
    obj.refresh_from_db()


def find_edge(obj, action, by: User):
    """The edge of this action that starts at the object's state and is open to this person."""
    edges = obj.LIFE.edge(action)
    here = [edge for edge in edges if obj.state in edge.sources]
    if not any(by.role in edge.roles for edge in here or edges):
        raise Refusal("wrong_role", action=action.label)
    if not here:
        raise Refusal("wrong_state", object=obj, state=obj.get_state_display(), action=action.label)
    edge = next(edge for edge in here if by.role in edge.roles)
    if getattr(obj, "held_at", None) and not edge.despite_hold:
        raise Refusal("on_hold", object=obj)
    return edge


def move_all(queryset, action, *, by: User, at: datetime, about, **columns) -> int:
    """Move every row of `queryset` that stands at a source of the edge and is not on hold, in one statement.

    One event on `about` (the list, notice or run that the rows belong to) tells how many, if any. Locks in the order of keys.
    """
    model = queryset.model
    edge = next((edge for edge in model.LIFE.edge(action) if by.role in edge.roles), None)
    if edge is None:
        raise Refusal("wrong_role", action=action.label)
    with transaction.atomic():
        movable = queryset.filter(state__in=edge.sources, held_at__isnull=True).order_by("pk")
        keys = list(movable.select_for_update(of=("self",)).values_list("pk", flat=True))
        moved = model._base_manager.filter(pk__in=keys).update(state=edge.target, version=F("version") + 1, **columns)
        if moved:
            record(action, about, by=by, at=at, moved=moved)
    return moved
