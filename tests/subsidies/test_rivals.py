"""Who comes second is told who filed, when, how, under which number, and what can be done: from both sides, and no stranger is."""

from datetime import timedelta

import pytest

from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from subsidies.models import Application
from subsidies.reports.insurer_desk import desk_of_insurer
from subsidies.services import applications, drafts
from tests import make
from tests.subsidies.pages import browser, read, text_of, url

pytestmark = pytest.mark.django_db
TAKEN = "本期已有一份申报"


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def own(window):
    """The enterprise's draft, ready to be filed."""
    return make.draft(window=window)


@pytest.fixture
def theirs(own):
    """Its insurer's draft in the same window, ready to be filed."""
    return prepared_by_an_insurer(own)


def prepared_by_an_insurer(own, company: str = "示例一") -> Application:
    policy = make.policy(own.legal_entity, insurer=make.insurer(company))
    staff = policy.insurer.staff.get().user
    make.entrustment(own.legal_entity, policy.insurer)
    draft = drafts.start(own.legal_entity, own.window, by=staff, at=make.FILED)
    columns = {"policy": policy, "category": own.category, "bank_account": own.bank_account, "pledged": True}
    return drafts.save_draft(draft, by=staff, at=make.FILED, **columns)


def file(draft) -> Application:
    return applications.submit(draft, by=draft.created_by, at=make.FILED)


def send(client, draft):
    return client.post(url("submit", draft.pk), {"version": Application.objects.get(pk=draft.pk).version})


def test_the_enterprise_learns_that_its_insurer_filed_and_what_it_can_do(own, theirs):
    filed = file(theirs)
    client = browser(own.created_by)
    for page in (client.get(url("application", own.pk)), client.get(url("check", own.pk)), send(client, own)):
        told = (filed.number, str(filed.insurer), "保险公司代申报", "2026-09-01 10:00", "已提交")
        for words in (*told, "撤回这份申报", "重新申报", "查看委托"):
            assert words in text_of(page)
        assert f'href="{url("withdraw", filed.pk)}"' in page.content.decode()
    assert "核对无误，继续" not in read(client, url("check", own.pk))


def test_the_insurer_learns_that_the_enterprise_filed_without_the_case_itself(own, theirs):
    filed = file(own)
    client = browser(theirs.created_by)
    for page in (client.get(url("application", theirs.pk)), client.get(url("check", theirs.pk)), send(client, theirs)):
        for words in (filed.number, "企业自行申报", "2026-09-01 10:00", "已提交", "请与企业核对", "查询进度"):
            assert words in text_of(page)
        assert filed.get_absolute_url() not in page.content.decode()
        assert "撤回这份申报" not in text_of(page)
    assert client.get(filed.get_absolute_url()).status_code == 404
    assert filed.number in read(client, url("client", own.legal_entity_id))


def test_another_insurer_is_not_told_which_one_filed(own, theirs):
    second = prepared_by_an_insurer(own, "示例二")
    filed = file(theirs)
    page = read(browser(second.created_by), url("application", second.pk))
    assert filed.number in page
    assert "由另一家保险公司提交" in page
    assert str(filed.insurer) not in page


def test_an_insurer_whose_mandate_has_ended_is_told_nothing(own, theirs):
    filed = file(own)
    mandate = own.legal_entity.entrustments.get()
    insurers.revoke_entrustment(mandate, by=own.created_by, at=make.FILED, reason="自行办理")
    client = browser(theirs.created_by)
    for page in (client.get(url("application", theirs.pk)), client.get(url("check", theirs.pk)), send(client, theirs)):
        assert filed.number not in page.content.decode()
        assert TAKEN not in text_of(page)


def test_a_stranger_is_told_nothing(own, theirs):
    file(theirs)
    for person in (make.owner_of(make.entity()), make.insurer().staff.get().user):
        assert browser(person).get(url("application", own.pk)).status_code == 404


def test_after_acceptance_nothing_can_be_withdrawn_and_the_page_says_so(own, theirs):
    filed = file(theirs)
    applications.accept(filed, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    page = read(browser(own.created_by), url("application", own.pk))
    assert "撤回这份申报" not in page
    assert "给中心留言" in page


def test_a_window_that_takes_nothing_back_says_so_before_the_withdrawal():
    own = make.draft(window=make.window(refile_after_withdrawal=False))
    file(prepared_by_an_insurer(own))
    assert "撤回后本期不能再申报" in read(browser(own.created_by), url("application", own.pk))


def test_withdrawn_by_the_enterprise_the_slot_is_free_for_the_other_draft(own, theirs):
    filed = file(theirs)
    applications.withdraw(filed, by=own.created_by, at=make.FILED, reason="改由企业申报")
    client = browser(own.created_by)
    assert TAKEN not in read(client, url("application", own.pk))
    assert send(client, own).url == url("submitted", own.pk)


def test_the_desks_say_it_before_the_draft_is_opened(own, theirs):
    later = make.FILED + timedelta(hours=1)
    filed = file(own)
    desk = desk_of_insurer(theirs.insurer, at=later)
    assert [task.label for group in desk for task in group.tasks if task.key == "draft"] == ["已有申报"]
    assert filed.number in read(browser(own.created_by), url("home"))


def test_a_draft_that_is_younger_than_the_filing_does_not_hide_it(own, theirs):
    assert own.pk < theirs.pk
    file(own)
    assert "查看已提交的申报" in read(browser(own.created_by), url("home"))
