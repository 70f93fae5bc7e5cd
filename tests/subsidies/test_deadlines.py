"""What a day or an hour brings: proposals expire, corrections lapse, silence is alarmed and accepts nothing."""

from datetime import timedelta

import pytest

from enterprises.models import Membership, MembershipRole, MembershipState
from insurers import services as insurers
from insurers.states import EntrustmentState
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.workflow.moving import moving
from subsidies.models import Application
from subsidies.services import applications, deadlines, publicity
from subsidies.states import State
from tests import drive, make

pytestmark = pytest.mark.django_db
DUE = make.moment("2026-09-17 00:00")  # ten working days after it is asked on 2 September


@pytest.fixture
def window():
    return make.window()


def in_correction(window, **columns):
    """A case told once what to correct."""
    case = drive.corrected(make.application(window=window)).application
    if columns:
        Application.objects.filter(pk=case.pk).update(**columns)
    case.refresh_from_db()
    return case


def alarms(text):
    return Message.objects.filter(event="alarm", channel="inbox", subject__contains=text)


def test_a_correction_lapses_at_its_deadline_not_before_and_keeps_its_slot(window):
    case = in_correction(window, reserved=100)
    assert deadlines.lapse_corrections(at=DUE - timedelta(microseconds=1)) == 0
    assert deadlines.lapse_corrections(at=DUE) == 1
    case.refresh_from_db()
    assert (case.state, case.ended_at, case.ended_by, case.reserved) == (State.LAPSED, DUE, User.objects.system(), 0)
    assert case in Application.objects.holding_slot()
    event = Event.objects.get(action="lapse")
    assert (event.actor, event.data["before"]) == ("system", "correction")


def test_lapsing_twice_does_nothing_more(window):
    in_correction(window)
    assert [deadlines.lapse_corrections(at=DUE) for _ in range(2)] == [1, 0]
    assert Event.objects.filter(action="lapse").count() == 1


def test_a_held_correction_does_not_lapse(window):
    applications.hold(in_correction(window), by=make.officer(Role.HEAD), at=drive.TOLD, reason="举报核查")
    assert deadlines.lapse_corrections(at=DUE) == 0


def test_an_unconfirmed_proposal_is_a_draft_again_when_the_window_closes(window):
    case = drive.proposed(window=window)
    assert deadlines.expire_proposals(at=make.CLOSES - timedelta(microseconds=1)) == 0
    assert deadlines.expire_proposals(at=make.CLOSES) == 1
    case.refresh_from_db()
    assert (case.state, case.number, case.due_at) == (State.DRAFT, None, None)
    assert Message.objects.filter(event="expired", channel="inbox", recipient=case.created_by).exists()


def test_silence_alarms_every_head_once_a_deadline_and_accepts_nothing(window):
    heads = [make.user(Role.HEAD) for _ in range(2)]
    before = alarms("超期未办").count()
    case = make.application(window=window)
    assert deadlines.alarm_silence(at=case.due_at - timedelta(microseconds=1)) == 0
    for _ in range(2):
        assert deadlines.alarm_silence(at=case.due_at) == 1
    case.refresh_from_db()
    assert case.state == State.SUBMITTED
    told = alarms("超期未办")
    assert before == 0
    assert {message.recipient for message in told} == {*heads, make.officer(Role.HEAD)}
    assert told.count() == 3


def test_a_touch_of_the_case_is_no_new_deadline(window):
    case = make.application(window=window)
    make.officer(Role.HEAD)
    deadlines.alarm_silence(at=case.due_at)
    Application.objects.filter(pk=case.pk).update(version=case.version + 1)
    deadlines.alarm_silence(at=case.due_at)
    assert alarms("超期未办").count() == 1
    applications.accept(case, by=make.officer(Role.HANDLER), at=case.due_at)
    deadlines.alarm_silence(at=case.due_at)
    assert alarms("超期未办").count() == 2


def test_a_held_case_is_not_late(window):
    case = make.application(window=window)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.FILED, reason="举报核查")
    assert deadlines.alarm_silence(at=case.due_at) == 0


