"""撤回申报: before acceptance, by whoever filed or the enterprise; the slot is free again."""

import pytest

from enterprises.models import Membership, MembershipRole
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


def withdraw(case, by=None, reason="金额填错"):
    return applications.withdraw(case, by=by or case.created_by, at=make.FILED, reason=reason)


def test_a_withdrawn_case_keeps_its_number_and_frees_slot_and_policy(case):
    withdraw(case)
    assert (case.state, case.ended_by, case.due_at) == (State.WITHDRAWN, case.created_by, None)
    assert case.number
    again = make.draft(window=case.window, policy=case.policy)
    applications.submit(again, by=again.created_by, at=make.FILED)
    assert again.state == State.SUBMITTED
    assert again.number != case.number


def test_the_reason_is_recorded_and_the_applicant_is_told(case):
    withdraw(case)
    assert Event.objects.get(action="withdraw").data["reason"] == "金额填错"
    assert "申报期内可以再次申报" in Message.objects.get(event="withdrawn", channel="inbox").body


def test_the_letter_promises_no_refiling_where_there_is_none():
    case = make.application(window=make.window(refile_after_withdrawal=False))
    withdraw(case)
    assert "再次申报" not in Message.objects.get(event="withdrawn", channel="inbox").body


def test_a_case_that_holds_a_reservation_gives_it_back(case):
    Application.objects.filter(pk=case.pk).update(reserved=100)
    withdraw(case)
    case.window.refresh_from_db()
    assert (case.reserved, case.window.reserved_total) == (0, 0)


@pytest.mark.parametrize("state", [State.ACCEPTED, State.REVIEWED, State.CHECKED])
def test_after_acceptance_it_is_too_late(state):
    case = make.application(window=make.window(), state=state)
    with refused("wrong_state"):
        withdraw(case)


def test_a_draft_is_not_withdrawn():
    case = make.draft(window=make.window())
    with refused("wrong_state"):
        withdraw(case)


def test_a_held_case_stays(case):
    applications.hold(case, by=make.officer(Role.HEAD), at=make.FILED, reason="举报核查")
    with refused("on_hold"):
        withdraw(case)


def test_a_reason_is_needed(case):
    with refused("reason_missing") as caught:
        withdraw(case, reason="  ")
    assert caught.value.field == "reason"


@pytest.mark.parametrize("role", [Role.HANDLER, Role.HEAD, Role.FINANCE, Role.IP_OFFICE, Role.ADMINISTRATOR])
def test_the_authorities_do_not_withdraw_for_an_enterprise(case, role):
    with refused("wrong_role"):
        withdraw(case, by=make.officer(role))


def test_neither_a_stranger_nor_an_insurer_that_did_not_file(case):
    for person in (make.user(Role.ENTERPRISE), case.policy.insurer.staff.first().user):
        with refused("other_applicant"):
            withdraw(case, by=person)


def test_a_colleague_who_may_only_prepare_does_not_withdraw(case):
    colleague = make.user(Role.ENTERPRISE)
    Membership.objects.create(user=colleague, legal_entity=case.legal_entity, role=MembershipRole.PREPARER, created_at=make.OPENS)
    with refused("other_applicant"):
        withdraw(case, by=colleague)


def test_withdrawing_twice_is_refused(case):
    withdraw(case)
    with refused("wrong_state"):
        withdraw(case)


@pytest.mark.django_db(transaction=True)
def test_withdrawn_and_accepted_at_once_is_only_one_of_both():
    case = make.application(window=make.window())
    handler = make.officer(Role.HANDLER)
    mine, theirs = (Application.objects.get(pk=case.pk) for _ in range(2))
    outcomes = at_once(
        lambda: withdraw(mine, by=case.created_by),
        lambda: applications.accept(theirs, by=handler, at=make.ACCEPTED),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]
