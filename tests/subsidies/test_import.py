"""批量申报: an insurer's sheet is taken in once, checked row by row, and its good rows filed, each once."""

import io
import time
from datetime import timedelta

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from insurers.models import Invoice, Policy, PremiumPayment
from pilot_portal.audit.models import Event
from pilot_portal.embedded.processes import tail
from pilot_portal.files.models import StoredFile
from subsidies.filing_sheets import read_sheet
from subsidies.models import Application, Import, RowResult, Window
from subsidies.services import imports
from subsidies.states import ImportState, State
from tests import make
from tests.expect import refused
from tests.insurers.desk import staff_of
from tests.races import at_once
from tests.subsidies.sheets import CELLS, packed, sheet

pytestmark = pytest.mark.django_db


def send(town: "Town", workbook: bytes, papers: bytes, **options) -> Import:
    who = {"by": town.by, "at": make.FILED} | options
    file = imports.keep_sheet(ContentFile(workbook, name="申报.xlsx"), **who)
    return imports.upload(
        town.insurer, town.window, file=file, papers=imports.keep_papers(ContentFile(papers, name="材料.zip"), **who), **who
    )


class Town:
    """An insurer with clients that have entrusted it, and the sheet in which it files for them."""

    def __init__(self, clients: int = 3, window: Window | None = None, **mandate):
        self.insurer, self.window = make.insurer(), window or make.window()
        self.by, self.made = staff_of(self.insurer), {}
        self.entities = [make.entity() for _ in range(clients)]
        for entity in self.entities:
            make.entrustment(entity, self.insurer, **mandate)
        product = self.insurer.products.get().filing_number
        self.rows = [
            CELLS | {"credit_code": entity.credit_code, "name": entity.name, "number": f"QIPL2026000090{n}", "product": product}
            for n, entity in enumerate(self.entities)
        ]
        self.rows = [row | {"invoice_number": f"3499000{n}", "reference": f"R9{n}"} for n, row in enumerate(self.rows)]

    def papers(self) -> dict[str, bytes]:
        words = ("保单", "发票", "付款回单", "承诺书")
        for name in (f"{row['number']}_{word}.pdf" for row in self.rows for word in words):
            if name not in self.made:
                self.made[name] = make.pdf(name).read()
        return dict(self.made)

    def upload(self, *, papers=None, **options) -> Import:
        return send(self, sheet(self.rows), packed(self.papers() if papers is None else papers), **options)

    def checked(self, **options) -> Import:
        return imports.dry_run(self.upload(**options).pk, at=make.FILED)

    def done(self, **options) -> Import:
        batch = self.checked(**options)
        imports.commit(batch, by=self.by, at=make.FILED)
        while imports.file_rows(batch.pk, at=make.FILED, most=2):
            continue
        batch.refresh_from_db()
        return batch


@pytest.fixture
def town():
    return Town()


def errors_of(batch: Import, number: int = 2) -> dict[str, str]:
    return dict(batch.rows.get(number=number).errors)


# works


def test_good_rows_are_filed_as_if_one_by_one(town):
    batch = town.done()
    assert [row.remark for row in batch.rows.filter(result=RowResult.REFUSED)] == []
    assert (batch.state, batch.total, batch.good, batch.handled) == (ImportState.DONE, 3, 3, 3)
    cases = Application.objects.filter(legal_entity__in=town.entities)
    assert {(case.state, case.insurer, case.channel) for case in cases} == {(State.SUBMITTED, town.insurer, "insurer")}
    assert all(case.number and case.entrustment and case.attachments.count() == 1 for case in cases)
    assert {row.application for row in batch.rows.all()} == set(cases)
    policy = Policy.objects.get(number=town.rows[0]["number"])
    assert (policy.state, policy.invoices.count(), policy.premium_payments.count()) == ("confirmed", 1, 1)


def test_a_mandate_without_submission_leads_to_the_enterprises_word():
    town = Town(1, includes_submission=False)
    town.rows[0]["pledged"] = ""
    batch = town.done()
    assert batch.rows.get().result == RowResult.PROPOSED
    assert Application.objects.get().state == State.PENDING_CONFIRM


def test_a_policy_that_is_registered_needs_no_papers_again(town):
    first = town.entities[0]
    policy = make.policy(first, number=town.rows[0]["number"])
    row = town.rows[0]
    row["invoice_number"], row["reference"] = policy.invoices.get().number, policy.premium_payments.get().reference
    papers = {name: data for name, data in town.papers().items() if not name.startswith(row["number"])}
    batch = town.done(papers=papers)
    assert batch.good == 3
    assert Application.objects.get(legal_entity=first).policy == policy


def test_an_account_and_a_category_that_are_new_come_with_the_row(town):
    account = {"account": "6222000000000000777", "bank_name": "示例银行", "cnaps": "102100099996"}
    town.rows[0] |= account
    batch = town.done()
    assert batch.rows.filter(result=RowResult.FILED).count() == 3
    assert Application.objects.get(legal_entity=town.entities[0]).bank_account.number == account["account"]
    assert account["account"] not in str(batch.rows.get(number=2).data)


# what is wrong is told before anything is filed


