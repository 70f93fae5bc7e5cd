"""退保: the policy ends; a draft on it is not filed, a case is stopped, what was paid comes back."""

from datetime import date

import pytest

from insurers import services as insurers
from insurers.models import Endorsement, EndorsementKind, Policy
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.services import applications, payments, recovery, reviews
from subsidies.states import State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy():
    return make.policy(make.entity())


def surrender(policy, by=None, number="T-1", on=date(2026, 9, 1), at=make.FILED, **options):
    facts = {"number": number, "effective_on": on}
    return insurers.surrender(policy, by=by or drive.staff_of(policy.insurer), at=at, facts=facts, paper=make.pdf("surrender"), **options)


def test_a_surrendered_policy_says_since_when_and_by_which_paper(policy):
    surrender(policy)
    made = Endorsement.objects.get()
    assert (policy.state, policy.state_reason) == (PolicyState.SURRENDERED, "2026-09-01 退保，批单 T-1")
    assert (made.kind, made.premium_after, str(made.paper)) == (EndorsementKind.SURRENDER, 0, "surrender.pdf")
    assert Message.objects.filter(event="policy_endorsed", recipient=make.owner_of(policy.legal_entity)).exists()
    assert Event.objects.get(action="surrender_policy").data["number"] == "T-1"


@pytest.mark.parametrize("confirmed", [True, False])
def test_from_every_state_in_force(confirmed):
    assert surrender(make.policy(make.entity(), confirmed=confirmed)).state == PolicyState.SURRENDERED


def test_a_draft_on_it_is_refused():
    draft = make.draft(window=make.window())
    surrender(draft.policy)
    draft.refresh_from_db()
    with refused("policy_surrendered"):
        applications.submit(draft, by=draft.created_by, at=make.FILED)


def test_an_approved_case_is_frozen_and_left_out_of_the_batch():
    window = make.window()
    case = drive.approved(window=window)
    drive.surrender(case.policy, at=make.BATCHED)
    case.refresh_from_db()
    assert case.is_held
    with refused("nothing_to_pay"):
        payments.prepare_batch(window, make.pilot().appropriations.first(), by=make.officer(Role.FINANCE), at=make.BATCHED)
    applications.release(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="误操作")
    with refused("recheck_failed"):  # released or not, it is not paid
        payments.prepare_batch(window, make.pilot().appropriations.first(), by=make.officer(Role.FINANCE), at=make.BATCHED)


def test_a_paid_case_gives_all_of_it_back():
    case = drive.paid(window=make.window())
    drive.surrender(case.policy)
    assert [str(row.amount) for row in case.recoveries.all()] == ["80000.00"]
    assert case.state == State.PAID


def test_a_surrender_of_a_later_day_is_followed_on_that_day():
    case = drive.paid(window=make.window())
    surrender(case.policy, on=date(2026, 12, 1), at=drive.AFTERWARDS)
    assert recovery.follow_endorsements(at=make.moment("2026-11-30 23:59")) == 0
    assert recovery.follow_endorsements(at=make.moment("2026-12-01 00:00")) == 1
    assert case.recoveries.count() == 1


def test_until_then_an_earlier_reduction_takes_back_no_more_than_its_share():
    case = drive.paid(window=make.window())
    drive.endorse(case.policy, "90000.00", effective_on=date(2026, 11, 20))
    case.policy.refresh_from_db()
    surrender(case.policy, on=date(2026, 12, 1), at=drive.AFTERWARDS)
    recovery.follow_endorsements(at=make.moment("2026-11-20 00:00"))
    assert [str(row.amount) for row in case.recoveries.all()] == ["8000.00"]
    recovery.follow_endorsements(at=make.moment("2026-12-01 00:00"))
    assert sorted(str(row.amount) for row in case.recoveries.all()) == ["72000.00", "8000.00"]


def test_a_case_whose_policy_will_be_surrendered_is_not_checked():
    case = make.application(window=make.window(), state=State.REVIEWED)
    surrender(case.policy, on=date(2026, 12, 1), at=make.REVIEWED)
    case.refresh_from_db()
    with refused("figures_outdated"):
        reviews.check(case, by=make.officer(Role.REVIEWER), at=make.CHECKED)


def test_it_is_surrendered_once(policy):
    surrender(policy)
    with refused("wrong_state"):
        surrender(policy, number="T-2")


def test_only_its_insurer_or_a_handler(policy):
    for person in make.everybody_but(Role.INSURER, Role.HANDLER):
        with refused("wrong_role"):
            surrender(policy, by=person)
    with refused("not_its_insurer"):
        surrender(policy, by=drive.staff_of(make.insurer("示例二")))
    with refused("moved_on"):
        surrender(policy, version=policy.version + 1)
    assert surrender(policy, by=make.officer(Role.HANDLER)).state == PolicyState.SURRENDERED


@pytest.mark.django_db(transaction=True)
def test_reported_by_two_at_once_it_is_surrendered_once():
    policy = make.policy(make.entity())
    people = drive.staff_of(policy.insurer), make.officer(Role.HANDLER)
    copies = [Policy.objects.get(pk=policy.pk) for _ in people]
    outcomes = at_once(
        *(lambda copy=copy, person=person: surrender(copy, by=person) for copy, person in zip(copies, people, strict=True)),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]
    assert Endorsement.objects.count() == 1
