"""The one slot: who holds it, and what stands in the way of another filing. 试点方案 六（二）."""

from django.db.models import Q
from django.utils import timezone

from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application
from subsidies.states import SLOT_FREE, State


def require_free(application: Application) -> None:
    """Raises Refusal already_filed, already_awarded, no_refiling or policy_already_filed, naming the case that stands in the way."""
    same = Q(legal_entity_id=application.legal_entity_id)
    if application.policy_id is not None:
        same |= Q(policy_id=application.policy_id)
    refuse_rivals(application, list(Application.objects.filter(same).exclude(pk=application.pk)))


def refuse_rivals(application: Application, rivals: list[Application]) -> None:
    """The same, where every other case of the enterprise and of the policy has been read already."""
    others = [rival for rival in rivals if rival.legal_entity_id == application.legal_entity_id]
    here = [other for other in others if other.window_id == application.window_id]
    for other in here:
        if other.state not in SLOT_FREE:
            raise _already_filed(other)
    for other in others:
        if other.pilot_id == application.pilot_id and other.awarded:
            raise Refusal("already_awarded", entity=application.legal_entity, **_named(other))
    window, ended = application.window, {other.state for other in here}
    if (State.WITHDRAWN in ended and not window.refile_after_withdrawal) or (
        State.NOT_ACCEPTED in ended and not window.refile_after_refusal
    ):
        raise Refusal("no_refiling")
    if application.policy_id is not None:
        for rival in rivals:
            if rival.policy_id == application.policy_id and rival.state not in SLOT_FREE:
                raise _policy_taken(application, rival)


def require_free_policy(application: Application) -> None:
    """Raises Refusal policy_already_filed, naming the case that uses the policy."""
    if application.policy_id is None:
        return
    other = Application.objects.holding_slot().filter(policy_id=application.policy_id).exclude(pk=application.pk).first()
    if other:
        raise _policy_taken(application, other)


def slot_taken(application: Application, constraint: str | None) -> Refusal | None:
    """The refusal behind a unique index that another filing won in the same moment."""
    rivals = Application.objects.holding_slot().exclude(pk=application.pk)
    if constraint == "one_application_per_window_and_entity":
        return _already_filed(rivals.get(window_id=application.window_id, legal_entity_id=application.legal_entity_id))
    if constraint == "one_application_per_policy":
        application.refresh_from_db()
        return _policy_taken(application, rivals.get(policy_id=application.policy_id))
    return None


def _already_filed(other: Application) -> Refusal:
    return Refusal("already_filed", entity=other.legal_entity, **_named(other))


def _policy_taken(application: Application, other: Application) -> Refusal:
    return Refusal("policy_already_filed", policy=application.policy, **_named(other))


def _named(other: Application) -> dict:
    """The case that stands in the way, as a refusal names it; `application` is its key."""
    return {
        "number": other.number,
        "channel": other.get_channel_display(),
        "when": f"{timezone.localtime(other.submitted_at):%Y-%m-%d %H:%M}",
        "state": other.get_state_display(),
        "application": other.pk,
    }
