"""复核: a second person agrees, or sends the case back."""

from decimal import Decimal

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import Application, Verdict
from subsidies.services import applications, reviews
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return make.application(window=make.window(), state=State.REVIEWED)


def check(case, by=None, **options):
    return reviews.check(case, by=by or make.officer(Role.REVIEWER), at=make.CHECKED, **options)


def send_back(case, by=None, reason="回单页码不清"):
    return reviews.send_back(case, by=by or make.officer(Role.REVIEWER), at=make.CHECKED, reason=reason)


def now_a_reviewer(person):
    """The same person after a change of role, which is how one person could stand behind two steps."""
    make.change_role(person, Role.REVIEWER)
    return person


def test_a_checked_case_has_two_persons_behind_it(case):
    check(case)
    assert (case.state, case.checked_by, case.checked_at, case.due_at) == (State.CHECKED, make.officer(Role.REVIEWER), make.CHECKED, None)
    assert case.checked_by != case.reviewed_by
    assert Event.objects.get(action="check").data["before"] == "reviewed"


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.REVIEWER, Role.SYSTEM)])
def test_only_a_reviewer_checks_or_sends_back(case, role):
    for verb in (check, send_back):
        with refused("wrong_role"):
            verb(case, by=make.officer(role))


def test_who_reviewed_does_not_check_even_with_another_role(case):
    person = now_a_reviewer(make.officer(Role.HANDLER))
    for verb in (check, send_back):
        with refused("same_person"):
            verb(case, by=person)


def test_who_accepted_does_not_check_either(case):
    person = make.user(Role.REVIEWER)
    Application.objects.filter(pk=case.pk).update(accepted_by=person)
    with refused("same_person"):
        check(case, by=person)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.ACCEPTED, State.CHECKED])
def test_only_a_reviewed_case_is_checked_or_sent_back(state):
    case = make.application(window=make.window(), state=state)
    for verb in (check, send_back):
        with refused("wrong_state"):
            verb(case)


def test_a_held_or_moved_case_is_not_checked(case):
    with refused("moved_on"):
        check(case, version=case.version - 1)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.REVIEWED, reason="举报核查")
    with refused("on_hold"):
        check(case)


def test_sent_back_the_figures_fall_away_and_the_findings_stay(case):
    send_back(case)
    assert (case.state, case.rate, case.cap, case.recognised_premium, case.entitled) == (State.ACCEPTED, None, None, None, None)
    assert not case.findings.filter(verdict=Verdict.OPEN).exists()
    assert Event.objects.get(action="send_back").data["reason"] == "回单页码不清"
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.CHECKED, lowered_to=Decimal("1.00"), lowered_reason="更正")
    check(case)
    assert (case.state, str(case.entitled)) == (State.CHECKED, "1.00")


def test_sending_back_needs_a_reason(case):
    with refused("reason_missing"):
        send_back(case, reason="")


@pytest.mark.django_db(transaction=True)
def test_checked_and_sent_back_at_once_is_only_one_of_both():
    case = make.application(window=make.window(), state=State.REVIEWED)
    copies = [Application.objects.get(pk=case.pk) for _ in range(2)]
    people = [make.user(Role.REVIEWER) for _ in copies]
    outcomes = at_once(
        lambda: check(copies[0], by=people[0]),
        lambda: send_back(copies[1], by=people[1]),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]
    case.refresh_from_db()
    assert (case.state == State.CHECKED) == (case.entitled is not None)
