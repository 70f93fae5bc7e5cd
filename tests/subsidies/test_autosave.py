"""A draft keeps what stands in its forms, complete or not; two who write at once choose, and lose nothing."""

import re
from datetime import timedelta

import pytest

from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies import reports
from subsidies.models import Application
from subsidies.services import drafts
from tests import make
from tests.subsidies.pages import browser, read, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def entity():
    return make.entity()


@pytest.fixture
def draft(entity):
    return drafts.start(entity, make.window(), by=make.owner_of(entity), at=make.FILED)


@pytest.fixture
def client(draft):
    return browser(draft.created_by)


@pytest.fixture
def colleague(entity):
    user = make.user(Role.ENTERPRISE)
    entity.memberships.create(user=user, role=MembershipRole.PREPARER, created_at=make.FILED)
    return user


def column(draft, name):
    return getattr(Application.objects.get(pk=draft.pk), name)


def marks(client, draft, task="further") -> dict:
    """What an opened page sends along."""
    page = client.get(url(task, draft.pk)).content.decode()
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("version", "page")}


def autosave(client, draft, task="further", **data):
    return client.post(url("autosave", draft.pk, task), data)


def said(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_what_is_typed_is_kept_and_the_time_is_said(client, draft):
    answer = autosave(client, draft, other_subsidies="海淀区", **marks(client, draft))
    assert "已保存 10:00" in said(answer)
    assert answer["X-Autosave"] == "further"
    assert column(draft, "other_subsidies") == "海淀区"


def test_the_same_again_is_not_another_change(client, draft):
    opened = marks(client, draft)
    for _ in range(2):
        assert autosave(client, draft, other_subsidies="海淀区", **opened).status_code == 200
    assert Event.objects.filter(action="save_draft").count() == 1


def test_a_text_that_is_too_long_is_kept_and_is_to_be_shortened_before_filing(client, draft):
    answer = autosave(client, draft, other_subsidies="区" * 1001, **marks(client, draft))
    assert "已保存" in said(answer)
    assert "1000" in said(answer)
    assert column(draft, "other_subsidies") == "区" * 1001
    assert "超过 1000 个字" in read(client, url("check", draft.pk))
    assert "text_too_long" in {problem.code for problem in drafts.problems(draft_now(draft), at=make.FILED)}


def draft_now(draft) -> Application:
    return Application.objects.get(pk=draft.pk)


@pytest.mark.parametrize("text", ["区" * 10_001, "a\0b"])
def test_what_no_column_can_hold_is_refused_and_said(client, draft, text):
    answer = autosave(client, draft, other_subsidies=text, **marks(client, draft))
    assert answer.status_code == 422
    assert "没有保存" in said(answer)
    assert column(draft, "other_subsidies") == ""


def test_a_pledge_is_ticked_and_unticked(client, draft):
    opened = marks(client, draft, "pledge")
    autosave(client, draft, "pledge", pledged="on", **opened)
    assert column(draft, "pledged") is True
    autosave(client, draft, "pledge", **opened)
    assert column(draft, "pledged") is False


def test_a_policy_is_kept_only_if_it_can_be_filed(client, draft, entity):
    good, foreign = make.policy(entity), make.policy(make.entity())
    opened = marks(client, draft, "policy")
    assert "被保险人不是申请企业" in said(autosave(client, draft, "policy", policy=foreign.pk, **opened))
    assert column(draft, "policy") is None
    autosave(client, draft, "policy", policy=good.pk, **opened)
    assert column(draft, "policy") == good


def test_a_category_is_kept(client, draft, entity):
    category = entity.categories.get()
    autosave(client, draft, "category", category=category.pk, **marks(client, draft, "category"))
    assert column(draft, "category") == category


def test_only_these_tasks_are_kept_while_they_are_filled_in(client, draft):
    assert autosave(client, draft, "account").status_code == 404


def test_a_filed_case_and_a_viewer_are_refused_in_one_line(draft):
    viewer = make.user(Role.ENTERPRISE)
    draft.legal_entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    answer = autosave(browser(viewer), draft, other_subsidies="海淀区")
    assert answer.status_code == 403
    assert "没有保存：" in said(answer)
    filed = make.application(window=draft.window)
    answer = autosave(browser(filed.created_by), filed, other_subsidies="海淀区")
    assert answer.status_code == 409
    assert "没有保存：" in said(answer)
    assert column(filed, "other_subsidies") == ""


# two at once


def test_ones_own_page_may_save_as_often_as_it_likes(client, draft):
    opened = marks(client, draft)
    for text in ("海", "海淀", "海淀区"):
        assert autosave(client, draft, other_subsidies=text, **opened).status_code == 200
    page = client.post(url("further", draft.pk), {"other_subsidies": "海淀区 1 万元", **opened})
    assert page.status_code == 302
    assert column(draft, "other_subsidies") == "海淀区 1 万元"


def test_two_who_write_different_things_do_not_disturb_each_other(client, draft, colleague):
    opened = marks(client, draft)
    drafts.save_draft(draft, by=colleague, at=make.FILED, pledged=True)
    assert autosave(client, draft, other_subsidies="海淀区", **opened).status_code == 200
    assert column(draft, "pledged") is True


@pytest.mark.parametrize("by_itself", [True, False])
def test_two_who_write_the_same_thing_are_both_shown(client, draft, colleague, by_itself):
    opened = marks(client, draft)
    drafts.save_draft(draft, by=colleague, at=make.FILED, other_subsidies="同事写的")
    address = url("autosave", draft.pk, "further") if by_itself else url("further", draft.pk)
    answer = client.post(address, {"other_subsidies": "我写的", **opened})
    assert answer.status_code == 409
    words = said(answer) if by_itself else text_of(answer)
    for shown in (colleague.username, "对方保存的 同事写的", "您填写的 我写的", "保留我填写的", "采用对方的"):
        assert shown in words
    assert column(draft, "other_subsidies") == "同事写的"


def test_mine_is_kept_once_both_were_seen_and_not_over_a_third(client, draft, colleague):
    opened = marks(client, draft)
    drafts.save_draft(draft, by=colleague, at=make.FILED, other_subsidies="同事写的")
    seen = column(draft, "version")
    drafts.save_draft(draft, by=colleague, at=make.FILED, other_subsidies="又改了")
    mine = {"other_subsidies": "我写的", **opened}
    assert "又改了" in text_of(client.post(url("further", draft.pk), {**mine, "keep": seen}))
    assert client.post(url("further", draft.pk), {**mine, "keep": column(draft, "version")}).status_code == 302
    assert column(draft, "other_subsidies") == "我写的"


def test_ones_own_other_tab_is_called_so(client, draft):
    first, second = marks(client, draft), marks(client, draft)
    autosave(client, draft, other_subsidies="第一页", **first)
    answer = autosave(client, draft, other_subsidies="第二页", **second)
    assert answer.status_code == 409
    assert "您在另一个页面" in said(answer)


def test_every_task_whose_form_is_kept_offers_the_choice(client, draft, entity, colleague):
    category, policies = entity.categories.get(), [make.policy(entity) for _ in range(2)]
    cases = {
        "policy": ({"policy": policies[0]}, {"policy": policies[1].pk}),
        "category": ({"category": category}, {"category": ""}),
        "pledge": ({"pledged": True}, {}),
    }
    for task, (theirs, mine) in cases.items():
        opened = marks(client, draft, task)
        drafts.save_draft(draft, by=colleague, at=make.FILED, **theirs)
        answer = autosave(client, draft, task, **mine, **opened)
        assert answer.status_code == (422 if task == "category" else 409)
        assert column(draft, next(iter(theirs))) == next(iter(theirs.values()))


def test_typing_with_pauses_is_one_event_a_page_and_hour_and_each_other_writer_has_one(client, draft, colleague, time_machine):
    """The trail says who wrote what, not each pause; nothing is lost between two who write by turns."""
    mine = marks(client, draft)
    for minute, text in enumerate(("海", "海淀", "海淀区")):
        time_machine.move_to(make.FILED + timedelta(minutes=minute))
        assert autosave(client, draft, other_subsidies=text, **mine).status_code == 200
    assert [event.actor for event in saves()] == [draft.created_by.username]
    theirs = browser(colleague)
    seen = marks(theirs, draft)
    assert autosave(theirs, draft, other_subsidies="朝阳区", **seen).status_code == 200
    assert autosave(client, draft, other_subsidies="海淀区补助", **mine).status_code == 409
    assert autosave(client, draft, other_subsidies="海淀区补助", keep=draft_now(draft).version, **mine).status_code == 200
    assert autosave(client, draft, other_subsidies="海淀区补助 5 万元", **(mine | {"version": draft_now(draft).version})).status_code == 200
    assert [event.actor for event in saves()] == [draft.created_by.username, colleague.username, draft.created_by.username]
    time_machine.move_to(make.FILED + timedelta(hours=2))
    again = mine | {"version": draft_now(draft).version}
    assert autosave(browser(draft.created_by), draft, other_subsidies="海淀区补助 6 万元", **again).status_code == 200
    assert len(saves()) == 4


def saves() -> list[Event]:
    return list(Event.objects.filter(action="save_draft").order_by("pk"))


def test_what_was_typed_after_the_event_is_not_written_over(client, draft, colleague):
    """A colleague opens the page while somebody types on: the pauses that follow leave no event, and still count."""
    mine = marks(client, draft)
    autosave(client, draft, other_subsidies="海淀", **mine)
    theirs = browser(colleague)
    seen = marks(theirs, draft)
    autosave(client, draft, other_subsidies="海淀区", **mine)
    assert len(saves()) == 1
    answer = autosave(theirs, draft, other_subsidies="朝阳区", **seen)
    assert answer.status_code == 409 and draft.created_by.username in said(answer)
    assert column(draft, "other_subsidies") == "海淀区"
    assert [who for _, who, _ in reports.changes_since(draft_now(draft), int(seen["version"]))] == [draft.created_by.username]


def test_choices_are_told_each_time(client, draft):
    opened = marks(client, draft, "pledge")
    for pledged in ({"pledged": "on"}, {}, {"pledged": "on"}):
        autosave(client, draft, "pledge", **opened, **pledged)
    assert len(saves()) == 3
