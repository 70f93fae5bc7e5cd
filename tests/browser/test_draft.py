"""A draft is comfortable: it is kept by itself, outlives a killed browser, and two who write at once choose between both versions."""

import os
import signal

import pytest
from playwright.sync_api import expect

from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import Application
from subsidies.services import drafts
from tests import make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCREENS = pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
BOX = "同一份保险已获的其他财政资金"


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-01 10:32")


@pytest.fixture
def draft():
    return make.draft(window=make.window())


@pytest.fixture
def colleague(draft):
    user = make.user(Role.ENTERPRISE)
    draft.legal_entity.memberships.create(user=user, role=MembershipRole.PREPARER, created_at=make.FILED)
    return user


def kept(draft) -> str:
    return Application.objects.get(pk=draft.pk).other_subsidies


def on_further(someone, draft, username="", **device):
    page = someone(username or draft.created_by.username, **device)
    page.goto(f"{draft.get_absolute_url()}further/")
    return page


def write(page, text: str) -> None:
    box = steps.field(page, BOX)
    box.fill("")
    box.press_sequentially(text)


@SCREENS
def test_what_was_typed_outlives_a_killed_browser(browser_type, browser_type_launch_args, live_server, someone, draft, screen):
    victim = browser_type.launch(**browser_type_launch_args)
    page = victim.new_context(base_url=live_server.url, locale="zh-CN", **screen).new_page()
    steps.log_in(page, draft.created_by.username)
    page.goto(f"{draft.get_absolute_url()}further/")
    write(page, "海淀区商务局 20,000 元")
    expect(page.locator("#autosaved")).to_contain_text("已保存 10:32")
    processes = victim.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    os.kill(next(process["id"] for process in processes if process["type"] == "browser"), signal.SIGKILL)
    again = on_further(someone, draft, **screen)
    expect(steps.field(again, BOX)).to_have_value("海淀区商务局 20,000 元")
    expect(again.locator(".unfiled")).to_contain_text("尚未提交")
    expect(again.locator(".unfiled")).to_contain_text("10:32")


@SCREENS
def test_two_colleagues_at_once_see_both_and_choose(someone, draft, colleague, screen):
    mine, theirs = on_further(someone, draft, **screen), on_further(someone, draft, colleague.username)
    write(theirs, "同事写的")
    expect(theirs.locator("#autosaved")).to_contain_text("已保存")
    write(mine, "我写的")
    choice = mine.locator(".conflict")
    for words in (colleague.username, "同事写的", "我写的"):
        expect(choice).to_contain_text(words)
    steps.usable_by_all(mine)
    assert kept(draft) == "同事写的"
    steps.press(mine, "保留我填写的")
    steps.arrive(mine, draft.window.name)
    assert kept(draft) == "我写的"
    write(theirs, "同事又写的")
    steps.follow(theirs, "采用对方的")
    expect(steps.field(theirs, BOX)).to_have_value("我写的")
    assert kept(draft) == "我写的"


def test_two_tabs_of_one_person_do_not_overwrite_each_other_without_javascript(someone, draft):
    first = on_further(someone, draft, java_script_enabled=False)
    second = first.context.new_page()
    second.goto(first.url)
    steps.fill(first, {BOX: "第一页"})
    steps.press(first, "保存并返回清单")
    steps.fill(second, {BOX: "第二页"})
    steps.press(second, "保存并返回清单")
    expect(second.locator(".conflict")).to_contain_text("您在另一个页面")
    expect(steps.field(second, BOX)).to_have_value("第二页")
    assert kept(draft) == "第一页"
    steps.press(second, "保留我填写的")
    expect(second.get_by_role("heading", level=1, name=draft.window.name)).to_be_visible()
    assert kept(draft) == "第二页"


def test_a_broken_line_is_said_and_what_was_typed_is_sent_when_it_is_back(new_context, draft):
    page = new_context().new_page()  # the console of this one complains of the line
    steps.log_in(page, draft.created_by.username)
    page.goto(f"{draft.get_absolute_url()}further/")
    page.route("**/autosave/**", lambda route: route.fulfill(status=503, body=""))
    write(page, "断网时写的")
    expect(page.locator("#autosaved")).to_contain_text("没有保存，正在等待网络恢复")
    assert kept(draft) == ""
    page.unroute("**/autosave/**")
    expect(page.locator("#autosaved")).to_contain_text("已保存")
    assert kept(draft) == "断网时写的"


def test_a_session_that_is_over_is_said_and_the_text_stays(someone, draft):
    page = on_further(someone, draft)
    page.context.clear_cookies(name="sessionid")
    write(page, "登录过期后写的")
    expect(page.locator("#autosaved")).to_contain_text("没有保存。请先复制")
    expect(steps.field(page, BOX)).to_have_value("登录过期后写的")


def test_the_countdown_follows_the_server_whatever_the_computer_believes(someone, draft, clock):
    clock("2026-09-30 16:00")
    page = someone(draft.created_by.username)
    page.clock.install(time="2031-01-01T00:00:00")
    for name in ("", "enterprise/", "policy/", "papers/", "category/", "account/", "pledge/", "further/", "check/", "declare/", "delete/"):
        page.goto(draft.get_absolute_url() + name)
        expect(page.locator(".unfiled [data-countdown]")).to_contain_text("00 时 59 分")


@pytest.mark.parametrize("how", [{}, PHONE, {"java_script_enabled": False}], ids=["desk", "phone", "without JavaScript"])
def test_going_back_after_filing_leads_to_the_confirmation(someone, draft, how):
    page = someone(draft.created_by.username, **how)
    page.goto(f"{draft.get_absolute_url()}check/")
    steps.follow(page, "核对无误，继续")
    steps.press(page, "确认声明并提交")
    filed = page.get_by_role("heading", level=1, name="申报已提交")
    expect(filed).to_be_visible()
    number = page.locator(".number").inner_text()
    for _ in range(2):
        page.go_back()
        expect(filed).to_be_visible()
        expect(page.locator(".number")).to_have_text(number)
        expect(page.get_by_role("button", name="确认声明并提交")).to_have_count(0)
    assert Event.objects.filter(action="submit").count() == 1


@SCREENS
def test_an_earlier_case_is_copied_and_what_is_to_be_looked_at_is_listed(someone, screen):
    earlier = make.application(window=make.window())
    later = drafts.start(earlier.legal_entity, make.window(), by=earlier.created_by, at=make.FILED)
    page = someone(later.created_by.username, **screen)
    page.goto(later.get_absolute_url())
    steps.press(page, f"从{earlier.window.name}带入")
    expect(page.get_by_role("heading", name="已从申报")).to_contain_text(earlier.number)
    steps.usable_by_all(page)
    page.locator("li").filter(has_text="每次申报都要重新阅读").get_by_role("link").click()
    steps.arrive(page, "承诺书")
    assert Application.objects.get(pk=later.pk).category == earlier.category
