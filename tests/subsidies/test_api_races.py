"""The same request twice at once, as impatient systems send it, is done once. Shown to be a race where the constraint is away."""

import pytest
from django.db import connection

from insurers.models import ApiAnswer
from pilot_portal.files.models import StoredFile
from tests import make
from tests.races import at_once, codes
from tests.subsidies.api import ROOT, System

pytestmark = pytest.mark.django_db(transaction=True)
INSIDE = "subsidies.api.writing.store_upload"  # the key has been found free


def uploads_at_once(*names: str) -> list:
    system, paper = System(make.insurer()), make.pdf("paper").read()

    def upload(name: str) -> dict:
        file = make.SimpleUploadedFile("paper.pdf", paper, content_type="application/pdf")
        return System(None, secret=system.secret).upload(file, key=name)

    return at_once(*(lambda name=name: upload(name) for name in names), meet=INSIDE)


def test_the_same_request_twice_at_once_is_done_once_and_both_get_the_same_answer():
    first, second = uploads_at_once("order-0001", "order-0001")
    assert first == second
    assert StoredFile.objects.get().pk == first["id"]
    assert ApiAnswer.objects.get().body["id"] == first["id"]


def test_without_the_constraint_it_would_be_done_twice(owner_cursor):
    owner_cursor.execute("ALTER TABLE insurers_apianswer DROP CONSTRAINT one_api_answer_per_insurer_and_name")
    first, second = uploads_at_once("order-0001", "order-0001")
    assert first["id"] != second["id"]
    assert StoredFile.objects.count() == 2


def test_two_requests_do_not_wait_for_each_other():
    outcomes = uploads_at_once("order-0001", "order-0002")
    assert codes(outcomes) == ["done", "done"]
    assert StoredFile.objects.count() == 2


def test_a_server_that_loses_its_database_in_the_middle_leaves_the_key_free(monkeypatch):
    system = System(make.insurer())
    system.client.raise_request_exception = False

    def cut(*args, **kwargs):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as broken:
        broken.setattr("insurers.services.api_answers.record", cut)
        sent = system.client.post(f"{ROOT}files", {"file": make.pdf("paper")}, headers={"Idempotency-Key": "order-0001"})
    assert sent.status_code == 500
    assert StoredFile.objects.count() == ApiAnswer.objects.count() == 0
    assert system.upload(make.pdf("paper"), key="order-0001")["name"] == "paper.pdf"
    assert StoredFile.objects.count() == 1
