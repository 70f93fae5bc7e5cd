"""受理: a handler finds the papers complete in form; the promised time of the review begins."""

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import CalendarDay
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


def accept(case, by=None, **options):
    return applications.accept(case, by=by or make.officer(Role.HANDLER), at=make.ACCEPTED, **options)


def test_an_accepted_case_has_its_handler_its_deadline_a_letter_and_a_trace(case):
    accept(case)
    handler = make.officer(Role.HANDLER)
    assert (case.state, case.handler, case.accepted_by, case.accepted_at) == (State.ACCEPTED, handler, handler, make.ACCEPTED)
    assert case.due_at == make.moment("2026-09-23 00:00")  # 15 working days from 2 September, Sunday the 20th among them
    assert "预计 2026-09-22 前完成初审" in Message.objects.get(event="accepted", channel="inbox").body  # the last day, not its midnight
    assert Event.objects.get(action="accept").data["after"] == "accepted"


def test_a_missing_calendar_is_the_heads_trouble_not_the_applicants(case):
    head = make.officer(Role.HEAD)
    CalendarDay.objects.filter(day__gt="2026-09-10").delete()
    accept(case)
    assert (case.state, case.due_at) == (State.ACCEPTED, None)
    assert "2026 年的工作日历尚未录入" in Message.objects.get(recipient=head, event="alarm", channel="inbox").body


@pytest.mark.parametrize("state", [State.ACCEPTED, State.REVIEWED, State.CHECKED])
def test_it_is_accepted_once(state):
    case = make.application(window=make.window(), state=state)
    with refused("wrong_state"):
        accept(case)


def test_a_draft_is_not_accepted():
    case = make.draft(window=make.window())
    with refused("wrong_state"):
        accept(case)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HANDLER, Role.SYSTEM)])
def test_only_a_handler_accepts(case, role):
    with refused("wrong_role"):
        accept(case, by=make.officer(role))


def test_a_held_case_waits(case):
    applications.hold(case, by=make.officer(Role.HEAD), at=make.FILED, reason="举报核查")
    with refused("on_hold"):
        accept(case)


def test_a_case_that_moved_since_the_page_was_opened_is_not_accepted_unseen(case):
    with refused("moved_on"):
        accept(case, version=case.version - 1)
    case.refresh_from_db()
    assert case.state == State.SUBMITTED


@pytest.mark.django_db(transaction=True)
def test_two_handlers_accept_at_once_and_one_has_the_case():
    case = make.application(window=make.window())
    people = [make.user(Role.HANDLER) for _ in range(2)]
    copies = [Application.objects.get(pk=case.pk) for _ in people]
    outcomes = at_once(
        *(lambda copy=copy, person=person: accept(copy, by=person) for copy, person in zip(copies, people, strict=True)),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]
    assert Event.objects.filter(action="accept").count() == 1
