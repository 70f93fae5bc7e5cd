"""追回 on screen: what is to be paid back, why, until when, and the proof."""

import pytest

from pilot_portal.accounts.roles import Role
from subsidies.models import DocumentKind
from subsidies.services import documents, recovery
from tests import drive, make
from tests.subsidies.pages import browser, read, received, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.moment("2026-11-20 10:00"))


@pytest.fixture
def owed():
    return drive.ordered(window=make.window())


def page_of(found) -> str:
    return url("recovery", found.application_id, found.pk)


def owner(found):
    return browser(found.application.created_by)


def prove(client, found, **files):
    found.refresh_from_db()
    return client.post(page_of(found), {"version": found.version, **files}, follow=True)


def test_the_page_says_how_much_why_and_until_when(owed):
    page = read(owner(owed), page_of(owed))
    for words in ("¥10,000.00", "人民币壹万元整", "企业隐瞒已获其他补贴", "退回期限 2026 年 11 月 24 日"):
        assert words in page


def test_the_case_and_the_desk_lead_there_in_red(owed):
    client = owner(owed)
    case = read(client, owed.application.get_absolute_url())
    assert "下一步： 应退回补贴资金 10,000.00 元，请在 2026 年 11 月 24 日前退回并上传凭证。" in case
    assert f'href="{page_of(owed)}"' in client.get(owed.application.get_absolute_url()).content.decode()
    desk = client.get(url("home")).content.decode()
    assert f'href="{page_of(owed)}"' in desk
    assert 'class="num due">2026 年 11 月 24 日前，还有 4 天' in desk
    assert "下一步：退回补贴资金" in desk


def test_the_proof_is_kept_shown_and_may_be_replaced(owed):
    client = owner(owed)
    assert "退款凭证已上传" in text_of(prove(client, owed, paper=make.pdf("transfer")))
    assert "transfer.pdf" in read(client, page_of(owed))
    assert received(client.get(url("recovery_proof", owed.application_id, owed.pk))).startswith(b"%PDF-")
    assert "退回补贴资金" not in read(client, url("home")).split("我的申报")[0]
    assert "second.pdf" in text_of(prove(client, owed, paper=make.pdf("second")))


def test_without_a_paper_nothing_is_proven(owed):
    page = prove(owner(owed), owed)
    assert page.status_code == 422
    assert "请选择文件" in text_of(page)


def test_the_paper_is_there_once_it_is_issued(owed):
    client = owner(owed)
    assert "正在生成" in read(client, page_of(owed))
    documents.issue_paper(DocumentKind.RECOVERY.value, owed.pk, at=drive.ORDERED)
    assert "退回补贴资金通知书（PDF）" in read(client, page_of(owed))


def test_a_proposed_recovery_asks_nothing_yet():
    found = drive.recovering(window=make.window())
    client = owner(found)
    assert "您现在不需要办理" in read(client, page_of(found))
    assert prove(client, found, paper=make.pdf("early")).status_code == 409


def test_repaid_is_said(owed):
    recovery.confirm_repayment(owed, by=make.officer(Role.FINANCE), at=drive.REPAID, amount=owed.amount, bank_reference="R-1")
    page = read(owner(owed), page_of(owed))
    assert "已退回" in page
    assert "2026-11-10 10:00" in page
    assert "退回款到账 （已完成） 2026-11-10 10:00 财务" in read(owner(owed), owed.application.get_absolute_url())


def test_a_stranger_finds_neither_page_nor_proof(owed):
    prove(owner(owed), owed, paper=make.pdf("transfer"))
    stranger = browser(make.owner_of(make.entity()))
    assert stranger.get(page_of(owed)).status_code == 404
    assert stranger.get(url("recovery_proof", owed.application_id, owed.pk)).status_code == 404


def test_a_recovery_of_another_case_is_not_found_through_ones_own(owed):
    mine = make.application(window=make.window())
    assert browser(mine.created_by).get(url("recovery", mine.pk, owed.pk)).status_code == 404
