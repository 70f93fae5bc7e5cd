"""What tests of the API share: a key, and a system that sends it along."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from insurers import services
from insurers.models import Insurer, Scope
from subsidies.api.urls import urlpatterns

ROOT = "/api/v1/"
PATTERNS = urlpatterns[0].url_patterns
# Asked with a key, not by a person: without one these answer 401, or 405 to a GET that is none.
NAMES = {f"api:{pattern.name}" for pattern in PATTERNS} | {"api_nothing_here"}


def key_of(insurer: Insurer, *scopes: Scope, by=None):
    """(key, secret) with these scopes, or all."""
    person = by or insurer.staff.order_by("pk").first().user
    return services.make_key(
        insurer, by=person, at=timezone.now(), name="承保系统", scopes=list(scopes or Scope), period=timedelta(days=90)
    )


class System:
    """An insurer's own system."""

    def __init__(self, insurer: Insurer, *scopes: Scope, secret: str = ""):
        self.secret = secret or key_of(insurer, *scopes)[1]
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"}, raise_request_exception=True)

    def get(self, path: str, status: int = 200, **asked) -> dict:
        return read(self.client.get(ROOT + path, asked), status)

    def post(self, path: str, body: dict, *, key: str = "key-00000001", status: int = 201) -> dict:
        sent = self.client.post(ROOT + path, body, content_type="application/json", headers={"Idempotency-Key": key})
        return read(sent, status)

    def upload(self, file, *, key: str, status: int = 201) -> dict:
        return read(self.client.post(ROOT + "files", {"file": file}, headers={"Idempotency-Key": key}), status)


def read(response, status: int) -> dict:
    assert response.status_code == status, response.content.decode()
    assert response["Content-Type"].split(";")[0] == ("application/json" if status < 400 else "application/problem+json")
    return response.json()
