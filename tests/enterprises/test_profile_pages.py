"""The profile: state, returns with their reasons, mending, switching between legal entities."""

import hashlib
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enterprises import services
from enterprises.states import EntityState
from pilot_portal.accounts.roles import Role
from tests import make

pytestmark = pytest.mark.django_db
URL, EDIT, SWITCH = "/enterprise/profile/", "/enterprise/profile/edit/", "/enterprise/switch/"
BLURRED, WRONG_NAME = "执照不清晰，请重新扫描。", "法定代表人与执照不一致。"


@pytest.fixture
def entity(client):
    made = make.entity(verified=False)
    client.force_login(make.owner_of(made))
    return made


def send_back(entity, reason):
    services.return_entity(entity, by=make.officer(Role.HANDLER), at=make.OPENS, reason=reason)


def typed(entity, **changes) -> dict:
    columns = (
        "name",
        "kind",
        "registered_address",
        "legal_representative",
        "established_on",
        "contact_name",
        "contact_phone",
        "contact_email",
        "version",
    )
    return {**{column: getattr(entity, column) for column in columns}, "district": entity.district_id, **changes}


def test_who_has_no_enterprise_yet_is_led_to_registering(client):
    client.force_login(make.user(Role.ENTERPRISE))
    for url in (URL, EDIT, "/enterprise/policies/"):
        assert client.get(url, follow=True).redirect_chain[-1][0] == "/enterprise/register/"


def test_every_return_stands_there_with_its_reason(client, entity):
    send_back(entity, BLURRED)
    services.resubmit_entity(entity, by=make.owner_of(entity), at=make.OPENS, facts={})
    send_back(entity, WRONG_NAME)
    page = client.get(URL).content.decode()
    assert "登记信息需要修改" in page
    assert page.index(WRONG_NAME) < page.index(BLURRED)


def test_a_returned_enterprise_mends_on_screen_and_keeps_its_licence(client, entity):
    send_back(entity, BLURRED)
    licence = entity.licence
    page = client.get(EDIT).content.decode()
    assert BLURRED in page
    assert f'value="{entity.name}"' in page
    response = client.post(EDIT, typed(entity, legal_representative="王改正"), follow=True)
    assert "已重新提交核验" in response.content.decode()
    entity.refresh_from_db()
    assert (entity.state, entity.legal_representative, entity.licence) == (EntityState.UNVERIFIED, "王改正", licence)


def test_a_colleagues_change_in_between_is_not_overwritten(client, entity):
    facts = typed(entity, legal_representative="王改正")
    services.resubmit_entity(entity, by=make.owner_of(entity), at=make.OPENS, facts={"legal_representative": "赵同事"})
    response = client.post(EDIT, facts)
    assert response.status_code == 409
    assert "已有变化" in response.content.decode()
    assert 'value="王改正"' in response.content.decode()


def test_what_is_verified_cannot_be_changed_by_the_enterprise(client, entity):
    services.verify(entity, by=make.officer(Role.HANDLER), at=make.OPENS, in_beijing=True)
    assert EDIT not in client.get(URL).content.decode()
    response = client.post(EDIT, typed(entity))
    assert response.status_code == 409
    assert "登记信息不能自行修改" in response.content.decode()


def test_the_licence_is_served_to_members_alone(client, entity):
    response = client.get("/enterprise/profile/licence/")
    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "private, no-store"
    assert hashlib.sha256(b"".join(response.streaming_content)).hexdigest() == entity.licence.sha256
    client.force_login(make.user(Role.INSURER))
    assert client.get("/enterprise/profile/licence/").status_code == 403


def test_who_acts_for_several_chooses_one_and_may_switch(client, entity):
    owner = make.owner_of(entity)
    other = make.entity(by=owner, verified=False)
    assert client.get("/enterprise/policies/")["Location"] == f"{SWITCH}?next=%2Fenterprise%2Fpolicies%2F"
    for chosen in (other, entity):
        response = client.post(SWITCH, {"legal_entity": chosen.pk, "next": "/enterprise/policies/"})
        assert response["Location"] == "/enterprise/policies/"
        assert chosen.name in client.get("/enterprise/policies/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_switching_leads_to_no_other_site(client, entity, elsewhere):
    response = client.post(SWITCH, {"legal_entity": entity.pk, "next": elsewhere})
    assert response["Location"] == "/account/landing/"


def test_nobody_switches_to_the_enterprise_of_another(client, entity):
    response = client.post(SWITCH, {"legal_entity": make.entity(verified=False).pk})
    assert response.status_code == 422


def test_opening_pages_changes_nothing(client, entity):
    for url in (URL, EDIT, SWITCH, "/enterprise/profile/category/", "/enterprise/profile/account/", "/enterprise/preregistration/2026/"):
        client.get(url)
    entity.refresh_from_db()
    assert entity.version == 1


def test_the_profile_asks_no_more_of_the_database_with_more_rows(client, entity, django_assert_num_queries):
    owner = make.owner_of(entity)
    with CaptureQueriesContext(connection) as few:
        client.get(URL)
    category = make.Entry.objects.get(kind="category", code="champion")
    for _ in range(5):
        services.add_category(entity, by=owner, at=make.OPENS, facts={"category": category}, evidence=make.pdf("list"))
        make.account(entity)
        send_back(entity, BLURRED)
        services.resubmit_entity(entity, by=owner, at=make.OPENS, facts={})
    with django_assert_num_queries(len(few)):
        assert client.get(URL).status_code == 200


@pytest.mark.parametrize("address", ["/enterprise/", "/enterprise/applications/", "/enterprise/policies/", URL])
def test_no_page_guesses_for_which_of_several_enterprises_a_person_acts(client, entity, address):
    other = make.entity(by=make.owner_of(entity))
    asked = client.get(address)
    assert asked.status_code == 302 and asked.url == f"{SWITCH}?{urlencode({'next': address})}"
    chosen = client.post(asked.url, {"legal_entity": other.pk, "next": address}, follow=True)
    assert chosen.redirect_chain == [(address, 302)] and chosen.context["entity"] == other


def test_the_choice_suggests_the_enterprise_that_a_page_belongs_to(client, entity):
    other, strange = make.entity(by=make.owner_of(entity)), make.entity()
    page = client.get(SWITCH, {"to": other.pk})
    assert page.context["form"]["legal_entity"].value() == other.pk and "要打开的页面属于" in page.content.decode()
    assert strange.name not in client.get(SWITCH, {"to": strange.pk}).content.decode()
