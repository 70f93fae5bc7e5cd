"""一年只补贴一次: who files in two windows of a year before either is decided gets one award, and nobody waits for it."""

from decimal import Decimal

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from subsidies.models import Application
from subsidies.services import allocation, endings, objections, publicity
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


def filed_in_two_windows() -> tuple[Application, Application]:
    entity = make.entity()
    first, second = (make.application(window=make.window(), state=State.CHECKED, legal_entity=entity) for _ in range(2))
    return first, second


def test_the_second_window_allocates_without_it_and_the_head_is_alarmed():
    first, second = filed_in_two_windows()
    other = make.application(window=second.window, state=State.CHECKED)
    make.allocated(first.window)
    run = make.allocated(second.window)
    for case in (first, second, other):
        case.refresh_from_db()
    assert (first.state, second.state, other.state) == (State.ALLOCATED, State.CHECKED, State.ALLOCATED)
    assert (run.count, str(run.awarded_total), str(run.reserved_total)) == (1, "80000.00", "0.00")
    alarm = Message.objects.get(event="alarm", channel="inbox", subject__startswith="本年度已获补贴")
    assert first.number in alarm.body
    assert second.number in alarm.subject


def test_alone_in_its_window_it_says_so():
    first, second = filed_in_two_windows()
    make.allocated(first.window)
    with refused("already_awarded") as caught:
        make.allocated(second.window)
    assert first.number in caught.value.sentence


def test_lowered_to_nothing_it_ends_without_a_payment():
    first, second = filed_in_two_windows()
    make.allocated(first.window)
    by, why = make.officer(Role.HEAD), f"本年度已获补贴（申报 {first.number}）"
    objections.recompute(second, by=by, at=make.ALLOCATED, reason=why, lowered_to=Decimal("0.00"))
    notice = make.publicised(second.window)
    publicity.approve(notice, by=by, at=make.APPROVED)
    second.refresh_from_db()
    assert (second.state, second.awarded) == (State.ARCHIVED, 0)


def test_once_the_first_is_given_up_the_second_may_be_awarded():
    first, second = filed_in_two_windows()
    make.allocated(first.window)
    first.refresh_from_db()
    endings.abandon(first, by=first.created_by, at=make.ALLOCATED, reason="改用第二期")
    make.allocated(second.window)
    second.refresh_from_db()
    assert (second.state, str(second.awarded)) == (State.ALLOCATED, "80000.00")


@pytest.mark.django_db(transaction=True)
def test_two_windows_allocated_at_once_award_once():
    first, second = filed_in_two_windows()
    head = make.officer(Role.HEAD)
    outcomes = at_once(
        *(lambda window=window: allocation.allocate(window, by=head, at=make.ALLOCATED) for window in (first.window, second.window)),
        meet="subsidies.services.allocation._write_awards",
    )
    assert codes(outcomes) == ["done", "list_changed"]
    assert Application.objects.filter(awarded__gt=0).count() == 1
