"""陈述申辩 on screen: the reasons, the deadline, what is said and what was said before."""

import pytest

from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from subsidies.models import Opinion
from subsidies.services import applications, rejections, reviews
from tests import drive, make
from tests.subsidies.pages import browser, read, received, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(drive.REPLIED)


@pytest.fixture
def case():
    return drive.rejection(window=make.window())


def say(client, case, **typed):
    case.refresh_from_db()
    return client.post(url("reply", case.pk), {"version": case.version, **typed}, follow=True)


def test_the_page_gives_the_reasons_and_the_deadline(case):
    page = read(browser(case.created_by), url("reply", case.pk))
    for words in ("没有海外经营，不符合试点范围", "2026 年 9 月 11 日 24 时前可以提交", "还有 4 天"):
        assert words in page


def test_the_case_and_the_desk_lead_there(case):
    client = browser(case.created_by)
    for address in (case.get_absolute_url(), url("home")):
        assert f'href="{url("reply", case.pk)}"' in client.get(address).content.decode()


def test_the_next_step_of_a_proposed_rejection_is_the_reply_and_then_the_determination(case):
    way = read(browser(case.created_by), case.get_absolute_url()).split("办理进度")[1]
    assert "拟不予补贴 2026-09-04 10:00 复核：没有海外经营，不符合试点范围" in way
    assert "陈述申辩 2026 年 9 月 11 日前可以提交 审定 由市知识产权局审定是否补贴" in way
    for step in ("核定拟补贴额", "拨付到账"):
        assert step not in way


def test_words_and_papers_are_kept_and_shown_and_more_may_follow(case):
    client = browser(case.created_by)
    page = say(client, case, text="本企业有出口合同", first=make.pdf("contract"), third=make.pdf("customs"))
    assert "陈述申辩已提交" in text_of(page)
    say(client, case, text="再补充一份")
    page = read(client, url("reply", case.pk))
    for words in ("本企业有出口合同", "contract.pdf", "customs.pdf", "再补充一份", "2026-09-07 10:00 ，企业提交"):
        assert words in page
    paper = case.replies.last().attachments.first()
    assert received(client.get(url("paper", case.pk, paper.file_id))).startswith(b"%PDF-")
    assert "已提交 2 次陈述申辩" in read(client, case.get_absolute_url())


def test_without_words_nothing_is_sent_and_the_paper_is_kept(case):
    page = say(browser(case.created_by), case, text=" ", first=make.pdf("contract"))
    assert page.status_code == 422
    assert "请写明陈述申辩的内容" in text_of(page)
    assert "contract.pdf" in text_of(page)
    assert not case.replies.exists()


def test_on_an_old_page_nothing_is_sent_and_the_words_stay(case):
    page = browser(case.created_by).post(url("reply", case.pk), {"version": case.version - 1, "text": "本企业有出口合同"})
    assert page.status_code == 409
    assert "本企业有出口合同" in text_of(page)
    assert not case.replies.exists()


def test_after_the_deadline_nothing_is_taken_but_what_was_written_is_not_lost(case, time_machine):
    time_machine.move_to(make.moment("2026-09-12 00:00"))
    client = browser(case.created_by)
    assert "陈述申辩期已满" in read(client, url("reply", case.pk))
    page = say(client, case, text="晚了一天")
    assert page.status_code == 409
    assert "晚了一天" in text_of(page)
    assert "陈述申辩期已满，待市知识产权局审定" in read(client, case.get_absolute_url())


def test_a_stranger_finds_nothing_and_an_officer_has_no_business_here(case):
    assert browser(make.owner_of(make.entity())).get(url("reply", case.pk)).status_code == 404
    assert browser(make.officer(Role.HEAD)).get(url("reply", case.pk)).status_code == 403


def test_a_viewer_reads_alone(case):
    viewer = make.user(Role.ENTERPRISE)
    case.legal_entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    client = browser(viewer)
    assert "须由企业有提交权限的人员" in read(client, url("reply", case.pk))
    assert say(client, case, text="x").status_code == 403


def test_an_insurer_replies_under_its_mandate():
    policy = make.policy(make.entity())
    case = drive.insurers_case(window=make.window(), policy=policy)
    reject(case)
    by = drive.staff_of(policy.insurer)
    assert "陈述申辩已提交" in text_of(say(browser(by), case, text="受企业委托说明"))
    assert "保险公司提交" in read(browser(make.owner_of(policy.legal_entity)), url("reply", case.pk))


def reject(case):
    """Drive a filed case to its proposed rejection."""
    reviews.screen(case, at=make.FILED)
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    make.judge_all(case)
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED, opinion=Opinion.REJECT, opinion_reason="无出口")
    rejections.propose_rejection(case, by=make.officer(Role.REVIEWER), at=drive.REJECTING, reason="没有海外经营")


def test_where_nothing_is_proposed_the_page_leads_to_the_case():
    case = make.application(window=make.window())
    client = browser(case.created_by)
    assert client.get(url("reply", case.pk)).url == case.get_absolute_url()
    assert say(client, case, text="x").status_code == 409


def test_the_page_costs_the_same_however_many_replies(case, django_assert_max_num_queries):
    def opening(most: int) -> int:
        say(client, case, text="说明", first=make.pdf("one"), second=make.pdf("two"))
        with django_assert_max_num_queries(most) as taken:
            read(client, url("reply", case.pk))
        return len(taken)

    client = browser(case.created_by)
    one = opening(25)
    opening(one)
    opening(one)
