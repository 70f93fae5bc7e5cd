"""暂停 and 解除暂停: a held case stays where it is until a head lets it go on, with a reason."""

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application
from subsidies.services import applications
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return make.application(window=make.window())


def hold(case, by=None, reason="举报核查"):
    return applications.hold(case, by=by or make.officer(Role.HEAD), at=make.FILED, reason=reason)


def release(case, by=None, reason="查无实据"):
    return applications.release(case, by=by or make.officer(Role.HEAD), at=make.ACCEPTED, reason=reason)


def test_a_held_case_keeps_its_state_and_says_since_when_by_whom_and_why(case):
    hold(case)
    assert (case.state, case.held_at, case.held_by, case.held_reason) == (State.SUBMITTED, make.FILED, make.officer(Role.HEAD), "举报核查")
    assert case.is_held
    assert Message.objects.filter(event="held", recipient=case.created_by).exists()


def test_released_it_goes_on_and_the_trail_keeps_both_reasons(case):
    hold(case)
    release(case)
    assert (case.is_held, case.held_by, case.held_reason) == (False, None, "")
    event = Event.objects.get(action="release")
    assert (event.data["reason"], event.data["held_reason"]) == ("查无实据", "举报核查")
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    assert case.state == State.ACCEPTED


def test_a_hold_while_held_and_a_release_while_free_are_refused(case):
    with refused("not_held"):
        release(case)
    hold(case)
    with refused("on_hold"):
        hold(case)


@pytest.mark.parametrize("verb", [hold, release])
def test_both_need_a_reason(case, verb):
    with refused("reason_missing"):
        verb(case, reason=" ")


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HEAD, Role.SYSTEM)])
def test_only_a_head_holds_and_releases(case, role):
    with refused("wrong_role"):
        hold(case, by=make.officer(role))
    hold(case)
    with refused("wrong_role"):
        release(case, by=make.officer(role))


def test_a_draft_and_an_ended_case_are_not_held(case):
    draft = make.draft(window=case.window)
    with refused("wrong_state"):
        hold(draft)
    applications.withdraw(case, by=case.created_by, at=make.FILED, reason="填错")
    with refused("wrong_state"):
        hold(case)


@pytest.mark.django_db(transaction=True)
def test_held_twice_at_once_is_held_once():
    case = make.application(window=make.window())
    make.officer(Role.HEAD)
    copies = [Application.objects.get(pk=case.pk) for _ in range(2)]
    outcomes = at_once(
        *(lambda copy=copy, reason=reason: hold(copy, reason=reason) for copy, reason in zip(copies, ("甲", "乙"), strict=True)),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "on_hold"]
    assert Event.objects.filter(action="hold").count() == 1
