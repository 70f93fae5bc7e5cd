"""Batches at the workbench: approval, papers, payment file, bank's result, voiding."""

import io
import zipfile
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from subsidies import payment_files
from subsidies.services import applications, documents, endings, payments
from subsidies.states import BatchState, PaymentState, State
from tests import make
from tests.expect import refused
from tests.workbench import buttons, enter, look, press, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch():
    window = make.window()
    for _ in range(2):
        make.application(window=window, state=State.CHECKED)
    return make.batch(window)


@pytest.fixture
def approved(batch):
    return payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)


def export(batch) -> bytes:
    response = press(Role.FINANCE, batch, "export_batch", at=make.BATCHED)
    assert response.status_code == 200
    return response.content


def bank_result(content: bytes, **returned) -> SimpleUploadedFile:
    answer = payment_files.write_bank_result_template(content, paid_on=date(2026, 10, 26), **returned)
    return SimpleUploadedFile("回单.csv", answer, content_type="text/csv")


def test_head_approves_what_finance_prepared(batch):
    assert "approve_batch" in buttons(Role.HEAD, batch)
    assert press(Role.HEAD, batch, "approve_batch", at=make.BATCHED).status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.approved_by) == (BatchState.APPROVED, make.officer(Role.HEAD))


def test_batch_is_not_approved_by_another_role_its_preparer_or_on_an_old_page(batch):
    assert press(Role.FINANCE, batch, "approve_batch").status_code == 403
    assert press(Role.HEAD, batch, "approve_batch", version=batch.version + 1).status_code == 409
    preparer = make.officer(Role.FINANCE)
    make.change_role(preparer, Role.HEAD)
    assert press(preparer, batch, "approve_batch").status_code == 403
    batch.refresh_from_db()
    assert batch.state == BatchState.DRAFT


def test_batch_with_a_held_case_is_not_approved(batch):
    applications.hold(batch.payments.first().application, by=make.officer(Role.HEAD), at=make.BATCHED, reason="核实")
    assert press(Role.HEAD, batch, "approve_batch").status_code == 409


def test_finance_downloads_the_payment_file(approved):
    assert "export_batch" in buttons(Role.FINANCE, approved)
    response = press(Role.FINANCE, approved, "export_batch", at=make.BATCHED)
    assert response["Content-Disposition"].startswith("attachment")
    assert payment_files.read_payment_file(response.content).total == approved.total
    approved.refresh_from_db()
    assert approved.state == BatchState.EXPORTED


def test_opening_an_address_exports_nothing(approved):
    assert enter(Role.FINANCE).get(url(approved, "do", "export_batch"))["Location"] == url(approved)
    approved.refresh_from_db()
    assert approved.state == BatchState.APPROVED


def test_payment_file_is_not_for_other_roles(approved):
    assert "export_batch" not in buttons(Role.HEAD, approved)
    assert press(Role.HEAD, approved, "export_batch").status_code == 403


def test_bank_result_settles_the_batch(approved):
    result = bank_result(export(approved))
    assert press(Role.FINANCE, approved, "import", at=make.PAID, result=result).status_code == 302
    approved.refresh_from_db()
    assert approved.state == BatchState.SETTLED
    assert "2026-10-26" in text(look(Role.FINANCE, approved))


def test_returned_payment_shows_its_reason(approved):
    serial = approved.payments.first().serial
    result = bank_result(export(approved), returned={serial: "R02"})
    press(Role.FINANCE, approved, "import", at=make.PAID, result=result)
    assert approved.payments.get(serial=serial).state == PaymentState.RETURNED
    assert "账户已销户" in text(look(Role.FINANCE, approved))


@pytest.mark.parametrize("content", [b"\x00\x01", "明细流水号,金额\n1,2\n".encode(), b"%PDF-1.7"])
def test_what_is_no_bank_result_is_refused_with_a_sentence(approved, content):
    export(approved)
    response = press(Role.FINANCE, approved, "import", result=SimpleUploadedFile("a.csv", content))
    approved.refresh_from_db()
    assert (response.status_code, approved.state) == (422, BatchState.EXPORTED)
    assert response.context["form"].errors


def test_bank_result_needs_finance_and_a_file(approved):
    content = export(approved)
    assert press(Role.HEAD, approved, "import", result=bank_result(content)).status_code == 403
    assert press(Role.FINANCE, approved, "import").status_code == 422
    approved.refresh_from_db()
    assert approved.state == BatchState.EXPORTED


def test_batch_is_voided_with_a_reason(batch):
    assert press(Role.FINANCE, batch, "void_batch", reason="").status_code == 422
    assert press(Role.FINANCE, batch, "void_batch", reason="收款账户变更").status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.void_reason) == (BatchState.VOID, "收款账户变更")


def test_exported_batch_is_not_voided(approved):
    export(approved)
    assert "void_batch" not in buttons(Role.FINANCE, approved)
    assert press(Role.FINANCE, approved, "void_batch", reason="算了").status_code == 409


def test_handler_voids_nothing(batch):
    assert press(Role.HANDLER, batch, "void_batch", reason="算了").status_code == 403


def test_progress_of_papers_is_told_until_they_stand(approved):
    client = enter(Role.FINANCE)
    waiting = client.get(url(approved, "progress"))
    assert "正在生成文书：0 / 4" in text(waiting)
    assert "hx-get" in waiting.content.decode()
    documents.render_batch(approved, at=make.BATCHED)
    done = client.get(url(approved, "progress"))
    assert "已全部生成" in text(done)
    assert "hx-get" not in done.content.decode()


