"""Policies as their insurer sees them: what waits for its word, the paper beside the figures, confirm or dispute."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insurers import services
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from tests import make
from tests.subsidies.pages import browser

pytestmark = pytest.mark.django_db
HOME = "/insurer/policies/"


@pytest.fixture
def policy(client):
    made = make.policy(make.entity(), confirmed=False)
    client.force_login(made.insurer.staff.get().user)
    return made


def page_of(policy) -> str:
    return f"/insurer/policies/{policy.pk}/"


def test_the_desk_shows_what_waits_and_nothing_of_another_insurer(client, policy):
    other = make.policy(make.entity(), insurer=make.insurer("示例二"), confirmed=False)
    done = make.policy(policy.legal_entity)
    page = client.get(HOME).content.decode()
    assert policy.number in page
    assert other.number not in page
    assert done.number not in page
    assert done.number in client.get(HOME, {"state": "confirmed"}).content.decode()
    assert done.number in client.get(HOME, {"state": "all"}).content.decode()


def test_the_page_shows_the_paper_beside_the_figures(client, policy):
    page = client.get(page_of(policy)).content.decode()
    assert f'<iframe src="/enterprise/policies/{policy.pk}/paper/"' in page
    assert "100,000.00" in page
    assert policy.legal_entity.contact_phone not in page


def test_it_confirms(client, policy):
    response = client.post(page_of(policy) + "confirm/", {"version": policy.version}, follow=True)
    assert f"已确认保单 {policy.number}" in response.content.decode()
    policy.refresh_from_db()
    assert policy.state == PolicyState.CONFIRMED


def test_it_disputes_with_a_reason(client, policy):
    response = client.post(page_of(policy) + "dispute/", {"version": policy.version, "reason": "限额不符"})
    assert response["Location"] == HOME
    policy.refresh_from_db()
    assert (policy.state, policy.state_reason) == (PolicyState.DISPUTED, "限额不符")


def test_a_dispute_without_a_reason_is_refused_beside_the_field(client, policy):
    response = client.post(page_of(policy) + "dispute/", {"version": policy.version, "reason": " "})
    assert response.status_code == 422
    assert response.context["dispute_form"].errors["reason"] == ["请写明异议内容。"]
    policy.refresh_from_db()
    assert policy.state == PolicyState.REGISTERED


@pytest.mark.parametrize("verb", ["confirm", "dispute"])
def test_figures_that_changed_in_between_are_shown_anew(client, policy, verb):
    owner = make.owner_of(policy.legal_entity)
    services.change_policy(policy, by=owner, at=make.FILED, facts={"territory": "日本"})
    response = client.post(f"{page_of(policy)}{verb}/", {"version": policy.version, "reason": "限额不符"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "已有变化" in page
    assert "日本" in page
    assert verb == "confirm" or "限额不符" in page


def test_what_is_confirmed_is_not_confirmed_twice(client, policy):
    services.confirm_policy(policy, by=policy.insurer.staff.get().user, at=make.FILED)
    response = client.post(page_of(policy) + "confirm/", {"version": policy.version})
    assert response.status_code == 409
    assert "保险公司已确认" in response.content.decode()


@pytest.mark.parametrize("verb", ["", "confirm/", "dispute/"])
def test_a_policy_of_another_insurer_is_not_found(client, policy, verb):
    client.force_login(make.insurer("示例二").staff.get().user)
    url = page_of(policy) + verb
    response = client.post(url, {"version": 1, "reason": "x"}) if verb else client.get(url)
    assert response.status_code == 404


@pytest.mark.parametrize("verb", ["confirm/", "dispute/"])
def test_opening_an_address_decides_nothing(client, policy, verb):
    assert client.get(page_of(policy) + verb).status_code == 405


@pytest.mark.parametrize("role", [Role.ENTERPRISE, Role.HANDLER, Role.OBSERVER])
def test_the_desk_is_the_insurers_alone(client, policy, role):
    client.force_login(make.user(role))
    for url in (HOME, page_of(policy)):
        assert client.get(url).status_code == 403


def test_who_works_for_no_insurer_yet_is_told_whom_to_ask(policy):
    page = browser(make.user(Role.INSURER)).get(HOME).content.decode()
    assert "还没有关联保险公司" in page
    assert policy.number not in page


def test_the_desk_asks_no_more_of_the_database_with_more_rows(client, policy):
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(HOME).status_code == 200
        counts.append(len(queries))
        for _ in range(4):
            make.policy(make.entity(), papers=False, confirmed=False)
    assert counts[0] == counts[1] <= 12


def test_further_pages_stay_in_the_chosen_state(client, policy, monkeypatch):
    monkeypatch.setattr("insurers.views.desk.PAGE", 1)
    newest = make.policy(policy.legal_entity, papers=False, confirmed=False)
    first = client.get(HOME)
    assert [row.pk for row in first.context["rows"]] == [newest.pk]
    assert [row.pk for row in client.get(f"{HOME}?{first.context['older']}").context["rows"]] == [policy.pk]
