"""企业核验 and 预申报 at the workbench: works, wrong role, old page."""

import pytest

from enterprises import services
from enterprises.models import LegalEntity, MembershipState, PreRegistration
from enterprises.states import EntityState, PreRegistrationState
from pilot_portal.accounts.roles import Role
from tests import make
from tests.workbench import buttons, enter, list_of, look, press, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def entity():
    return make.entity(verified=False)


@pytest.mark.parametrize(("answer", "in_beijing"), [("yes", True), ("no", False)])
def test_handler_verifies_and_decides_the_place(entity, answer, in_beijing):
    assert buttons(Role.HANDLER, entity) == {"verify", "return_entity"}
    assert press(Role.HANDLER, entity, "verify", in_beijing=answer).status_code == 302
    entity.refresh_from_db()
    assert (entity.state, entity.in_beijing, entity.verified_by) == (EntityState.VERIFIED, in_beijing, make.officer(Role.HANDLER))


def test_place_must_be_decided(entity):
    response = press(Role.HANDLER, entity, "verify")
    entity.refresh_from_db()
    assert (response.status_code, entity.state) == (422, EntityState.UNVERIFIED)
    assert "in_beijing" in response.context["form"].errors


def test_handler_returns_with_a_reason(entity):
    assert press(Role.HANDLER, entity, "return_entity", reason="").status_code == 422
    assert press(Role.HANDLER, entity, "return_entity", reason="执照照片不清晰").status_code == 302
    entity.refresh_from_db()
    assert (entity.state, entity.state_reason) == (EntityState.RETURNED, "执照照片不清晰")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.HEAD, Role.FINANCE, Role.AUDITOR])
def test_other_roles_verify_nothing(entity, role):
    assert buttons(role, entity) == set()
    assert press(role, entity, "verify", in_beijing="yes").status_code == 403
    entity.refresh_from_db()
    assert entity.state == EntityState.UNVERIFIED


def test_old_page_is_refused_with_what_changed(entity):
    version, seen = entity.version, look(Role.HANDLER, entity).context["events"][0].pk
    facts = {"registered_address": "河北省廊坊市示例路 2 号"}
    services.resubmit_entity(entity, by=make.owner_of(entity), at=make.FILED, facts=facts)
    response = press(Role.HANDLER, entity, "verify", version=version, seen=seen, in_beijing="yes")
    entity.refresh_from_db()
    assert (response.status_code, entity.state) == (409, EntityState.UNVERIFIED)
    assert "重新提交核验" in text(response)
    assert "河北省廊坊市" in text(response)


def test_licence_stands_beside_what_was_typed(entity):
    response = look(Role.HANDLER, entity)
    assert response.context["papers"][0][0] == "营业执照"
    assert entity.registered_address in text(response)
    assert enter(Role.HANDLER).get(url(entity, "paper", entity.licence_id)).status_code == 200


@pytest.fixture
def claim(entity):
    rival = make.user(Role.ENTERPRISE)
    return services.register(by=rival, at=make.FILED, facts=make.entity_facts(credit_code=entity.credit_code), licence=make.pdf("rival"))


@pytest.mark.parametrize(("answer", "state"), [("yes", MembershipState.ACTIVE), ("no", MembershipState.REMOVED)])
def test_rival_claim_is_decided_once(entity, claim, answer, state):
    assert press(Role.HANDLER, entity, "claim", membership=claim.pk, accepted=answer).status_code == 302
    claim.refresh_from_db()
    assert claim.state == state
    again = press(Role.HANDLER, entity, "claim", membership=claim.pk, accepted="yes")
    claim.refresh_from_db()
    assert (again.status_code, claim.state) == (422, state)


def test_rival_claim_is_not_decided_by_others_or_under_another_entity(entity, claim):
    assert press(Role.HEAD, entity, "claim", membership=claim.pk, accepted="yes").status_code == 403
    other = make.entity(verified=False)
    assert press(Role.HANDLER, other, "claim", membership=claim.pk, accepted="yes").status_code == 422
    claim.refresh_from_db()
    assert claim.state == MembershipState.PENDING


def test_list_is_found_by_state_claim_name_and_code(entity, claim):
    other = make.entity()
    client = enter(Role.HANDLER)

    def found(**query):
        return set(client.get(list_of(LegalEntity, **query)).context["cl"].result_list)

    assert found(state="unverified") == {entity}
    assert found(claim="pending") == {entity}
    assert found(q=other.name) == {other}
    assert found(q=other.credit_code.lower()) == {other}


def test_verification_screen_takes_few_queries(entity, claim, django_assert_max_num_queries):
    client = enter(Role.HANDLER)
    with django_assert_max_num_queries(20) as first:
        client.get(url(entity))
    for _ in range(3):
        services.register(
            by=make.user(Role.ENTERPRISE), at=make.FILED, facts=make.entity_facts(credit_code=entity.credit_code), licence=make.pdf("r")
        )
    with django_assert_max_num_queries(20) as second:
        client.get(url(entity))
    assert len(first) == len(second)


@pytest.fixture
def registration():
    entity = make.entity()
    facts = {"products_abroad": "智能装备", "countries": "美国"}
    return services.preregister(entity, make.pilot(), by=make.owner_of(entity), at=make.FILED, facts=facts)


def test_preregistration_is_confirmed(registration):
    assert buttons(Role.HANDLER, registration) == {"confirm_preregistration", "return_preregistration"}
    assert press(Role.HANDLER, registration, "confirm_preregistration").status_code == 302
    registration.refresh_from_db()
    assert registration.state == PreRegistrationState.CONFIRMED


def test_preregistration_is_returned_with_a_reason(registration):
    assert press(Role.HANDLER, registration, "return_preregistration", reason="请补充国家").status_code == 302
    registration.refresh_from_db()
    assert (registration.state, registration.state_reason) == (PreRegistrationState.RETURNED, "请补充国家")
    assert list(enter(Role.HANDLER).get(list_of(PreRegistration, state="returned")).context["cl"].result_list) == [registration]


@pytest.mark.parametrize(("role", "version", "status"), [(Role.HEAD, 1, 403), (Role.HANDLER, 7, 409)])
def test_preregistration_is_refused_to_others_and_on_an_old_page(registration, role, version, status):
    assert press(role, registration, "confirm_preregistration", version=version).status_code == status
    registration.refresh_from_db()
    assert registration.state == PreRegistrationState.SUBMITTED
