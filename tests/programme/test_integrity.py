"""check_integrity: each fault is planted past constraints and triggers, as only the owner of the tables could, and is found."""

import io
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import InternalError

from pilot_portal.accounts.roles import Role
from pilot_portal.audit import services as audit
from pilot_portal.files.models import StoredFile
from programme import integrity
from subsidies import payment_files
from subsidies.models import Application, Batch, Document, DocumentKind, Payment, PublicNotice, Window
from subsidies.services import documents, payments, reviews
from subsidies.states import State
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def portal():
    """A window with a paid case, a paid one that was lowered, and one that is only filed; everything is sealed."""
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    _lowered(window)
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    sent = payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.PAID)
    answer = payment_files.write_bank_result_template(sent, paid_on=make.PAID.date())
    payments.import_bank_result(batch, answer, by=make.officer(Role.FINANCE), at=make.PAID)
    make.application(window=window)
    audit.seal_pending(at=make.PAID)
    audit.publish_anchor(at=make.PAID)
    return window


@pytest.fixture
def papers(portal):
    """The same with a receipt and the papers of the batch."""
    documents.issue_receipt(paid_case(), at=make.FILED)
    documents.render_batch(Batch.objects.get(), at=make.BATCHED)


def _lowered(window: Window) -> None:
    case = make.application(window=window, state=State.ACCEPTED)
    make.judge_all(case)
    facts = {"lowered_to": Decimal("70000.00"), "lowered_reason": "部分责任不属试点"}
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED, **facts)
    reviews.check(case, by=make.officer(Role.REVIEWER), at=make.CHECKED)


@pytest.fixture
def plant(portal, owner_cursor):
    """Change rows of a table, whatever its triggers and the constraints named here say."""

    def change(table: str, assignment: str, where: object, *, constraints: tuple[str, ...] = ()) -> None:
        for constraint in constraints:
            owner_cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        owner_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner_cursor.execute(f"UPDATE {table} SET {assignment} WHERE id = %s", [getattr(where, "pk", where)])
        assert owner_cursor.rowcount == 1
        owner_cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return change


def found() -> list[str]:
    """Every fault as the command prints it, one a line."""
    out = io.StringIO()
    with pytest.raises(CommandError) as stopped:
        call_command("check_integrity", stdout=out)
    assert stopped.value.returncode == 1
    return out.getvalue().splitlines()


def paid_case() -> Application:
    return Application.objects.filter(state=State.PAID).earliest("pk")


def lowered_case() -> Application:
    return Application.objects.filter(state=State.PAID).latest("pk")


def test_clean_data_reports_nothing(papers):
    assert Application.objects.filter(state=State.PAID).count() == 2
    assert Document.objects.count() == 5
    out = io.StringIO()
    call_command("check_integrity", stdout=out)
    assert out.getvalue() == "全部一致。\n"
    assert list(integrity.faults()) == []


def test_an_empty_portal_reports_nothing():
    assert list(integrity.faults()) == []


def test_the_check_reads_as_of_one_moment_and_writes_nothing(portal, monkeypatch):
    def write():
        Window.objects.filter(pk=portal.pk).update(name="another name")
        yield "written"

    monkeypatch.setattr(integrity, "CHECKS", (write,))
    with pytest.raises(InternalError, match="read-only transaction"):
        call_command("check_integrity", stdout=io.StringIO())


def test_a_window_whose_kept_totals_are_not_the_sums(portal, plant):
    plant("subsidies_window", "awarded_total = awarded_total + 0.01, reserved_total = 0.02", portal)
    awards, reservations = found()
    assert "已核定合计为 150000.01，各件之和为 150000.00" in awards
    assert "预留合计为 0.02，各件之和为 0.00" in reservations


def test_a_batch_whose_count_total_and_hash_are_not_those_of_its_lines(plant):
    batch = Batch.objects.get()
    plant("subsidies_batch", f"total = total - 1, sha256 = '{'0' * 64}'", batch)
    assert found() == [f"批次 {batch} 合计为 149999.00，明细之和为 150000.00", f"批次 {batch} 的明细与批准时的哈希不符"]
    plant("subsidies_batch", "count = 3", batch)
    assert f"批次 {batch} 记有 3 笔，明细为 2 笔" in found()


