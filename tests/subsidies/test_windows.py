"""申报周期: public with a basis for every term, locked from then on, and never drawing more than the pilot has."""

from datetime import timedelta
from decimal import Decimal

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import BASIS_COLUMNS, Appropriation, Window
from subsidies.services import windows
from tests import make
from tests.expect import refused, violates
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


def publish(window, by=None):
    return windows.publish(window, by=by or make.officer(Role.HEAD), at=make.OPENS - timedelta(days=5))


def propose(document_number="京财预〔2026〕99号", amount="1000000.00", by=None):
    person = by or make.officer(Role.FINANCE)
    return windows.propose_appropriation(
        make.pilot(), by=person, at=make.OPENS, document_number=document_number, amount=Decimal(amount), reason="追加指标"
    )


def decide(proposal, by=None, *, confirmed=True):
    return windows.decide_appropriation(proposal, by=by or make.officer(Role.HEAD), at=make.OPENS, confirmed=confirmed)


def test_a_published_window_is_open_by_the_clock_alone():
    window = publish(make.window(published=False))
    instants = [make.OPENS - timedelta(seconds=1), make.OPENS, make.CLOSES - timedelta(seconds=1), make.CLOSES]
    assert [window.is_open(at) for at in instants] == [False, True, True, False]
    assert [Window.objects.open_at(at).exists() for at in instants] == [False, True, True, False]
    assert Event.objects.get(action="publish_window").data["draw"] == "5000000.00"


def test_an_unpublished_window_is_never_open():
    assert not make.window(published=False).is_open(make.FILED)


@pytest.mark.parametrize("column", BASIS_COLUMNS)
def test_no_term_without_its_basis(column):
    window = make.window(published=False)
    window.basis[column] = "  "
    window.save()
    with refused("basis_missing") as caught:
        publish(window)
    assert caught.value.facts["columns"] == [column]


def test_the_draws_of_all_windows_stay_within_the_appropriations():
    first = make.window(published=False, draw="5000000.00")
    second = make.window(published=False, draw="5000000.01")
    Appropriation.objects.exclude(pk=Appropriation.objects.first().pk).delete()
    make.appropriation(Decimal("5000000.00"))
    publish(first)
    with refused("draws_exceed_appropriations"):
        publish(second)
    make.appropriation(Decimal("0.01"))
    publish(second)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HEAD, Role.SYSTEM)])
def test_only_a_head_publishes_and_decides_on_money(role):
    window, proposal, person = make.window(published=False), propose(), make.officer(role)
    with refused("wrong_role"):
        publish(window, by=person)
    with refused("wrong_role"):
        decide(proposal, by=person)


def test_a_window_is_published_once():
    window = make.window()
    with refused("already_published"):
        publish(window)
    assert Event.objects.filter(action="publish_window").count() == 1


def test_an_extension_is_for_everyone_and_a_shortening_is_refused():
    window = make.window()
    Window.objects.filter(pk=window.pk).update(closes_at=make.CLOSES + timedelta(days=2))
    with violates("published_window_is_locked"):
        Window.objects.filter(pk=window.pk).update(closes_at=make.CLOSES)


def test_an_appropriation_counts_once_another_person_has_confirmed_it():
    proposal = propose()
    assert not Appropriation.objects.exists()
    made = decide(proposal)
    assert (str(made.amount), made.prepared_by, made.approved_by) == ("1000000.00", make.officer(Role.FINANCE), make.officer(Role.HEAD))


def test_a_declined_appropriation_and_a_number_that_is_known_do_not_count():
    assert decide(propose(), confirmed=False) is None
    decide(propose())
    with refused("appropriation_known"):
        decide(propose())
    assert Appropriation.objects.count() == 1


def test_only_finance_proposes_and_one_at_a_time():
    with refused("wrong_role"):
        propose(by=make.officer(Role.HEAD))
    propose()
    with refused("proposal_open"):
        propose(document_number="京财预〔2026〕100号")


def test_who_proposed_does_not_confirm_even_with_another_role():
    proposal = propose()
    person = proposal.proposed_by
    make.change_role(person, Role.HEAD)
    with refused("same_person"):
        decide(proposal, by=person)


@pytest.mark.django_db(transaction=True)
def test_two_windows_published_at_once_do_not_share_one_appropriation():
    made = [make.window(published=False, draw="5000000.00") for _ in range(2)]
    Appropriation.objects.exclude(pk=Appropriation.objects.first().pk).delete()
    heads = [make.user(Role.HEAD) for _ in made]
    outcomes = at_once(
        *(lambda window=window, head=head: publish(window, by=head) for window, head in zip(made, heads, strict=True)),
        meet="subsidies.services.windows.record",
    )
    assert codes(outcomes) == ["done", "draws_exceed_appropriations"]
    assert Window.objects.published().count() == 1
