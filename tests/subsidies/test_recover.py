"""追回: proposed, ordered within fifteen working days or dropped, paid back in full or overdue. Never more than was paid."""

from datetime import timedelta
from decimal import Decimal

import pytest

from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Recovery
from subsidies.services import recovery
from subsidies.states import RecoveryState, State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def case(window):
    """Its 80,000.00 have arrived."""
    return drive.paid(window=window)


@pytest.fixture
def proposed(window):
    return drive.recovering(window=window)


@pytest.fixture
def ordered(window):
    return drive.ordered(window=window)


def propose(case, by=None, amount="10000.00", reason="企业隐瞒已获其他补贴", **options):
    by = by or make.officer(Role.HEAD)
    return recovery.propose_recovery(case, by=by, at=drive.AFTERWARDS, amount=Decimal(amount), reason=reason, **options)


def order(row, by=None, **options):
    return recovery.order_recovery(row, by=by or make.officer(Role.IP_OFFICE), at=drive.ORDERED, **options)


def drop(row, by=None, reason="金额不实", **options):
    return recovery.drop_recovery(row, by=by or make.officer(Role.IP_OFFICE), at=drive.ORDERED, reason=reason, **options)


def prove(row, by=None, **options):
    return recovery.prove_repayment(row, by=by or row.application.created_by, at=drive.REPAID, paper=make.pdf("repaid"), **options)


def confirm(row, by=None, amount="10000.00", bank_reference="YH202611100001", at=drive.REPAID, **options):
    by = by or make.officer(Role.FINANCE)
    return recovery.confirm_repayment(row, by=by, at=at, amount=Decimal(amount), bank_reference=bank_reference, **options)


# after an endorsement


@pytest.mark.parametrize(
    ("premium", "after", "recover"),
    [
        ("1200000.00", "1050000.00", None),  # both above the cap
        ("1200000.00", "900000.00", "80000.00"),
        ("100000.00", "50000.00", "40000.00"),
        ("100000.00", "99999.99", "0.01"),
        ("100000.00", "0.00", "80000.00"),
        ("100000.00", "200000.00", None),  # never a top-up
    ],
)
def test_old_award_less_new_award_comes_back_each_with_its_cap(window, premium, after, recover):
    case = drive.paid(window=window, premium=Decimal(premium))
    endorsement = drive.endorse(case.policy, after)
    rows = list(Recovery.objects.all())
    assert [str(row.amount) for row in rows] == ([] if recover is None else [recover])
    assert [row.endorsement for row in rows] == ([] if recover is None else [endorsement])


def test_surrendered_it_all_comes_back_less_what_came_back_already(case):
    drive.endorse(case.policy, "50000.00")
    drive.surrender(case.policy)
    assert sorted(str(row.amount) for row in case.recoveries.all()) == ["40000.00", "40000.00"]
    assert {row.proposed_by for row in case.recoveries.all()} == {make.officer(Role.SYSTEM)}


def test_where_the_budget_was_short_the_share_comes_back():
    window = make.window(draw="80000.00")
    make.application(window=window, state=State.CHECKED)
    case = drive.paid(window=window)
    assert str(case.awarded) == "40000.00"
    drive.endorse(case.policy, "50000.00")
    assert str(case.recoveries.get().amount) == "20000.00"


def test_an_archived_case_pays_back_too(case):
    case.state, case.ended_at, case.ended_by = State.ARCHIVED, drive.AFTERWARDS, make.officer(Role.HEAD)
    case.save()
    drive.surrender(case.policy)
    assert str(case.recoveries.get().amount) == "80000.00"


def test_followed_twice_it_is_proposed_once(case):
    made = drive.endorse(case.policy, "50000.00")
    recovery.follow_endorsement(made, at=drive.AFTERWARDS)
    assert recovery.follow_endorsements(at=drive.AFTERWARDS) == 0
    assert case.recoveries.count() == 1


# proposing


def test_the_head_proposes_and_the_ip_office_is_told(case):
    office = make.officer(Role.IP_OFFICE)
    made = propose(case)
    assert (made.state, str(made.amount), made.proposed_by) == (RecoveryState.PROPOSED, "10000.00", make.officer(Role.HEAD))
    assert "10,000.00 元" in Message.objects.get(event="work", channel="inbox", recipient=office, subject__contains="拟追回").body
    assert Event.objects.get(action="propose_recovery").data["amount"] == "10000.00"


