"""The API's door and what a system may look up through it."""

import re
from datetime import timedelta

import pytest
from django.core.cache.backends.redis import RedisCache
from django.test import Client
from django.utils import timezone

from insurers import services
from insurers.models import ApiKey, Scope, StaffRole
from subsidies.services import drafts
from tests import make
from tests.subsidies.api import ROOT, System, key_of, read

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED, tick=False)


@pytest.fixture
def insurer():
    return make.insurer()


def asked_with(header: str | None, status: int, path: str = "policies") -> dict:
    return read(Client(headers={"Authorization": header} if header else {}).get(ROOT + path), status)


# the door


def test_nobody_gets_in_without_a_key(insurer):
    _, secret = key_of(insurer)
    for header in (None, "Bearer", "Bearer x", f"Bearer {secret}x", f"Basic {secret}", "Bearer pp_\u00e9_x"):
        problem = asked_with(header, 401)
        assert problem["code"] == "key_invalid"
        assert "请用" in problem["detail"]
    assert Client().get(ROOT + "policies")["WWW-Authenticate"] == "Bearer"
    asked_with(f"Bearer {secret}", 200)


def test_a_person_who_is_logged_in_needs_a_key_too(insurer):
    browser = Client()
    browser.force_login(insurer.staff.get().user, backend="django.contrib.auth.backends.ModelBackend")
    read(browser.get(ROOT + "policies"), 401)


def test_a_key_ends_with_its_period_its_revocation_and_its_person(insurer, time_machine):
    person = insurer.staff.get().user
    key, secret = key_of(insurer)
    asked_with(f"Bearer {secret}", 200)
    services.revoke_key(key, by=person, at=timezone.now())
    asked_with(f"Bearer {secret}", 401)
    _, secret = key_of(insurer)
    person.is_active = False
    person.save()
    asked_with(f"Bearer {secret}", 401)
    person.is_active = True
    person.save()
    asked_with(f"Bearer {secret}", 200)
    time_machine.move_to(make.FILED + timedelta(days=90), tick=False)
    asked_with(f"Bearer {secret}", 401)


def test_a_key_ends_when_its_person_works_for_another_insurer(insurer):
    person = make.colleague(insurer, StaffRole.MANAGER)
    _, secret = key_of(insurer, by=person)
    asked_with(f"Bearer {secret}", 200)
    insurer.staff.filter(user=person).update(insurer=make.insurer("示例二"))
    asked_with(f"Bearer {secret}", 401)


def test_a_rotated_key_works_beside_the_new_one_for_a_day(insurer, time_machine):
    key, old = key_of(insurer)
    _, new = services.rotate_key(key, by=insurer.staff.get().user, at=timezone.now())
    asked_with(f"Bearer {old}", 200)
    asked_with(f"Bearer {new}", 200)
    time_machine.move_to(make.FILED + timedelta(hours=24), tick=False)
    asked_with(f"Bearer {old}", 401)
    asked_with(f"Bearer {new}", 200)


def test_the_secret_is_kept_nowhere(insurer):
    key, secret = key_of(insurer)
    row = ApiKey.objects.filter(pk=key.pk).values().get()
    assert secret not in str(row)
    assert secret.rsplit("_", 1)[-1] not in str(row)


def test_when_a_key_was_used_is_noted_once_a_minute(insurer, time_machine):
    key, secret = key_of(insurer)
    for seconds, noted in ((0, 0), (59, 0), (61, 61)):
        time_machine.move_to(make.FILED + timedelta(seconds=seconds), tick=False)
        asked_with(f"Bearer {secret}", 200)
        key.refresh_from_db()
        assert key.last_used_at == make.FILED + timedelta(seconds=noted)


def test_a_key_opens_only_its_scopes(insurer):
    problem = System(insurer, Scope.FILES).get("policies", 403)
    assert (problem["code"], problem["status"]) == ("scope_missing", 403)
    assert "查询" in problem["detail"]


def test_a_key_that_asks_too_often_is_told_to_wait(insurer, monkeypatch):
    monkeypatch.setattr("subsidies.api.keys.A_MINUTE", 3)
    system = System(insurer)
    for _ in range(3):
        system.get("windows")
    response = system.client.get(ROOT + "windows")
    assert read(response, 429)["code"] == "asked_too_often"
    assert response["Retry-After"] == "60"
    System(insurer).get("windows")  # another key is not held up


def test_who_guesses_keys_is_told_to_wait(monkeypatch):
    monkeypatch.setattr("subsidies.api.keys.GUESSES_A_MINUTE", 2)
    for status in (401, 401, 429):
        asked_with("Bearer pp_x_y", status)


def test_known_keys_are_answered_while_nobody_can_count(insurer, monkeypatch):
    monkeypatch.setattr("pilot_portal.accounts.throttle.cache", RedisCache("redis://127.0.0.1:1", {}))  # nobody is there
    monkeypatch.setattr("subsidies.api.keys.A_MINUTE", 1)
    system = System(insurer)
    for _ in range(3):
        assert system.get("windows")["items"] == []
    asked_with("Bearer pp_x_y", 401)


# what is there


def test_what_is_looked_up_as_it_stands(insurer):
    window, entity = make.window(), make.entity()
    policy = make.policy(entity)
    mandate = make.entrustment(entity, insurer)
    system = System(insurer)
    assert system.get("windows")["items"][0] | {"rate": "0.80", "cap": "800000.00", "is_open": True} == system.get("windows")["items"][0]
    assert system.get("windows")["items"][0]["id"] == window.pk
    assert [each["filing_number"] for each in system.get("products")["items"]] == [policy.product.filing_number]
    assert {each["kind"] for each in system.get("dictionaries/category")["items"]} == {"category"}
    shown = system.get(f"policies/{policy.pk}")
    assert (shown["premium"], shown["last_day"], shown["state"]) == ("100000.00", "2027-06-14", "confirmed")
    assert (shown["invoices"][0]["amount"], shown["payments"][0]["paid_on"]) == ("100000.00", "2026-06-16")
    assert system.get(f"entrustments/{mandate.pk}")["in_force"] is True


