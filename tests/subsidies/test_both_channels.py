"""Sixty-four filings for one legal person in the same instant, by its own people and two insurers, each with impatient retries."""

import pytest

from enterprises.models import Membership, MembershipRole
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application
from subsidies.services import applications
from tests import drive, make
from tests.expect import standing_faults
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 64


def parties() -> list[tuple[Application, User]]:
    """Four who may file: the owner and a colleague on the enterprise's own draft, and two insurers, each on a draft of its own."""
    window, entity = make.window(), make.entity()
    colleague = make.user(Role.ENTERPRISE)
    Membership.objects.create(user=colleague, legal_entity=entity, role=MembershipRole.SUBMITTER, created_at=make.OPENS)
    own = make.draft(window=window, legal_entity=entity)
    theirs = [drive.insurers_draft(window=window, policy=make.policy(entity, insurer=make.insurer(name))) for name in ("示例一", "示例二")]
    return [(own, make.owner_of(entity)), (own, colleague), *((draft, draft.created_by) for draft in theirs)]


def file_in_a_crowd(ready: list[tuple[Application, User]], crowd: int) -> list:
    shares = [ready[place % len(ready)] for place in range(crowd)]
    tickets = [(Application.objects.get(pk=draft.pk), person) for draft, person in shares]
    return at_once(*(lambda draft=draft, person=person: applications.submit(draft, by=person, at=make.FILED) for draft, person in tickets))


def test_exactly_one_wins_and_everybody_else_is_told_its_number():
    outcomes = file_in_a_crowd(parties(), CROWD)
    winner = Application.objects.holding_slot().get()
    assert Event.objects.filter(action="submit").count() == 1
    assert len(outcomes) == CROWD
    for outcome in outcomes:
        if isinstance(outcome, Application):  # the winner, and whoever pressed again for the same draft
            assert (outcome.pk, outcome.number) == (winner.pk, winner.number)
        else:
            assert isinstance(outcome, Refusal), repr(outcome)
            assert outcome.code == "already_filed"
            assert winner.number in outcome.sentence
    assert any(isinstance(outcome, Refusal) for outcome in outcomes)
    assert standing_faults() == []


def test_without_the_index_several_would_get_through(owner_cursor):
    ready = parties()
    owner_cursor.execute("DROP INDEX one_application_per_window_and_entity")
    acts = [lambda draft=draft, person=person: applications.submit(draft, by=person, at=make.FILED) for draft, person in ready[1:]]
    at_once(*acts, meet="subsidies.services.applications.problems")
    assert Application.objects.holding_slot().count() == 3