def test_never_more_than_was_paid_whatever_is_proposed_in_how_many_parts(case):
    propose(case, amount="79999.99")
    with refused("recovery_exceeds_award"):
        propose(case, amount="0.02")
    dropped = propose(case, amount="0.01")
    with refused("recovery_exceeds_award"):
        propose(case, amount="0.01")
    drop(dropped)
    assert propose(case, amount="0.01").pk


@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_an_amount_of_nothing_is_not_proposed(case, amount):
    with refused("nothing_to_recover"):
        propose(case, amount=amount)


def test_from_a_case_that_was_not_paid_nothing_comes_back(window):
    for case in (make.application(window=window), drive.approved(window=make.window())):
        with refused("nothing_to_recover"):
            propose(case)


def test_only_the_head_proposes_with_a_reason(case):
    for person in make.everybody_but(Role.HEAD):
        with refused("wrong_role"):
            propose(case, by=person)
    with refused("reason_missing"):
        propose(case, reason=" ")
    with refused("moved_on"):
        propose(case, version=case.version - 1)


# ordering and dropping


def test_ordered_it_is_due_in_fifteen_working_days_and_the_applicant_is_told(proposed):
    order(proposed)
    assert (proposed.state, proposed.ordered_by) == (RecoveryState.ORDERED, make.officer(Role.IP_OFFICE))
    assert str(proposed.due_on) == "2026-11-24"
    letter = Message.objects.get(event="recovery_ordered", channel="inbox")
    for words in ("10,000.00 元", "隐瞒已获其他补贴", "2026-11-24 前"):
        assert words in letter.body


def test_dropped_it_says_why_and_owes_nothing(proposed):
    drop(proposed)
    assert (proposed.state, proposed.drop_reason, proposed.dropped_by) == (RecoveryState.DROPPED, "金额不实", make.officer(Role.IP_OFFICE))
    assert recovery.recovered(proposed.application) == 0
    assert Message.objects.filter(event="work", recipient=make.officer(Role.HEAD), subject__startswith="不予追回").exists()
    assert not Message.objects.filter(event="recovery_ordered").exists()


@pytest.mark.parametrize("verb", [order, drop])
def test_the_ip_office_decides_once(proposed, verb):
    for person in make.everybody_but(Role.IP_OFFICE):
        with refused("wrong_role"):
            verb(proposed, by=person)
    with refused("moved_on"):
        verb(proposed, version=proposed.version + 1)
    verb(proposed)
    for again in (order, drop):
        with refused("wrong_state"):
            again(proposed)


def test_dropping_needs_a_reason_and_who_proposed_does_not_order(proposed):
    with refused("reason_missing"):
        drop(proposed, reason="")
    head = make.officer(Role.HEAD)
    make.change_role(head, Role.IP_OFFICE)
    with refused("same_person"):
        order(proposed, by=head)


# paying back


def test_the_applicant_shows_its_slip_and_finance_confirms_what_has_arrived(ordered):
    finance = make.officer(Role.FINANCE)
    prove(ordered)
    ordered.refresh_from_db()
    assert (str(ordered.proof), ordered.state) == ("repaid.pdf", RecoveryState.ORDERED)
    assert Message.objects.filter(event="work", recipient=finance, subject__startswith="退款凭证").exists()
    confirm(ordered)
    assert (ordered.state, ordered.repaid_by, ordered.bank_reference) == (RecoveryState.REPAID, finance, "YH202611100001")
    assert Message.objects.filter(event="recovery_repaid", recipient=ordered.application.created_by).exists()
    assert Event.objects.get(action="repay_recovery").data["bank_reference"] == "YH202611100001"


def test_finance_confirms_without_a_slip_too(ordered):
    assert confirm(ordered).state == RecoveryState.REPAID


@pytest.mark.parametrize("amount", ["9999.99", "10000.01", "0.00"])
def test_all_of_it_or_nothing(ordered, amount):
    with refused("amount_differs") as caught:
        confirm(ordered, amount=amount)
    assert "10,000.00" in caught.value.sentence
    ordered.refresh_from_db()
    assert ordered.state == RecoveryState.ORDERED


def test_what_is_not_ordered_is_neither_shown_nor_confirmed(proposed):
    with refused("wrong_state"):
        prove(proposed)
    with refused("wrong_state"):
        confirm(proposed)