def test_a_draft_says_what_it_lacks_and_a_case_how_it_went(insurer):
    window, entity = make.window(), make.entity()
    make.entrustment(entity, insurer)
    draft = drafts.start(entity, window, by=insurer.staff.get().user, at=timezone.now())
    system = System(insurer)
    shown = system.get(f"applications/{draft.pk}")
    assert (shown["number"], shown["state"], shown["policy"]) == (None, "draft", None)
    assert {each["code"] for each in shown["problems"]} == {"incomplete", "not_pledged"}
    steps = system.get(f"applications/{draft.pk}/timeline")["steps"]
    assert (steps[0]["title"], steps[0]["status"], steps[-1]["status"]) == ("提交申报", "current", "coming")


def test_lists_come_in_pages_and_narrow_down(insurer):
    entity = make.entity()
    made = [make.policy(entity, papers=False).pk for _ in range(3)]
    other = make.policy(make.entity(), papers=False, confirmed=False).pk
    system = System(insurer)
    first = system.get("policies", limit=2)
    assert [each["id"] for each in first["items"]] == [other, made[2]]
    second = system.get("policies", limit=2, cursor=first["next"])
    assert [each["id"] for each in second["items"]] == [made[1], made[0]]
    assert second["next"] is None
    assert [each["id"] for each in system.get("policies", credit_code=entity.credit_code)["items"]] == made[::-1]
    assert [each["id"] for each in system.get("policies", state="registered")["items"]] == [other]


def test_another_insurer_finds_nothing(insurer):
    window, entity = make.window(), make.entity()
    policy, mandate = make.policy(entity), make.entrustment(entity, insurer)
    draft = drafts.start(entity, window, by=insurer.staff.get().user, at=timezone.now())
    stranger = System(make.insurer("示例二"))
    for name, pk in (("policies", policy.pk), ("entrustments", mandate.pk), ("applications", draft.pk)):
        assert stranger.get(name)["items"] == []
        assert stranger.get(f"{name}/{pk}", 404)["code"] == "nothing_here"
    stranger.get(f"applications/{draft.pk}/timeline", 404)


def test_what_an_enterprise_files_itself_is_not_its_insurers(insurer):
    case = make.application(window=make.window())
    assert System(insurer).get("applications")["items"] == []
    System(insurer).get(f"applications/{case.pk}", 404)


@pytest.mark.parametrize(
    ("path", "asked", "field"),
    [
        ("policies", {"limit": 0}, "limit"),
        ("policies", {"limit": "viele"}, "limit"),
        ("policies", {"cursor": 2**63}, "cursor"),
        ("policies", {"credit_code": "\x00"}, "credit_code"),
        ("applications", {"state": "unknown"}, "state"),
        ("dictionaries/nothing", {}, "kind"),
        ("policies", {"creditcode": "91110108MA00000000"}, "creditcode"),
        ("windows", {"state": "open"}, "state"),
    ],
)
def test_what_is_asked_wrongly_is_named(insurer, path, asked, field):
    problem = System(insurer).get(path, 422, **asked)
    assert problem["code"] == "request_invalid"
    assert [error["field"] for error in problem["errors"]] == [field]


def test_an_address_that_is_none_is_a_problem_too(insurer):
    System(insurer).get("policies/x", 404)
    for nowhere in ("nowhere/at/all", "policies/%0A", "policies/%00", f"policies/{9 * 10**30}"):
        assert read(System(insurer).client.get(ROOT + nowhere), 404)["code"] == "nothing_here"


def test_every_operation_needs_a_key_and_says_what_it_may_answer(client):
    description = client.get(ROOT + "openapi.json").json()
    assert description["components"]["securitySchemes"] == {"BearerKey": {"type": "http", "scheme": "bearer"}}
    seen = 0
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            seen += 1
            assert operation["security"] == [{"BearerKey": []}]
            assert {"400", "401", "403", "404", "409", "413", "422", "429"} < set(operation["responses"])
            names = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "header"}
            assert names == ({"Idempotency-Key"} if method == "post" else set())
            address = re.sub(r"\{\w+\}", "1", path)
            assert read(client.generic(method.upper(), address, headers={"Idempotency-Key": "key-00000001"}), 401)["code"] == "key_invalid"
    assert seen == 35


@pytest.mark.parametrize("path", ["policies", "entrustments", "applications"])
def test_a_longer_list_costs_no_more_queries(insurer, path, django_assert_max_num_queries):
    window = make.window()
    for _ in range(6):
        entity = make.entity()
        make.entrustment(entity, insurer)
        make.policy(entity, papers=False)
        drafts.start(entity, window, by=insurer.staff.get().user, at=timezone.now())
    system = System(insurer)
    system.get(path)
    with django_assert_max_num_queries(4):
        assert len(system.get(path)["items"]) == 6


def test_the_description_is_open_and_names_no_other_host(client):
    description = client.get(ROOT + "openapi.json").json()
    assert "/api/v1/policies/{pk}" in description["paths"]
    text = str(description)
    assert "http://" not in text
    assert "https://" not in text
    listed = description["paths"]["/api/v1/policies"]["get"]["responses"]
    assert set(listed["422"]["content"]) == {"application/problem+json"}
