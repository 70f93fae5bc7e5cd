"""委托 at the workbench: the sealed paper as a picture beside what was typed, verified or revoked by a handler."""

import pytest
from django.urls import reverse

from enterprises import services as enterprises
from enterprises.models import LegalEntity
from insurers import services
from insurers.models import Entrustment
from insurers.states import EntrustmentState
from pilot_portal.accounts.roles import Role
from tests import make
from tests.workbench import buttons, enter, list_of, look, press, text, url

pytestmark = pytest.mark.django_db
PERIOD = {"starts_at": make.OPENS, "ends_at": make.PAID}


@pytest.fixture
def client_entity():
    """An enterprise without an account, entered by its insurer."""
    staff = make.insurer().staff.first().user
    return enterprises.register_client(by=staff, at=make.OPENS, facts=make.entity_facts(), licence=make.pdf("licence"))


def propose(entity, paper=True) -> Entrustment:
    insurer = make.insurer()
    sealed = make.pdf("sealed mandate") if paper else None
    return services.propose_entrustment(entity, insurer, by=insurer.staff.first().user, at=make.OPENS, facts=PERIOD, paper=sealed)


def test_handler_verifies_the_sealed_paper(client_entity):
    mandate = propose(client_entity)
    assert buttons(Role.HANDLER, mandate) == {"confirm_entrustment", "revoke_entrustment"}
    assert press(Role.HANDLER, mandate, "confirm_entrustment", at=make.FILED).status_code == 302
    mandate.refresh_from_db()
    assert (mandate.state, mandate.confirmed_by) == (EntrustmentState.CONFIRMED, make.officer(Role.HANDLER))
    assert "现在有效" in text(look(Role.HANDLER, mandate, at=make.ACCEPTED))


def test_paper_stands_beside_both_sides(client_entity):
    mandate = propose(client_entity)
    page = look(Role.HANDLER, mandate)
    assert [kind for kind, _, _ in page.context["papers"]] == ["委托书"]
    assert enter(Role.HANDLER).get(url(mandate, "paper", mandate.paper_id)).status_code == 200
    for other_side in (client_entity, mandate.insurer):
        assert url(other_side) in page.content.decode()
    assert url(mandate.insurer) not in look(Role.REVIEWER, mandate).content.decode()
    assert url(mandate) in look(Role.HANDLER, client_entity).content.decode()


def test_without_a_paper_there_is_nothing_to_verify(client_entity):
    mandate = propose(client_entity, paper=False)
    assert "confirm_entrustment" not in buttons(Role.HANDLER, mandate)
    refused = press(Role.HANDLER, mandate, "confirm_entrustment")
    assert refused.status_code == 422
    assert "请先上传双方盖章的委托书" in text(refused)
    mandate.refresh_from_db()
    assert mandate.state == EntrustmentState.PROPOSED


def test_handler_revokes_with_a_reason_that_is_kept(client_entity):
    mandate = propose(client_entity)
    assert press(Role.HANDLER, mandate, "revoke_entrustment", reason=" ").status_code == 422
    assert press(Role.HANDLER, mandate, "revoke_entrustment", reason="委托书没有盖章").status_code == 302
    mandate.refresh_from_db()
    assert (mandate.state, mandate.state_reason) == (EntrustmentState.REVOKED, "委托书没有盖章")
    assert buttons(Role.HANDLER, mandate) == set()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.HEAD, Role.FINANCE, Role.AUDITOR])
def test_others_at_the_centre_read_it_only(client_entity, role):
    mandate = propose(client_entity)
    assert look(role, mandate).status_code == 200
    assert buttons(role, mandate) == set()
    assert press(role, mandate, "confirm_entrustment").status_code == 403
    mandate.refresh_from_db()
    assert mandate.state == EntrustmentState.PROPOSED


@pytest.mark.parametrize("role", [Role.SECURITY, Role.ADMINISTRATOR])
def test_custodians_of_accounts_and_dictionaries_see_none(client_entity, role):
    assert look(role, propose(client_entity)).status_code == 403


def test_old_page_and_second_confirmation_are_refused(client_entity):
    mandate = propose(client_entity)
    assert press(Role.HANDLER, mandate, "confirm_entrustment", version=mandate.version + 1).status_code == 409
    press(Role.HANDLER, mandate, "confirm_entrustment")
    assert press(Role.HANDLER, mandate, "confirm_entrustment").status_code == 409


def test_desk_and_list_lead_to_what_waits(client_entity):
    mandate, online = propose(client_entity), propose(make.entity(), paper=False)
    client = enter(Role.HANDLER)
    desk = {line.title: line for line in client.get(reverse("admin:index")).context["desk"]}
    assert desk["待核实委托"].count == 1
    assert list(client.get(desk["待核实委托"].url).context["cl"].result_list) == [mandate]
    assert list(client.get(list_of(Entrustment, paper="none")).context["cl"].result_list) == [online]
    for term in (client_entity.name, client_entity.credit_code):
        assert list(client.get(list_of(Entrustment, q=term)).context["cl"].result_list) == [mandate]
    assert set(client.get(list_of(Entrustment, q=make.insurer().short_name)).context["cl"].result_list) == {mandate, online}


def test_client_of_an_insurer_is_verified_like_any_other(client_entity):
    client = enter(Role.HANDLER)
    assert client_entity in client.get(list_of(LegalEntity, state="unverified")).context["cl"].result_list
    make.entity()
    assert list(client.get(list_of(LegalEntity, claim="client")).context["cl"].result_list) == [client_entity]
    page = text(look(Role.HANDLER, client_entity))
    assert "没有账号，由保险公司登记为客户" in page
    assert "保险公司登记客户" in page  # the trail
    assert press(Role.HANDLER, client_entity, "verify", in_beijing="yes").status_code == 302
    client_entity.refresh_from_db()
    assert client_entity.is_verified
