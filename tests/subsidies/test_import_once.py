"""批量申报 happens once: sent, pressed and worked at twice, at the same instant, or by a worker that is killed on the way."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from insurers.models import Invoice, Policy, PremiumPayment
from pilot_portal.audit.models import Event
from pilot_portal.embedded.processes import tail
from subsidies.models import Application, Import, RowResult
from subsidies.services import imports
from subsidies.states import ImportState, State
from tests import make
from tests.races import at_once, codes
from tests.subsidies.clients import Town, book_of_business, send
from tests.subsidies.sheets import packed, sheet

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return Town()


def errors_of(batch: Import, number: int = 2) -> dict[str, str]:
    return dict(batch.rows.get(number=number).errors)


# once, whoever asks how often


def test_the_same_files_again_are_the_same_import(town):
    batch = town.done()
    assert town.upload() == batch
    imports.commit(batch, by=town.by, at=make.FILED)
    assert not imports.file_rows(batch.pk, at=make.FILED)
    assert Application.objects.count() == 3
    assert Event.objects.filter(action="upload_import").count() == 1


def test_a_check_that_was_cut_off_goes_on_where_it_stopped(town, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 1)
    batch = town.upload()
    real, calls = imports._check, []

    def cut(*args):
        if len(calls) == 2:
            raise SystemExit
        calls.append(args)
        real(*args)

    monkeypatch.setattr(imports, "_check", cut)
    with pytest.raises(SystemExit):
        imports.dry_run(batch.pk, at=make.FILED)
    monkeypatch.setattr(imports, "_check", real)
    batch.refresh_from_db()
    assert (batch.state, batch.checked) == (ImportState.CHECKING, 2)
    batch = imports.dry_run(batch.pk, at=make.FILED)
    assert (batch.state, batch.checked, batch.good, batch.rows.count()) == (ImportState.READY, 3, 3, 3)


@pytest.mark.django_db(transaction=True)
def test_committed_twice_at_once_it_is_committed_once():
    town = Town(1)
    batch = town.checked()
    press = lambda: imports.commit(Import.objects.get(pk=batch.pk), by=town.by, at=make.FILED)  # noqa: E731
    assert codes(at_once(press, press, meet="pilot_portal.workflow.moving.find_edge")) == ["done", "done"]
    assert Event.objects.filter(action="commit_import").count() == 1


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_it_is_one_import():
    town = Town(1)
    workbook, papers = sheet(town.rows), packed(town.papers())
    sending = lambda: send(town, workbook, papers)  # noqa: E731
    first, second = at_once(sending, sending, meet="subsidies.filing_sheets.count_rows")
    assert first == second == Import.objects.get()
    assert Event.objects.filter(action="upload_import").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_check_check_each_row_once():
    town = Town(3)
    batch = town.upload()
    work = lambda: imports.dry_run(batch.pk, at=make.FILED)  # noqa: E731
    assert codes(at_once(work, work, meet="subsidies.services.imports.Known")) == ["done", "done"]
    batch.refresh_from_db()
    assert (batch.state, batch.checked, batch.good, batch.rows.count()) == (ImportState.READY, 3, 3, 3)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_import_file_each_row_once(monkeypatch):
    town = Town(3)
    batch = town.checked()
    imports.commit(batch, by=town.by, at=make.FILED)
    work = lambda: imports.file_rows(batch.pk, at=make.FILED)  # noqa: E731
    tried, real = [], imports.file_row
    monkeypatch.setattr(imports, "file_row", lambda batch, row, *rest, **who: tried.append(row.number) or real(batch, row, *rest, **who))
    assert codes(at_once(work, work, meet="subsidies.services.imports.file_row")) == ["done", "done"]
    assert sorted(tried) == [2, 3, 4]  # what one has in hand the other leaves alone
    batch.refresh_from_db()
    assert (batch.handled, Application.objects.count()) == (3, 3)
    assert batch.rows.filter(result=RowResult.FILED).count() == 3


def test_rows_to_mend_are_checked_anew_once_the_mandate_is_there(town):
    mandate = town.entities[0].entrustments.get()
    state, mandate.state = mandate.state, "revoked"
    mandate.save()
    batch = town.done()
    assert (batch.good, batch.to_mend) == (2, 1)
    mandate.state = state
    mandate.save()
    imports.recheck(batch, by=town.by, at=make.FILED)
    batch = imports.dry_run(batch.pk, at=make.FILED)
    assert (batch.state, batch.good, batch.handled) == (ImportState.READY, 3, 2)
    imports.commit(batch, by=town.by, at=make.FILED)
    assert not imports.file_rows(batch.pk, at=make.FILED)
    assert Application.objects.count() == 3


def test_a_worker_that_is_gone_is_followed_by_the_sweep(town):
    batch = town.upload()
    assert not Import.objects.stalled(make.FILED + timedelta(minutes=4)).exists()
    assert Import.objects.stalled(make.FILED + timedelta(minutes=6)).get() == batch
    imports.dry_run(batch.pk, at=make.FILED)
    assert not Import.objects.stalled(make.PAID).exists()


# the worker


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_again_and_again_loses_and_doubles_nothing(worker):
    now, day = timezone.now(), timedelta(days=1)  # the worker lives by the clock
    open_now = make.window(opens_at=now - day, closes_at=now + 9 * day)
    town = Town(6, window=open_now, starts_at=now - day, ends_at=now + 90 * day)
    batch = town.upload(at=now)
    worker.kill()
    worker.start()
    worker.redeliver()
    worker.wait_idle()
    batch.refresh_from_db()
    assert (batch.state, batch.checked, batch.good) == (ImportState.READY, 6, 6)
    imports.commit(batch, by=town.by, at=now)
    for handled in (1, 3):
        _cut_off(worker, batch, handled)
    worker.wait_idle(240)
    batch.refresh_from_db()
    assert (batch.state, batch.handled, batch.rows.filter(result=RowResult.FILED).count()) == (ImportState.DONE, 6, 6)
    cases = Application.objects.filter(legal_entity__in=town.entities, state=State.SUBMITTED)
    assert (cases.count(), Policy.objects.count(), Invoice.objects.count(), PremiumPayment.objects.count()) == (6, 6, 6, 6)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_in_the_middle_of_a_check_is_followed_by_another(worker):
    book = book_of_business(3 * imports.CHUNK)
    batch = send(book, *book.files(faulty=30))
    deadline = time.monotonic() + 120
    while not batch.checked:
        assert time.monotonic() < deadline, tail(worker.log, 40)
        time.sleep(0.01)
        batch.refresh_from_db()
    worker.kill()
    batch.refresh_from_db()
    assert imports.CHUNK <= batch.checked < batch.total == batch.rows.count() + batch.total - batch.checked
    worker.start()
    worker.redeliver()
    worker.wait_idle(120)
    batch.refresh_from_db()
    assert (batch.state, batch.checked, batch.to_mend, batch.rows.count()) == (ImportState.READY, batch.total, 30, batch.total)


def _cut_off(worker, batch: Import, handled: int) -> None:
    """Kill the worker once so many rows are done, and another takes over."""
    deadline = time.monotonic() + 60
    while batch.handled < handled:
        assert time.monotonic() < deadline, tail(worker.log, 40)
        time.sleep(0.01)
        batch.refresh_from_db()
    worker.kill()
    batch.refresh_from_db()
    assert batch.handled < batch.good, "the kill came too late to prove anything"
    worker.start()
    worker.redeliver()
