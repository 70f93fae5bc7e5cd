"""A filed case as its applicant sees it: way, promise, amount, papers, letters, withdrawal."""

from decimal import Decimal
from hashlib import sha256

import pytest

from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import Application, Batch
from subsidies.services import applications, documents, payments
from subsidies.states import State
from tests import make
from tests.subsidies.pages import browser, read, received, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def window():
    return make.window()


def steps_of(response) -> str:
    return text_of(response).split("办理进度")[1].split("已提交的材料")[0]


def test_the_timeline_tells_what_was_done_when_and_by_which_role(window):
    case = make.application(window=window, state=State.CHECKED)
    page = browser(case.created_by).get(case.get_absolute_url())
    way = steps_of(page)
    done = {
        "提交申报": "2026-09-01 10:00 企业",
        "受理": "2026-09-02 10:00 经办",
        "初审": "2026-09-03 10:00 经办",
        "复核": "2026-09-04 10:00 复核",
    }
    for title, when in done.items():
        assert f"{title} （已完成） {when}" in way
    assert "核定拟补贴额 2026 年 9 月 30 日截止后统一核定" in way
    assert "拨付到账 计划于 2026 年 12 月 15 日前完成" in way
    assert case.reviewed_by.get_full_name() not in text_of(page)


def test_a_filed_case_shows_the_promised_day_and_what_comes_next(window):
    case = make.application(window=window)
    page = read(browser(case.created_by), case.get_absolute_url())
    assert "下一步： 等待受理，2026 年 9 月 8 日前告知是否受理。" in page
    assert "受理 2026 年 9 月 8 日前告知" in page


def test_papers_are_listed_with_their_hash_and_served(window):
    case = make.application(window=window)
    client = browser(case.created_by)
    page = read(client, case.get_absolute_url())
    papers = list(applications.papers_of(case))
    assert {kind for kind, _ in papers} == {"营业执照", "保险单", "发票", "付款回单", "企业类别证明", "收款账户证明"}
    for kind, stored in papers:
        assert f"{kind} ： {stored.name}" in page
        assert stored.sha256 in page
        assert sha256(received(client.get(url("paper", case.pk, stored.pk)))).hexdigest() == stored.sha256


def test_a_stranger_gets_no_paper_of_a_case(window):
    case = make.application(window=window)
    stranger = browser(make.owner_of(make.entity()))
    for _, stored in applications.papers_of(case):
        assert stranger.get(url("paper", case.pk, stored.pk)).status_code == 404


def test_the_estimate_is_that_of_the_filing(window):
    case = make.application(window=window, premium=Decimal("999999.99"))
    page = read(browser(case.created_by), case.get_absolute_url())
    assert "预计补贴 ¥799,999.99" in page
    assert "人民币柒拾玖万玖仟玖佰玖拾玖元玖角玖分" in page


def test_a_checked_case_shows_what_two_persons_agreed_on(window):
    case = make.application(window=window, state=State.CHECKED, premium=Decimal("33333.33"))
    page = read(browser(case.created_by), case.get_absolute_url())
    assert "应补金额 ¥26,666.66" in page


def test_a_short_budget_is_explained_on_the_case():
    window = make.window(draw="900000.00")
    case, _ = (make.application(window=window, state=State.CHECKED, premium=Decimal("1000000.00")) for _ in range(2))
    make.allocated(window)
    page = read(browser(case.created_by), case.get_absolute_url())
    assert "核定补贴 ¥450,000.00" in page
    assert "应补金额 800,000.00" in page
    assert "本期预算不足，按同比例核定" in page


def test_a_held_case_says_so_with_the_reason_and_offers_no_withdrawal(window):
    case = make.application(window=window)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.FILED, reason="发票另用于其他申报")
    page = read(browser(case.created_by), case.get_absolute_url())
    for words in ("暂停办理。 发票另用于其他申报", "恢复后会通知您"):
        assert words in page
    assert "撤回申报" not in page
    assert "暂停办理" in read(browser(case.created_by), url("applications"))


def test_letters_about_the_case_stand_on_its_page(window):
    case = make.application(window=window, state=State.ACCEPTED)
    page = read(browser(case.created_by), case.get_absolute_url())
    assert f"申报已受理：{case.number}" in page
    assert f"申报已提交：{case.number}" in page


