"""Every job of the schedule, sent by its name to a real worker, does its work there."""

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Seal
from pilot_portal.celery import app
from pilot_portal.notifications.models import Channel, Delivery, Message
from subsidies.models import AllocationRun, Application, DocumentKind
from subsidies.services import applications
from subsidies.states import State
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def test_filing_starts_screening_receipt_and_letters_by_itself(worker):
    draft = make.draft(window=make.window())
    applications.submit(draft, by=draft.created_by, at=make.FILED)
    worker.wait_idle()
    assert draft.findings.count() > 20
    assert [document.kind for document in draft.documents.all()] == [DocumentKind.RECEIPT]
    letter = Message.objects.get(event="submitted", channel=Channel.MAIL)
    assert letter.delivery == Delivery.SENT


def test_an_allocation_may_be_left_to_the_worker(worker):
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    app.send_task("subsidies.tasks.allocate_window", (window.pk, make.officer(Role.HEAD).pk))
    worker.wait_idle()
    assert Application.objects.get().state == State.ALLOCATED
    assert AllocationRun.objects.get().awarded_total == Application.objects.get().awarded


def test_every_job_of_the_schedule_runs_on_a_window_in_the_middle_of_its_life(worker):
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    make.publicised(window)
    for job in app.conf.beat_schedule.values():
        app.send_task(job["task"])
    worker.wait_idle()
    done = {line.split("Task ")[1].split("[")[0] for line in worker.log.read_text().splitlines() if "succeeded in" in line}
    assert done >= {job["task"] for job in app.conf.beat_schedule.values()}
    assert Seal.objects.exists()
    assert Message.objects.filter(recipient__role=Role.HEAD, event="alarm").exists()  # the publicity is over
