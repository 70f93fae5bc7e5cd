"""重新核算: an endorsement before payment freezes the case; the head reckons it anew or stops it. Nothing is ever raised."""

from datetime import date
from decimal import Decimal

import pytest

from insurers import services as insurers
from insurers.models import Endorsement, EndorsementKind
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application
from subsidies.services import allocation, applications, endings, objections, payments, recovery, reviews
from subsidies.states import BatchState, State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db
BEFORE = make.moment("2026-09-20 10:00")


@pytest.fixture
def window():
    return make.window()


def recompute(case, by=None, at=make.BATCHED, reason="批减后重新核算", lowered_to=None, **options):
    by = by or make.officer(Role.HEAD)
    return objections.recompute(case, by=by, at=at, reason=reason, lowered_to=lowered_to, **options)


# the endorsement freezes


@pytest.mark.parametrize("state", [State.REVIEWED, State.CHECKED])
def test_a_reduction_after_the_review_freezes_the_case_and_alarms_the_head(window, state):
    case = make.application(window=window, state=state)
    make.officer(Role.HEAD)
    drive.endorse(case.policy, "50000.00", at=BEFORE)
    case.refresh_from_db()
    assert case.held_by == make.officer(Role.SYSTEM)
    assert "批单 P-1" in case.held_reason
    assert Endorsement.objects.get().followed_at == BEFORE
    assert Message.objects.get(event="alarm", channel="inbox", recipient=make.officer(Role.HEAD), subject__contains=case.number)
    assert Message.objects.filter(event="held", recipient=case.created_by).exists()


def test_a_reduction_that_leaves_the_entitlement_and_an_increase_freeze_nothing(window):
    capped = make.application(window=window, state=State.CHECKED, premium=Decimal("1200000.00"))
    drive.endorse(capped.policy, "1050000.00", at=BEFORE)
    other = make.application(window=window, state=State.CHECKED)
    drive.endorse(other.policy, "200000.00", at=BEFORE)
    for case in (capped, other):
        case.refresh_from_db()
        assert not case.is_held


def test_before_the_review_the_checks_run_anew_and_the_review_reckons_with_it(window):
    case = make.application(window=window, state=State.ACCEPTED)
    drive.endorse(case.policy, "50000.00", at=make.ACCEPTED)
    case.refresh_from_db()
    assert not case.is_held
    make.judge_all(case)
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED)
    assert str(case.entitled) == "40000.00"


def test_it_counts_from_the_day_it_takes_effect(window):
    case = make.application(window=window, state=State.CHECKED)
    made = drive.endorse(case.policy, "50000.00", at=BEFORE, effective_on=date(2026, 10, 9))
    case.refresh_from_db()
    assert not case.is_held
    assert recovery.follow_endorsements(at=make.moment("2026-10-08 23:59")) == 0
    assert recovery.follow_endorsements(at=make.moment("2026-10-09 00:00")) == 1
    case.refresh_from_db()
    made.refresh_from_db()
    assert case.is_held
    assert made.followed_at == make.moment("2026-10-09 00:00")
    assert recovery.follow_endorsements(at=make.moment("2026-10-09 01:00")) == 0


def test_a_review_overtaken_by_an_endorsement_is_not_checked_even_once_released(window):
    case = make.application(window=window, state=State.REVIEWED)
    drive.endorse(case.policy, "50000.00", at=BEFORE)
    case.refresh_from_db()
    applications.release(case, by=make.officer(Role.HEAD), at=BEFORE, reason="退回初审")
    with refused("figures_outdated") as caught:
        reviews.check(case, by=make.officer(Role.REVIEWER), at=BEFORE)
    assert "40,000.00" in caught.value.sentence
    reviews.send_back(case, by=make.officer(Role.REVIEWER), at=BEFORE, reason="按批单核算")
    reviews.review(case, by=make.officer(Role.HANDLER), at=BEFORE)
    assert reviews.check(case, by=make.officer(Role.REVIEWER), at=BEFORE).entitled == Decimal("40000.00")


