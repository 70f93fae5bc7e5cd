"""公示异议: it freezes one case, not the list; somebody who has not handled the case decides; upheld, the case is reckoned anew."""

from decimal import Decimal

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application, Objection
from subsidies.services import allocation, applications, endings, objections, publicity, reviews
from subsidies.states import ObjectionState, State
from tests import drive, make
from tests.expect import refused, sql
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def published(window):
    """A case in its publication, and the notice."""
    return drive.published(window=window)


@pytest.fixture
def objection(published):
    made = drive.objection(published[0])
    published[0].refresh_from_db()
    return made


def dismiss(objection, by=None, decision="经核实海外业务属实", **options):
    return objections.dismiss_objection(objection, by=by or make.officer(Role.HEAD), at=drive.DECIDED, decision=decision, **options)


def uphold(objection, by=None, decision="海外业务只占一半", lowered_to="50000.00", at=drive.DECIDED, **options):
    lowered = lowered_to if lowered_to is None else Decimal(lowered_to)
    return objections.uphold(objection, by=by or make.officer(Role.HEAD), at=at, decision=decision, lowered_to=lowered, **options)


# receiving


def test_an_objection_freezes_its_case_and_nobody_elses(window):
    other = make.application(window=window, state=State.CHECKED)
    case, notice = drive.published(window=window)
    make.officer(Role.HEAD)
    objection = drive.objection(case)
    case.refresh_from_db()
    assert (objection.state, objection.number, objection.notice) == (ObjectionState.OPEN, "YY-2026-0001", notice)
    assert (case.state, case.held_by, case.held_reason) == (State.PUBLICIZED, make.officer(Role.SYSTEM), "公示异议 YY-2026-0001")
    assert publicity.approve(notice, by=make.officer(Role.HEAD), at=make.APPROVED) == 1
    for one in (case, other):
        one.refresh_from_db()
    assert (case.state, other.state) == (State.PUBLICIZED, State.APPROVED)
    assert Message.objects.filter(event="objected", recipient=case.created_by).exists()
    assert Message.objects.filter(event="alarm", recipient=make.officer(Role.HEAD), subject__contains="公示异议").exists()


def test_who_objected_is_kept_encrypted_and_told_to_nobody(objection):
    assert (objection.objector, objection.contact) == ("王举报", "13900139000")
    row = sql("SELECT objector_ciphertext || contact_ciphertext FROM subsidies_objection")[0][0]
    assert "王举报" not in row
    assert "13900139000" not in row
    assert not Message.objects.filter(body__contains="王举报").exists()
    assert not Event.objects.filter(data__icontains="王举报").exists()


def test_a_second_objection_keeps_the_case_frozen_until_both_are_decided(published, objection):
    case, _ = published
    second = drive.objection(case, grounds="另一理由")
    dismiss(second)
    case.refresh_from_db()
    assert case.held_reason == f"公示异议 {objection.number}"
    third = drive.objection(case, grounds="第三个理由")
    dismiss(objection)
    case.refresh_from_db()
    assert case.held_reason == f"公示异议 {third.number}"
    dismiss(third)
    case.refresh_from_db()
    assert not case.is_held


def test_a_case_held_for_another_reason_stays_held_when_the_objection_is_dismissed(published):
    case, _ = published
    applications.hold(case, by=make.officer(Role.HEAD), at=drive.OBJECTED, reason="举报核查")
    objection = drive.objection(case)
    with refused("objection_open"):
        applications.release(case, by=make.officer(Role.HEAD), at=drive.DECIDED, reason="查无实据")
    dismiss(objection)
    case.refresh_from_db()
    assert case.held_reason == "举报核查"


def test_only_while_the_notice_runs(published):
    case, notice = published
    for at in (make.DETERMINED, notice.ends_at):
        with refused("not_published"):
            drive.objection(case, at=at)
    publicity.approve(notice, by=make.officer(Role.HEAD), at=make.APPROVED)
    with refused("not_published"):
        drive.objection(case)


