"""放弃, 终止拨付, 归档: how a case ends; money in flight keeps it, and the slot stays used."""

from decimal import Decimal

import pytest

from enterprises.models import Membership, MembershipRole
from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application, PublicNotice
from subsidies.services import applications, endings, payments, publicity, recovery
from subsidies.states import State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def window():
    return make.window()


def abandon(case, by=None, reason="不再需要补贴", **options):
    return endings.abandon(case, by=by or case.created_by, at=make.BATCHED, reason=reason, **options)


def cancel(case, by=None, reason="已迁出本市", **options):
    return endings.cancel(case, by=by or make.officer(Role.HEAD), at=make.BATCHED, reason=reason, **options)


def archive(case, by=None, **options):
    return endings.archive(case, by=by or make.officer(Role.HEAD), at=drive.AFTERWARDS, **options)


def standing(window, state) -> Application:
    """A case that stands in `state`, with its award where it has one."""
    if state == State.REJECTION_PROPOSED:
        return drive.rejection(window=window)
    if state in (State.ACCEPTED, State.REVIEWED, State.CHECKED):
        return make.application(window=window, state=state)
    case = make.application(window=window, state=State.CHECKED)
    run = make.allocated(window)
    if state != State.ALLOCATED:
        by, seen = make.officer(Role.IP_OFFICE), run.list_hash
        determination = publicity.determine(run, by=by, at=make.DETERMINED, minutes_number="会议纪要〔2026〕8号", seen_hash=seen)
        if state != State.DETERMINED:
            notice = publicity.publicise(determination, by=make.officer(Role.HEAD), at=make.PUBLICISED)
            if state == State.APPROVED:
                publicity.approve(notice, by=make.officer(Role.HEAD), at=make.APPROVED)
    case.refresh_from_db()
    assert case.state == state
    return case


AWARDED = (State.ALLOCATED, State.DETERMINED, State.PUBLICIZED, State.APPROVED)
IN_REVIEW = (State.ACCEPTED, State.REVIEWED, State.REJECTION_PROPOSED, State.CHECKED)


# giving up


@pytest.mark.parametrize("state", [*IN_REVIEW, *AWARDED])
def test_the_applicant_gives_up_from_acceptance_to_approval_and_the_budget_is_free_again(window, state):
    case = standing(window, state)
    awarded = case.awarded
    abandon(case)
    window.refresh_from_db()
    assert (case.state, case.awarded, case.reserved, case.due_at) == (State.ABANDONED, None, 0, None)
    assert (case.ended_at, case.ended_by, case.ended_reason) == (make.BATCHED, case.created_by, "不再需要补贴")
    assert str(window.awarded_total) == "0.00"
    assert case in Application.objects.holding_slot()
    assert Message.objects.filter(event="abandoned", recipient=case.created_by).exists()
    assert Event.objects.get(action="abandon").data["awarded"] == (str(awarded) if awarded is not None else None)


def test_a_reservation_is_given_back_too(window):
    make.application(window=window, state=State.CHECKED)
    waiting = make.application(window=window, state=State.REVIEWED)
    make.allocated(window)
    waiting.refresh_from_db()
    assert str(waiting.reserved) == "80000.00"
    abandon(waiting)
    window.refresh_from_db()
    assert (waiting.state, window.reserved_total) == (State.ABANDONED, 0)


def test_before_acceptance_it_is_a_withdrawal_and_after_payment_too_late(window):
    with refused("wrong_state"):
        abandon(make.application(window=window))
    with refused("wrong_state"):
        abandon(drive.paid(window=make.window()))


