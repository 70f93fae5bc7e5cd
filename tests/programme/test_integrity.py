"""check_integrity: nothing in the demo; each fault is found, planted past constraints and triggers as only the tables' owner could."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import InternalError

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile
from pilot_portal.workflow.models import Proposal
from programme import integrity
from programme.integrity import belonging, budgets, lives, money, numbers, papers, trail
from subsidies.models import Application, Counter, Document, DocumentKind, Objection, Recovery, Window
from subsidies.services import corrections, endings, objections, publicity, recovery, rejections, reviews, windows
from subsidies.states import RecoveryState, State
from tests import databases, demo_world
from tests.demo_world import case

pytestmark = pytest.mark.django_db(transaction=True)
CHANGES = re.compile(r"(?:UPDATE|DELETE FROM|INSERT INTO) (\w+)")


@pytest.fixture(autouse=True)
def demo(transactional_db, time_machine):
    time_machine.move_to(demo_world.NOW, tick=False)
    demo_world.renew()


@pytest.fixture
def plant(demo, owner_cursor):
    """Change rows whatever triggers and checks say. In a statement {云澜} is the key of that enterprise's case."""

    def change(statement: str) -> None:
        table = CHANGES.match(statement)[1]
        owner_cursor.execute("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass", [table])
        for (constraint,) in owner_cursor.fetchall():
            owner_cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
        owner_cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND indpred IS NOT NULL AND indrelid = %s::regclass", [table]
        )
        for (index,) in owner_cursor.fetchall():
            owner_cursor.execute(f"DROP INDEX {index}")
        owner_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner_cursor.execute(re.sub(r"\{(\w+)\}", lambda name: str(case(name[1]).pk), statement))
        assert owner_cursor.rowcount > 0, statement
        owner_cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    return change


def found() -> list[str]:
    """Every fault as the command prints it, one a line."""
    out = io.StringIO()
    with pytest.raises(CommandError) as stopped:
        call_command("check_integrity", stdout=out)
    assert stopped.value.returncode == 1
    return out.getvalue().splitlines()


def officer(role: Role) -> User:
    return User.objects.get(username=role.value)


def test_the_demo_reports_nothing():
    out = io.StringIO()
    call_command("check_integrity", stdout=out)
    assert out.getvalue() == "全部一致。\n"


def test_what_the_offices_do_next_is_no_fault():
    """Lists returned, objections upheld, rejections reconsidered, recoveries dropped, budgets raised: the trail follows all of it."""
    head, office, at = officer(Role.HEAD), officer(Role.IP_OFFICE), demo_world.NOW
    run = case("承砚").allocation
    publicity.return_list(run, by=office, at=at, reason="请补充说明", seen_hash=run.list_hash)
    objections.uphold(Objection.objects.get(state="open"), by=head, at=at, decision="部分属实", lowered_to=Decimal("100000.00"))
    objections.recompute(case("海棠"), by=head, at=at, reason="保单批减")
    rejections.reconsider(case("擎原"), by=head, at=at, reason="处罚已履行")
    recovery.drop_recovery(Recovery.objects.get(state=RecoveryState.PROPOSED), by=office, at=at, reason="金额已抵扣")
    windows.decide_draw(Proposal.objects.get(action="change_draw"), by=head, at=at, confirmed=True)
    corrections.extend_correction(case("知衡"), by=head, at=at, days=3, reason="回单须由银行补打")
    endings.archive_paid(Window.objects.get(sequence=1), by=head, at=at)
    assert case("承砚").state == State.CHECKED
    assert list(integrity.faults()) == []


def test_an_empty_portal_reports_nothing(owner_cursor):
    databases.renew()
    assert list(integrity.faults()) == []


def test_the_check_reads_as_of_one_moment_and_writes_nothing(monkeypatch):
    def write():
        Window.objects.filter(sequence=1).update(name="another name")
        yield "written"

    monkeypatch.setattr(integrity, "CHECKS", (write,))
    with pytest.raises(InternalError, match="read-only transaction"):
        call_command("check_integrity", stdout=io.StringIO())


@dataclass(frozen=True)
class Planted:
    check: Callable
    says: str  # of the one fault that the check then finds, a part
    statement: str


ONE = "(SELECT id FROM subsidies_window WHERE sequence = 1)"


def payment(assignment: str, name: str) -> str:
    return f"UPDATE subsidies_payment SET {assignment} WHERE application_id = {{{name}}}"


def of_case(assignment: str, name: str) -> str:
    return f"UPDATE subsidies_application SET {assignment} WHERE id = {{{name}}}"