def test_who_receives_one_and_what_it_must_say(published):
    case, _ = published
    for person in make.everybody_but(Role.HANDLER, Role.HEAD, Role.SYSTEM):
        with refused("wrong_role"):
            objections.receive_objection(case, by=person, at=drive.OBJECTED, objector="王", contact="1", grounds="理由")
    with refused("reason_missing") as caught:
        drive.objection(case, grounds="  ")
    assert caught.value.field == "grounds"


# dismissing


def test_dismissed_the_case_goes_on_and_is_approved_with_its_notice(published, objection):
    case, notice = published
    dismiss(objection)
    case.refresh_from_db()
    assert (objection.state, objection.decided_by, objection.decision) == (
        ObjectionState.DISMISSED,
        make.officer(Role.HEAD),
        "经核实海外业务属实",
    )
    assert not case.is_held
    assert Event.objects.filter(action="release", object_id=case.pk).exists()
    assert Message.objects.filter(event="objection_dismissed", recipient=case.created_by).exists()
    assert publicity.approve(notice, by=make.officer(Role.HEAD), at=make.APPROVED) == 1


def test_a_case_is_not_stopped_over_an_open_objection(published, objection):
    case, _ = published
    head = make.officer(Role.HEAD)
    with refused("objection_open"):
        endings.cancel(case, by=head, at=drive.OBJECTED, reason="已注销")
    dismiss(objection)
    case.refresh_from_db()
    assert endings.cancel(case, by=head, at=drive.DECIDED, reason="已注销").state == State.CANCELLED


# upholding


def test_upheld_the_case_is_lowered_and_goes_alone_through_list_and_notice_again(window, published, objection):
    case, _ = published
    uphold(objection)
    case.refresh_from_db()
    window.refresh_from_db()
    assert (objection.state, case.state, case.is_held) == (ObjectionState.UPHELD, State.CHECKED, False)
    assert (str(case.entitled), case.awarded, str(case.reserved)) == ("50000.00", None, "50000.00")
    assert (case.allocated_at, case.determined_at, case.publicised_at, case.public_notice) == (None, None, None, None)
    assert (str(window.awarded_total), str(window.reserved_total)) == ("0.00", "50000.00")
    review = case.reviews.first()
    assert (review.made_by, review.lowered_reason, str(review.entitled)) == (make.officer(Role.HEAD), "海外业务只占一半", "50000.00")
    letter = Message.objects.get(event="recomputed", channel="inbox")
    assert "80,000.00 元调整为 50,000.00 元" in letter.body
    notice = make.publicised(window)
    case.refresh_from_db()
    assert (case.state, str(case.awarded), case.public_notice, str(case.reserved)) == (State.PUBLICIZED, "50000.00", notice, "0.00")


def test_upheld_to_nothing_the_case_ends_without_a_payment(window, published, objection):
    uphold(objection, lowered_to="0.00")
    notice = make.publicised(window)
    publicity.approve(notice, by=make.officer(Role.HEAD), at=make.APPROVED)
    case = published[0]
    case.refresh_from_db()
    assert (case.state, case.awarded) == (State.ARCHIVED, 0)


def test_where_the_budget_was_short_the_new_share_is_short_in_the_same_proportion():
    window = make.window(draw="80000.00")
    make.application(window=window, state=State.CHECKED)
    case, _ = drive.published(window=window)
    assert str(case.awarded) == "40000.00"
    uphold(drive.objection(case), lowered_to="60000.00")
    case.refresh_from_db()
    assert str(case.reserved) == "30000.00"
    allocation.allocate(window, by=make.officer(Role.HEAD), at=drive.DECIDED)
    case.refresh_from_db()
    assert str(case.awarded) == "30000.00"


