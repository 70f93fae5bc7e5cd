"""The way of a case is told truthfully, whatever has happened to it, and each side may do on its page what a service would let it do."""

import pytest

from enterprises.models import MembershipRole
from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from subsidies import reports
from subsidies.models import Application
from subsidies.services import applications, corrections, deadlines, endings, objections, publicity
from subsidies.states import Action, State
from tests import drive, make
from tests.subsidies.pages import browser, read, url

pytestmark = pytest.mark.django_db

REFUSED = make.moment("2026-09-02 11:00")


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.moment("2026-09-10 12:00"))


@pytest.fixture
def window():
    return make.window()


def page_of(case) -> str:
    return read(browser(make.owner_of(case.legal_entity)), case.get_absolute_url())


def way_of(case) -> str:
    return page_of(case).split("办理进度")[1].split("已提交的材料")[0]


def test_a_hold_and_its_end_stand_on_the_way_with_their_days(window):
    case = make.application(window=window, state=State.ACCEPTED)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="发票存疑")
    assert "暂停办理 2026-09-02 10:00 负责人：发票存疑 初审 暂停办理，恢复后继续" in way_of(case)
    applications.release(case, by=make.officer(Role.HEAD), at=make.REVIEWED, reason="已核实")
    assert "恢复办理 （已完成） 2026-09-03 10:00 负责人 初审" in way_of(case)


def test_a_refused_case_says_why_and_by_whom(window):
    case = make.application(window=window)
    applications.propose_refusal(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED, reason="不属于本市企业")
    assert "不属于本市企业" not in page_of(case)  # nothing is decided yet
    applications.decide_refusal(case, by=make.officer(Role.REVIEWER), at=REFUSED, confirmed=True)
    page = page_of(case)
    assert "结果： 不予受理，理由见下方和通知书。 理由：不属于本市企业" in page
    assert "不予受理 2026-09-02 11:00 复核" in page


def test_a_lapsed_case_says_so(window):
    case = make.application(window=window)
    drive.corrected(case)
    deadlines.lapse_corrections(at=make.moment("2026-09-30 01:00"))
    way = way_of(case)
    assert "告知补正 （已完成） 2026-09-02 10:00 经办，共 1 项" in way
    assert "逾期未补正 2026-09-30 01:00 系统" in way
    assert "受理" not in way.split("逾期未补正")[1]


def test_a_rejected_case_shows_no_step_that_was_never_taken(window, time_machine):
    case = drive.rejection(window=window)
    time_machine.move_to(make.DETERMINED)
    run = make.allocated(window)
    publicity.determine(run, by=make.officer(Role.IP_OFFICE), at=make.DETERMINED, minutes_number="8号", seen_hash=run.list_hash)
    way = way_of(case)
    assert "结果： 不予补贴，理由见下方和决定书。 理由：没有海外经营" in page_of(case)
    assert "不予补贴 2026-10-12 10:00 市知识产权局" in way
    assert "按材料测算 ¥80,000.00" in page_of(case)
    assert "本件已终止，不拨付补贴" in page_of(case)
    for never in ("复核 （已完成）", "核定拟补贴额", "公示", "拨付"):
        assert never not in way


def test_an_objection_is_shown_without_who_raised_it(window, time_machine):
    case, _ = drive.published(window=window)
    found = drive.objection(case)
    time_machine.move_to(drive.DECIDED)
    page = page_of(case)
    for words in (f"收到公示异议 {found.number}", "该企业没有海外业务", "待处理", "批准拨付 暂停办理，恢复后继续"):
        assert words in page
    for secret in ("王举报", "13900139000", "objection.pdf"):
        assert secret not in page
    objections.dismiss_objection(found, by=make.officer(Role.HEAD), at=drive.DECIDED, decision="经核实有出口合同")
    page = page_of(case)
    assert "处理意见 经核实有出口合同" in page
    assert f"{found.number}：异议不成立 （已完成） 2026-10-16 10:00 负责人" in page


def test_a_returned_payment_says_what_to_do_and_when_it_is_done(window, time_machine):
    case = drive.approved(window=window)
    batch, file = drive.sent(window)
    serial = case.payments.get().serial
    drive.settle(batch, file, returned={serial: "R02"})
    time_machine.move_to(make.moment("2026-10-27 10:00"))
    client = browser(make.owner_of(case.legal_entity))
    page = client.get(case.get_absolute_url()).content.decode()
    assert "付款被银行退回。</strong>原因：账户已销户" in page
    assert 'href="/enterprise/profile/account/?next=' in page
    assert "付款被银行退回 2026-10-26 10:00 请核对收款账户" in way_of(case)
    assert "下一步：更换收款账户" in read(client, url("home"))
    make.account(case.legal_entity, number="6222000000007654321")
    assert "收款账户已更换，财务会重新付款" in page_of(case)
    assert "更换收款账户" not in read(client, url("home"))


