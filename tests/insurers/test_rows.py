"""Invoices and payments of a policy: added with their papers, taken back, frozen once a case is filed."""

from datetime import date
from decimal import Decimal

import pytest

from insurers import services
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.workflow.refusals import Refusal
from tests import make
from tests.expect import refused

pytestmark = pytest.mark.django_db
KINDS = [make.invoice, make.premium_payment]
TAKEN = [(make.invoice, {"number": "34993302"}, "invoice_taken"), (make.premium_payment, {"reference": "R-1"}, "payment_taken")]


@pytest.fixture
def policy():
    return make.policy(make.entity(), papers=False)


@pytest.mark.parametrize(("add", "facts", "code"), TAKEN)
def test_the_same_row_is_taken_once_a_policy(policy, add, facts, code):
    assert add(policy, **facts).paper_id
    with refused(code):
        add(policy, **facts)
    assert add(make.policy(policy.legal_entity, papers=False), **facts).pk


@pytest.mark.parametrize("add", KINDS)
@pytest.mark.parametrize("amount", ["0.00", "-1.00"])
def test_an_amount_must_be_above_zero(policy, add, amount):
    with refused("amount_not_positive"):
        add(policy, amount=Decimal(amount))


def test_a_stranger_adds_and_removes_nothing(policy):
    stranger, row = make.user(Role.ENTERPRISE), make.invoice(policy)
    facts = {"number": "1", "buyer": "x", "amount": Decimal("1.00"), "issued_on": date(2026, 6, 16)}
    payment = {"payer": "x", "amount": Decimal("1.00"), "paid_on": date(2026, 6, 16), "reference": "1"}
    for act in (
        lambda: services.add_invoice(policy, by=stranger, at=make.OPENS, facts=facts, paper=make.pdf()),
        lambda: services.add_premium_payment(policy, by=stranger, at=make.OPENS, facts=payment, paper=make.pdf()),
        lambda: services.remove_row(row, by=stranger, at=make.OPENS),
    ):
        with refused("not_a_member"):
            act()


@pytest.mark.parametrize("add", KINDS)
def test_a_removed_row_stays_in_the_trail(policy, add):
    row = add(policy, amount=Decimal("12.34"))
    services.remove_row(row, by=make.owner_of(policy.legal_entity), at=make.OPENS)
    assert not policy.invoices.exists()
    assert not policy.premium_payments.exists()
    event = Event.objects.get(action__startswith="remove_")
    assert event.data["amount"] == "12.34"


def test_rows_of_a_filed_case_are_frozen():
    policy = make.application(window=make.window()).policy
    owner = make.owner_of(policy.legal_entity)
    for row in (policy.invoices.get(), policy.premium_payments.get()):
        with refused("policy_in_use"):
            services.remove_row(row, by=owner, at=make.FILED)
    for add in KINDS:
        with refused("policy_in_use"):
            add(policy, at=make.FILED)


def test_a_paper_that_is_none_leaves_no_row(policy):
    broken = make.pdf()
    broken.file.truncate(40)
    facts = {"number": "1", "buyer": "x", "amount": Decimal("1.00"), "issued_on": date(2026, 6, 16)}
    with pytest.raises(Refusal) as refusal:
        services.add_invoice(policy, by=make.owner_of(policy.legal_entity), at=make.OPENS, facts=facts, paper=broken)
    assert refusal.value.code == "file_broken"
    assert not policy.invoices.exists()