def of_its(table: str, assignment: str, name: str) -> str:
    return f"UPDATE subsidies_{table} SET {assignment} WHERE application_id = {{{name}}}"


def of_policy(assignment: str, name: str) -> str:
    return f"UPDATE insurers_policy SET {assignment} WHERE id = (SELECT policy_id FROM subsidies_application WHERE id = {{{name}}})"


def of_mandate(assignment: str, name: str) -> str:
    return (
        f"UPDATE insurers_entrustment SET {assignment} WHERE id = (SELECT entrustment_id FROM subsidies_application WHERE id = {{{name}}})"
    )


def another(column: str, name: str) -> str:
    return f"(SELECT {column} FROM subsidies_application WHERE id = {{{name}}})"


def staff(role: str) -> str:
    return f"(SELECT id FROM accounts_user WHERE username = '{role}')"


REVOKED = (
    "INSERT INTO audit_event (at, actor, role, action, object_type, object_label, data, object_id) "
    f"SELECT '2026-01-01', 'x', 'x', 'revoke_entrustment', 'insurers.entrustment', 'x', '{{}}', {another('entrustment_id', '启衡')}"
)
PLANTED = [
    # sums
    Planted(money.window_totals, "已核定合计为", f"UPDATE subsidies_window SET awarded_total = awarded_total + 0.01 WHERE id = {ONE}"),
    Planted(money.window_totals, "预留合计为 0.02", f"UPDATE subsidies_window SET reserved_total = 0.02 WHERE id = {ONE}"),
    Planted(money.batches, "的明细与批准时的哈希不符", payment("holder = '别家公司'", "青屿")),
    Planted(money.batches, "账号无法解密", payment("account_ciphertext = 'gAAAA'", "青屿")),
    Planted(money.batches, "笔，明细为", "UPDATE subsidies_batch SET count = count + 1 WHERE state = 'draft'"),
    Planted(money.batches, "明细之和为", "UPDATE subsidies_batch SET total = total - 1 WHERE state = 'draft'"),
    Planted(money.paid_cases, "已到账付款 0 笔", payment("state = 'void'", "青屿")),
    Planted(money.paid_cases, "已到账付款 1 笔共 1.00", payment("amount = 1", "青屿")),
    Planted(money.paid_cases, "为“已归档”，核定", payment("state = 'returned', return_reason = 'x'", "云澜")),
    Planted(money.paid_payments, "已到账，申报", of_case("state = 'approved'", "青屿")),
    Planted(money.live_payments, "为 1.00，申报", payment("amount = 1", "鹿鸣")),
    Planted(money.live_payments, "尚未办结，申报", of_case("state = 'publicized'", "元枢")),
    Planted(money.live_payments, "为“待付”，批次", payment("state = 'planned'", "元枢")),
    Planted(money.reservations, "仍预留 5.00", of_case("reserved = 5", "青屿")),
    Planted(money.entitlements, "应补 75672.00", of_case("entitled = 75672", "青屿")),
    Planted(money.entitlements, "超过试点方案", of_case("cap = 900000", "青屿")),
    Planted(money.entitlements, "超过应补", of_case("awarded = 75672", "青屿")),
    # budgets and recoveries
    Planted(budgets.draws, "按发布和历次调整应为 8000000", f"UPDATE subsidies_window SET draw = 9000000 WHERE id = {ONE}"),
    Planted(budgets.draws, "指标共 1.00", "UPDATE subsidies_appropriation SET amount = 1"),
    Planted(budgets.recoveries, "并未拨付", of_its("recovery", "application_id = {天枢}, amount = 1", "芯岳")),
    Planted(
        budgets.recoveries,
        "不属于申报",
        of_its(
            "recovery",
            "endorsement_id = (SELECT id FROM insurers_endorsement WHERE followed_at IS NOT NULL ORDER BY id DESC LIMIT 1)",
            "砺锋",
        ),
    ),
    Planted(budgets.recoveries, "超过核定", of_its("recovery", "amount = 800000.01", "芯岳")),
    Planted(budgets.owed_recoveries, "应追回 80000.00，已提请 0.00", "DELETE FROM subsidies_recovery WHERE application_id = {芯岳}"),
    Planted(
        budgets.endorsements,
        "尚未处理对申报的影响",
        f"UPDATE insurers_endorsement SET followed_at = NULL WHERE policy_id = {another('policy_id', '海棠')}",
    ),
    Planted(budgets.endorsements, "有退保批单，却为", of_policy("state = 'confirmed'", "晟宁")),
    Planted(budgets.endorsements, "却没有退保批单", of_policy("state = 'surrendered'", "青屿")),
    # one slot, its own things
    Planted(belonging.slots, "同一申报周期同一企业有 2 件", of_case(f"legal_entity_id = {another('legal_entity_id', '清穹')}", "星屿")),
    Planted(belonging.slots, "同一保单有 2 件", of_case(f"policy_id = {another('policy_id', '清穹')}", "星屿")),
    Planted(
        belonging.slots,
        "同一年度同一企业有 2 件获得补贴",
        of_case(f"legal_entity_id = {another('legal_entity_id', '凌川')}", "青屿"),
    ),
    Planted(belonging.owners, "的保单属于另一企业", of_case(f"policy_id = {another('policy_id', '景曜')}", "青屿")),
    Planted(belonging.owners, "的收款账户属于另一企业", of_case(f"bank_account_id = {another('bank_account_id', '景曜')}", "青屿")),
    Planted(belonging.owners, "的企业类别属于另一企业", of_case(f"category_id = {another('category_id', '景曜')}", "青屿")),
    Planted(belonging.owners, "的委托属于另一企业", of_case(f"entrustment_id = {another('entrustment_id', '元枢')}", "青屿")),
    Planted(belonging.owners, "的分配属于另一申报周期", of_case(f"allocation_id = {another('allocation_id', '承砚')}", "青屿")),
    Planted(belonging.owners, "的审定属于另一申报周期", of_case(f"determination_id = {another('determination_id', '光隙')}", "青屿")),
    Planted(belonging.owners, "的公示属于另一申报周期", of_case(f"public_notice_id = {another('public_notice_id', '凌川')}", "青屿")),
    Planted(belonging.channels, "为企业自行申报，却由", of_case(f"submitted_by_id = {staff('insurer')}", "云澜")),
    Planted(belonging.channels, "却属于另一保险公司", of_case(f"insurer_id = {another('insurer_id', '启衡')}", "青屿")),
    Planted(belonging.channels, "没有包含提交的有效委托", of_mandate("ends_at = starts_at + interval '1 minute'", "青屿")),
    Planted(belonging.channels, "没有包含提交的有效委托", of_mandate("includes_submission = false", "青屿")),
    Planted(belonging.channels, "没有包含提交的有效委托", REVOKED),
    # lives
    Planted(lives.stamps, "却缺“初审”的时间或人员", of_case("reviewed_by_id = NULL", "青屿")),
    Planted(lives.stamps, "却缺“拨付”的时间或人员", of_case("paid_at = NULL", "青屿")),
    Planted(lives.steps, "的“受理”早于“提交”", of_case("accepted_at = submitted_at - interval '1 day'", "青屿")),
    Planted(lives.steps, "期满前批准拨付", of_case("approved_at = publicised_at + interval '1 day'", "青屿")),
    Planted(lives.two_persons, "的初审人和复核人是同一人", of_case("checked_by_id = reviewed_by_id", "青屿")),
    Planted(lives.two_persons, "的初审人和提请不予补贴人是同一人", of_case("rejection_proposed_by_id = reviewed_by_id", "数垣")),
    Planted(
        lives.two_persons,
        "的制单人和批准人是同一人",
        "UPDATE subsidies_batch SET approved_by_id = prepared_by_id WHERE state = 'exported'",
    ),
    Planted(lives.two_persons, "的提请人和责令人是同一人", of_its("recovery", "ordered_by_id = proposed_by_id", "晟宁")),
    Planted(lives.two_persons, "的提请人和确认人是同一人", "UPDATE workflow_proposal SET decided_by_id = proposed_by_id WHERE confirmed"),
    Planted(lives.corrections, "却没有未办结的补正", of_its("correction", "closed_at = now()", "知衡")),
    Planted(lives.corrections, "仍有未办结的补正", of_its("correction", "closed_at = NULL", "焕能")),
    Planted(lives.corrections, "与补正告知的期限不符", of_case("due_at = due_at + interval '1 day'", "知衡")),
    Planted(lives.corrections, "却没有告知过补正", of_its("correction", "application_id = {青屿}", "合汐")),
    Planted(
        lives.corrections,
        "没有事项",
        "UPDATE subsidies_correctionitem SET correction_id = (SELECT id FROM subsidies_correction WHERE application_id = {焕能})"
        " WHERE correction_id = (SELECT id FROM subsidies_correction WHERE application_id = {岚图})",
    ),
    Planted(lives.corrections, "在期限后提交", of_its("correction", "due_at = asked_at + interval '1 minute'", "焕能")),
    Planted(
        lives.corrections,
        "增加了首次没有告知的“保费发票”",
        of_its("correction", "application_id = {岚图}, sequence = 2", "焕能"),
    ),
    Planted(lives.refusals, "却没有经另一人确认的提请", "DELETE FROM workflow_proposal WHERE confirmed"),
    Planted(lives.refusals, "不予受理的提请仍待确认", of_case("state = 'withdrawn'", "观复")),
    Planted(lives.rejections, "却没有理由", of_case("rejection_reason = ''", "微原")),
    Planted(lives.rejections, "却没有初审", of_its("review", "application_id = {岚图}", "微原")),
    Planted(lives.rejections, "却没有随名单审定", of_case("determination_id = NULL", "微原")),
    Planted(lives.rejections, "没有拟不予补贴，却有陈述申辩", of_case("rejection_proposed_at = NULL", "擎原")),
    Planted(lives.rejections, "的陈述申辩在期限后提交", of_its("reply", "made_at = now() + interval '30 years'", "擎原")),
    Planted(lives.rejections, "的陈述申辩在期限后提交", of_its("reply", "made_at = now() + interval '30 years'", "微原")),
    Planted(lives.objections, "却没有暂停", of_case("held_at = NULL", "磐启")),
    Planted(lives.objections, "却不在公示", of_case("state = 'approved'", "磐启")),
    Planted(lives.objections, "期间收到的", of_its("objection", "received_at = received_at - interval '1 year'", "鹿鸣")),
    Planted(lives.objections, "由承办申报", of_its("objection", f"decided_by_id = {staff('handler')}", "鹿鸣")),
    Planted(lives.objections, "却仍按原公示办理", of_its("objection", "state = 'upheld'", "鹿鸣")),
    Planted(lives.objections, "却没有待处理的异议", of_its("objection", "state = 'dismissed'", "磐启")),
    # the trail
    Planted(trail.states_of_cases, "为“已提交”，审计记录却为“已受理”", of_case("state = 'submitted'", "巽风")),
    Planted(trail.states_of_cases, "为“公示中”，审计记录却为“已拨付”", of_case("state = 'publicized'", "青屿")),
    Planted(trail.states_of_cases, "为“已审定”，审计记录却为“复核通过”", of_case("state = 'determined'", "承砚")),
    Planted(trail.states_of_cases, "为“复核通过”，审计记录却为“已受理”", of_case("state = 'checked'", "巽风")),
    Planted(trail.states_of_cases, "为“已提交”，审计记录却为“没有记录”", of_case("state = 'submitted'", "远屿")),
    Planted(
        trail.states_of_others, "为“已办结”，审计记录却为“已导出”", "UPDATE subsidies_batch SET state = 'settled' WHERE state = 'exported'"
    ),
    Planted(trail.states_of_others, "为“已退回”，审计记录却为“已责令退回”", of_its("recovery", "state = 'repaid'", "晟宁")),
    Planted(trail.audit_chain, "已被改动", "UPDATE audit_event SET actor = 'somebody' WHERE action = 'allocate'"),
    # numbers
    Planted(numbers.application_numbers, "不是本系统编制的", of_case("number = 'BJIP-2026-000001-AAAA'", "青屿")),
    Planted(numbers.application_numbers, "却没有编号", of_case("number = NULL", "青屿")),
    Planted(
        numbers.application_numbers, "申报编号不连续，缺", "UPDATE subsidies_counter SET value = value + 1 WHERE series = 'application'"
    ),
    Planted(
        numbers.notice_numbers,
        "公示编号不连续，缺 3",
        "UPDATE subsidies_publicnotice SET number = '公示〔2026〕7号' WHERE number LIKE '%〕3号'",
    ),
    Planted(
        numbers.notice_numbers,
        "公示编号 7号 不是本系统编制的",
        "UPDATE subsidies_publicnotice SET number = '7号' WHERE number LIKE '%〕3号'",
    ),
    Planted(numbers.objection_numbers, "异议编号不连续，缺 1", of_its("objection", "number = 'YY-2026-0009'", "鹿鸣")),
    Planted(
        numbers.payment_notice_numbers,
        "通知书文号不连续，缺",
        "UPDATE subsidies_batch SET first_notice = first_notice + 100 WHERE state = 'exported'",
    ),
    # papers
    Planted(
        papers.documents, "的内容与登记的 SHA-256 不符", f"UPDATE subsidies_document SET sha256 = '{'0' * 64}' WHERE kind = 'rejection'"
    ),
    Planted(papers.documents, "应有文书", "DELETE FROM subsidies_document WHERE kind = 'payment_notice' AND application_id = {青屿}"),
    *(
        Planted(papers.missing_papers, f"缺{kind.label}", f"DELETE FROM subsidies_document WHERE kind = '{kind}'")
        for kind in DocumentKind
        if kind not in (DocumentKind.APPROVAL_SHEET, DocumentKind.PAYMENT_DETAIL, DocumentKind.PAYMENT_NOTICE)
    ),
    Planted(papers.files, "的内容与登记的 SHA-256 不符", f"UPDATE files_storedfile SET sha256 = '{'0' * 64}' WHERE name = '委托书.pdf'"),
]