def test_papers_are_downloaded_one_by_one_and_together(approved):
    documents.render_batch(approved, at=make.BATCHED)
    client = enter(Role.FINANCE)
    one = client.get(url(approved, "document", approved.documents.first().pk))
    assert b"".join(one.streaming_content)[:5] == b"%PDF-"
    names = zipfile.ZipFile(io.BytesIO(client.get(url(approved, "archive")).content)).namelist()
    assert sorted(names) == sorted(document.file.name for document in approved.documents.all())
    assert client.get(url(approved, "document", 999999)).status_code == 404


def test_accounts_are_masked_on_the_screen(approved):
    shown = look(Role.FINANCE, approved).content.decode()
    for payment in approved.payments.all():
        assert payment.account not in shown
        assert payment.account_last_four in shown


def test_batch_screen_takes_few_queries_however_many_lines(django_assert_max_num_queries):
    counts = []
    for lines in (1, 4):
        window = make.window()
        for _ in range(lines):
            make.application(window=window, state=State.CHECKED)
        batch = make.batch(window)
        client = enter(Role.FINANCE)
        with django_assert_max_num_queries(20) as queries:
            client.get(url(batch))
        counts.append(len(queries))
    assert counts[0] == counts[1]


# what the bank sends back, and what may not be paid any more


@pytest.fixture
def returned(approved):
    """The first line came back, the second arrived."""
    serial = approved.payments.first().serial
    press(Role.FINANCE, approved, "import", at=make.PAID, result=bank_result(export(approved), returned={serial: "R02"}))
    return approved.payments.get(serial=serial)


def rows(window) -> list:
    return look(Role.FINANCE, window, at=make.PAID).context["prepare"].rows()


def test_returned_case_is_payable_again_and_not_ticked_until_its_account_is_mended(returned):
    window, case = returned.batch.window, returned.application
    prepare = look(Role.FINANCE, window, at=make.PAID).context["prepare"]
    (row,) = prepare.rows()
    assert (row.case, row.account.last_four, row.is_unmended) == (case, returned.account_last_four, True)
    assert prepare.chosen() == set()
    assert "等企业更正账户" in text(look(Role.FINANCE, returned.batch))
    assert "账户未更正" in text(look(Role.FINANCE, window, at=make.PAID))


def test_desk_leads_to_the_batches_with_returns(returned):
    client = enter(Role.FINANCE)
    line = next(line for line in client.get(reverse("admin:index")).context["desk"] if line.title == "有退票的批次")
    assert line.count == 1
    assert list(client.get(line.url).context["cl"].result_list) == [returned.batch]
    endings.abandon(returned.application, by=make.owner_of(returned.application.legal_entity), at=make.PAID, reason="不再需要")
    assert list(client.get(line.url).context["cl"].result_list) == []


def test_returned_case_is_paid_to_its_new_account(returned):
    window, case = returned.batch.window, returned.application
    make.account(case.legal_entity, at=make.PAID, number="6222000000000007777")
    prepare = look(Role.FINANCE, window, at=make.PAID).context["prepare"]
    (row,) = prepare.rows()
    assert (row.account.last_four, row.is_unmended, prepare.chosen()) == ("7777", False, {case.number})
    page = look(Role.FINANCE, returned.batch)
    assert "账户已更正" in text(page)
    assert f"{url(window)}#batches" in page.content.decode()
    data = {"appropriation": make.pilot().appropriations.first().pk, "numbers": [case.number]}
    assert press(Role.FINANCE, window, "prepare", at=make.PAID, **data).status_code == 302
    again = case.payments.get(state=PaymentState.PLANNED)
    assert (again.account_last_four, again.serial != returned.serial) == ("7777", True)
    assert f"已重新制单 {again.batch.number}" in text(look(Role.FINANCE, returned.batch))


def test_returned_case_that_was_given_up_is_not_paid_again(returned):
    case = returned.application
    endings.abandon(case, by=make.owner_of(case.legal_entity), at=make.PAID, reason="不再需要")
    window = returned.batch.window
    assert rows(window) == []
    assert "不能再付 放弃" in text(look(Role.FINANCE, returned.batch))
    data = {"appropriation": make.pilot().appropriations.first().pk, "numbers": [case.number]}
    answer = press(Role.FINANCE, window, "prepare", at=make.PAID, **data)
    assert answer.status_code == 422
    assert f"申报 {case.number} 已不能制单" in text(answer)


def test_case_in_a_batch_is_not_cancelled_until_the_batch_is_void(batch):
    case = batch.payments.first().application
    with refused("payment_in_flight") as caught:
        endings.cancel(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="企业迁出")
    assert "请先作废所在批次" in caught.value.sentence
    press(Role.FINANCE, batch, "void_batch", reason="有一件终止")
    endings.cancel(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="企业迁出")
    others = {line.application for line in batch.payments.all()} - {case}
    assert {row.case for row in rows(batch.window)} == others


def test_window_screen_takes_few_queries_however_many_came_back(returned, django_assert_max_num_queries):
    client = enter(Role.FINANCE)
    with django_assert_max_num_queries(34) as one:
        client.get(url(returned.batch.window))
    window = make.window()
    for _ in range(3):
        make.application(window=window, state=State.CHECKED)
    second = payments.approve_batch(make.batch(window), by=make.officer(Role.HEAD), at=make.BATCHED)
    content = payments.export_batch(second, by=make.officer(Role.FINANCE), at=make.BATCHED)
    result = payment_files.write_bank_result_template(
        content, paid_on=date(2026, 10, 26), returned=dict.fromkeys(second.payments.values_list("serial", flat=True), "R02")
    )
    payments.import_bank_result(second, result, by=make.officer(Role.FINANCE), at=make.PAID)
    with django_assert_max_num_queries(34) as many:
        client.get(url(window))
    assert len(many) <= len(one) + 1
