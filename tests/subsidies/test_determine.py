"""审定 and 退回名单: the IP office's word on the list that it saw."""

from decimal import Decimal

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import AllocationRun, Application, Determination
from subsidies.services import allocation, applications, publicity, rejections
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def run():
    return allocated()


def allocated(cases=1, **window):
    window = make.window(**window)
    for _ in range(cases):
        make.application(window=window, state=State.CHECKED)
    return make.allocated(window)


def determine(run, by=None, seen=None, minutes_number="会议纪要〔2026〕8号", **seen_count):
    person, seen = by or make.officer(Role.IP_OFFICE), allocation.list_hash(run) if seen is None else seen
    return publicity.determine(run, by=person, at=make.DETERMINED, minutes_number=minutes_number, seen_hash=seen, **seen_count)


def send_back(run, by=None, seen=None, reason="请核实第 1 件", **seen_count):
    person, seen = by or make.officer(Role.IP_OFFICE), allocation.list_hash(run) if seen is None else seen
    return publicity.return_list(run, by=person, at=make.DETERMINED, reason=reason, seen_hash=seen, **seen_count)


def proposed_for_rejection(window):
    """A case whose rejection the reviewer has proposed; by `make.ALLOCATED` its days to reply are over."""
    case = make.application(window=window, state=State.REVIEWED)
    return rejections.propose_rejection(case, by=make.officer(Role.REVIEWER), at=make.CHECKED, reason="保单承保的是国内纠纷")


def test_the_list_is_determined_with_its_minutes(run):
    determination = determine(run)
    case = run.applications.get()
    assert (case.state, case.determination, case.determined_by) == (State.DETERMINED, determination, make.officer(Role.IP_OFFICE))
    assert (determination.count, str(determination.total), determination.minutes_number) == (1, "80000.00", "会议纪要〔2026〕8号")
    assert determination.list_hash == run.list_hash
    assert Event.objects.get(action="determine").data["moved"] == 1


def test_proposed_rejections_take_effect_with_the_list_and_give_back_their_reservation():
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    case = proposed_for_rejection(window)
    early = make.sent(allocation.allocate(window, by=make.officer(Role.HEAD), at=window.closes_at))
    assert early.rejected_count == 1
    Application.objects.filter(pk=case.pk).update(reserved=100)
    made = determine(early)
    case.refresh_from_db()
    assert (case.state, case.ended_by, case.reserved) == (State.REJECTED, make.officer(Role.IP_OFFICE), 0)
    assert (case.ended_reason, case.determination, made.count, made.rejected_count) == ("保单承保的是国内纠纷", made, 1, 1)


def test_a_rejection_that_may_still_be_answered_is_on_no_list():
    window = make.window()
    case = make.application(window=window, state=State.REVIEWED)
    make.application(window=window, state=State.CHECKED)
    rejections.propose_rejection(case, by=make.officer(Role.REVIEWER), at=make.ALLOCATED, reason="保单承保的是国内纠纷")
    run = make.allocated(window)
    case.refresh_from_db()
    assert (run.count, run.rejected_count, case.allocation) == (1, 0, None)
    assert str(case.reserved) == "80000.00"


def test_a_list_of_rejections_alone_is_determined():
    window = make.window()
    case = proposed_for_rejection(window)
    made = determine(make.allocated(window))
    case.refresh_from_db()
    assert (case.state, made.count, made.rejected_count, made.total) == (State.REJECTED, 0, 1, 0)


def test_a_list_that_is_not_the_one_on_the_screen_is_refused(run):
    seen = allocation.list_hash(run)
    Application.objects.filter(allocation=run).update(awarded=Decimal("1.00"))
    for verb in (determine, send_back):
        with refused("list_changed"):
            verb(run, seen=seen)
    assert not Determination.objects.exists()


def test_a_case_held_since_the_page_was_opened_makes_another_list():
    run = allocated(2)
    applications.hold(run.applications.first(), by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="举报核查")
    for verb in (determine, send_back):
        with refused("list_changed"):
            verb(run, seen_count=2)
    assert determine(run, seen_count=1).count == 1


