"""Registering a legal entity on screen: the code, the branch, the licence, the rival claim."""

import pytest
from django.urls import reverse

from enterprises.models import LegalEntity, Membership
from enterprises.states import EntityState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.files.models import StoredFile
from pilot_portal.notifications.models import Message
from tests import make

pytestmark = pytest.mark.django_db
URL = "/enterprise/register/"


@pytest.fixture
def person(client):
    user = make.user(Role.ENTERPRISE)
    client.force_login(user)
    return user


def typed(**changes) -> dict:
    facts = make.entity_facts()
    return {**facts, "district": facts["district"].pk, "kind": "legal_person", "licence": make.pdf("licence"), **changes}


def errors(response) -> dict:
    return response.context["form"].errors


def test_a_legal_person_registers_and_waits_for_the_centre(client, person):
    handler = make.officer(Role.HANDLER)
    response = client.post(URL, typed(name="北京沐川智能装备有限公司"), follow=True)
    assert response.redirect_chain == [(reverse("enterprises:profile"), 302)]
    assert "正在核验" in response.content.decode()
    entity = LegalEntity.objects.get(name="北京沐川智能装备有限公司")
    assert entity.state == EntityState.UNVERIFIED
    assert entity.licence.content_type == "application/pdf"
    assert Event.objects.filter(action="register", object_id=entity.pk).exists()
    assert Message.objects.filter(recipient=handler, event="entity_waiting").exists()


def test_a_code_is_taken_as_copied_with_blanks_and_small_letters(client, person):
    code = make.credit_code()
    client.post(URL, typed(credit_code=f" {code[:8]} {code[8:].lower()}- "))
    assert LegalEntity.objects.filter(credit_code=code).exists()


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("9111010", "应为 18 位"),
        ("91110302MA03O75U63", "不会出现的字符"),
        ("91110302MA03075U64", "校验未通过"),
    ],
)
def test_a_wrong_code_is_refused_beside_its_field_and_nothing_typed_is_lost(client, person, code, sentence):
    response = client.post(URL, typed(credit_code=code, name="北京沐川智能装备有限公司"))
    assert response.status_code == 422
    assert sentence in errors(response)["credit_code"][0]
    page = response.content.decode()
    assert f'value="{code}"' in page
    assert 'value="北京沐川智能装备有限公司"' in page
    assert not LegalEntity.objects.exists()


def test_a_licence_that_was_uploaded_survives_a_wrong_code(client, person):
    first = client.post(URL, typed(credit_code="9111010"))
    kept = StoredFile.objects.get(added_by=person)
    assert f'name="licence_kept" value="{kept.pk}"' in first.content.decode()
    again = typed(licence_kept=str(kept.pk))
    del again["licence"]
    assert client.post(URL, again).status_code == 302
    assert LegalEntity.objects.get().licence == kept


def test_nobody_registers_with_the_upload_of_another(client, person):
    other = make.entity(verified=False).licence
    again = typed(licence_kept=str(other.pk))
    del again["licence"]
    response = client.post(URL, again)
    assert response.status_code == 422
    assert errors(response)["licence"] == ["请选择文件。"]


@pytest.mark.parametrize("changes", [{"name": "北京沐川智能装备有限公司海淀分公司"}, {"kind": "branch"}])
def test_a_branch_is_sent_to_its_legal_person(client, person, changes):
    response = client.post(URL, typed(**changes))
    assert response.status_code == 422
    assert "请以所属法人的统一社会信用代码登记" in errors(response)["name"][0]


def test_a_licence_that_is_no_pdf_is_refused_beside_its_field(client, person):
    fake = make.pdf("licence")
    fake.file.truncate(0)
    fake.file.seek(0)
    fake.file.write(b"MZ not a paper")
    fake.file.seek(0)
    fake.size = 14
    response = client.post(URL, typed(licence=fake))
    assert response.status_code == 422
    assert "不是" in errors(response)["licence"][0]
    assert not StoredFile.objects.exists()


def test_a_missing_licence_is_asked_for(client, person):
    without = typed()
    del without["licence"]
    response = client.post(URL, without)
    assert (response.status_code, errors(response)["licence"]) == (422, ["请选择文件。"])


def test_several_faults_are_told_at_once(client, person):
    response = client.post(URL, typed(credit_code="1", contact_phone="call me", established_on="2999-01-01", export_value="1.234"))
    assert {"credit_code", "contact_phone", "established_on", "export_value"} <= errors(response).keys()


def test_a_known_code_becomes_a_claim_that_the_centre_decides(client, person):
    known = make.entity(name="北京沐川智能装备有限公司")
    response = client.post(URL, typed(credit_code=known.credit_code), follow=True)
    page = response.content.decode()
    assert "等待中心核实" in page
    assert known.contact_phone not in page
    assert Membership.objects.get(user=person).state == "pending"
    assert Event.objects.filter(action="claim_entity", object_id=known.pk).exists()


def test_the_same_person_does_not_register_twice(client, person):
    facts = typed()
    client.post(URL, facts)
    response = client.post(URL, typed(credit_code=facts["credit_code"]))
    assert response.status_code == 409
    assert "您已登记过" in response.content.decode()
    assert Membership.objects.count() == 1


@pytest.mark.parametrize("role", [Role.INSURER, Role.HANDLER, Role.AUDITOR])
def test_only_people_of_enterprises_register(client, role):
    client.force_login(make.user(role))
    assert client.get(URL).status_code == 403
    assert client.post(URL, typed()).status_code == 403


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", ""),
        ("91110302", "已输入 8 位，共 18 位"),
        ("91110302MA03075U64", "校验未通过"),
        ("９１110302ma03075u63", "代码校验通过"),
        ("91110302MA03O75U63", "不会出现的字符"),
    ],
)
def test_the_code_is_checked_while_it_is_typed(client, person, code, said):
    response = client.get("/enterprise/check-code/", {"credit_code": code})
    assert response.status_code == 200
    assert said in response.content.decode()
    assert "<html" not in response.content.decode()
