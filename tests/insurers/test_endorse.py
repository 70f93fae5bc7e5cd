"""批改: the premium is another one from a day on, reported by the policy's insurer or by a handler."""

from datetime import date
from decimal import Decimal

import pytest

from insurers import services as insurers
from insurers.models import Endorsement, EndorsementKind
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.services.facts import premium_after_endorsements
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db
REDUCTION, INCREASE = EndorsementKind.REDUCTION, EndorsementKind.INCREASE


@pytest.fixture
def policy():
    return make.policy(make.entity())


def endorse(policy, by=None, kind=REDUCTION, after="90000.00", number="P-1", on=date(2026, 9, 1), paper=None):
    facts = {"kind": kind, "number": number, "effective_on": on, "premium_after": Decimal(after)}
    return insurers.endorse(policy, by=by or drive.staff_of(policy.insurer), at=make.FILED, facts=facts, paper=paper)


def test_from_its_day_on_another_premium_counts(policy):
    made = endorse(policy, on=date(2026, 9, 10), paper=make.pdf("endorsement"))
    assert (made.reported_by, str(made.paper)) == (drive.staff_of(policy.insurer), "endorsement.pdf")
    assert [premium_after_endorsements(policy, date(2026, 9, day)) for day in (9, 10)] == [Decimal("100000.00"), Decimal("90000.00")]
    assert Message.objects.filter(event="policy_endorsed", recipient=make.owner_of(policy.legal_entity)).exists()
    assert Event.objects.get(action="endorse").data["premium_after"] == "90000.00"


def test_what_it_means_is_worked_out_after_commit(policy, django_capture_on_commit_callbacks, monkeypatch):
    sent = []
    monkeypatch.setattr("celery.current_app.send_task", lambda task, args, **_: sent.append((task, args)))
    with django_capture_on_commit_callbacks(execute=True):
        made = endorse(policy)
    assert ("subsidies.tasks.follow_endorsement", (made.pk,)) in sent


def test_a_second_one_starts_from_the_first(policy):
    endorse(policy, after="90000.00", number="P-1", on=date(2026, 9, 1))
    with refused("premium_not_changed") as caught:
        endorse(policy, kind=INCREASE, after="90000.00", number="P-2", on=date(2026, 9, 2))
    assert "90,000.00" in caught.value.sentence
    endorse(policy, kind=INCREASE, after="95000.00", number="P-2", on=date(2026, 9, 2))
    assert premium_after_endorsements(policy, date(2026, 9, 2)) == Decimal("95000.00")


def test_one_that_is_reported_late_does_not_undo_a_later_one(policy):
    endorse(policy, after="50000.00", number="P-2", on=date(2026, 9, 20))
    endorse(policy, after="80000.00", number="P-1", on=date(2026, 9, 10))
    days = [premium_after_endorsements(policy, date(2026, 9, day)) for day in (9, 10, 20)]
    assert [str(premium) for premium in days] == ["100000.00", "80000.00", "50000.00"]


def test_a_handler_reports_it_on_the_paper_too(policy):
    assert endorse(policy, by=make.officer(Role.HANDLER)).reported_by == make.officer(Role.HANDLER)


DISAGREE = [(REDUCTION, "100000.00"), (REDUCTION, "100000.01"), (INCREASE, "99999.99"), (INCREASE, "100000.00")]


@pytest.mark.parametrize(("kind", "after"), DISAGREE)
def test_kind_and_premium_agree(policy, kind, after):
    with refused("premium_not_changed"):
        endorse(policy, kind=kind, after=after)


def test_a_premium_below_nothing_is_refused(policy):
    with refused("amount_not_positive"):
        endorse(policy, after="-0.01")


def test_a_number_is_reported_once(policy):
    endorse(policy)
    with refused("endorsement_taken"):
        endorse(policy, after="80000.00")
    assert Endorsement.objects.count() == 1


def test_a_surrender_is_no_endorsement_of_this_kind_and_nothing_follows_it(policy):
    with pytest.raises(ValueError, match="verb of its own"):
        endorse(policy, kind=EndorsementKind.SURRENDER, after="0.00")
    drive.surrender(policy, at=make.FILED)
    with refused("wrong_state"):
        endorse(policy, number="P-9")


def test_only_the_policys_insurer_or_a_handler(policy):
    for person in make.everybody_but(Role.INSURER, Role.HANDLER):
        with refused("wrong_role"):
            endorse(policy, by=person)
    with refused("not_its_insurer"):
        endorse(policy, by=drive.staff_of(make.insurer("示例二")))
    with refused("wrong_role"):
        endorse(policy, by=make.owner_of(policy.legal_entity))


@pytest.mark.django_db(transaction=True)
def test_reported_by_two_at_once_it_stands_once():
    policy = make.policy(make.entity())
    people = drive.staff_of(policy.insurer), make.officer(Role.HANDLER)
    outcomes = at_once(
        *(lambda person=person: endorse(policy, by=person) for person in people), meet="insurers.services.endorsements._add_endorsement"
    )
    assert codes(outcomes) in (["done", "endorsement_taken"], ["done", "premium_not_changed"])
    assert Endorsement.objects.count() == 1


@pytest.mark.parametrize(("day", "late"), [(27, False), (26, True)])
def test_one_that_is_reported_after_its_working_days_alarms_the_head_and_the_insurer(policy, day, late):
    """Reported on Tuesday, 2026-09-01: in time for what took effect on Thursday, a day late for Wednesday."""
    make.officer(Role.HEAD)
    made = endorse(policy, on=date(2026, 8, day))
    assert make.FILED.date() == date(2026, 9, 1)
    assert made.is_late == late
    told = Message.objects.filter(key__contains=f"endorsement_late:{made.pk}")
    assert {message.recipient.role for message in told} == ({Role.HEAD, Role.INSURER} if late else set())


def test_the_selection_says_within_how_many_working_days(policy):
    policy.insurer.selections.update(report_days=4)
    assert not endorse(policy, on=date(2026, 8, 26)).is_late


def test_a_year_without_a_calendar_makes_nobody_late(policy):
    made = endorse(policy, on=date(2030, 5, 1))
    assert made.report_due_on is None
    assert not made.is_late
