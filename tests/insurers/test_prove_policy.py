"""A policy is proven by its insurer, or by a handler's own verification; the insurer may dispute it."""

import pytest

from insurers import services
from insurers.models import Policy
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from tests import make
from tests.expect import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy():
    return make.policy(make.entity(), confirmed=False)


def staff_of(policy):
    return policy.insurer.staff.get().user


def confirm(policy, by=None, **options):
    return services.confirm_policy(policy, by=by or staff_of(policy), at=make.FILED, **options)


def dispute(policy, by=None, reason="保费应为 33,833.33 元。", **options):
    return services.dispute_policy(policy, by=by or staff_of(policy), at=make.FILED, reason=reason, **options)


def verify(policy, by=None, reason="已电话向保险公司核实", **options):
    return services.verify_policy(policy, by=by or make.officer(Role.HANDLER), at=make.FILED, reason=reason, **options)


def test_the_insurer_confirms(policy):
    confirm(policy)
    assert (policy.state, policy.proven_by, policy.proven_at) == (PolicyState.CONFIRMED, staff_of(policy), make.FILED)


def test_a_dispute_reaches_the_enterprise_with_its_reason(policy):
    dispute(policy)
    letter = Message.objects.get(recipient=make.owner_of(policy.legal_entity), channel="inbox", event="policy_disputed")
    assert policy.state == PolicyState.DISPUTED
    assert "保费应为 33,833.33 元。请" in letter.body
    assert letter.link == f"/enterprise/policies/{policy.pk}/"


def test_a_settled_dispute_is_confirmed(policy):
    assert confirm(dispute(policy)).state_reason == ""


@pytest.mark.parametrize("prepare", [lambda policy: policy, dispute])
def test_a_handler_verifies_and_says_by_what(policy, prepare):
    verify(prepare(policy))
    assert (policy.state, policy.state_reason) == (PolicyState.VERIFIED, "已电话向保险公司核实")


def test_another_insurer_has_no_say(policy):
    other = make.insurer("示例二").staff.get().user
    for act in (confirm, dispute):
        with refused("not_its_insurer"):
            act(policy, by=other)


@pytest.mark.parametrize("role", [Role.ENTERPRISE, Role.HANDLER, Role.HEAD])
def test_nobody_confirms_for_the_insurer(policy, role):
    for act in (confirm, dispute):
        with refused("wrong_role"):
            act(policy, by=make.officer(role))


@pytest.mark.parametrize("role", [Role.INSURER, Role.REVIEWER, Role.ENTERPRISE])
def test_nobody_but_a_handler_verifies(policy, role):
    with refused("wrong_role"):
        verify(policy, by=make.officer(role))


def test_a_proven_policy_is_not_proven_or_disputed_again(policy):
    confirm(policy)
    for act in (confirm, dispute, verify):
        with refused("wrong_state"):
            act(policy)


@pytest.mark.parametrize("act", [dispute, verify])
def test_a_dispute_and_a_verification_need_a_reason(policy, act):
    with refused("reason_missing"):
        act(policy, reason="  ")


@pytest.mark.parametrize("act", [confirm, dispute, verify])
def test_figures_that_changed_since_the_page_was_opened_are_not_judged(policy, act):
    Policy.objects.filter(pk=policy.pk).update(version=2)
    with refused("moved_on"):
        act(policy, version=1)