def test_a_line_that_was_changed_after_approval(plant):
    plant("subsidies_payment", "holder = '别家公司'", Payment.objects.first())
    assert ["明细与批准时的哈希不符" in fault for fault in found()] == [True]


def test_an_account_that_cannot_be_read_any_more(plant):
    plant("subsidies_payment", "account_ciphertext = 'gAAAA'", Payment.objects.first())
    assert ["账号无法解密" in fault for fault in found()] == [True]


def test_a_paid_case_without_a_paid_payment(plant):
    case = paid_case()
    plant("subsidies_payment", "state = 'void'", case.payments.get())
    assert [(case.number in fault, "已到账付款 0 笔" in fault) for fault in found()] == [(True, True)]


def test_a_paid_case_with_two_paid_payments(plant, owner_cursor):
    case, line = paid_case(), paid_case().payments.get()
    owner_cursor.execute("DROP INDEX one_live_payment_per_application")
    plant("subsidies_payment", f"application_id = {case.pk}", lowered_case().payments.get())
    faults = found()
    assert any(case.number in fault and "已到账付款 2 笔" in fault for fault in faults)
    assert any(lowered_case().number in fault and "已到账付款 0 笔" in fault for fault in faults)
    assert line.application == case


def test_a_payment_of_another_amount_than_the_award(plant):
    case = paid_case()
    plant("subsidies_payment", "amount = 79999.99", case.payments.get())
    faults = found()
    assert any("已到账付款 1 笔共 79999.99" in fault for fault in faults)
    assert any("明细之和为 149999.99" in fault for fault in faults)


def test_an_archived_case_was_paid_too(plant):
    case = paid_case()
    plant("subsidies_application", "state = 'archived', ended_at = paid_at, ended_by_id = paid_by_id", case)
    assert list(integrity.faults()) == []
    plant("subsidies_payment", "state = 'returned', return_reason = 'x'", case.payments.get())
    assert any("为“已归档”" in fault for fault in found())


def test_a_payment_that_arrived_for_a_case_that_is_not_paid(plant):
    case = paid_case()
    plant("subsidies_application", "state = 'approved'", case)
    assert ["已到账" in fault and "“待拨付”" in fault for fault in found()] == [True]


def path_of(stored: StoredFile) -> Path:
    return Path(settings.MEDIA_ROOT) / stored.file.name


def test_issued_papers_of_which_a_byte_changed(papers):
    issued = list(Document.objects.order_by("pk"))
    assert {document.kind for document in issued} == set(DocumentKind)
    for document in issued:
        path = path_of(document.file)
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert found() == [f"文书 {document} 的内容与登记的 SHA-256 不符" for document in issued]


def test_an_issued_paper_that_is_gone(papers):
    document = Document.objects.first()
    path_of(document.file).unlink()
    assert found() == [f"文书 {document} 的文件不见了"]


def test_a_paper_whose_row_was_changed(papers, plant):
    plant("subsidies_document", f"sha256 = '{'0' * 64}'", Document.objects.first())
    assert ["的内容与登记的 SHA-256 不符" in fault for fault in found()] == [True]


def test_a_batch_with_a_paper_missing(papers, owner_cursor):
    notice = Document.objects.filter(kind=DocumentKind.PAYMENT_NOTICE).first()
    owner_cursor.execute("ALTER TABLE subsidies_document DISABLE TRIGGER USER")
    owner_cursor.execute("DELETE FROM subsidies_document WHERE id = %s", [notice.pk])
    assert ["应有文书 4 份，实有 3 份" in fault for fault in found()] == [True]


def test_uploads_that_changed_are_gone_or_cannot_be_read(portal):
    changed, gone, folder = (case.policy.paper for case in Application.objects.order_by("pk"))
    path_of(changed).write_bytes(b"%PDF-1.4 another")
    path_of(gone).unlink()
    path_of(folder).unlink()
    path_of(folder).mkdir()
    told = [f"“{changed}”的内容与登记的 SHA-256 不符", f"“{gone}”的文件不见了", f"“{folder}”的文件读不出来（Is a directory）"]
    assert found() == [f"文件 {stored.pk}{said}" for stored, said in zip((changed, gone, folder), told, strict=True)]