def test_only_the_applicant_gives_up_with_a_reason_and_not_while_held(window):
    case = make.application(window=window, state=State.CHECKED)
    for person in make.everybody_but(Role.ENTERPRISE, Role.INSURER):
        with refused("wrong_role"):
            abandon(case, by=person)
    colleague = make.user(Role.ENTERPRISE)
    Membership.objects.create(user=colleague, legal_entity=case.legal_entity, role=MembershipRole.VIEWER, created_at=make.OPENS)
    for person in (make.user(Role.ENTERPRISE), drive.staff_of(make.insurer()), colleague):
        with refused("other_applicant"):
            abandon(case, by=person)
    with refused("reason_missing"):
        abandon(case, reason="")
    with refused("moved_on"):
        abandon(case, version=case.version - 1)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.CHECKED, reason="举报核查")
    with refused("on_hold"):
        abandon(case)


def test_an_insurer_gives_up_only_what_it_filed_and_only_under_its_mandate(window):
    case = drive.insurers_case(window=window)
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    mandate, owner = case.legal_entity.entrustments.get(), make.owner_of(case.legal_entity)
    insurers.revoke_entrustment(mandate, by=owner, at=make.ACCEPTED, reason="自行办理")
    with refused("mandate_revoked"):
        abandon(case, by=case.created_by)
    assert abandon(case, by=owner).state == State.ABANDONED


# stopping


@pytest.mark.parametrize("state", AWARDED)
def test_the_head_stops_what_is_awarded_and_not_paid_also_while_held(window, state):
    case = standing(window, state)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.APPROVED, reason="查到失信记录")
    cancel(case)
    window.refresh_from_db()
    assert (case.state, case.awarded, case.is_held, case.ended_reason) == (State.CANCELLED, None, False, "已迁出本市")
    assert window.awarded_total == 0
    assert "已迁出本市" in Message.objects.get(event="cancelled", channel="inbox").body
    assert case in Application.objects.holding_slot()


def test_a_cancelled_case_leaves_its_published_list(window):
    case = standing(window, State.PUBLICIZED)
    notice = PublicNotice.objects.get()
    cancel(case)
    with refused("nothing_on_list"):
        publicity.approve(notice, by=make.officer(Role.HEAD), at=make.APPROVED)


def test_what_is_not_awarded_or_already_paid_is_not_stopped(window):
    for case in (standing(window, State.CHECKED), drive.paid(window=make.window())):
        with refused("wrong_state"):
            cancel(case)


def test_only_the_head_stops_with_a_reason(window):
    case = standing(window, State.APPROVED)
    for person in make.everybody_but(Role.HEAD):
        with refused("wrong_role"):
            cancel(case, by=person)
    with refused("reason_missing"):
        cancel(case, reason=" ")
    with refused("moved_on"):
        cancel(case, version=case.version - 1)


@pytest.mark.parametrize("verb", [abandon, cancel])
def test_a_payment_in_flight_keeps_the_case_until_it_comes_back(window, verb):
    case = drive.approved(window=window)
    batch, file = drive.sent(window)
    with refused("payment_in_flight"):
        verb(case)
    case.refresh_from_db()
    assert (case.state, str(case.awarded)) == (State.APPROVED, "80000.00")
    drive.settle(batch, file, returned={batch.payments.get().serial: "R01"})
    case.refresh_from_db()
    assert verb(case).state in (State.ABANDONED, State.CANCELLED)


@pytest.mark.parametrize("verb", [abandon, cancel])
def test_a_line_of_a_draft_batch_keeps_it_too_until_the_batch_is_void(window, verb):
    case = drive.approved(window=window)
    batch = payments.prepare_batch(window, make.pilot().appropriations.first(), by=make.officer(Role.FINANCE), at=make.BATCHED)
    with refused("payment_in_flight"):
        verb(case)
    payments.void_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED, reason="企业放弃")
    assert verb(case).state in (State.ABANDONED, State.CANCELLED)


# archiving


def test_a_paid_case_is_archived_and_keeps_its_award(window):
    case = drive.paid(window=window)
    archive(case)
    assert (case.state, str(case.awarded), case.ended_by) == (State.ARCHIVED, "80000.00", make.officer(Role.HEAD))
    assert Message.objects.filter(event="archived", recipient=case.created_by).exists()
    with refused("wrong_state"):
        archive(case)