def test_the_payment_notice_is_there_once_the_payment_is_on_its_way():
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    documents.render_batch(Batch.objects.get(), at=make.BATCHED)
    client = browser(case.created_by)
    notice = case.documents.get(payment__isnull=False)
    assert "拨付通知书" not in read(client, case.get_absolute_url())
    assert client.get(url("document", case.pk, notice.pk)).status_code == 404
    payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED)
    assert "保费补贴资金拨付通知书（PDF）" in read(client, case.get_absolute_url())
    assert received(client.get(url("document", case.pk, notice.pk))).startswith(b"%PDF-")
    stranger = browser(make.owner_of(make.entity()))
    assert stranger.get(url("document", case.pk, notice.pk)).status_code == 404


def test_anothers_document_is_not_found_through_ones_own_case(window):
    mine, other = make.application(window=window), make.application(window=window)
    receipt = documents.issue_receipt(other, at=make.FILED)
    assert browser(mine.created_by).get(url("document", mine.pk, receipt.pk)).status_code == 404


# 撤回


def test_withdrawing_asks_says_what_it_means_and_keeps_the_reason(window):
    case = make.application(window=window)
    client = browser(case.created_by)
    page = read(client, url("withdraw", case.pk))
    assert "2026-09-30 17:00 截止前可以重新申报" in page
    assert Application.objects.get().state == State.SUBMITTED
    answer = client.post(url("withdraw", case.pk), {"version": case.version, "reason": "保单填错了"}, follow=True)
    assert "已撤回" in text_of(answer)
    assert Application.objects.get().state == State.WITHDRAWN
    assert Event.objects.get(action="withdraw").data["reason"] == "保单填错了"


def test_a_withdrawal_without_a_reason_is_refused(window):
    case = make.application(window=window)
    page = browser(case.created_by).post(url("withdraw", case.pk), {"version": case.version, "reason": " "})
    assert page.status_code == 422
    assert "请写明撤回的原因" in text_of(page)
    assert Application.objects.get().state == State.SUBMITTED


def test_a_case_that_moved_on_meanwhile_is_not_withdrawn_and_the_reason_stays(window):
    case = make.application(window=window)
    client, seen = browser(case.created_by), case.version
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.FILED)
    page = client.post(url("withdraw", case.pk), {"version": seen, "reason": "保单填错了"})
    assert page.status_code == 409
    assert "现在是“已受理”，不能撤回申报" in text_of(page)
    assert "保单填错了" in page.content.decode()
    assert Application.objects.get().state == State.ACCEPTED


def test_an_accepted_case_offers_no_withdrawal(window):
    case = make.application(window=window, state=State.ACCEPTED)
    client = browser(case.created_by)
    assert "撤回申报" not in read(client, case.get_absolute_url())
    assert client.get(url("withdraw", case.pk)).url == case.get_absolute_url()


def test_after_closing_the_withdrawal_page_warns_that_there_is_no_second_filing(window, time_machine):
    case = make.application(window=window)
    time_machine.move_to(make.CLOSES)
    assert "撤回后本期不能再申报" in read(browser(case.created_by), url("withdraw", case.pk))


def test_a_viewer_sees_the_case_and_cannot_withdraw_it(window):
    case = make.application(window=window)
    viewer = make.user(Role.ENTERPRISE)
    case.legal_entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    client = browser(viewer)
    assert "撤回申报" not in read(client, case.get_absolute_url())
    assert client.post(url("withdraw", case.pk), {"version": case.version, "reason": "x"}).status_code == 403


def test_a_withdrawn_case_shows_its_end(window):
    case = make.application(window=window)
    applications.withdraw(case, by=case.created_by, at=make.FILED, reason="填错了")
    page = read(browser(case.created_by), case.get_absolute_url())
    assert "结果： 已撤回，不再占用本期申报名额。" in page
    assert "已撤回 2026-09-01 10:00 企业" in page


def test_a_case_takes_25_queries_however_many_rows_it_has(window, django_assert_max_num_queries):
    entity = make.entity()
    policy = make.policy(entity)
    for _ in range(3):
        make.invoice(policy)
        make.premium_payment(policy)
    case = make.application(window=window, policy=policy)
    client = browser(case.created_by)
    client.get(case.get_absolute_url())
    with django_assert_max_num_queries(25):
        client.get(case.get_absolute_url())
