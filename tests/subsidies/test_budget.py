"""延长申报期 and 预算调整: for everyone, with a reason; another draw is a new version, by two persons, never below what is awarded."""

from datetime import timedelta
from decimal import Decimal

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import DrawChange
from subsidies.services import allocation, applications, reviews, windows
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db
SOON, LATER = make.CLOSES - timedelta(hours=1), make.CLOSES + timedelta(days=1)


@pytest.fixture
def window():
    return make.window()


def extend(window, by=None, at=SOON, closes_at=LATER, reason="系统故障两小时"):
    return windows.extend(window, by=by or make.officer(Role.HEAD), at=at, closes_at=closes_at, reason=reason)


def propose(window, by=None, draw="4000000.00", reason="京财预〔2026〕9号收回"):
    return windows.propose_draw(window, by=by or make.officer(Role.FINANCE), at=make.FILED, draw=Decimal(draw), reason=reason)


def decide(proposal, by=None, *, confirmed=True, remark=""):
    return windows.decide_draw(proposal, by=by or make.officer(Role.HEAD), at=make.FILED, confirmed=confirmed, remark=remark)


# a later closing


def test_an_extension_is_published_with_its_reason_and_told_to_every_draft(window):
    draft, filed = make.draft(window=window), make.application(window=window)
    extended = extend(window)
    assert (extended.closes_at, extended.planned_close, extended.extension_reason) == (LATER, make.CLOSES, "系统故障两小时")
    letter = Message.objects.get(event="window_extended", channel="inbox")
    assert letter.recipient == draft.created_by != filed.created_by
    for words in ("2026-10-01 17:00", "系统故障两小时"):
        assert words in letter.body
    assert Event.objects.get(action="extend_window").data["reason"] == "系统故障两小时"
    applications.submit(draft, by=draft.created_by, at=make.CLOSES)
    assert draft.state == State.SUBMITTED


def test_extended_again_it_remembers_the_first_closing(window):
    extend(window)
    extended = extend(window, closes_at=LATER + timedelta(days=1), reason="再次故障")
    assert (extended.planned_close, extended.extension_reason) == (make.CLOSES, "再次故障")
    assert extended.closes_at == LATER + timedelta(days=1)


def test_reopened_soon_after_its_closing_it_takes_filings_again(window):
    draft = make.draft(window=window)
    extend(window, at=make.CLOSES + timedelta(hours=1))
    window.refresh_from_db()
    assert applications.submit(draft, by=draft.created_by, at=make.CLOSES + timedelta(hours=2)).state == State.SUBMITTED


@pytest.mark.parametrize("closes_at", [make.CLOSES, make.CLOSES - timedelta(seconds=1)])
def test_never_earlier(window, closes_at):
    with refused("extension_earlier") as caught:
        extend(window, closes_at=closes_at)
    assert caught.value.field == "closes_at"


def test_a_closing_that_is_already_over_extends_nothing(window):
    with refused("extension_earlier"):
        extend(window, at=LATER, closes_at=LATER)


def test_only_the_head_extends_a_published_window_with_a_reason(window):
    for person in make.everybody_but(Role.HEAD):
        with refused("wrong_role"):
            extend(window, by=person)
    with refused("reason_missing"):
        extend(window, reason=" ")
    with refused("window_not_published"):
        extend(make.window(published=False))


# another draw


def test_another_draw_is_a_version_with_its_basis_and_two_persons(window):
    change = decide(propose(window))
    window.refresh_from_db()
    assert window.draw == Decimal("4000000.00")
    assert (change.before, change.after, change.basis) == (Decimal("5000000.00"), Decimal("4000000.00"), "京财预〔2026〕9号收回")
    assert (change.prepared_by, change.approved_by) == (make.officer(Role.FINANCE), make.officer(Role.HEAD))
    assert Event.objects.get(action="change_draw").data["after"] == "4000000.00"


def test_declined_it_changes_nothing(window):
    assert decide(propose(window), confirmed=False, remark="等待文件") is None
    window.refresh_from_db()
    assert (window.draw, DrawChange.objects.count()) == (Decimal("5000000.00"), 0)


def test_not_below_what_is_awarded_and_reserved_and_not_above_the_appropriations(window):
    make.application(window=window, state=State.CHECKED)
    make.application(window=window, state=State.REVIEWED)
    make.allocated(window)
    for draw, code in (("159999.99", "budget_exceeded"), ("5000000.01", "draws_exceed_appropriations")):
        proposal = propose(window, draw=draw)
        with refused(code):
            decide(proposal)
        decide(proposal, confirmed=False)  # the refusal has left it open
    assert decide(propose(window, draw="160000.00")).after == Decimal("160000.00")


def test_money_added_after_a_run_leaves_the_old_list_as_it_is_and_goes_to_later_cases():
    window = make.window(draw="80000.00")
    first, late = make.application(window=window, state=State.CHECKED), make.application(window=window, state=State.REVIEWED)
    make.allocated(window)
    first.refresh_from_db()
    assert str(first.awarded) == "40000.00"
    make.appropriation(Decimal("80000.00"))
    decide(propose(window, draw="160000.00"))
    late.refresh_from_db()

    reviews.check(late, by=make.officer(Role.REVIEWER), at=make.ALLOCATED)
    allocation.allocate(window, by=make.officer(Role.HEAD), at=make.ALLOCATED)
    for case in (first, late):
        case.refresh_from_db()
    assert (str(first.awarded), str(late.awarded)) == ("40000.00", "40000.00")  # its share was reserved with the first run


@pytest.mark.parametrize("draw", ["5000000.00", "0.00", "-1.00"])
def test_the_same_draw_or_none_is_not_proposed(window, draw):
    with refused("draw_unchanged"):
        propose(window, draw=draw)


def test_finance_proposes_one_at_a_time_and_the_head_decides(window):
    for person in make.everybody_but(Role.FINANCE):
        with refused("wrong_role"):
            propose(window, by=person)
    with refused("reason_missing"):
        propose(window, reason=" ")
    with refused("window_not_published"):
        propose(make.window(published=False))
    proposal = propose(window)
    with refused("proposal_open"):
        propose(window, draw="3000000.00")
    for person in make.everybody_but(Role.HEAD):
        with refused("wrong_role"):
            decide(proposal, by=person)
    finance = make.officer(Role.FINANCE)
    make.change_role(finance, Role.HEAD)
    with refused("same_person"):
        decide(proposal, by=finance)


# twice at once


@pytest.mark.django_db(transaction=True)
def test_two_heads_decide_at_once_and_the_draw_changes_once():
    window = make.window()
    proposal = propose(window)
    heads = [make.user(Role.HEAD) for _ in range(2)]
    outcomes = at_once(*(lambda head=head: decide(proposal, by=head) for head in heads), meet="pilot_portal.workflow.proposals.lock")
    assert codes(outcomes) == ["already_decided", "done"]
    assert DrawChange.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_draw_is_lowered_and_spent_at_once_and_never_overspent():
    window = make.window(draw="80000.00")
    make.application(window=window, state=State.CHECKED)
    proposal, head = propose(window, draw="50000.00"), make.officer(Role.HEAD)
    outcomes = at_once(
        lambda: decide(proposal, by=head),
        lambda: allocation.allocate(window, by=head, at=make.ALLOCATED),
        meet=["subsidies.services.windows.lock", "subsidies.services.allocation.lock"],
    )
    assert codes(outcomes) in (["done", "done"], ["budget_exceeded", "done"])
    window.refresh_from_db()
    assert window.awarded_total <= window.draw
