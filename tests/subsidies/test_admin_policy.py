"""A policy at the workbench: what its insurer does not confirm, a handler verifies by other means."""

import pytest

from insurers.models import Policy
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from tests import make
from tests.workbench import buttons, enter, list_of, look, press, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy():
    return make.policy(make.entity(), confirmed=False)


def test_handler_verifies_and_says_by_which_means(policy):
    assert buttons(Role.HANDLER, policy) == {"verify_policy", "endorse", "surrender_policy"}
    assert press(Role.HANDLER, policy, "verify_policy", reason="致电客服核实").status_code == 302
    policy.refresh_from_db()
    assert (policy.state, policy.state_reason, policy.proven_by) == (PolicyState.VERIFIED, "致电客服核实", make.officer(Role.HANDLER))


@pytest.mark.parametrize(("role", "reason", "status"), [(Role.REVIEWER, "已核实", 403), (Role.HANDLER, " ", 422)])
def test_policy_is_not_verified_by_others_or_without_reason(policy, role, reason, status):
    assert press(role, policy, "verify_policy", reason=reason).status_code == status
    policy.refresh_from_db()
    assert policy.state == PolicyState.REGISTERED


def test_verifying_on_an_old_page_is_refused(policy):
    assert press(Role.HANDLER, policy, "verify_policy", version=policy.version + 1, reason="已核实").status_code == 409


def test_papers_stand_beside_the_figures(policy):
    response = look(Role.HANDLER, policy)
    assert [kind.split()[0] for kind, _, _ in response.context["papers"]] == ["保险单", "发票", "回单"]
    assert "100,000.00" in text(response)
    assert enter(Role.HANDLER).get(url(policy, "paper", policy.paper_id)).status_code == 200


def test_policy_is_found_by_number_holder_and_code(policy):
    make.policy(make.entity())
    client = enter(Role.HANDLER)
    for term in (policy.number, policy.number.lower(), policy.legal_entity.name, policy.legal_entity.credit_code):
        assert list(client.get(list_of(Policy, q=term)).context["cl"].result_list) == [policy], term