def test_a_notice_that_has_run_its_days_is_told_to_the_head_until_nothing_waits(window):
    make.application(window=window, state=State.CHECKED)
    notice = make.publicised(window)
    assert deadlines.end_publicity(at=notice.ends_at - timedelta(microseconds=1)) == 0
    assert [deadlines.end_publicity(at=notice.ends_at) for _ in range(2)] == [1, 1]
    assert alarms("公示期满").count() == 1
    publicity.approve(notice, by=make.officer(Role.HEAD), at=make.APPROVED)
    assert deadlines.end_publicity(at=make.APPROVED) == 0


def test_a_draft_is_remembered_once_a_day_in_the_last_three_days_to_whoever_acts_for_the_enterprise(window):
    case = make.draft(window=window)
    gone = make.user(Role.ENTERPRISE)
    Membership.objects.create(
        user=gone, legal_entity=case.legal_entity, role=MembershipRole.OWNER, state=MembershipState.REMOVED, created_at=make.OPENS
    )
    filed = make.application(window=window)
    assert deadlines.remind(at=make.CLOSES - timedelta(days=3, seconds=1)) == 0
    for at in (make.CLOSES - timedelta(days=3), make.CLOSES - timedelta(days=3) + timedelta(minutes=1), make.CLOSES - timedelta(days=1)):
        assert deadlines.remind(at=at) == 1
    told = Message.objects.filter(event="remind_draft", channel="inbox")
    assert [message.recipient for message in told] == [case.created_by] * 2
    assert filed.created_by != case.created_by
    assert deadlines.remind(at=make.CLOSES) == 0


def test_a_mandate_ends_with_its_period_and_the_enterprise_is_told():
    entity = make.entity()
    mandate = make.entrustment(entity, make.insurer())
    assert insurers.expire_mandates(at=mandate.ends_at - timedelta(seconds=1)) == 0
    assert insurers.expire_mandates(at=mandate.ends_at) == 1
    mandate.refresh_from_db()
    assert (mandate.state, insurers.expire_mandates(at=mandate.ends_at)) == (EntrustmentState.EXPIRED, 0)
    assert Message.objects.filter(event="entrustment_expired", recipient=make.owner_of(entity)).exists()


def test_both_sides_are_told_a_month_a_week_and_a_day_before_a_mandate_ends_once_each():
    entity, company = make.entity(), make.insurer()
    mandate = make.entrustment(entity, company)
    month = mandate.ends_at - timedelta(days=30)
    assert deadlines.remind(at=month - timedelta(seconds=1)) == 0
    for days in range(30):
        assert deadlines.remind(at=month + timedelta(days=days)) == 1
    told = Message.objects.filter(event="mandate_ending", channel="inbox").order_by("created_at")
    assert sorted(told.values_list("recipient", flat=True)) == sorted([make.owner_of(entity).pk, drive.staff_of(company).pk] * 3)
    assert {(mandate.ends_at - at).days for at in told.values_list("created_at", flat=True)} == {30, 7, 1}


def test_who_has_just_entrusted_for_two_weeks_is_not_told_that_a_month_is_left():
    now = make.FILED
    make.entrustment(make.entity(), make.insurer(), starts_at=now, confirmed_at=now, ends_at=now + timedelta(days=14))
    assert deadlines.remind(at=now) == 0
    assert deadlines.remind(at=now + timedelta(days=7)) == 1


@pytest.mark.parametrize("meanwhile", [{"due_at": DUE + timedelta(days=14)}, {"state": State.SUBMITTED}])
def test_a_case_that_moves_in_the_same_instant_is_left_alone_and_the_others_go_on(window, monkeypatch, meanwhile):
    overtaken, late = in_correction(window), in_correction(window)

    def just_before(case, *args, **options):
        if case == overtaken:
            Application.objects.filter(pk=case.pk).update(**meanwhile)
        return moving(case, *args, **options)

    monkeypatch.setattr(deadlines, "moving", just_before)
    assert deadlines.lapse_corrections(at=DUE) == 1
    overtaken.refresh_from_db()
    late.refresh_from_db()
    assert (overtaken.state, late.state) == (meanwhile.get("state", State.CORRECTION), State.LAPSED)