def test_confirmed_once_by_finance_with_the_banks_reference(ordered):
    for person in make.everybody_but(Role.FINANCE):
        with refused("wrong_role"):
            confirm(ordered, by=person)
    with refused("reason_missing") as caught:
        confirm(ordered, bank_reference=" ")
    assert caught.value.field == "bank_reference"
    with refused("moved_on"):
        confirm(ordered, version=ordered.version + 1)
    confirm(ordered)
    with refused("wrong_state"):
        confirm(ordered)
    with refused("wrong_state"):
        prove(ordered)


def test_only_the_applicant_shows_a_slip(ordered):
    for person in (*make.everybody_but(Role.ENTERPRISE), make.user(Role.ENTERPRISE), drive.staff_of(make.insurer())):
        with refused("other_applicant"):
            prove(ordered, by=person)
    with refused("moved_on"):
        prove(ordered, version=ordered.version + 1)


# overdue


def test_after_its_last_day_it_is_overdue_told_and_alarmed_once_and_may_still_be_paid(ordered):
    head = make.officer(Role.HEAD)
    end = make.moment("2026-11-25 00:00")
    assert recovery.overdue_recoveries(at=end - timedelta(microseconds=1)) == 0
    assert [recovery.overdue_recoveries(at=end) for _ in range(2)] == [1, 0]
    ordered.refresh_from_db()
    assert ordered.state == RecoveryState.OVERDUE
    assert Message.objects.filter(event="recovery_overdue", recipient=ordered.application.created_by, channel="inbox").count() == 1
    assert Message.objects.filter(event="alarm", recipient=head, subject__startswith="逾期未退", channel="inbox").count() == 1
    prove(ordered)
    assert confirm(ordered, at=end).state == RecoveryState.REPAID


def test_one_that_is_paid_in_the_same_instant_does_not_keep_the_others_from_being_marked(window, monkeypatch):
    first = drive.ordered(window=window)
    second = drive.ordered(window=make.window())
    moving = recovery.moving

    def just_before(row, *args, **options):
        if row.pk == first.pk and first.state == RecoveryState.ORDERED:
            monkeypatch.setattr(recovery, "moving", moving)
            confirm(first)
            monkeypatch.setattr(recovery, "moving", just_before)
        return moving(row, *args, **options)

    monkeypatch.setattr(recovery, "moving", just_before)
    assert recovery.overdue_recoveries(at=make.moment("2026-11-25 00:00")) == 1
    second.refresh_from_db()
    assert (first.state, second.state) == (RecoveryState.REPAID, RecoveryState.OVERDUE)


# twice at once


@pytest.mark.django_db(transaction=True)
def test_two_heads_propose_the_whole_award_at_once_and_it_is_proposed_once():
    case = drive.paid(window=make.window())
    heads = [make.user(Role.HEAD) for _ in range(2)]
    outcomes = at_once(
        *(lambda head=head: propose(case, by=head, amount="80000.00") for head in heads), meet="subsidies.services.recovery.recovered"
    )
    assert codes(outcomes) == ["done", "recovery_exceeds_award"]
    assert recovery.recovered(case) == Decimal("80000.00")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["order", "drop"])
def test_ordered_and_at_once_ordered_again_or_dropped_is_one_decision(other):
    row = drive.recovering(window=make.window())
    people = [make.user(Role.IP_OFFICE) for _ in range(2)]
    copies = [Recovery.objects.get(pk=row.pk) for _ in people]
    verb = {"order": order, "drop": drop}[other]
    meet = "pilot_portal.workflow.moving.find_edge"
    outcomes = at_once(lambda: order(copies[0], by=people[0]), lambda: verb(copies[1], by=people[1]), meet=meet)
    assert codes(outcomes) == ["done", "wrong_state"]
    assert Event.objects.filter(action__in=["order_recovery", "drop_recovery"]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_of_finance_confirm_at_once_and_it_is_booked_once():
    row = drive.ordered(window=make.window())
    people = [make.user(Role.FINANCE) for _ in range(2)]
    copies = [Recovery.objects.get(pk=row.pk) for _ in people]
    outcomes = at_once(
        *(lambda copy=copy, person=person: confirm(copy, by=person) for copy, person in zip(copies, people, strict=True)),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]


def test_an_insurer_that_filed_may_show_the_slip_under_its_mandate():
    window = make.window()
    case = drive.insurers_case(window=window)
    row = drive.ordered_of(drive.carry_to_payment(case))
    assert prove(row, by=case.created_by).proof
    mandate = case.legal_entity.entrustments.get()
    insurers.revoke_entrustment(mandate, by=make.owner_of(case.legal_entity), at=drive.REPAID, reason="自行办理")
    with refused("mandate_revoked"):
        prove(row, by=case.created_by)