def test_a_rejection_held_since_the_page_was_opened_makes_another_list():
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    case = proposed_for_rejection(window)
    run = make.allocated(window)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="举报核查")
    with refused("list_changed"):
        determine(run, seen_count=2)
    assert determine(run, seen_count=1).rejected_count == 0


def test_a_held_case_waits_with_its_share_and_comes_on_a_list_of_its_own():
    run = allocated(2, draw="100000.00")
    held = run.applications.first()
    applications.hold(held, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="举报核查")
    determine(run)
    held.refresh_from_db()
    assert held.state == State.ALLOCATED
    applications.release(held, by=make.officer(Role.HEAD), at=make.DETERMINED, reason="查无实据")
    with refused("list_changed"):
        determine(run)
    assert send_back(run) == 1
    held.refresh_from_db()
    assert (held.state, held.awarded, str(held.reserved)) == (State.CHECKED, None, "50000.00")
    second = make.allocated(run.window)
    held.refresh_from_db()
    assert (held.state, str(held.awarded), held.reserved) == (State.ALLOCATED, "50000.00", 0)
    assert determine(second, minutes_number="会议纪要〔2026〕9号").count == 1


def test_a_rejection_proposed_after_allocation_does_not_disturb_the_list_that_stands(run):
    case = proposed_for_rejection(run.window)
    assert allocation.list_hash(run) == run.list_hash
    assert (determine(run).count, Determination.objects.get().rejected_count) == (1, 0)
    case.refresh_from_db()
    assert case.state == State.REJECTION_PROPOSED
    determine(make.allocated(run.window), minutes_number="会议纪要〔2026〕9号")
    assert sorted(run.window.applications.values_list("state", flat=True)) == ["determined", "rejected"]


def test_minutes_are_needed(run):
    with refused("minutes_missing") as caught:
        determine(run, minutes_number=" ")
    assert caught.value.field == "minutes_number"


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.IP_OFFICE, Role.SYSTEM)])
def test_only_the_ip_office_determines_or_returns(run, role):
    for verb in (determine, send_back):
        with refused("wrong_role"):
            verb(run, by=make.officer(role))


def test_a_list_is_determined_once(run):
    determine(run)
    for verb in (determine, send_back):
        with refused("list_changed" if verb is determine else "nothing_on_list"):
            verb(run)


def test_a_list_that_is_all_held_waits(run):
    applications.hold(run.applications.get(), by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="举报核查")
    with refused("nothing_on_list"):
        determine(run)


def test_a_returned_list_takes_its_awards_back_and_is_allocated_anew():
    run = allocated(2, draw="100000.00")
    waiting = make.application(window=run.window)
    Application.objects.filter(pk=waiting.pk).update(reserved=Decimal("0.00"))
    assert send_back(run) == 2
    window = run.window
    window.refresh_from_db()
    assert {(case.state, case.awarded, case.allocation, case.reserved) for case in window.applications.exclude(pk=waiting.pk)} == {
        (State.CHECKED, None, None, 0)
    }
    assert (window.awarded_total, window.reserved_total) == (0, 0)
    assert Event.objects.filter(action="return_list", object_id=run.pk).first().data["reason"] == "请核实第 1 件"
    again = make.allocated(window)
    assert (again.sequence, again.count) == (2, 2)
    assert again.list_hash != run.list_hash


def test_returning_needs_a_reason(run):
    with refused("reason_missing"):
        send_back(run, reason="")


@pytest.mark.django_db(transaction=True)
def test_determined_and_returned_at_once_is_only_one_of_both():
    run = allocated()
    copies = [AllocationRun.objects.get(pk=run.pk) for _ in range(2)]
    people, seen = [make.user(Role.IP_OFFICE) for _ in copies], allocation.list_hash(run)
    outcomes = at_once(
        lambda: determine(copies[0], by=people[0], seen=seen),
        lambda: send_back(copies[1], by=people[1], seen=seen),
        meet="subsidies.services.publicity.list_hash",
    )
    assert codes(outcomes) == ["done", "list_changed"]
    case = Application.objects.get()
    assert (case.state == State.DETERMINED) == (case.awarded is not None) == Determination.objects.exists()
