"""一次性告知补正: one complete list in five working days, told once; the promised time of the acceptance stops."""

from datetime import timedelta

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import CalendarDay
from subsidies.models import Application, Correction, Part
from subsidies.services import applications, corrections, deadlines
from subsidies.states import State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db
ITEMS = [(Part.INVOICES, "发票抬头与投保人不符，请换开后上传。"), (Part.OTHER, "请说明主要出口国家。")]
DUE = make.moment("2026-09-17 00:00")  # ten working days after 2 September


@pytest.fixture
def case():
    return make.application(window=make.window())


def ask(case, by=None, at=drive.TOLD, items=ITEMS, **options):
    return corrections.ask_correction(case, by=by or make.officer(Role.HANDLER), at=at, items=items, **options)


def extend(case, by=None, at=drive.ANSWERED, days=5, reason="节前换开发票困难", **options):
    return corrections.extend_correction(case, by=by or make.officer(Role.HEAD), at=at, days=days, reason=reason, **options)


# works


def test_the_applicant_is_told_every_item_once_with_ten_working_days(case):
    ask(case)
    assert (case.state, case.due_at, case.correction_asked_by) == (State.CORRECTION, DUE, make.officer(Role.HANDLER))
    correction = corrections.open_correction(case)
    assert (correction.sequence, correction.due_at) == (1, DUE)
    assert correction.stopped_due_at == make.moment("2026-09-09 00:00")
    assert [(item.part, item.sentence) for item in correction.items.all()] == ITEMS
    letter = Message.objects.get(event="correction", channel="inbox")
    assert "2 项" in letter.body
    assert "2026-09-16 前" in letter.body
    assert Event.objects.get(action="ask_correction").data["items"] == [[part.value, sentence] for part, sentence in ITEMS]


def test_each_item_keeps_how_its_part_stood(case):
    ask(case)
    invoice, other = corrections.open_correction(case).items.all()
    paper = case.policy.invoices.get()
    assert invoice.before[0] == [paper.number, f"{paper.buyer}，100,000.00 元"]
    assert other.before == []


def test_while_it_is_in_correction_nobody_is_late_but_the_applicant(case):
    ask(case)
    assert deadlines.alarm_silence(at=make.moment("2026-10-30 10:00")) == 0


def test_a_second_list_may_only_repeat_parts_of_the_first(case):
    ask(case, items=[(Part.INVOICES, "抬头不符")])
    drive.answer_all(case)
    corrections.resubmit(case, by=case.created_by, at=drive.ANSWERED)
    with refused("told_once") as caught:
        ask(case, at=drive.ANSWERED, items=[(Part.INVOICES, "仍不符"), (Part.ACCOUNT, "户名不符")])
    assert "收款账户" in caught.value.sentence
    assert case.corrections.count() == 1
    ask(case, at=drive.ANSWERED, items=[(Part.INVOICES, "换开的发票金额仍不符")])
    assert (case.state, corrections.open_correction(case).sequence) == (State.CORRECTION, 2)


# wrong state


def test_only_a_submitted_case_is_asked():
    window = make.window()
    for standing in (make.draft(window=window), make.application(window=window, state=State.ACCEPTED)):
        with refused("wrong_state"):
            ask(standing)


def test_a_case_in_correction_is_not_asked_again(case):
    ask(case)
    with refused("wrong_state"):
        ask(case)
    assert case.corrections.count() == 1


def test_a_held_case_and_one_whose_refusal_waits_are_not_asked(case):
    applications.propose_refusal(case, by=make.officer(Role.HANDLER), at=drive.TOLD, reason="不在试点范围")
    with refused("proposal_open"):
        ask(case)
    applications.hold(case, by=make.officer(Role.HEAD), at=drive.TOLD, reason="举报核查")
    with refused("on_hold"):
        ask(case)


def test_nothing_is_asked_unseen(case):
    with refused("moved_on"):
        ask(case, version=case.version - 1)


# wrong person, wrong content


