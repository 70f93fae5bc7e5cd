"""Each check of the integrity finds the fault that is planted for it; the demo itself has none (test_integrity)."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.db import connection, connections, transaction

from programme import integrity
from programme.integrity import belonging, budgets, lives, money, numbers, papers, trail
from subsidies.models import DocumentKind
from tests import databases, demo_world
from tests.programme.planting import of_case, payment, plant


@pytest.fixture(scope="module")
def owned(django_db_setup, django_db_blocker):
    """The demo, read over the connection of the tables' owner: a check sees what was planted before it is committed, and it never is."""
    with django_db_blocker.unblock():
        demo_world.renew()
        portal, connections["default"] = connections["default"], connections["owner"]
        yield
        connections["default"] = portal
        databases.renew()


@pytest.fixture
def cursor(owned, time_machine, django_db_blocker):
    time_machine.move_to(demo_world.NOW, tick=False)
    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as found:
            yield found
        transaction.set_rollback(True)


@dataclass(frozen=True)
class Planted:
    check: Callable
    says: str  # of the one fault that the check then finds, a part
    statement: str


ONE = "(SELECT id FROM subsidies_window WHERE sequence = 1)"


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
def test_a_planted_fault_is_found(planted, cursor):
    plant(cursor, planted.statement)
    faults = list(planted.check())
    assert [fault for fault in faults if planted.says in fault], faults