def test_a_figure_that_an_officer_corrected_still_stands_after_an_endorsement(window):
    """The invoice was typed with 10,000.00 and corrected to 100,000.00 by the page; an endorsement must not fall back on the slip."""
    policy = make.policy(make.entity(), papers=False)
    make.invoice(policy, amount=Decimal("10000.00"))
    make.premium_payment(policy)
    case = make.application(window=window, state=State.ACCEPTED, policy=policy)
    make.judge_all(case)
    by, page = make.officer(Role.HANDLER), "发票第 1 页为 100,000.00 元"
    reviews.review(case, by=by, at=make.REVIEWED, invoiced=Decimal("100000.00"), correction_reason=page)
    reviews.check(case, by=make.officer(Role.REVIEWER), at=make.CHECKED)
    drive.endorse(policy, "110000.00", at=BEFORE)
    case.refresh_from_db()
    assert (case.is_held, str(case.entitled)) == (False, "80000.00")
    drive.endorse(policy, "90000.00", at=BEFORE, number="P-2")
    case.refresh_from_db()
    assert case.is_held
    recompute(case, at=BEFORE)
    assert str(case.entitled) == "72000.00"


# reckoned anew


@pytest.mark.parametrize("stage", ["checked", "allocated", "publicized", "approved"])
def test_recomputed_at_any_stage_it_goes_back_to_be_allocated_within_its_share(window, stage):
    case = make.application(window=window, state=State.CHECKED)
    if stage == "allocated":
        make.allocated(window)
    elif stage == "publicized":
        make.publicised(window)
    elif stage == "approved":
        make.approved(window)
    at = {"checked": BEFORE}.get(stage, make.BATCHED)
    drive.endorse(case.policy, "50000.00", at=at)
    case.refresh_from_db()
    recompute(case, at=at)
    window.refresh_from_db()
    assert (case.state, str(case.entitled), case.awarded, case.is_held) == (State.CHECKED, "40000.00", None, False)
    assert (str(case.recognised_premium), str(window.awarded_total)) == ("50000.00", "0.00")
    assert str(case.reserved) == ("0.00" if stage == "checked" else "40000.00")
    assert "批减后重新核算" in Message.objects.get(event="recomputed", channel="inbox").body
    assert Event.objects.get(action="recompute").data["after"] == "checked"
    run = make.sent(allocation.allocate(window, by=make.officer(Role.HEAD), at=drive.AFTERWARDS))
    case.refresh_from_db()
    assert (str(run.awarded_total), str(case.awarded)) == ("40000.00", "40000.00")


def test_an_endorsement_is_not_reckoned_twice(window):
    case = make.application(window=window, state=State.CHECKED)
    drive.endorse(case.policy, "50000.00", at=BEFORE)
    case.refresh_from_db()
    recompute(case, at=BEFORE)
    with refused("entitlement_unchanged"):
        recompute(case, at=BEFORE)


def test_recomputed_upwards_never(window):
    case = make.application(window=window, state=State.CHECKED)
    drive.endorse(case.policy, "200000.00", at=BEFORE)
    case.refresh_from_db()
    with refused("entitlement_unchanged"):
        recompute(case, at=BEFORE)
    with refused("only_lower"):
        recompute(case, at=BEFORE, lowered_to=Decimal("80000.01"))


def test_surrendered_before_payment_the_case_is_stopped(window):
    case = drive.approved(window=window)
    drive.surrender(case.policy, at=make.BATCHED)
    case.refresh_from_db()
    assert case.is_held
    endings.cancel(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="已退保")
    window.refresh_from_db()
    assert (case.state, case.awarded, str(window.awarded_total)) == (State.CANCELLED, None, "0.00")


# wrong state, wrong person


def test_only_what_was_checked_and_not_paid_is_recomputed(window):
    for case in (make.application(window=window, state=State.REVIEWED), drive.paid(window=make.window())):
        with refused("wrong_state"):
            recompute(case, lowered_to=Decimal("1.00"))


