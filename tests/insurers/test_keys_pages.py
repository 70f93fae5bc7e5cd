"""Keys for an insurer's own systems, on its pages: made, shown once, rotated, ended."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from insurers import services
from insurers.models import ApiKey, StaffRole
from insurers.tasks import warn_of_keys
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from tests import make
from tests.expect import refused
from tests.insurers import desk
from tests.subsidies.pages import read, text_of

pytestmark = pytest.mark.django_db
KEYS = "/insurer/keys/"


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED, tick=False)


def typed(**changes) -> dict:
    return {"name": "承保系统", "scopes": ["read"], "days": "90", **changes}


def made_by(browser, **changes) -> tuple[ApiKey, str]:
    page = text_of(browser.post(f"{KEYS}new/", typed(**changes)))
    return ApiKey.objects.latest("pk"), re.search(r"pp_[0-9a-f]{8}_[\w-]{43}", page)[0]


def test_a_key_is_made_and_its_secret_shown_once():
    browser = desk.desk_of(make.insurer())
    assert "还没有密钥" in read(browser, KEYS)
    key, secret = made_by(browser)
    assert (key.scopes, key.expires_at) == (["read"], make.FILED + timedelta(days=90))
    assert services.key_of(secret, at=timezone.now()) == key
    listed = read(browser, KEYS)
    assert f"pp_{key.prefix}_…" in listed
    assert secret not in listed
    event = Event.objects.get(action="make_api_key")
    assert secret not in str(event.data)


def test_a_key_without_a_scope_or_a_name_is_not_made():
    browser = desk.desk_of(make.insurer())
    response = browser.post(f"{KEYS}new/", typed(scopes=[], name="报表系统"))
    assert response.status_code == 422
    assert "请至少选一项权限" in text_of(response)
    assert 'value="报表系统"' in response.content.decode()
    assert browser.post(f"{KEYS}new/", typed(days="9999")).status_code == 422
    assert not ApiKey.objects.exists()


def test_there_are_not_more_keys_than_anyone_can_watch(monkeypatch):
    monkeypatch.setattr("insurers.services.keys.LIVE_AT_ONCE", 1)
    browser = desk.desk_of(make.insurer())
    made_by(browser)
    response = browser.post(f"{KEYS}new/", typed())
    assert response.status_code == 409
    assert "最多同时有 1 把" in text_of(response)


def test_a_key_is_rotated_and_the_old_one_says_until_when_it_works():
    browser = desk.desk_of(make.insurer())
    key, old = made_by(browser)
    assert "原来的密钥还能用" in read(browser, f"{KEYS}{key.pk}/rotate/")
    assert browser.post(f"{KEYS}{key.pk}/rotate/", {"days": "365"}).status_code == 422
    page = text_of(browser.post(f"{KEYS}{key.pk}/rotate/", {"days": "7"}))
    assert "2026-09-08 10:00 以前仍可使用" in page
    assert "7 天后到期" in read(browser, KEYS)
    new = ApiKey.objects.latest("pk")
    assert (new.name, new.scopes, new.expires_at) == (key.name, key.scopes, make.FILED + timedelta(days=90))
    assert old not in page


def test_a_key_is_ended_once():
    browser = desk.desk_of(make.insurer())
    key, secret = made_by(browser)
    assert "不能恢复" in read(browser, f"{KEYS}{key.pk}/revoke/")
    assert services.key_of(secret, at=timezone.now()) == key
    assert browser.post(f"{KEYS}{key.pk}/revoke/").status_code == 302
    assert services.key_of(secret, at=timezone.now()) is None
    assert "已停用" in read(browser, KEYS)
    for what in ("revoke", "rotate"):
        response = browser.post(f"{KEYS}{key.pk}/{what}/", {"days": "1"})
        assert response.status_code == 409
        assert "已停用或到期" in text_of(response)


def test_a_key_of_another_insurer_is_not_found_and_not_touched():
    key, _ = made_by(desk.desk_of(make.insurer()))
    other = make.insurer("示例二")
    assert str(key) not in read(desk.desk_of(other), KEYS)
    assert desk.desk_of(other).post(f"{KEYS}{key.pk}/revoke/").status_code == 404
    with refused("not_its_insurer"):
        services.revoke_key(key, by=desk.staff_of(other), at=timezone.now())
    with refused("not_its_insurer"):
        services.make_key(key.insurer, by=desk.staff_of(other), at=timezone.now(), name="", scopes=["read"], period=timedelta(days=1))


def test_managers_are_told_before_a_key_ends_once_each_time_and_not_of_one_that_is_replaced(time_machine):
    insurer = make.insurer()
    manager, viewer = desk.staff_of(insurer), make.colleague(insurer, StaffRole.VIEWER)
    facts = {"by": manager, "at": timezone.now(), "scopes": ["read"], "period": timedelta(days=90)}
    lonely, _ = services.make_key(insurer, name="承保系统", **facts)
    replaced, _ = services.make_key(insurer, name="理赔系统", **facts)
    services.rotate_key(replaced, by=manager, at=timezone.now() + timedelta(days=80), overlap=timedelta(days=7))
    told = Message.objects.filter(event="api_key_ends", channel="inbox")
    for day, letters in ((75, 0), (76, 1), (77, 1), (87, 2), (89, 2), (90, 2)):
        time_machine.move_to(make.FILED + timedelta(days=day), tick=False)
        warn_of_keys()
        assert told.filter(recipient=manager).count() == letters, day
    assert not Message.objects.filter(event="api_key_ends", recipient=viewer).exists()
    assert all(str(lonely) in letter.body for letter in told)
