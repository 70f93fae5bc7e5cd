"""A policy at the workbench: what its insurer does not confirm or report, a handler verifies or registers on paper."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from insurers.models import Policy
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from subsidies.states import State
from tests import drive, make
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


# endorsements and surrender on paper


def endorsement(**changed) -> dict:
    return {
        "kind": "reduction",
        "number": "P-1",
        "effective_on": "2026-09-02",
        "premium_after": "80,000.00",
        "paper": make.pdf("endorsement"),
        **changed,
    }


def test_handler_registers_a_reduction_on_paper(policy):
    assert press(Role.HANDLER, policy, "endorse", **endorsement()).status_code == 302
    made = policy.endorsements.get()
    assert (made.kind, made.premium_after, made.reported_by) == ("reduction", Decimal("80000.00"), make.officer(Role.HANDLER))
    page = look(Role.HANDLER, policy)
    assert "批减保费" in text(page)
    assert "80,000.00" in text(page)
    assert "批单 P-1" in [kind for kind, _, _ in page.context["papers"]]


def test_handler_registers_a_surrender_on_paper(policy):
    data = {"number": "T-1", "effective_on": "2026-09-02", "paper": make.pdf("surrender")}
    assert press(Role.HANDLER, policy, "surrender_policy", **data).status_code == 302
    policy.refresh_from_db()
    assert (policy.state, policy.endorsements.get().premium_after) == (PolicyState.SURRENDERED, Decimal(0))
    assert buttons(Role.HANDLER, policy) == set()
    again = {**data, "number": "T-2", "paper": make.pdf("surrender")}
    assert press(Role.HANDLER, policy, "surrender_policy", **again).status_code == 409
    assert press(Role.HANDLER, policy, "endorse", **endorsement(number="P-2")).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"premium_after": "120,000.00"}, "premium_after"),
        ({"premium_after": "100,000.00"}, "premium_after"),
        ({"premium_after": "0"}, "premium_after"),
        ({"premium_after": "8万"}, "premium_after"),
        ({"number": " "}, "number"),
        ({"effective_on": "2026-13-01"}, "effective_on"),
        ({"kind": "surrender"}, "kind"),
        ({"paper": SimpleUploadedFile("a.pdf", b"no paper")}, "paper"),
    ],
)
def test_wrong_endorsement_is_refused_beside_its_field_and_kept(policy, wrong, field):
    response = press(Role.HANDLER, policy, "endorse", **endorsement(**wrong))
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert field == "paper" or "endorsement.pdf" in text(response)
    assert not policy.endorsements.exists()


def test_paper_that_was_kept_need_not_be_sent_again(policy):
    response = press(Role.HANDLER, policy, "endorse", **endorsement(premium_after=""))
    kept = response.context["form"]["paper"].value().pk
    again = {name: value for name, value in endorsement().items() if name != "paper"}
    assert press(Role.HANDLER, policy, "endorse", paper_kept=kept, **again).status_code == 302
    assert policy.endorsements.get().paper_id == kept


def test_number_is_registered_once(policy):
    press(Role.HANDLER, policy, "endorse", **endorsement())
    assert press(Role.HANDLER, policy, "endorse", **endorsement(premium_after="70000")).status_code == 409
    assert policy.endorsements.count() == 1


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.HEAD, Role.FINANCE, Role.AUDITOR])
def test_others_register_none(policy, role):
    assert buttons(role, policy) == set()
    assert press(role, policy, "endorse", **endorsement()).status_code == 403
    assert press(role, policy, "surrender_policy", number="T-1", effective_on="2026-09-02", paper=make.pdf()).status_code == 403
    assert not policy.endorsements.exists()


def test_surrender_on_an_old_page_is_refused(policy):
    data = {"number": "T-1", "effective_on": "2026-09-02", "paper": make.pdf("surrender"), "version": policy.version + 1}
    assert press(Role.HANDLER, policy, "surrender_policy", **data).status_code == 409


def test_case_on_the_policy_is_named_with_what_became_of_it():
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    drive.surrender(case.policy, at=make.ALLOCATED)
    page = text(look(Role.HANDLER, case.policy))
    assert case.number in page
    assert "须重新核算或终止拨付" in page
    assert "已处理影响" in page