def test_a_reservation_that_waits_shrinks_in_the_same_proportion():
    window = make.window(draw="80000.00")
    make.application(window=window, state=State.CHECKED)
    case = make.application(window=window, state=State.REVIEWED)
    make.allocated(window)
    reviews.check(Application.objects.get(pk=case.pk), by=make.officer(Role.REVIEWER), at=make.ALLOCATED)
    case.refresh_from_db()
    assert str(case.reserved) == "40000.00"
    objections.recompute(case, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="批减", lowered_to=Decimal("60000.00"))
    assert str(case.reserved) == "30000.00"


@pytest.mark.parametrize(
    ("lowered_to", "code"),
    [("80000.01", "only_lower"), ("-0.01", "only_lower"), ("80000.00", "entitlement_unchanged"), (None, "entitlement_unchanged")],
)
def test_an_upheld_objection_lowers_and_never_raises(published, objection, lowered_to, code):
    with refused(code):
        uphold(objection, lowered_to=lowered_to)
    case = published[0]
    case.refresh_from_db()
    objection.refresh_from_db()
    assert (case.state, objection.state, str(case.awarded)) == (State.PUBLICIZED, ObjectionState.OPEN, "80000.00")


def test_another_open_objection_waits_for_its_own_decision(published, objection):
    second = drive.objection(published[0], grounds="另一理由")
    with refused("objection_open"):
        uphold(objection)
    dismiss(second)
    assert uphold(objection).state == ObjectionState.UPHELD


# who decides


def test_only_a_head_who_has_not_handled_the_case_decides_with_a_ground(published, objection):
    for verb in (dismiss, uphold):
        for person in make.everybody_but(Role.HEAD, Role.HANDLER, Role.REVIEWER):
            with refused("wrong_role"):
                verb(objection, by=person)
        with refused("reason_missing") as caught:
            verb(objection, decision=" ")
        assert caught.value.field == "decision"
        with refused("moved_on"):
            verb(objection, version=objection.version + 1)
    handler = make.officer(Role.HANDLER)
    make.change_role(handler, Role.HEAD)
    for verb in (dismiss, uphold):
        with refused("case_officer"):
            verb(objection, by=handler)


def test_an_objection_is_decided_once(objection):
    dismiss(objection)
    for verb in (dismiss, uphold):
        with refused("wrong_state"):
            verb(objection)


# twice at once


@pytest.mark.django_db(transaction=True)
def test_upheld_and_dismissed_at_once_is_one_of_both():
    case, _ = drive.published(window=make.window())
    objection = drive.objection(case)
    heads = [make.user(Role.HEAD) for _ in range(2)]
    copies = [Objection.objects.get(pk=objection.pk) for _ in heads]
    outcomes = at_once(
        lambda: dismiss(copies[0], by=heads[0]),
        lambda: uphold(copies[1], by=heads[1]),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]
    case.refresh_from_db()
    objection.refresh_from_db()
    assert (objection.state, case.state) in [(ObjectionState.DISMISSED, State.PUBLICIZED), (ObjectionState.UPHELD, State.CHECKED)]
    assert not case.is_held


@pytest.mark.django_db(transaction=True)
def test_objected_to_and_approved_at_once_it_is_never_paid_with_an_open_objection():
    case, notice = drive.published(window=make.window())
    people = make.officer(Role.HEAD), make.officer(Role.HANDLER)
    last = make.moment("2026-10-20 23:59")
    outcomes = at_once(
        lambda: publicity.approve(notice, by=people[0], at=notice.ends_at),
        lambda: objections.receive_objection(
            Application.objects.get(pk=case.pk), by=people[1], at=last, objector="王", contact="1", grounds="最后一刻"
        ),
    )
    assert set(codes(outcomes)) <= {"done", "not_published", "nothing_on_list"}
    case.refresh_from_db()
    assert (case.state, case.objections.exists()) in [(State.APPROVED, False), (State.PUBLICIZED, True)]
