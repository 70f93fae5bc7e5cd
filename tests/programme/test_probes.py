"""What machines ask: alive, ready, how much is waiting."""

import pytest
from django.db import DatabaseError
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisAway

from programme import probes

pytestmark = pytest.mark.django_db


def url_of(name: str) -> str:
    return reverse(f"programme:{name}")


def test_alive_is_not_ready(client, monkeypatch):
    assert client.get(url_of("healthz")).content == b"ok\n"
    assert (client.get(url_of("readyz")).status_code, client.get(url_of("readyz")).json()) == (200, {"database": True, "redis": True})

    def away(*args):
        raise RedisAway

    monkeypatch.setattr(probes.cache, "get", away)
    response = client.get(url_of("readyz"))
    assert (response.status_code, response.json()) == (503, {"database": True, "redis": False})
    assert client.get(url_of("healthz")).status_code == 200


def test_ready_says_when_the_database_is_away(client, monkeypatch):
    def away():
        raise DatabaseError

    monkeypatch.setattr(probes.connection, "cursor", away)
    assert client.get(url_of("readyz")).json() == {"database": False, "redis": True}


@pytest.mark.parametrize(
    ("token", "asked", "status"),
    [
        ("", {}, 200),
        ("", {"REMOTE_ADDR": "10.0.0.5"}, 404),
        ("", {"HTTP_X_FORWARDED_FOR": "10.0.0.5"}, 404),
        ("secret", {}, 404),
        ("secret", {"HTTP_AUTHORIZATION": "Bearer wrong"}, 404),
        ("secret", {"HTTP_AUTHORIZATION": "Bearer secret", "REMOTE_ADDR": "10.0.0.5"}, 200),
    ],
)
def test_metrics_are_for_this_machine_or_the_token(client, settings, token, asked, status):
    settings.METRICS_TOKEN = token
    response = client.get(url_of("metrics"), **asked)
    assert response.status_code == status
    assert (b"portal_letters_waiting 0.0" in response.content) == (status == 200)
