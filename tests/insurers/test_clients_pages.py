"""An insurer enters clients and writes for them under a mandate, and only under one."""

import pytest
from django.utils import timezone

from enterprises import services as enterprises
from enterprises.models import LegalEntity
from enterprises.states import EntityState
from insurers import services
from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import Entry, Kind
from tests import make
from tests.insurers import desk
from tests.subsidies.pages import browser, read, received, text_of

pytestmark = pytest.mark.django_db
PAGES = ("policies/new/", "category/", "account/")


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def insurer():
    return make.insurer()


@pytest.fixture
def person(insurer):
    return desk.desk_of(insurer)


@pytest.fixture
def entered(insurer):
    """A client that the insurer has entered and asked for a mandate."""
    facts = make.entity_facts()
    made = enterprises.register_client(by=desk.staff_of(insurer), at=make.FILED, facts=facts, licence=make.pdf("licence"))
    desk.proposed(insurer, made)
    return made


@pytest.fixture
def client(insurer):
    """An enterprise with an account of its own and a mandate in force."""
    made = make.entity()
    make.entrustment(made, insurer)
    return made


def test_a_known_enterprise_is_used_as_it_is_and_only_its_name_is_shown(person):
    stranger = make.entity()
    page = text_of(person.get(desk.NEW, {"credit_code": f" {stranger.credit_code.lower()} "}, follow=True))
    assert "发起委托" in page
    assert stranger.name in page
    for private in (stranger.registered_address, stranger.legal_representative, stranger.contact_phone, stranger.contact_email):
        assert private not in page
    assert person.get(f"{desk.NEW}{stranger.credit_code}/")["Location"].endswith("/mandate/")


def test_a_code_that_cannot_be_is_refused_with_its_reason(person):
    response = person.get(desk.NEW, {"credit_code": "91110108MA01"})
    assert response.status_code == 422
    assert "91110108MA01" in response.content.decode()
    assert person.get(f"{desk.NEW}91110108MA01/").status_code == 404


def test_a_fault_in_the_licence_keeps_what_was_typed_and_uploaded(person):
    code = make.credit_code()
    response = person.post(f"{desk.NEW}{code}/", desk.licence(contact_phone="12"))
    assert response.status_code == 422
    kept = StoredFile.objects.get(name="licence.pdf")
    page = response.content.decode()
    assert f'name="licence_kept" value="{kept.pk}"' in page
    assert "北京海淀光谱科技有限公司" in page
    again = desk.licence(licence_kept=kept.pk)
    del again["licence"]
    assert person.post(f"{desk.NEW}{code}/", again).status_code == 302
    assert LegalEntity.objects.get(credit_code=code).licence == kept


def test_a_branch_is_not_entered(person):
    response = person.post(f"{desk.NEW}{make.credit_code()}/", desk.licence(name="北京示例科技有限公司海淀分公司"))
    assert "分支机构" in response.context["form"].errors["name"][0]


def test_what_the_centre_sent_back_is_mended_by_the_insurer_that_entered_it(person, entered):
    enterprises.return_entity(entered, by=desk.handler(), at=make.FILED, reason="住所与执照不符。")
    assert "住所与执照不符" in read(person, f"/insurer/clients/{entered.pk}/")
    told = Message.objects.filter(event="client_returned", link=f"/insurer/clients/{entered.pk}/")
    assert told.exists()
    address = f"/insurer/clients/{entered.pk}/edit/"
    typed = desk.licence(version=entered.version)
    del typed["licence"]
    assert person.post(address, typed).status_code == 302
    entered.refresh_from_db()
    assert (entered.state, entered.registered_address) == (EntityState.UNVERIFIED, "北京市海淀区示例路 8 号")