def test_only_the_head_recomputes_with_a_reason(window):
    case = make.application(window=window, state=State.CHECKED)
    for person in make.everybody_but(Role.HEAD):
        with refused("wrong_role"):
            recompute(case, by=person, lowered_to=Decimal("1.00"))
    with refused("reason_missing"):
        recompute(case, reason=" ")
    with refused("moved_on"):
        recompute(case, version=case.version - 1, lowered_to=Decimal("1.00"))


def test_with_a_payment_on_its_way_nothing_is_recomputed_until_the_batch_is_void(window):
    case = drive.approved(window=window)
    batch = payments.prepare_batch(window, make.pilot().appropriations.first(), by=make.officer(Role.FINANCE), at=make.BATCHED)
    drive.endorse(case.policy, "50000.00", at=make.BATCHED)
    case.refresh_from_db()
    with refused("payment_in_flight"):
        recompute(case)
    case.refresh_from_db()
    assert (case.state, str(case.awarded), str(case.entitled)) == (State.APPROVED, "80000.00", "80000.00")
    with refused("on_hold"):
        payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    payments.void_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED, reason="保单批减")
    assert recompute(case).state == State.CHECKED
    assert batch.state == BatchState.VOID


# money that the bank has already


def test_what_was_endorsed_while_the_bank_had_the_order_comes_back_once_it_is_paid(window):
    case = drive.approved(window=window)
    batch, file = drive.sent(window)
    drive.endorse(case.policy, "50000.00", at=make.BATCHED)
    case.refresh_from_db()
    assert case.is_held
    with refused("payment_in_flight"):
        recompute(case)
    drive.settle(batch, file)
    case.refresh_from_db()
    assert case.state == State.PAID
    assert recovery.follow_endorsements(at=drive.AFTERWARDS) == 1
    assert [str(row.amount) for row in case.recoveries.all()] == ["40000.00"]
    assert recovery.follow_endorsements(at=drive.AFTERWARDS) == 0


# twice at once


@pytest.mark.django_db(transaction=True)
def test_recomputed_twice_at_once_is_reckoned_once():
    window = make.window()
    case = drive.approved(window=window)
    drive.endorse(case.policy, "50000.00", at=make.BATCHED)
    heads = [make.user(Role.HEAD) for _ in range(2)]
    copies = [Application.objects.get(pk=case.pk) for _ in heads]
    outcomes = at_once(
        *(lambda copy=copy, head=head: recompute(copy, by=head) for copy, head in zip(copies, heads, strict=True)),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "entitlement_unchanged"]
    assert case.reviews.count() == 2


@pytest.mark.django_db(transaction=True)
def test_changed_and_filed_at_once_the_snapshot_is_of_the_policy_that_was_filed():
    draft = make.draft(window=make.window())
    facts = {"premium": Decimal("90000.00")}
    outcomes = at_once(
        lambda: applications.submit(draft, by=draft.created_by, at=make.FILED),
        lambda: insurers.change_policy(draft.policy, by=draft.created_by, at=make.FILED, facts=facts),
        meet=["subsidies.services.applications.require_free", "insurers.services.policies.record"],
    )
    assert codes(outcomes) == ["done", "done"]
    draft.refresh_from_db()
    assert str(draft.policy.premium) == "90000.00"
    assert draft.snapshot["policy_total"] == str(draft.policy.premium)


@pytest.mark.django_db(transaction=True)
def test_reported_twice_at_once_it_freezes_once():
    case = make.application(window=make.window(), state=State.CHECKED)
    made = Endorsement.objects.create(
        policy=case.policy,
        kind=EndorsementKind.REDUCTION,
        number="P-1",
        effective_on=date(2026, 9, 20),
        premium_after=Decimal("50000.00"),
        reported_by=drive.staff_of(case.policy.insurer),
        reported_at=BEFORE,
    )
    outcomes = at_once(*(lambda: recovery.follow_endorsement(made, at=BEFORE) for _ in range(2)), meet="subsidies.services.recovery.lock")
    assert codes(outcomes) == ["done", "done"]
    assert Event.objects.filter(action="hold").count() == 1
