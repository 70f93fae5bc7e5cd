"""What an insurer has prepared: shown as it would be filed, confirmed with the enterprise's own pledge, or sent back."""

import pytest

from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from subsidies.models import Application, Part
from subsidies.services import applications
from subsidies.states import State
from tests import drive, make
from tests.subsidies.pages import browser, read, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def case(window):
    return drive.proposed(window=window)


@pytest.fixture
def owner(case):
    return browser(make.owner_of(case.legal_entity))


def confirm(client, case, **typed):
    return client.post(url("confirm", case.pk), {"version": case.version, "pledged": "on", **typed})


def test_the_desk_puts_the_confirmation_first(case, owner):
    page = read(owner, url("home"))
    first = page.split("企业信息")[0]
    assert "确认申报" in first
    assert "9 月 30 日 17:00 前，还有 29 天" in first
    assert "下一步：确认申报" in page


def test_the_page_shows_all_that_would_be_filed_and_the_pledge(case, owner):
    page = read(owner, case.get_absolute_url())
    for words in ("请核对并确认申报", case.policy.number, case.insurer.name, "保险单 ： policy", "100,000.00 元", "保险期限内不退保"):
        assert words in page
    assert "尚未提交" in page


def test_confirming_files_under_the_enterprises_pledge(case, owner):
    answer = confirm(owner, case)
    assert answer.url == url("submitted", case.pk)
    page = read(owner, answer.url)
    case.refresh_from_db()
    assert (case.state, case.pledged) == (State.SUBMITTED, True)
    assert case.number in page
    assert confirm(owner, case).url == answer.url  # a second click
    way = read(owner, case.get_absolute_url())
    assert "提请企业确认 （已完成） 2026-09-01 10:00 保险公司（示例一）" in way
    assert "提交申报 （已完成） 2026-09-01 10:00 企业确认，示例一代拟" in way


def test_without_the_pledge_nothing_is_filed(case, owner):
    page = confirm(owner, case, pledged="")
    assert page.status_code == 422
    assert "请阅读并勾选承诺事项" in text_of(page)
    assert Application.objects.get(pk=case.pk).state == State.PENDING_CONFIRM


def test_what_has_changed_meanwhile_is_shown_again(case, owner):
    page = confirm(owner, case, version=case.version - 1)
    assert page.status_code == 409
    assert "请核对并确认申报" in text_of(page)
    assert Application.objects.get(pk=case.pk).state == State.PENDING_CONFIRM


def test_after_closing_it_cannot_be_confirmed(case, time_machine):
    time_machine.move_to(make.CLOSES)
    owner = browser(make.owner_of(case.legal_entity))
    assert "现在还不能确认" in read(owner, case.get_absolute_url())
    page = confirm(owner, case)
    assert 400 <= page.status_code < 500
    assert "现在不在申报期内" in text_of(page)
    assert Application.objects.get(pk=case.pk).state == State.PENDING_CONFIRM


def test_an_enterprise_that_filed_itself_meanwhile_is_told_so(case, owner, window):
    own = make.application(window=window, legal_entity=case.legal_entity)
    page = confirm(owner, case)
    assert page.status_code == 409
    assert own.number in text_of(page)


def test_sending_it_back_needs_a_reason_which_the_insurer_reads(case, owner):
    page = owner.post(url("decline", case.pk), {"version": case.version, "reason": " "})
    assert page.status_code == 422
    page = owner.post(url("decline", case.pk), {"version": case.version, "reason": "保费写错了"}, follow=True)
    assert "已退回保险公司修改" in text_of(page)
    case.refresh_from_db()
    assert case.state == State.DRAFT
    letters = read(browser(case.proposed_by), "/messages/")
    assert "企业退回了代拟的申报" in letters


def test_the_insurer_sees_the_same_without_the_form(case):
    client = browser(case.proposed_by)
    page = read(client, case.get_absolute_url())
    assert "等待企业确认" in page
    assert case.policy.number in page
    assert "确认并提交" not in page
    assert confirm(client, case).status_code == 403


