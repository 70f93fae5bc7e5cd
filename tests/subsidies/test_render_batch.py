"""A batch's papers are made once each, whatever is killed."""

import hashlib
import time
from unittest.mock import patch

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.embedded.processes import tail
from subsidies import tasks
from subsidies.models import Application, Batch, DocumentKind
from subsidies.services import payments
from subsidies.states import State
from tests import make
from tests.workers import Worker

CASES = 20
PAPERS = CASES + 2


def draft_batch() -> Batch:
    """Of cases whose own papers nobody has asked for."""
    window = make.window()
    with patch("subsidies.services.applications.after_commit"):
        for _ in range(CASES):
            make.application(window=window, state=State.CHECKED)
    return make.batch(window)


def wait_for(count: int, batch: Batch, worker: Worker) -> None:
    """Until so many papers of the batch stand."""
    deadline = time.monotonic() + 60
    while batch.documents.count() < count:
        assert time.monotonic() < deadline, tail(worker.log, 40)
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_twice_in_the_middle_makes_every_paper_exactly_once(worker):
    batch = draft_batch()
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)

    wait_for(4, batch, worker)
    worker.kill()
    after_first = batch.documents.count()
    assert after_first < PAPERS - 6, "the kill came too late to prove anything"
    worker.start()
    worker.redeliver()  # the broker hands out again what nobody acknowledged

    wait_for(after_first + 3, batch, worker)
    worker.kill()
    assert batch.documents.count() < PAPERS, "the kill came too late to prove anything"
    batch.refresh_from_db()
    assert batch.rendered_at is None
    worker.broker.flushdb()  # this time the broker has lost the task as well
    worker.start()
    tasks.catch_up.delay()
    worker.wait_idle()

    batch.refresh_from_db()
    assert batch.rendered_at is not None
    papers = batch.documents.select_related("file")
    assert len(papers) == PAPERS
    issued = Event.objects.filter(action="issue_document", object_id__in=[paper.pk for paper in papers])
    assert issued.count() == PAPERS
    notices = papers.filter(kind=DocumentKind.PAYMENT_NOTICE).order_by("payment__serial")
    assert [notice.number for notice in notices] == [f"中知促拨〔2026〕{batch.first_notice + n}号" for n in range(CASES)]
    assert notices.values("payment").distinct().count() == CASES
    for paper in papers:
        with paper.file.file.open("rb") as stored:
            assert hashlib.sha256(stored.read()).hexdigest() == paper.sha256
    assert Event.objects.filter(action="render_batch").count() == 1
    assert Application.objects.filter(documents__kind=DocumentKind.RECEIPT).count() == CASES  # catch_up asked for these too
