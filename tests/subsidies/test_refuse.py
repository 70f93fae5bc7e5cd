"""不予受理: a handler proposes, a reviewer confirms or sends it back; the slot is free again."""

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.workflow.models import Proposal
from pilot_portal.workflow.proposals import open_proposal
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


@pytest.fixture
def proposed(case):
    propose(case)
    case.refresh_from_db()
    return case


def propose(case, by=None, reason="保单不是试点保险公司签发", **options):
    return applications.propose_refusal(case, by=by or make.officer(Role.HANDLER), at=make.ACCEPTED, reason=reason, **options)


def decide(case, by=None, *, confirmed=True, remark="", **options):
    by = by or make.officer(Role.REVIEWER)
    return applications.decide_refusal(case, by=by, at=make.ACCEPTED, confirmed=confirmed, remark=remark, **options)


# works


def test_a_proposal_changes_nothing_but_is_told_to_the_reviewers(case):
    make.officer(Role.REVIEWER)
    proposal = propose(case)
    case.refresh_from_db()
    assert (case.state, open_proposal(case)) == (State.SUBMITTED, proposal)
    letter = Message.objects.get(event="work", channel="inbox", recipient=make.officer(Role.REVIEWER))
    assert case.number in letter.subject
    assert "不是试点保险公司" in letter.body
    assert not Message.objects.filter(event="not_accepted").exists()


def test_confirmed_the_case_ends_with_its_reason_and_frees_slot_and_policy(proposed):
    decide(proposed)
    reviewer = make.officer(Role.REVIEWER)
    assert (proposed.state, proposed.ended_by, proposed.due_at) == (State.NOT_ACCEPTED, reviewer, None)
    assert proposed.ended_reason == "保单不是试点保险公司签发"
    letter = Message.objects.get(event="not_accepted", channel="inbox", recipient=proposed.created_by)
    assert "申报期内可以补齐后再次申报" in letter.body
    assert Event.objects.get(action="refuse").data["after"] == "not_accepted"
    again = make.draft(window=proposed.window, policy=proposed.policy)
    applications.submit(again, by=again.created_by, at=make.ACCEPTED)
    assert again.number != proposed.number


def test_where_the_window_allows_no_refiling_none_is_promised():
    case = make.application(window=make.window(refile_after_refusal=False))
    propose(case)
    decide(case)
    assert "再次申报" not in Message.objects.get(event="not_accepted", channel="inbox").body
    again = make.draft  # a second draft is refused from its start
    with refused("no_refiling"):
        again(window=case.window, policy=case.policy)


def test_sent_back_the_case_goes_on_and_the_handler_reads_why(proposed):
    decide(proposed, confirmed=False, remark="保险公司名单更新过，请重新核对")
    assert open_proposal(proposed) is None
    letter = Message.objects.get(
        event="work", channel="inbox", recipient=make.officer(Role.HANDLER), subject__startswith="不予受理未获确认"
    )
    assert "请重新核对" in letter.body
    proposed.refresh_from_db()
    applications.accept(proposed, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    assert Proposal.objects.get().confirmed is False


def test_a_withdrawal_settles_what_is_proposed(proposed):
    applications.withdraw(proposed, by=proposed.created_by, at=make.ACCEPTED, reason="填错")
    proposal = Proposal.objects.get()
    assert (proposal.confirmed, proposal.decided_by) == (False, make.officer(Role.SYSTEM))
    with refused("proposal_missing"):
        decide(proposed)


# wrong state


def test_only_a_submitted_case_that_moves_is_refused(case):
    accepted = make.application(window=case.window, state=State.ACCEPTED)
    with refused("wrong_state"):
        propose(accepted)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.FILED, reason="举报核查")
    with refused("on_hold"):
        propose(case)


def test_a_hold_keeps_the_confirmation_waiting(proposed):
    applications.hold(proposed, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="举报核查")
    with refused("on_hold"):
        decide(proposed)
    assert open_proposal(proposed) is not None


def test_while_it_waits_nothing_is_accepted_or_proposed_again(proposed):
    with refused("proposal_open"):
        applications.accept(proposed, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    with refused("proposal_open"):
        propose(proposed)


def test_nothing_is_decided_twice_or_without_a_proposal(case):
    with refused("proposal_missing"):
        decide(case)
    propose(case)
    decide(case)
    with refused("proposal_missing"):
        decide(case)
    assert Event.objects.filter(action="refuse").count() == 1


def test_nothing_is_proposed_or_decided_unseen(case):
    with refused("moved_on"):
        propose(case, version=case.version - 1)
    propose(case)
    with refused("moved_on"):
        decide(case, version=case.version)  # the page was opened before the proposal


# wrong person, wrong content


def test_a_handler_proposes_and_a_reviewer_decides(case):
    for person in make.everybody_but(Role.HANDLER):
        with refused("wrong_role"):
            propose(case, by=person)
    propose(case)
    for person in make.everybody_but(Role.REVIEWER):
        with refused("wrong_role"):
            decide(case, by=person)


def test_who_proposed_does_not_decide_even_with_another_role(proposed):
    handler = make.officer(Role.HANDLER)
    make.change_role(handler, Role.REVIEWER)
    with refused("same_person"):
        decide(proposed, by=handler)


def test_both_give_their_reasons(case):
    with refused("reason_missing"):
        propose(case, reason=" ")
    propose(case)
    with refused("reason_missing") as caught:
        decide(case, confirmed=False, remark=" ")
    assert caught.value.field == "remark"
    assert open_proposal(case) is not None


# twice at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["decide", "withdraw"])
def test_decided_and_at_once_decided_again_or_withdrawn_is_one_end(other):
    case = make.application(window=make.window())
    propose(case)
    people = [make.user(Role.REVIEWER) for _ in range(2)]
    copies = [Application.objects.get(pk=case.pk) for _ in people]
    others = {
        "decide": lambda: decide(copies[1], by=people[1]),
        "withdraw": lambda: applications.withdraw(copies[1], by=case.created_by, at=make.ACCEPTED, reason="填错"),
    }
    outcomes = at_once(lambda: decide(copies[0], by=people[0]), others[other], meet="pilot_portal.workflow.proposals.open_proposal")
    assert codes(outcomes) in (["done", "proposal_missing"], ["done", "wrong_state"])
    assert Event.objects.filter(action__in=["refuse", "withdraw"]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_handlers_propose_at_once_and_one_proposal_waits():
    case = make.application(window=make.window())
    people = [make.user(Role.HANDLER) for _ in range(2)]
    outcomes = at_once(
        *(lambda person=person: propose(case, by=person) for person in people), meet="pilot_portal.workflow.proposals.record"
    )
    assert codes(outcomes) == ["done", "proposal_open"]
    assert Proposal.objects.count() == 1