def test_an_audit_event_that_was_changed(plant):
    event = audit.Event.objects.filter(action="determine").get()
    plant("audit_event", "actor = 'somebody'", event)
    assert ["审计链：" in fault and "已被改动" in fault for fault in found()] == [True]


def test_an_entitlement_above_what_the_terms_give_and_a_lowering_to_another_amount(plant):
    raised, lowered = paid_case(), lowered_case()
    plant("subsidies_application", "entitled = 80000.01", raised, constraints=("entitled_within_rate",))
    plant("subsidies_application", "entitled = 75000.00", lowered)
    told = "按认定保费 100000.00 和本件条款应为 80000.00"
    assert found() == [f"申报 {raised} 应补 80000.01，{told}", f"申报 {lowered} 应补 75000.00，{told}"]


def test_an_entitlement_below_it_without_a_reviewed_lowering(plant):
    case = paid_case()
    plant("subsidies_application", "entitled = 79999.99", case, constraints=("awarded_within_entitled",))
    assert [("应补 79999.99" in fault) or ("超过应补" in fault) for fault in found()] == [True, True]


def test_terms_beyond_the_scheme(plant):
    case = paid_case()
    plant("subsidies_application", "cap = 900000", case, constraints=("application_cap_within_scheme",))
    assert ["超过试点方案" in fault for fault in found()] == [True]


def test_a_gap_in_the_numbers_of_applications(portal, owner_cursor):
    owner_cursor.execute("UPDATE subsidies_counter SET value = value + 25 WHERE series = 'application'")
    last = Application.objects.filter(number__isnull=False).count()
    assert found() == [f"2026 年申报编号不连续，缺 {'、'.join(str(last + n) for n in range(1, 21))} 等 25 个"]


def test_a_number_that_the_portal_did_not_make(plant):
    case = paid_case()
    stem = case.number.rpartition("-")[0]
    plant("subsidies_application", f"number = '{stem}-AAAA'", case)
    faults = found()
    assert f"申报编号 {stem}-AAAA 不是本系统编制的" in faults
    assert any("申报编号不连续" in fault for fault in faults)


def test_a_filed_case_without_a_number(plant):
    case = paid_case()
    plant("subsidies_application", "number = NULL", case, constraints=("filed_case_is_complete",))
    assert f"申报 {case.pk} 为“已拨付”，却没有编号" in found()


def test_a_gap_in_the_numbers_of_public_notices(plant):
    plant("subsidies_publicnotice", "number = '公示〔2026〕7号'", PublicNotice.objects.get())
    assert found() == ["2026 年公示编号不连续，缺 1", "2026 年公示编号 7 超出已编的 1"]
    plant("subsidies_publicnotice", "number = '7号'", PublicNotice.objects.get())
    assert "公示编号 7号 不是本系统编制的" in found()


def test_blocks_of_payment_notices_that_do_not_meet(papers, plant):
    plant("subsidies_batch", "first_notice = 2", Batch.objects.get())
    faults = found()
    assert "2026 年通知书文号不连续，缺 1" in faults
    assert "2026 年通知书文号 3 超出已编的 2" in faults
    assert any("不在其批次取得的号段内" in fault for fault in faults)


def test_a_number_that_stands_twice():
    integrity.Counter.objects.create(series="x", year=2026, value=2)
    assert list(integrity._not_continuous("x", "编号", {2026: [1, 1, 2]})) == ["2026 年编号有重号"]


def test_a_case_in_a_state_without_its_stamps(plant):
    case = paid_case()
    lost = {"submitted_at": "提交", "reviewed_by_id": "初审", "determined_at": "审定", "paid_by_id": "拨付"}
    constraints = tuple(f"state_has_{column.split('_')[0]}_stamp" for column in lost)
    plant("subsidies_application", ", ".join(f"{column} = NULL" for column in lost), case, constraints=constraints)
    assert found() == [f"申报 {case} 为“已拨付”，却缺“{verb}”的时间或人员" for verb in lost.values()]


def test_several_faults_are_all_named_and_counted(plant, portal):
    plant("subsidies_window", "awarded_total = 1", portal)
    path_of(paid_case().policy.paper).unlink()
    with pytest.raises(CommandError, match="共 2 处不一致"):
        call_command("check_integrity", stdout=io.StringIO())
