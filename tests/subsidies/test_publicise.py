"""公示 and 批准拨付: five working days from the day after; then the head approves."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import CalendarDay
from subsidies.models import Application, Determination, PublicNotice
from subsidies.services import applications, publicity
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


def determined(premium="100000.00", cases=1):
    window = make.window()
    for _ in range(cases):
        make.application(window=window, state=State.CHECKED, premium=Decimal(premium))
    run = make.allocated(window)
    return publicity.determine(run, by=make.officer(Role.IP_OFFICE), at=make.DETERMINED, minutes_number="纪要8号", seen_hash=run.list_hash)


@pytest.fixture
def determination():
    return determined()


@pytest.fixture
def notice(determination):
    return publicise(determination)


def publicise(determination, by=None):
    return publicity.publicise(determination, by=by or make.officer(Role.HEAD), at=make.PUBLICISED)


def approve(notice, by=None, at=make.APPROVED):
    return publicity.approve(notice, by=by or make.officer(Role.HEAD), at=at)


def test_the_notice_runs_five_working_days_from_the_next_day(notice):
    assert (notice.starts_on, notice.ends_on) == (date(2026, 10, 14), date(2026, 10, 20))  # a weekend lies between
    assert notice.ends_at == make.moment("2026-10-21 00:00")
    assert (notice.count, str(notice.total)) == (1, "80000.00")
    case = notice.applications.get()
    assert (case.state, case.publicised_by) == (State.PUBLICIZED, make.officer(Role.HEAD))
    assert "公示至 2026-10-20" in Message.objects.get(event="publicised", channel="inbox").body


def test_a_year_without_calendar_fails_closed(determination):
    CalendarDay.objects.filter(day__gte="2026-10-18").delete()
    with refused("calendar_missing"):
        publicise(determination)
    assert not PublicNotice.objects.exists()
    assert determination.applications.get().state == State.DETERMINED


def test_a_held_case_is_not_published():
    determination = determined(cases=2)
    held = determination.applications.first()
    applications.hold(held, by=make.officer(Role.HEAD), at=make.DETERMINED, reason="举报核查")
    assert publicise(determination).count == 1
    held.refresh_from_db()
    assert held.state == State.DETERMINED


def test_it_is_published_once(determination):
    publicise(determination)
    with refused("nothing_on_list"):
        publicise(determination)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HEAD, Role.SYSTEM)])
def test_only_a_head_publishes_and_approves(notice, role):
    with refused("wrong_role"):
        publicise(notice.applications.get().determination, by=make.officer(role))
    with refused("wrong_role"):
        approve(notice, by=make.officer(role))


def test_nothing_is_approved_before_the_last_day_is_over(notice):
    with refused("publicity_running") as caught:
        approve(notice, at=notice.ends_at - timedelta(microseconds=1))
    assert "2026-10-20" in caught.value.sentence
    assert approve(notice, at=notice.ends_at) == 1


def test_an_approved_case_waits_for_its_money_and_its_enterprise_is_told(notice):
    approve(notice)
    case = notice.applications.get()
    assert (case.state, case.approved_by, str(case.awarded)) == (State.APPROVED, make.officer(Role.HEAD), "80000.00")
    assert "80,000.00" in Message.objects.get(event="approved", channel="inbox").body
    assert Event.objects.get(action="approve").data["moved"] == 1


def test_a_case_held_during_publicity_is_not_approved_and_can_be_later(notice):
    case = notice.applications.get()
    applications.hold(case, by=make.officer(Role.HEAD), at=make.PUBLICISED, reason="收到异议")
    with refused("nothing_on_list"):
        approve(notice)
    applications.release(case, by=make.officer(Role.HEAD), at=make.APPROVED, reason="异议不成立")
    assert approve(notice) == 1


def test_an_award_of_nothing_is_archived_without_a_payment():
    notice = publicise(determined(premium="0.01"))
    approve(notice)
    case = notice.applications.get()
    assert (case.state, str(case.awarded), case.ended_by) == (State.ARCHIVED, "0.00", make.officer(Role.HEAD))


def test_a_notice_is_approved_once(notice):
    approve(notice)
    with refused("nothing_on_list"):
        approve(notice)


@pytest.mark.django_db(transaction=True)
def test_published_twice_at_once_is_one_notice():
    determination = determined()
    copies = [Determination.objects.get(pk=determination.pk) for _ in range(2)]
    heads = [make.user(Role.HEAD) for _ in copies]
    outcomes = at_once(
        *(lambda copy=copy, head=head: publicise(copy, by=head) for copy, head in zip(copies, heads, strict=True)),
        meet="subsidies.services.publicity.deadline",
    )
    assert codes(outcomes) == ["done", "nothing_on_list"]
    assert PublicNotice.objects.count() == 1
    assert Application.objects.get().public_notice == PublicNotice.objects.get()