def test_money_that_has_still_to_come_back_keeps_it_open(window):
    owed = drive.ordered(window=window)
    case = owed.application
    with refused("recovery_open"):
        archive(case)
    recovery.confirm_repayment(owed, by=make.officer(Role.FINANCE), at=drive.REPAID, amount=owed.amount, bank_reference="YH77")
    assert archive(case).state == State.ARCHIVED


def test_only_the_head_archives_a_paid_case_that_is_not_held(window):
    case = drive.paid(window=window)
    for person in make.everybody_but(Role.HEAD):
        with refused("wrong_role"):
            archive(case, by=person)
    with refused("wrong_state"):
        archive(make.application(window=window))
    applications.hold(case, by=make.officer(Role.HEAD), at=drive.AFTERWARDS, reason="审计抽查")
    with refused("on_hold"):
        archive(case)


def test_all_paid_cases_of_a_window_are_archived_but_those_that_owe_or_are_held(window):
    for _ in range(3):
        make.application(window=window, state=State.CHECKED)
    make.approved(window)
    drive.settle(*drive.sent(window))
    head = make.officer(Role.HEAD)
    owing, held, done = window.applications.order_by("pk")
    recovery.propose_recovery(owing, by=head, at=drive.AFTERWARDS, amount=Decimal("1.00"), reason="多付")
    applications.hold(held, by=head, at=drive.AFTERWARDS, reason="审计抽查")
    with refused("wrong_role"):
        endings.archive_paid(window, by=make.officer(Role.FINANCE), at=drive.AFTERWARDS)
    assert endings.archive_paid(window, by=head, at=drive.AFTERWARDS) == 1
    done.refresh_from_db()
    assert done.state == State.ARCHIVED
    with refused("nothing_on_list"):
        endings.archive_paid(window, by=head, at=drive.AFTERWARDS)


# twice at once


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["abandon", "cancel", "prepare_batch"])
def test_given_up_and_at_once_stopped_or_put_into_a_batch_is_one_of_both(other):
    window = make.window()
    case = drive.approved(window=window)
    people = make.officer(Role.HEAD), make.officer(Role.FINANCE), make.pilot().appropriations.first()
    copies = [Application.objects.get(pk=case.pk) for _ in range(2)]
    others = {
        "abandon": lambda: abandon(copies[1], by=case.created_by),
        "cancel": lambda: cancel(copies[1], by=people[0]),
        "prepare_batch": lambda: payments.prepare_batch(window, people[2], by=people[1], at=make.BATCHED),
    }
    outcomes = at_once(lambda: abandon(copies[0], by=case.created_by), others[other], meet="pilot_portal.workflow.moving.find_edge")
    assert codes(outcomes) in (["done", "wrong_state"], ["done", "payment_in_flight"], ["done", "nothing_to_pay"])
    case.refresh_from_db()
    assert (case.state == State.APPROVED) == case.payments.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", ["abandon", "cancel"])
def test_what_leaves_a_list_that_is_returned_at_once_blocks_nobody(verb):
    """Both take window and case; taken in another order, the database would end one of them as a deadlock."""
    window = make.window()
    case, other = (make.application(window=window, state=State.CHECKED) for _ in range(2))
    run = make.allocated(window)
    case.refresh_from_db()
    head, office = make.officer(Role.HEAD), make.officer(Role.IP_OFFICE)
    outcomes = at_once(
        lambda: abandon(case, by=case.created_by) if verb == "abandon" else cancel(case, by=head),
        lambda: publicity.return_list(run, by=office, at=make.DETERMINED, reason="理由不充分", seen_hash=run.list_hash),
        meet=["pilot_portal.workflow.moving.find_edge", "subsidies.services.publicity.lock"],
    )
    assert "OperationalError" not in codes(outcomes)
    assert set(codes(outcomes)) <= {"done", "list_changed", "wrong_state"}
    other.refresh_from_db()
    assert other.state in (State.CHECKED, State.ALLOCATED)