def test_each_check_is_tried():
    assert {planted.check for planted in PLANTED} == set(integrity.CHECKS)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: f"{planted.check.__name__}-{planted.says}")
def test_a_planted_fault_is_found(planted, plant):
    plant(planted.statement)
    faults = list(planted.check())
    assert [fault for fault in faults if planted.says in fault], faults


def test_a_change_of_the_draw_that_does_not_follow_the_one_before(plant):
    windows.decide_draw(Proposal.objects.get(action="change_draw"), by=officer(Role.HEAD), at=demo_world.NOW, confirmed=True)
    plant("UPDATE subsidies_drawchange SET before = 1")
    assert ["从 1.00 起，之前为 4000000.00" in fault for fault in found()] == [True]


def test_two_payments_of_one_case(plant):
    plant(payment("application_id = {青屿}", "晟宁"))
    faults = found()
    assert any(case("青屿").number in fault and "已到账付款 2 笔" in fault for fault in faults)
    assert any(case("晟宁").number in fault and "已到账付款 0 笔" in fault for fault in faults)


def test_an_entitlement_may_be_lowered_by_its_review_but_to_no_other_amount(plant):
    lowered = {"lowered_to": Decimal("30000.00"), "lowered_reason": "部分责任不属试点"}
    reviews.judge(case("巽风").findings.get(verdict="open"), by=officer(Role.HANDLER), at=demo_world.NOW, verdict="passed", note="已查询")
    reviews.review(case("巽风"), by=officer(Role.HANDLER), at=demo_world.NOW, **lowered)
    assert list(integrity.faults()) == []
    plant(of_case("entitled = 29999.99", "巽风"))
    assert [case("巽风").number in fault and "应补 29999.99" in fault for fault in found()] == [True]


