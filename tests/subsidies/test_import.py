"""批量申报: an insurer's sheet is taken in once, checked row by row, and its good rows filed, each once."""

import io
from datetime import timedelta
from decimal import Decimal

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insurers.models import Policy
from pilot_portal.files.models import StoredFile
from pilot_portal.workflow.after_commit import LAST
from subsidies.filing_sheets import read_sheet
from subsidies.models import Application, Import, RowResult
from subsidies.services import drafts, imports
from subsidies.states import ImportState, State
from tests import make
from tests.expect import refused
from tests.insurers.desk import staff_of
from tests.subsidies.clients import Town, book_of_business, send

pytestmark = pytest.mark.django_db


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


def test_who_comes_in_time_is_filed_in_time_however_long_the_queue(town):
    batch = town.checked()
    imports.commit(batch, by=town.by, at=make.CLOSES - timedelta(minutes=1))
    assert not imports.file_rows(batch.pk, at=make.CLOSES + timedelta(hours=2))
    moments = set(Application.objects.filter(state=State.SUBMITTED).values_list("submitted_at", flat=True))
    assert (batch.rows.filter(result=RowResult.FILED).count(), moments) == (3, {make.CLOSES - timedelta(minutes=1)})


def test_a_row_that_nobody_has_thought_of_does_not_stop_the_others(town, monkeypatch):
    batch, real = town.checked(), imports.file_row

    def breaks(batch, row, *args, **options):
        if row.number == 3:
            Import.objects.filter(pk=batch.pk).update(total=0)  # the database refuses
        return real(batch, row, *args, **options)

    monkeypatch.setattr(imports, "file_row", breaks)
    imports.commit(batch, by=town.by, at=make.FILED)
    assert not imports.file_rows(batch.pk, at=make.FILED)
    assert list(batch.rows.values_list("result", flat=True)) == ["filed", "refused", "filed"]
    assert "联系中心" in batch.rows.get(number=3).remark


def test_a_check_asks_the_database_as_often_for_many_rows_as_for_few():
    counts = []
    for clients in (5, 50):
        book = book_of_business(clients)
        workbook, papers = book.files(faulty=clients // 5)
        batch = send(book, workbook, papers)
        with CaptureQueriesContext(connection) as queries:
            imports.dry_run(batch.pk, at=make.FILED)
        batch.refresh_from_db()
        assert (batch.checked, batch.to_mend) == (clients, clients // 5)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_each_rule_speaks_beside_its_cell(town):
    """What keeps a filing back is the same as on the pages, whoever asks."""
    first, second, third = town.entities
    make.application(window=town.window, legal_entity=first)
    policy = make.policy(second, number=town.rows[1]["number"], premium=Decimal("90000.00"))
    town.rows[1] |= {"invoice_number": policy.invoices.get().number, "reference": policy.premium_payments.get().reference}
    drafts.start(third, town.window, by=town.by, at=make.FILED)
    batch = town.checked()
    assert "本期已有申报" in errors_of(batch)["credit_code"]
    assert errors_of(batch, 3).keys() == {"premium", "invoice_amount", "paid_amount"}
    assert "90,000.00" in errors_of(batch, 3)["premium"]
    assert "已有一份草稿" in errors_of(batch, 4)["credit_code"]


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


def test_a_row_is_filed_with_few_queries_and_its_tasks_let_others_go_first(monkeypatch, django_capture_on_commit_callbacks):
    sent, counts = [], []
    monkeypatch.setattr("pilot_portal.workflow.after_commit.current_app.send_task", lambda task, args, **how: sent.append((task, how)))
    for clients in (2, 6):
        book = book_of_business(clients)
        batch = send(book, *book.files())
        imports.dry_run(batch.pk, at=make.FILED)
        imports.commit(batch, by=book.by, at=make.FILED)
        with django_capture_on_commit_callbacks(execute=True), CaptureQueriesContext(connection) as queries:
            assert not imports.file_rows(batch.pk, at=make.FILED)
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in queries))
    assert (counts[1] - counts[0]) / 4 <= 43
    assert {how["priority"] for _, how in sent} == {LAST}
    assert {task.rsplit(".", 1)[-1] for task, _ in sent} >= {"screen_application", "issue_receipt"}
