"""A manager makes, replaces and ends a key on a desk and on a phone, and the insurer's own system asks with it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import curl, make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCREENS = pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-01 10:00")


def secret_on(page: Page) -> str:
    steps.arrive(page, "密钥已新建")
    return re.search(r"pp_[0-9a-f]{8}_[\w-]{43}", page.get_by_role("main").inner_text())[0]


@SCREENS
def test_a_key_opens_the_api_until_it_is_ended(someone, live_server, screen):
    def windows(secret: str) -> dict:
        return curl.ask("GET", f"{live_server.url}/api/v1/windows", {"Authorization": f"Bearer {secret}"}, None)

    insurer = make.insurer()
    make.window()
    manager = someone(insurer.staff.get().user.username, **screen)
    manager.goto("/insurer/keys/")
    steps.arrive(manager, "接口密钥")
    manager.get_by_role("link", name="新建密钥").first.click()
    steps.arrive(manager, "新建接口密钥")
    steps.press(manager, "新建密钥")
    expect(manager.get_by_role("alert")).to_contain_text("用途")
    steps.fill(manager, {"用途": "承保系统"})
    manager.get_by_role("checkbox", name="代客户申报").check()
    steps.press(manager, "新建密钥")
    old = secret_on(manager)
    assert windows(old)["items"][0]["is_open"] is True

    steps.follow(manager, "已保存，返回")
    steps.arrive(manager, "接口密钥")
    expect(manager.get_by_role("main")).not_to_contain_text(old)
    manager.get_by_role("link", name="更换").click()
    steps.arrive(manager, "更换这把密钥？")
    manager.get_by_role("radio", name="7 天", exact=True).check()
    steps.press(manager, "更换")
    new = secret_on(manager)
    expect(manager.get_by_role("main")).to_contain_text("以前仍可使用")
    assert windows(old)["items"] == windows(new)["items"] != []

    steps.follow(manager, "已保存，返回")
    manager.get_by_role("link", name="停用").last.click()
    steps.arrive(manager, "停用这把密钥？")
    steps.press(manager, "停用")
    steps.arrive(manager, "接口密钥")
    expect(manager.get_by_text("已停用", exact=True)).to_be_visible()
    assert windows(old)["code"] == "key_invalid"
    assert windows(new)["items"][0]["is_open"] is True