def test_while_it_waits_the_draft_is_closed(case):
    client = browser(case.proposed_by)
    assert client.get(url("policy", case.pk)).url == case.get_absolute_url()
    assert client.post(url("further", case.pk), {"other_subsidies": "x"}).status_code == 409


def test_a_preparer_reads_and_cannot_confirm(case):
    preparer = make.user(Role.ENTERPRISE)
    case.legal_entity.memberships.create(user=preparer, role=MembershipRole.PREPARER, created_at=make.FILED)
    client = browser(preparer)
    assert "确认并提交" not in read(client, case.get_absolute_url())
    assert confirm(client, case).status_code == 403
    assert client.get(url("decline", case.pk)).url == case.get_absolute_url()


def test_a_stranger_finds_nothing(case):
    for who in (make.owner_of(make.entity()), make.insurer("示例二").staff.get().user):
        client = browser(who)
        assert client.get(case.get_absolute_url()).status_code == 404
        assert confirm(client, case).status_code == 404
        assert client.get(url("decline", case.pk)).status_code == 404


def test_a_case_that_is_no_proposal_cannot_be_confirmed_or_sent_back(window):
    draft = make.draft(window=window)
    client = browser(draft.created_by)
    assert confirm(client, draft).status_code == 409
    assert client.get(url("decline", draft.pk)).url == draft.get_absolute_url()
    assert client.post(url("decline", draft.pk), {"version": draft.version, "reason": "x"}).status_code == 409


# an insurer's draft


def test_an_insurer_without_submission_proposes_from_the_task_list(window):
    draft = drive.insurers_draft(window=window, pledged=False, includes_submission=False)
    client = browser(draft.created_by)
    page = read(client, draft.get_absolute_url())
    assert "由企业承诺并确认后才算提交" in page
    assert "承诺书" not in page
    assert "5 / 5" in page
    assert "提请企业确认" in read(client, url("declare", draft.pk))
    page = client.post(url("propose", draft.pk), {"version": draft.version}, follow=True)
    assert "已提请企业确认" in text_of(page)
    assert Application.objects.get(pk=draft.pk).state == State.PENDING_CONFIRM


def test_an_incomplete_draft_is_not_proposed(window):
    draft = drive.insurers_draft(window=window, pledged=False, includes_submission=False)
    Application.objects.filter(pk=draft.pk).update(category=None)
    page = browser(draft.created_by).post(url("propose", draft.pk), {"version": draft.version}, follow=True)
    assert "企业类别证明" in text_of(page)
    assert Application.objects.get(pk=draft.pk).state == State.DRAFT


def test_an_insurer_with_submission_files_itself(window):
    draft = drive.insurers_draft(window=window)
    client = browser(draft.created_by)
    assert "检查并提交" in read(client, draft.get_absolute_url())
    assert "贵公司受" in read(client, url("declare", draft.pk))
    answer = client.post(url("submit", draft.pk), {"version": draft.version})
    assert answer.url == url("submitted", draft.pk)
    read(client, answer.url)


def test_no_page_of_a_draft_leads_an_insurer_to_a_closed_door(window):
    """Whatever an insurer's pages link to, it may open."""
    draft = drive.insurers_draft(window=window)
    client = browser(draft.created_by)
    pages = [url(name, draft.pk) for name in "application enterprise policy papers category account pledge further check declare".split()]
    assert not closed_doors(client, pages)
    applications.submit(draft, by=draft.created_by, at=make.FILED)
    assert not closed_doors(client, [draft.get_absolute_url(), url("submitted", draft.pk), url("withdraw", draft.pk)])
    drive.corrected(draft, items=[(part, "请更正") for part in Part])
    assert not closed_doors(client, [draft.get_absolute_url(), url("correction", draft.pk), url("correction_category", draft.pk)])


def closed_doors(client, pages) -> dict:
    links = set()
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200, page
        content = response.content.decode()
        links |= {part.split('"')[0].replace("&amp;", "&") for part in content.split('href="')[1:]}
    inside = {link for link in links if link.startswith("/") and not link.startswith("/static/")}
    found = {}
    for link in inside:
        response = client.get(link)
        if response.streaming:
            b"".join(response.streaming_content)
        if response.status_code >= 400:
            found[link] = response.status_code
    return found