def test_only_a_handler_asks(case):
    for person in make.everybody_but(Role.HANDLER):
        with refused("wrong_role"):
            ask(case, by=person)


@pytest.mark.parametrize("items", [[], [(Part.INVOICES, "  ")]])
def test_a_list_says_something(case, items):
    with refused("no_items"):
        ask(case, items=items)


def test_without_a_calendar_no_deadline_is_guessed(case):
    CalendarDay.objects.filter(day__gt="2026-09-10").delete()
    with refused("calendar_missing"):
        ask(case)
    case.refresh_from_db()
    assert (case.state, case.corrections.count()) == (State.SUBMITTED, 0)


# more time, once


def test_the_head_gives_more_working_days_once(case):
    ask(case)
    extended = extend(case)
    until = make.moment("2026-09-23 00:00")  # 17, 18, Sunday the 20th worked, 21, 22
    assert (extended.due_at, corrections.open_correction(case).due_at) == (until, until)
    assert corrections.open_correction(case).extension_reason == "节前换开发票困难"
    assert "2026-09-22" in Message.objects.get(event="correction_extended", channel="inbox").body
    assert Event.objects.get(action="extend_correction").data["until"] == "2026-09-22"
    with refused("already_extended"):
        extend(case)


def test_the_extension_is_no_longer_than_the_period_itself(case):
    ask(case)
    extended = extend(case, days=365)
    assert extended.due_at == make.moment("2026-10-01 00:00")  # ten more, without the 25th, with Sunday the 20th


def test_no_extension_without_correction_reason_or_head(case):
    with refused("wrong_state"):
        extend(case)
    ask(case)
    with refused("reason_missing"):
        extend(case, reason=" ")
    with refused("moved_on"):
        extend(case, version=case.version - 1)
    for person in make.everybody_but(Role.HEAD):
        with refused("wrong_role"):
            extend(case, by=person)
    applications.hold(case, by=make.officer(Role.HEAD), at=drive.TOLD, reason="举报核查")
    with refused("on_hold"):
        extend(case)


# the end


def test_at_its_deadline_it_lapses_and_the_list_is_closed(case):
    ask(case)
    assert deadlines.lapse_corrections(at=DUE - timedelta(microseconds=1)) == 0
    assert deadlines.lapse_corrections(at=DUE) == 1
    case.refresh_from_db()
    assert (case.state, case.due_at, case.ended_reason) == (State.LAPSED, None, "逾期未补正")
    assert case.corrections.get().closed_at == DUE
    assert Message.objects.filter(event="lapsed", recipient=case.created_by).exists()
    assert case in Application.objects.holding_slot()


def test_a_reminder_comes_three_days_and_one_day_before(case):
    ask(case)

    def reminded(at):
        deadlines.remind(at=make.moment(at))
        return Message.objects.filter(event="remind_correction", channel="inbox").count()

    assert [reminded(f"2026-09-{day} 09:00") for day in ("13", "14", "15", "16", "17")] == [0, 1, 1, 2, 2]


# twice at once


@pytest.mark.django_db(transaction=True)
def test_two_handlers_ask_at_once_and_one_list_stands():
    case = make.application(window=make.window())
    people = [make.user(Role.HANDLER) for _ in range(2)]
    copies = [Application.objects.get(pk=case.pk) for _ in people]
    outcomes = at_once(
        *(lambda copy=copy, person=person: ask(copy, by=person) for copy, person in zip(copies, people, strict=True)),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]
    assert Correction.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_handed_in_and_lapsed_in_the_same_instant_is_one_of_both():
    case = make.application(window=make.window())
    ask(case)
    drive.answer_all(case)
    outcomes = at_once(
        lambda: corrections.resubmit(case, by=case.created_by, at=DUE - timedelta(microseconds=1)),
        lambda: deadlines.lapse_corrections(at=DUE),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert set(codes(outcomes)) <= {"done", "wrong_state"}
    case.refresh_from_db()
    moves = Event.objects.filter(action__in=["resubmit", "lapse"])
    assert [event.data["after"] for event in moves] == [case.state]
