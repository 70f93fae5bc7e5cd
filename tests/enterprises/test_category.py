"""Categories with their evidence and validity."""

from datetime import date

import pytest

from enterprises import services
from enterprises.models import EntityCategory
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.reference.models import Entry, Kind
from pilot_portal.workflow.refusals import Refusal
from tests import make

pytestmark = pytest.mark.django_db
URL = "/enterprise/profile/category/"


@pytest.fixture
def entity(client):
    made = make.entity(verified=False)
    client.force_login(make.owner_of(made))
    return made


def specialised() -> Entry:
    return Entry.objects.get(kind=Kind.CATEGORY, code="specialised")


def typed(**changes) -> dict:
    facts = {"category": specialised().pk, "valid_from": "2025-01-01", "valid_until": "2027-12-31", "evidence": make.pdf("list")}
    return {key: value for key, value in {**facts, **changes}.items() if value is not None}


def test_a_category_is_kept_with_evidence_and_validity_and_recorded(client, entity):
    response = client.post(URL, typed(), follow=True)
    assert "list.pdf" in response.content.decode()
    row = entity.categories.get()
    assert (row.category, row.valid_until) == (specialised(), date(2027, 12, 31))
    assert Event.objects.get(action="add_category").data == {"category": "specialised"}


def test_a_category_holds_on_both_its_last_and_its_first_day():
    row = EntityCategory(valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    assert [row.holds_on(day) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"valid_until": "2024-12-31"}, "valid_until", "不能早于有效期起"),
        ({"evidence": None}, "evidence", "请选择文件"),
        ({"category": "999999"}, "category", "选择"),
        ({"valid_from": "20260101x"}, "valid_from", "请填写日期"),
    ],
)
def test_a_fault_stands_beside_its_field(client, entity, changes, field, sentence):
    response = client.post(URL, typed(**changes))
    assert response.status_code == 422
    assert sentence in response.context["form"].errors[field][0]
    assert not entity.categories.exists()


def test_evidence_is_served_to_members_alone(client, entity):
    client.post(URL, typed())
    url = f"{URL}{entity.categories.get().pk}/paper/"
    response = client.get(url)
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert b"".join(response.streaming_content).startswith(b"%PDF-")
    client.force_login(make.owner_of(make.entity(verified=False)))
    assert client.get(url).status_code == 404


def test_a_stranger_adds_no_category(entity):
    with pytest.raises(Refusal) as refusal:
        services.add_category(entity, by=make.user(Role.ENTERPRISE), at=make.OPENS, facts={"category": specialised()})
    assert refusal.value.code == "not_a_member"