def test_a_dry_run_files_nothing_and_tells_every_fault_in_its_cell(town):
    town.rows[0] |= {"premium": "贵", "last_day": "2027-06-13"}
    town.rows[1] |= {"product": "没有", "pledged": "", "signed_on": "2025-06-14", "paid_on": "2026-12-01"}
    town.rows[2] |= {"credit_code": make.credit_code()}
    batch = town.checked()
    assert (batch.state, batch.checked, batch.good, batch.to_mend) == (ImportState.READY, 3, 0, 3)
    assert errors_of(batch).keys() == {"premium", "last_day"}
    assert errors_of(batch, 3).keys() == {"product", "pledged", "signed_on", "paid_on"}
    assert "添加客户" in errors_of(batch, 4)["credit_code"]
    assert (Policy.objects.count(), Application.objects.count()) == (0, 0)


def test_papers_that_are_missing_or_doubled_are_named(town):
    number = town.rows[0]["number"]
    papers = {name: data for name, data in town.papers().items() if name != f"{number}_发票.pdf"}
    batch = town.checked(papers=papers | {f"{number}_保单2.pdf": b"%PDF-", "无关.pdf": b"%PDF-"})
    assert errors_of(batch).keys() == {"invoice_number", "number"}
    assert batch.strangers == ["无关.pdf"]


def test_the_same_enterprise_or_policy_twice_is_refused_on_both_rows(town):
    town.rows[1] = town.rows[0]
    batch = town.checked()
    assert errors_of(batch).keys() == errors_of(batch, 3).keys() == {"number", "credit_code"}
    assert batch.good == 1


def test_who_has_entrusted_nobody_is_not_told_about():
    town = Town(1)
    town.entities[0].entrustments.all().delete()
    town.rows[0]["name"] = "别的名称"
    sentence = errors_of(town.checked())
    assert sentence.keys() == {"credit_code"}
    assert town.entities[0].name in sentence["credit_code"] or "委托" in sentence["credit_code"]


def test_who_has_filed_already_is_told(town):
    case = make.application(window=town.window, legal_entity=town.entities[0])
    assert case.number in errors_of(town.checked())["credit_code"]


def test_what_is_no_paper_is_told_before_anything_is_filed(town):
    number = town.rows[0]["number"]
    hostile = {"发票": b"MZ\x90 a program", "付款回单": b"", "保单": b"%PDF-" + b"0" * (21 * 1024 * 1024)}
    batch = town.checked(papers=town.papers() | {f"{number}_{word}.pdf": data for word, data in hostile.items()})
    sentences = errors_of(batch)
    assert "不是 PDF" in sentences["invoice_number"]
    assert "是空的" in sentences["reference"]
    assert "超过 20 MB" in sentences["number"]
    assert batch.good == 2


def test_a_hostile_paper_spoils_its_own_row_alone(town):
    script = pikepdf.new()
    script.add_blank_page()
    script.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    script.save(active := io.BytesIO())
    hostile = {f"{town.rows[0]['number']}_保单.pdf": b"%PDF- torn", f"{town.rows[1]['number']}_发票.pdf": active.getvalue()}
    batch = town.done(papers=town.papers() | hostile)
    for number in (2, 3):
        bad = batch.rows.get(number=number)
        assert (bad.result, bad.application) == (RowResult.REFUSED, None)
        assert bad.remark.endswith("。")
        assert not Policy.objects.filter(number=town.rows[number - 2]["number"]).exists()
    assert (batch.state, batch.handled, batch.filed, batch.to_mend) == (ImportState.DONE, 3, 1, 2)


def test_the_annotated_sheet_tells_each_row(town):
    town.rows[0]["premium"] = "=1+1"
    batch = town.done()
    back = read_sheet(imports.annotated(batch))
    assert [row.values.get("number") for row in back] == [row["number"] for row in town.rows]
    assert back[0].texts["premium"] == "=1+1"


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
def test_two_workers_at_one_import_file_each_row_once():
    town = Town(3)
    batch = town.checked()
    imports.commit(batch, by=town.by, at=make.FILED)
    work = lambda: imports.file_rows(batch.pk, at=make.FILED)  # noqa: E731
    at_once(work, work, meet="subsidies.services.imports.file_row")
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


# refused


def test_only_the_insurers_own_people_send_and_commit(town):
    stranger = staff_of(make.insurer("示例二"))
    with refused("not_its_insurer"):
        town.upload(by=stranger)
    batch = town.checked()
    with refused("not_its_insurer"):
        imports.commit(batch, by=stranger, at=make.FILED)
    assert not Import.objects.visible_to(stranger).exists()


def test_a_window_that_is_closed_takes_no_import(town):
    with refused("window_closed"):
        town.upload(at=make.PAID)
    batch = town.checked()
    with refused("window_closed"):
        imports.commit(batch, by=town.by, at=make.PAID)


def test_what_is_being_checked_waits_and_what_has_nothing_good_is_not_committed(town):
    batch = town.upload()
    for verb in (imports.commit, imports.recheck):
        with refused("wrong_state"):
            verb(batch, by=town.by, at=make.FILED)
    for row in town.rows:
        row["premium"] = ""
    batch = town.checked()
    with refused("import_nothing_good"):
        imports.commit(batch, by=town.by, at=make.FILED)


@pytest.mark.parametrize(
    ("keep", "content", "code"), [(imports.keep_sheet, b"a,b", "sheet_refused"), (imports.keep_papers, b"Rar!", "papers_refused")]
)
def test_a_file_that_cannot_be_read_is_not_kept(town, keep, content, code):
    before = StoredFile.objects.count()
    with refused(code):
        keep(ContentFile(content, name="x"), by=town.by, at=make.FILED)
    assert StoredFile.objects.count() == before


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
