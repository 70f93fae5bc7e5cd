"""放弃补贴 on screen: what it means is said first, then it needs a reason and a word. (撤回 is with the case.)"""

import pytest

from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from subsidies.models import Application
from subsidies.services import applications
from subsidies.states import State
from tests import drive, make
from tests.subsidies.pages import browser, read, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.moment("2026-10-21 12:00"))


@pytest.fixture
def case():
    return make.application(window=make.window(), state=State.ACCEPTED)


def give_up(client, case, **typed):
    return client.post(url("abandon", case.pk), {"version": case.version, "reason": "保单拟退保", "understood": "on", **typed}, follow=True)


def test_the_page_says_what_giving_up_means_and_changes_nothing(case):
    page = read(browser(case.created_by), url("abandon", case.pk))
    for words in ("不再审核，也不再补贴", "本期不能再次申报", "不能恢复"):
        assert words in page
    case.refresh_from_db()
    assert case.state == State.ACCEPTED


def test_an_award_that_would_be_lost_is_named():
    case = drive.approved(window=make.window())
    assert "核定的补贴 80,000.00 元 不再拨付" in read(browser(case.created_by), url("abandon", case.pk))


def test_giving_up_ends_the_case_and_shows_why(case):
    client = browser(case.created_by)
    assert "放弃补贴" in read(client, case.get_absolute_url())
    page = text_of(give_up(client, case))
    assert "结果： 已放弃补贴，本件已终止。 理由：保单拟退保" in page
    assert "放弃 2026-10-21 12:00 企业" in page
    case.refresh_from_db()
    assert case.state == State.ABANDONED


@pytest.mark.parametrize(("typed", "sentence"), [({"reason": " "}, "请写明放弃的原因"), ({"understood": ""}, "请先阅读并勾选")])
def test_without_reason_or_word_nothing_happens_and_what_was_typed_stays(case, typed, sentence):
    page = give_up(browser(case.created_by), case, **typed)
    assert page.status_code == 422
    assert sentence in text_of(page)
    assert ("保单拟退保" in page.content.decode()) == ("reason" not in typed)
    case.refresh_from_db()
    assert case.state == State.ACCEPTED


def test_an_old_page_is_refused(case):
    assert give_up(browser(case.created_by), case, version=case.version - 1).status_code == 409
    assert Application.objects.get(pk=case.pk).state == State.ACCEPTED


def test_before_acceptance_there_is_withdrawal_and_no_giving_up():
    case = make.application(window=make.window())
    client = browser(case.created_by)
    assert client.get(url("abandon", case.pk)).url == case.get_absolute_url()
    assert give_up(client, case).status_code == 409


def test_a_held_case_cannot_be_given_up(case):
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实中")
    client = browser(case.created_by)
    assert "放弃补贴" not in read(client, case.get_absolute_url())
    assert give_up(client, case).status_code == 409


def test_money_on_its_way_cannot_be_given_up():
    window = make.window()
    case = drive.approved(window=window)
    drive.sent(window)
    case.refresh_from_db()
    client = browser(case.created_by)
    assert "放弃补贴" not in read(client, case.get_absolute_url())
    page = give_up(client, case)
    assert page.status_code == 409
    assert "在途" in text_of(page)


def test_a_stranger_finds_nothing_and_a_viewer_may_not(case):
    assert browser(make.owner_of(make.entity())).get(url("abandon", case.pk)).status_code == 404
    viewer = make.user(Role.ENTERPRISE)
    case.legal_entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    assert give_up(browser(viewer), case).status_code == 403
    case.refresh_from_db()
    assert case.state == State.ACCEPTED
