"""Registering and changing a policy: whose, which product, which figures, and when it may no longer change."""

from datetime import date
from decimal import Decimal

import pytest

from insurers import services
from insurers.models import Policy, Product
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.services import applications
from tests import make
from tests.expect import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def entity():
    return make.entity()


def register(entity, by=None, **columns):
    return services.register_policy(
        entity, by=by or make.owner_of(entity), at=make.OPENS, facts=make.policy_facts(**columns), paper=make.pdf("policy")
    )


def change(policy, by=None, paper=None, version=None, **facts):
    owner = by or make.owner_of(policy.legal_entity)
    return services.change_policy(policy, by=owner, at=make.OPENS, facts=facts, paper=paper, version=version)


def test_a_policy_waits_for_its_insurer_and_is_recorded(entity):
    policy = register(entity, premium=Decimal("33333.33"))
    assert (policy.state, policy.paper.name) == (PolicyState.REGISTERED, "policy.pdf")
    assert Event.objects.get(action="register_policy").data == {"premium": "33333.33"}


@pytest.mark.parametrize("again", ["QIPL-2026-0001", "qipl20260001", "ＱＩＰＬ　２０２６０００１"])
def test_one_number_is_one_policy_however_it_is_written(entity, again):
    register(entity, number="QIPL20260001")
    with refused("policy_taken"):
        register(make.entity(), number=again)
    assert Policy.objects.count() == 1


def test_two_insurers_may_use_the_same_number(entity):
    register(entity, number="1")
    assert register(entity, number="1", insurer=make.insurer("示例二")).pk


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"ends_on": date(2026, 6, 15)}, "policy_dates"),
        ({"ends_on": date(2025, 6, 15)}, "policy_dates"),
        ({"non_pilot_premium": Decimal("60000.00"), "coinsured_premium": Decimal("40000.01")}, "policy_parts"),
        ({"non_pilot_premium": Decimal("-0.01")}, "policy_parts"),
        ({"premium": Decimal("0.00")}, "policy_parts"),
    ],
)
def test_impossible_figures_are_refused(entity, columns, code):
    with refused(code):
        register(entity, **columns)
    assert not Policy.objects.exists()


def test_a_product_of_another_insurer_is_refused(entity):
    other = make.insurer("示例二").products.get()
    with refused("product_of_another"):
        register(entity, product=other)


def test_an_unverified_enterprise_registers_no_policy():
    with refused("unverified_enterprise"):
        register(make.entity(verified=False))


def test_a_stranger_neither_registers_nor_changes(entity):
    stranger, policy = make.user(Role.ENTERPRISE), register(entity)
    with refused("not_a_member"):
        register(entity, by=stranger)
    with refused("not_a_member"):
        change(policy, by=stranger, premium=Decimal("1.00"))


def test_a_change_of_figures_takes_the_confirmation_away_and_keeps_what_was(entity):
    policy = change(make.policy(entity), premium=Decimal("90000.00"))
    assert (policy.state, policy.proven_by, policy.version) == (PolicyState.REGISTERED, None, 3)
    assert Event.objects.get(action="change_policy").data["before"] == {"premium": "100000.00"}


def test_another_paper_takes_the_confirmation_away_too(entity):
    assert change(make.policy(entity), paper=make.pdf("other")).state == PolicyState.REGISTERED


def test_a_change_that_changes_nothing_leaves_the_confirmation(entity):
    policy = make.policy(entity)
    assert change(policy, premium=policy.premium).state == PolicyState.CONFIRMED


def test_an_older_version_is_not_changed(entity):
    policy = register(entity)
    change(policy, territory="美国")
    with refused("moved_on"):
        change(policy, version=1, territory="日本")


def test_a_surrendered_policy_is_not_changed_back_to_life(entity):
    policy = register(entity)
    Policy.objects.filter(pk=policy.pk).update(state=PolicyState.SURRENDERED)
    with refused("wrong_state"):
        change(policy, premium=Decimal("1.00"))


def test_a_policy_of_a_filed_case_no_longer_changes_until_the_case_is_withdrawn():
    case = make.application(window=make.window())
    with refused("policy_in_use") as caught:
        change(case.policy, premium=Decimal("200000.00"))
    assert case.number in caught.value.sentence
    applications.withdraw(case, by=case.created_by, at=make.FILED, reason="保单填错")
    assert change(case.policy, premium=Decimal("200000.00")).premium == Decimal("200000.00")


def test_a_product_is_on_sale_until_the_day_before_it_is_withdrawn():
    product = Product(filed_on=date(2022, 3, 1), withdrawn_on=date(2026, 1, 1))
    days = (date(2022, 2, 28), date(2022, 3, 1), date(2025, 12, 31), date(2026, 1, 1))
    assert [product.on_sale(day) for day in days] == [False, True, True, False]
