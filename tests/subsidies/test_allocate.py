"""核定拟补贴额: everybody in full, or the budget pro rata; nobody waits for one case. 试点方案 五.5, 六（二）1."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies import tasks
from subsidies.models import AllocationRun, Application, Window
from subsidies.services import allocation, applications, publicity, reviews
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


def checked(window, premium="100000.00"):
    return make.application(window=window, state=State.CHECKED, premium=Decimal(premium))


def amounts(window):
    """(awarded, reserved) of each case in the order of filing."""
    return [(None if a is None else str(a), str(r)) for a, r in window.applications.order_by("pk").values_list("awarded", "reserved")]


def test_with_budget_enough_everybody_gets_what_the_scheme_allows():
    window = make.window()
    case, _ = checked(window), checked(window, "999999.99")
    run = make.allocated(window)
    assert amounts(window) == [("80000.00", "0.00"), ("799999.99", "0.00")]
    case.refresh_from_db()
    assert (case.state, case.allocation, case.allocated_by, case.allocated_at) == (
        State.ALLOCATED,
        run,
        make.officer(Role.HEAD),
        make.ALLOCATED,
    )
    assert (run.count, str(run.entitled_total), str(run.awarded_total), str(run.reserved_total)) == (2, "879999.99", "879999.99", "0.00")


def test_with_budget_short_each_share_is_rounded_down_and_the_rest_stays():
    window = make.window(draw="100000.00")
    for premium in ("100000.00", "100000.00", "100000.01"):
        checked(window, premium)
    run = make.allocated(window)
    assert amounts(window) == [("33333.33", "0.00")] * 3
    window.refresh_from_db()
    assert str(window.awarded_total) == str(run.awarded_total) == "99999.99"


@pytest.mark.parametrize(("draw", "award"), [("80000.00", "80000.00"), ("79999.99", "79999.99"), ("0.01", "0.01")])
def test_the_last_fen_of_the_budget_is_neither_lost_nor_overspent(draw, award):
    window = make.window(draw=draw)
    checked(window)
    make.allocated(window)
    assert amounts(window) == [(award, "0.00")]


def test_an_unresolved_case_and_a_held_one_are_reserved_at_what_they_could_get():
    window = make.window(draw="120000.00")
    checked(window)
    late = make.application(window=window, state=State.ACCEPTED)
    held = checked(window)
    applications.hold(held, by=make.officer(Role.HEAD), at=make.CHECKED, reason="举报核查")
    run = make.allocated(window)
    assert amounts(window) == [("40000.00", "0.00"), (None, "40000.00"), (None, "40000.00")]
    assert str(run.reserved_total) == "80000.00"
    for case, state in ((late, State.ACCEPTED), (held, State.CHECKED)):
        case.refresh_from_db()
        assert case.state == state


def test_a_case_resolved_later_gets_its_reservation_and_no_more():
    window = make.window(draw="100000.00")
    checked(window)
    late = make.application(window=window, state=State.ACCEPTED)
    publicity.publicise(determine(make.allocated(window)), by=make.officer(Role.HEAD), at=make.PUBLICISED)
    make.judge_all(late)
    reviews.review(late, by=make.officer(Role.HANDLER), at=make.PUBLICISED)
    reviews.check(late, by=make.officer(Role.REVIEWER), at=make.PUBLICISED)
    allocation.allocate(window, by=make.officer(Role.HEAD), at=make.PUBLICISED)
    assert amounts(window) == [("50000.00", "0.00"), ("50000.00", "0.00")]


def test_a_case_that_turns_out_smaller_leaves_the_rest_of_its_reservation_unspent():
    window = make.window(draw="100000.00")
    checked(window)
    late = make.application(window=window, state=State.ACCEPTED)
    determine(make.allocated(window))
    make.judge_all(late)
    reviews.review(late, by=make.officer(Role.HANDLER), at=make.PUBLICISED, lowered_to=Decimal("1.00"), lowered_reason="部分责任不属于试点")
    reviews.check(late, by=make.officer(Role.REVIEWER), at=make.PUBLICISED)
    allocation.allocate(window, by=make.officer(Role.HEAD), at=make.PUBLICISED)
    window.refresh_from_db()
    assert amounts(window)[1] == ("1.00", "0.00")
    assert (str(window.awarded_total), str(window.reserved_total)) == ("50001.00", "0.00")


def determine(run):
    return publicity.determine(
        run, by=make.officer(Role.IP_OFFICE), at=make.DETERMINED, minutes_number="纪要〔2026〕8号", seen_hash=allocation.list_hash(run)
    )


def test_the_same_input_gives_the_same_hash_and_another_input_another():
    window = make.window()
    case = checked(window)
    first = allocation.demand(window, at=make.ALLOCATED)
    assert allocation.demand(window, at=make.ALLOCATED) == first
    Application.objects.filter(pk=case.pk).update(entitled=Decimal("79999.99"))
    assert allocation.demand(window, at=make.ALLOCATED).input_hash != first.input_hash


def test_a_run_says_in_the_trail_what_it_started_from():
    window = make.window()
    checked(window)
    run = make.allocated(window)
    event = Event.objects.get(action="allocate")
    assert (event.object_id, event.data["budget"], event.data["awarded"], event.data["count"]) == (run.pk, "5000000.00", "80000.00", 1)
    assert event.data["input_hash"] == run.input_hash


def test_a_run_may_be_left_to_a_worker():
    window = make.window()
    checked(window)
    with time_machine.travel(make.ALLOCATED):
        tasks.allocate_window(window.pk, make.officer(Role.HEAD).pk, reason="一次分配")
    run = AllocationRun.objects.get()
    assert (run.run_by, run.reason, amounts(window)) == (make.officer(Role.HEAD), "一次分配", [("80000.00", "0.00")])


# wrong state, wrong person, wrong numbers


def test_not_before_the_window_is_closed():
    window = make.window()
    checked(window)
    with refused("window_still_open"):
        allocation.allocate(window, by=make.officer(Role.HEAD), at=make.CLOSES - timedelta(microseconds=1))
    allocation.allocate(window, by=make.officer(Role.HEAD), at=make.CLOSES)


def test_not_without_a_checked_case():
    window = make.window()
    make.application(window=window, state=State.REVIEWED)
    with refused("nothing_to_allocate"):
        make.allocated(window)


def test_a_second_run_finds_nothing_left():
    window = make.window()
    checked(window)
    make.allocated(window)
    with refused("nothing_to_allocate"):
        make.allocated(window)
    assert AllocationRun.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HEAD, Role.SYSTEM)])
def test_only_a_head_allocates(role):
    window = make.window()
    with refused("wrong_role"):
        allocation.allocate(window, by=make.officer(role), at=make.ALLOCATED)


def test_a_sum_above_the_draw_changes_nothing(monkeypatch):
    window = make.window(draw="100000.00")
    checked(window), checked(window)
    too_much = allocation.Demand(Decimal("200000.00"), Decimal("160000.00"), Decimal("0.00"), [], "0" * 64)
    monkeypatch.setattr(allocation, "demand", lambda window, at: too_much)
    with refused("budget_exceeded"):
        make.allocated(window)
    assert amounts(window) == [(None, "0.00"), (None, "0.00")]
    assert not AllocationRun.objects.exists()


# twice at once


def filed_twice():
    """A window whose budget is short, with two checked cases."""
    window = make.window(draw="100000.00")
    checked(window), checked(window)
    return window


def runs_at_once(window):
    copies = [Window.objects.get(pk=window.pk) for _ in range(2)]
    heads = [make.user(Role.HEAD) for _ in copies]
    return at_once(
        *(
            lambda copy=copy, head=head: allocation.allocate(copy, by=head, at=make.ALLOCATED)
            for copy, head in zip(copies, heads, strict=True)
        ),
        meet="subsidies.services.allocation.demand",
    )


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_are_one_run():
    window = filed_twice()
    assert codes(runs_at_once(window)) == ["done", "nothing_to_allocate"]
    assert amounts(window) == [("50000.00", "0.00"), ("50000.00", "0.00")]
    assert AllocationRun.objects.count() == 1


def test_the_trial_counts_what_a_late_case_gets_from_its_reservation():
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    late = make.application(window=window, state=State.REVIEWED)
    make.allocated(window)
    reviews.check(late, by=make.officer(Role.REVIEWER), at=make.ALLOCATED)
    wanted = allocation.demand(window, at=make.ALLOCATED)
    assert (wanted.entitled, wanted.late) == (Decimal("0.00"), Decimal("80000.00"))
    run = make.allocated(window)
    assert run.awarded_total == wanted.late
