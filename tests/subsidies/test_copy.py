"""A new draft begins with what an earlier case said: what may hold again, and a list of what is to be looked at."""

from datetime import date, timedelta

import pytest

from enterprises.models import BankAccount, EntityCategory, MembershipRole
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import Application
from subsidies.services import copying, drafts
from tests import drive, make
from tests.expect import refused
from tests.subsidies.pages import browser, read, url

pytestmark = pytest.mark.django_db
BUTTON = "带入</button>"
WORDS = "海淀区商务局 20,000 元"


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def earlier():
    draft = make.draft(window=make.window())
    drafts.save_draft(draft, by=draft.created_by, at=make.FILED, other_subsidies=WORDS)
    client = browser(draft.created_by)
    client.post(url("submit", draft.pk), {"version": Application.objects.get(pk=draft.pk).version})
    return Application.objects.get(pk=draft.pk)


@pytest.fixture
def draft(earlier):
    return drafts.start(earlier.legal_entity, make.window(), by=earlier.created_by, at=make.FILED)


@pytest.fixture
def client(draft):
    return browser(draft.created_by)


def fresh(draft) -> Application:
    return Application.objects.get(pk=draft.pk)


def test_category_account_and_words_are_taken_never_policy_pledge_or_papers(client, draft, earlier):
    assert BUTTON in client.get(draft.get_absolute_url()).content.decode()
    assert client.post(url("copy", draft.pk)).url == draft.get_absolute_url()
    copy = fresh(draft)
    assert (copy.category, copy.bank_account, copy.other_subsidies) == (earlier.category, earlier.bank_account, WORDS)
    assert (copy.policy, copy.pledged, copy.attachments.count()) == (None, False, 0)
    page = read(client, draft.get_absolute_url())
    for words in (
        f"已从申报 {earlier.number} 带入",
        "收款账户、企业类别、其他资金支持",
        "请选择本期的保单",
        "重新阅读并承诺",
        "请按这份保单的情况核对",
    ):
        assert words in page
    assert BUTTON not in client.get(draft.get_absolute_url()).content.decode()


def test_pressed_twice_it_is_done_once_and_its_event_says_from_where(client, draft, earlier):
    for _ in range(2):
        assert client.post(url("copy", draft.pk)).status_code == 302
    event = Event.objects.get(action="copy_draft", object_id=draft.pk)
    assert event.data["earlier"] == earlier.number


def test_what_holds_no_longer_is_named_instead(client, draft, earlier):
    EntityCategory.objects.filter(pk=earlier.category_id).update(valid_until=date(2026, 8, 31))
    BankAccount.objects.filter(pk=earlier.bank_account_id).update(closed_at=make.FILED)
    client.post(url("copy", draft.pk))
    copy = fresh(draft)
    assert (copy.category, copy.bank_account, copy.other_subsidies) == (None, None, WORDS)
    page = read(client, draft.get_absolute_url())
    assert "证明已过有效期，没有带入" in page
    assert "账户已停用，没有带入" in page


def test_what_is_filled_in_already_is_not_written_over(draft, earlier):
    drafts.save_draft(draft, by=draft.created_by, at=make.FILED, other_subsidies="没有")
    copying.copy_earlier(fresh(draft), earlier, by=draft.created_by, at=make.FILED)
    copy = fresh(draft)
    assert copy.other_subsidies == "没有"
    assert copy.category == earlier.category


def test_only_a_filed_case_of_the_same_legal_person_in_another_window_is_copied(draft, earlier):
    other = make.application(window=make.window())
    unfiled = make.draft(window=make.window(), policy=make.policy(earlier.legal_entity))
    for source in (other, unfiled, draft):
        with refused("nothing_to_copy"):
            copying.copy_earlier(fresh(draft), source, by=draft.created_by, at=make.FILED)


def test_nothing_is_offered_to_whoever_files_for_the_first_time():
    first = drafts.start(entity := make.entity(), make.window(), by=make.owner_of(entity), at=make.FILED)
    client = browser(first.created_by)
    assert BUTTON not in client.get(first.get_absolute_url()).content.decode()
    assert client.post(url("copy", first.pk)).status_code == 302
    assert not Event.objects.filter(action="copy_draft").exists()


def test_an_insurer_copies_only_from_what_it_filed_itself(earlier):
    own = drive.insurers_case(window=make.window())
    assert own.created_by.role == Role.INSURER
    later = make.FILED + timedelta(hours=1)
    draft = drafts.start(own.legal_entity, make.window(), by=own.created_by, at=later)
    page = browser(own.created_by).get(draft.get_absolute_url()).content.decode()
    assert BUTTON in page
    assert own.number in page
    assert earlier.number not in page


def test_a_viewer_copies_nothing(draft, earlier):
    viewer = make.user(Role.ENTERPRISE)
    draft.legal_entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    assert browser(viewer).post(url("copy", draft.pk)).status_code == 403
    assert fresh(draft).category is None