def test_a_new_account_leads_back_to_the_case(window):
    case = make.application(window=window)
    client = browser(make.owner_of(case.legal_entity))
    typed = {"holder": case.legal_entity.name, "bank_name": "示例银行", "cnaps": "102100099996", "number": "6222000000007654321"}
    address = f"/enterprise/profile/account/?next={case.get_absolute_url()}"
    assert client.post(address, {**typed, "proof": make.pdf("proof")}).url == case.get_absolute_url()
    elsewhere = "/enterprise/profile/account/?next=https://evil.example/"
    assert client.post(elsewhere, {**typed, "proof": make.pdf("proof")}).url == "/enterprise/profile/"


def test_an_archived_case_ends_with_its_archiving(window, time_machine):
    case = drive.paid(window=window)
    endings.archive(case, by=make.officer(Role.HEAD), at=drive.AFTERWARDS)
    time_machine.move_to(drive.ORDERED)
    way = way_of(case)
    assert "拨付到账 （已完成） 2026-10-26 10:00 财务 归档 （已完成） 2026-11-02 10:00 负责人" in way
    assert "办结" not in page_of(case).split("理由")[0].split("结果：")[0]


def test_both_sides_see_the_same_case(window):
    case = drive.insurers_case(window=window)
    insurer = read(browser(case.created_by), case.get_absolute_url())
    enterprise = page_of(case)
    assert insurer.split("办理进度")[1].split("已提交的材料")[0] == enterprise.split("办理进度")[1].split("已提交的材料")[0]
    assert f"示例一受委托代“{case.legal_entity}”申报" in enterprise


def test_after_its_mandate_an_insurer_reads_on_and_does_nothing(window):
    case = drive.insurers_case(window=window)
    mandate = case.entrustment
    insurers.revoke_entrustment(mandate, by=make.owner_of(case.legal_entity), at=make.FILED, reason="改为自行办理")
    page = read(browser(case.created_by), case.get_absolute_url())
    assert "委托已撤销或到期" in page
    assert "撤回申报" not in page
    assert "撤回申报" in page_of(case)


# what may be done now


def actions(case, user, at=make.FILED) -> set:
    return reports.actions_of(Application.objects.get(pk=case.pk), user, at=at)


def test_actions_follow_role_hold_and_deadline(window):
    case = make.application(window=window)
    owner, viewer = case.created_by, make.user(Role.ENTERPRISE)
    case.legal_entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    assert actions(case, owner) == {Action.WITHDRAW}
    assert actions(case, viewer) == set()
    drive.corrected(case)
    assert actions(case, owner) == {Action.RESUBMIT}
    assert actions(case, owner, at=make.moment("2026-10-09 10:00")) == set()
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实")
    assert actions(case, owner) == set()


def test_actions_of_an_insurer_follow_its_mandate(window):
    draft = drive.insurers_draft(window=window, includes_correction=False)
    by = draft.created_by
    assert actions(draft, by) == {Action.SUBMIT, Action.DELETE}
    applications.submit(draft, by=by, at=make.FILED)
    assert actions(draft, by) == {Action.WITHDRAW}
    drive.corrected(draft)
    assert actions(draft, by) == set()
    assert actions(draft, make.owner_of(draft.legal_entity)) == {Action.RESUBMIT}


def test_an_insurer_without_submission_may_propose(window):
    draft = drive.insurers_draft(window=window, pledged=False, includes_submission=False)
    assert actions(draft, draft.created_by) == {Action.PROPOSE, Action.DELETE}
    proposed = applications.propose(draft, by=draft.created_by, at=make.FILED)
    assert actions(proposed, make.owner_of(draft.legal_entity)) == {Action.CONFIRM, Action.DECLINE}


def test_a_case_with_all_that_may_happen_costs_no_more_than_30_queries(window, django_assert_max_num_queries):
    case = make.application(window=window)
    for n in range(2):
        drive.corrected(case, at=make.FILED)
        drive.answer_all(case, at=make.FILED)
        corrections.resubmit(case, by=case.created_by, at=make.FILED)
        applications.hold(case, by=make.officer(Role.HEAD), at=make.FILED, reason=f"核实 {n}")
        applications.release(case, by=make.officer(Role.HEAD), at=make.FILED, reason="已核实")
    client = browser(case.created_by)
    client.get(case.get_absolute_url())
    with django_assert_max_num_queries(30):
        client.get(case.get_absolute_url())
