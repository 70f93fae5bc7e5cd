"""Every state of a case is reached, and left by every one of its actions, through the services alone."""

import pytest

from pilot_portal.audit.models import Event
from subsidies.models import Application
from subsidies.states import APPLICATION_LIFE, ENDED, Action, State
from tests.verbs import VERBS

pytestmark = pytest.mark.django_db
WALKS = (
    "delete_draft confirm decline expire_proposals withdraw confirm_refusal resubmit lapse_corrections send_back reply reconsider"
    " determine return_list approve uphold recompute abandon cancel archive hold release"
).split()
BY_LISTS = {Action.ALLOCATE, Action.DETERMINE, Action.REJECT, Action.RETURN_LIST, Action.PUBLICISE, Action.APPROVE, Action.CLOSE_ZERO}


def test_every_state_is_reached_and_left():
    reached, left, taken = set(), set(), set()
    for name in WALKS:
        last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        act = VERBS[name]()
        reached |= set(Application.objects.values_list("state", flat=True))
        act()
        reached |= set(Application.objects.values_list("state", flat=True))
        steps = Event.objects.filter(pk__gt=last, object_type="subsidies.application", data__has_key="before")
        for action, data in steps.values_list("action", "data"):
            taken.add(action)
            reached |= {data["before"], data["after"]}
            left |= {data["before"]} - {data["after"]}
        for action in Event.objects.filter(pk__gt=last, action__in=BY_LISTS).values_list("action", flat=True):
            taken.add(action)
            edge, *_ = APPLICATION_LIFE.edge(action)  # a list moves its cases by one statement and one event
            reached |= edge.sources | {edge.target}
            left |= edge.sources
    taken |= set(Event.objects.filter(action=Action.DELETE).values_list("action", flat=True))
    assert reached == set(State)
    assert left >= set(State) - set(ENDED)
    assert taken == set(Action), set(Action) - taken
