"""Two at once, on one slot, one policy, one budget, one series of numbers. Each race is first shown to be one."""

from threading import Barrier, BrokenBarrierError

import pytest
from django.db import IntegrityError, transaction

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.moving import violated_constraint
from subsidies.models import Application, Window
from subsidies.services import applications, drafts
from subsidies.states import State
from tests import make
from tests.races import PATIENCE, at_once, codes

pytestmark = pytest.mark.django_db(transaction=True)
INSIDE = "subsidies.services.applications.problems"  # the slot has been found free and is not taken yet


def both_channels() -> list[Application]:
    """Two complete drafts of one legal person: its own and, on another policy, its insurer's."""
    window, entity = make.window(), make.entity()
    mine, other = make.draft(window=window, policy=make.policy(entity)), make.policy(entity)
    make.entrustment(entity, other.insurer)
    staff = other.insurer.staff.first().user
    theirs = drafts.start(entity, window, by=staff, at=make.FILED)
    columns = {"category": mine.category, "bank_account": mine.bank_account, "pledged": True}
    return [mine, drafts.save_draft(theirs, by=staff, at=make.FILED, policy=other, **columns)]


def file_at_once(ready: list[Application]) -> list:
    return at_once(*(lambda draft=draft: applications.submit(draft, by=draft.created_by, at=make.FILED) for draft in ready), meet=INSIDE)


def test_enterprise_and_insurer_file_at_once_and_one_wins_and_the_other_is_told_its_number():
    outcomes = file_at_once(both_channels())
    assert codes(outcomes) == ["already_filed", "done"]
    winner, loser = sorted(outcomes, key=lambda outcome: isinstance(outcome, Exception))
    assert winner.number in loser.sentence
    assert winner.get_channel_display() in loser.sentence
    assert Application.objects.holding_slot().count() == 1


def test_without_the_unique_index_both_would_get_through(owner_cursor):
    ready = both_channels()
    owner_cursor.execute("DROP INDEX one_application_per_window_and_entity")
    assert codes(file_at_once(ready)) == ["done", "done"]
    assert Application.objects.holding_slot().count() == 2


def same_policy_in_two_windows() -> list[Application]:
    policy = make.policy(make.entity())
    return [make.draft(window=make.window(), policy=policy) for _ in range(2)]


def test_one_policy_filed_in_two_windows_at_once_is_filed_once():
    outcomes = file_at_once(same_policy_in_two_windows())
    assert codes(outcomes) == ["done", "policy_already_filed"]
    winner, loser = sorted(outcomes, key=lambda outcome: isinstance(outcome, Exception))
    assert winner.number in loser.sentence


def test_without_its_index_the_policy_would_be_filed_twice(owner_cursor):
    ready = same_policy_in_two_windows()
    owner_cursor.execute("DROP INDEX one_application_per_policy")
    assert codes(file_at_once(ready)) == ["done", "done"]


def test_four_enterprises_file_at_once_and_the_numbers_run_on():
    window = make.window()
    outcomes = file_at_once([make.draft(window=window) for _ in range(4)])
    assert sorted(case.number[10:16] for case in outcomes) == ["000001", "000002", "000003", "000004"]


def award_at_once(window: Window) -> list:
    """Two awards of 80,000.00 by two connections that both believe the budget is there."""
    head, inside = make.officer(Role.HEAD), Barrier(2)

    @transaction.atomic
    def award(case: Application) -> None:
        try:
            inside.wait(PATIENCE)
        except BrokenBarrierError:
            pytest.fail("the two never met")
        stamps = {"allocated_at": make.ALLOCATED, "allocated_by": head}
        Application.objects.filter(pk=case.pk).update(state=State.ALLOCATED, awarded=case.entitled, **stamps)

    return at_once(*(lambda case=case: award(case) for case in window.applications.all()))


def rich_in_cases() -> Window:
    window = make.window(draw="100000.00")
    for _ in range(2):
        make.application(window=window, state=State.CHECKED)
    return window


def test_two_awards_at_once_cannot_overspend_whatever_sql_they_run():
    window = rich_in_cases()
    outcomes = award_at_once(window)
    assert codes(outcomes) == ["IntegrityError", "done"]
    refusal = next(outcome for outcome in outcomes if isinstance(outcome, IntegrityError))
    assert violated_constraint(refusal) == "awards_within_draw"
    window.refresh_from_db()
    assert str(window.awarded_total) == "80000.00"


def test_without_the_check_the_budget_would_be_overspent(owner_cursor):
    window = rich_in_cases()
    owner_cursor.execute("ALTER TABLE subsidies_window DROP CONSTRAINT awards_within_draw")
    assert codes(award_at_once(window)) == ["done", "done"]
    window.refresh_from_db()
    assert str(window.awarded_total) == "160000.00"