def test_what_the_insurer_did_not_enter_it_does_not_mend(person, insurer):
    """Neither an enterprise that somebody acts for here, nor a client of another insurer, nor what is verified."""
    own = make.entity(verified=False)
    desk.proposed(insurer, own)
    assert person.get(f"/insurer/clients/{own.pk}/edit/").status_code == 404
    assert person.get(f"/insurer/clients/{own.pk}/licence/").status_code == 404


def test_a_verified_client_is_not_mended(person, entered):
    assert person.get(f"/insurer/clients/{entered.pk}/edit/").status_code == 200
    assert received(person.get(f"/insurer/clients/{entered.pk}/licence/"))
    enterprises.verify(entered, by=desk.handler(), at=make.FILED, in_beijing=True)
    assert person.get(f"/insurer/clients/{entered.pk}/edit/").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_without_a_mandate_in_force_nothing_is_written_and_the_page_says_why(person, insurer, path):
    made = make.entity()
    mandate = make.entrustment(made, insurer)
    address = f"/insurer/clients/{made.pk}/{path}"
    assert person.get(address).status_code == 200
    services.revoke_entrustment(mandate, by=make.owner_of(made), at=timezone.now(), reason="改由本企业自行申报")
    for response in (person.get(address), person.post(address, desk.account(holder=made.name))):
        assert response.status_code == 403
        assert "委托已撤销：改由本企业自行申报" in text_of(response)
    assert made.bank_accounts.count() == 1


@pytest.mark.parametrize("path", ["", *PAGES, "edit/", "licence/"])
def test_a_client_of_another_insurer_is_not_found(client, path):
    assert desk.desk_of(make.insurer("示例二")).get(f"/insurer/clients/{client.pk}/{path}").status_code == 404


def test_the_account_is_masked_and_the_enterprise_hears_of_it(person, client):
    page = text_of(person.post(f"/insurer/clients/{client.pk}/account/", desk.account(holder=client.name), follow=True))
    assert "**** **** 0777" in page
    assert "6222000000000777" not in page
    letter = Message.objects.inbox_of(make.owner_of(client)).get(event="account_changed")
    assert "受托的保险公司把" in letter.body and "尾号 0777" in letter.body


def test_an_account_of_another_holder_is_refused_beside_the_field(person, client):
    response = person.post(f"/insurer/clients/{client.pk}/account/", desk.account(holder="示例一财产保险股份有限公司"))
    assert response.status_code == 422
    assert "不一致" in response.context["form"].errors["holder"][0]
    assert "proof_kept" in response.content.decode()


def test_a_category_is_kept_with_its_evidence(person, client):
    kind = Entry.objects.get(kind=Kind.CATEGORY, code="specialised")
    person.post(f"/insurer/clients/{client.pk}/category/", {"category": kind.pk, "evidence": make.pdf("certificate")})
    assert client.categories.filter(evidence__name="certificate.pdf").exists()


def test_only_products_of_the_insurers_own_are_offered(person, insurer, client):
    other = make.insurer("示例二").products.get()
    address = f"/insurer/clients/{client.pk}/policies/new/"
    assert other.label not in read(person, address)
    response = person.post(address, desk.policy(insurer, product=other.pk))
    assert response.status_code == 422
    assert not client.policies.exists()
    assert "QIPL2026000777" in response.content.decode()


def test_a_policy_of_the_insurers_own_is_registered_and_confirmed_in_one_act(person, insurer, client):
    page = text_of(person.post(f"/insurer/clients/{client.pk}/policies/new/", desk.policy(insurer), follow=True))
    made = client.policies.get()
    assert made.insurer == insurer
    assert "保险公司已确认" in page
    assert person.get(f"/enterprise/policies/{made.pk}/")["Location"] == f"/insurer/policies/{made.pk}/"


def test_who_works_for_no_insurer_yet_is_told_whom_to_ask():
    person = browser(make.user(Role.INSURER))
    for address in ("/insurer/", desk.CLIENTS, desk.NEW, "/insurer/mandates/", "/insurer/policies/", "/insurer/applications/"):
        assert "还没有关联保险公司" in read(person, address)