def test_many_missing_numbers_are_named_to_a_point(plant):
    plant("UPDATE subsidies_counter SET value = value + 25 WHERE series = 'application'")
    last = Application.objects.filter(number__isnull=False).count()
    assert found() == [f"2026 年申报编号不连续，缺 {'、'.join(str(last + n) for n in range(1, 21))} 等 25 个"]


def test_a_number_that_stands_twice():
    Counter.objects.create(series="x", year=2026, value=2)
    assert list(numbers._not_continuous("x", "编号", {2026: [1, 1, 2]})) == ["2026 年编号有重号"]


def test_a_paper_that_is_young_is_not_missed_yet(plant):
    plant("DELETE FROM subsidies_document WHERE application_id = {智禾}")
    plant(of_case(f"submitted_at = '{demo_world.NOW.isoformat()}'", "智禾"))
    assert list(papers.missing_papers()) == []


def path_of(stored: StoredFile) -> Path:
    return Path(settings.MEDIA_ROOT) / stored.file.name


def test_issued_papers_of_which_a_byte_changed_or_that_are_gone():
    changed, gone = Document.objects.order_by("pk")[:2]
    path_of(changed.file).write_bytes(path_of(changed.file).read_bytes()[:-1] + b"x")
    path_of(gone.file).unlink()
    assert found() == [f"文书 {changed} 的内容与登记的 SHA-256 不符", f"文书 {gone} 的文件不见了"]


def test_uploads_that_changed_are_gone_or_cannot_be_read():
    changed, gone, folder = sorted((case(name).policy.paper for name in ("云澜", "青屿", "晟宁")), key=lambda stored: stored.pk)
    path_of(changed).write_bytes(b"%PDF-1.4 another")
    path_of(gone).unlink()
    path_of(folder).unlink()
    path_of(folder).mkdir()
    told = [f"“{changed}”的内容与登记的 SHA-256 不符", f"“{gone}”的文件不见了", f"“{folder}”的文件读不出来（Is a directory）"]
    assert found() == [f"文件 {stored.pk}{said}" for stored, said in zip((changed, gone, folder), told, strict=True)]


def test_several_faults_are_all_named_and_counted(plant):
    plant(of_case("reserved = 1", "青屿"))
    path_of(case("青屿").policy.paper).unlink()
    with pytest.raises(CommandError, match="共 3 处不一致"):  # the sum of the window's reservations is the third
        call_command("check_integrity", stdout=io.StringIO())
