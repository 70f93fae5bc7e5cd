"""A handler narrows the queue, finds a case, gives it to a colleague and takes the list away; the colleague's desk knows it."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from pilot_portal.accounts.roles import Role
from subsidies.states import State
from tests import make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_a_handler_finds_gives_away_and_exports_cases(someone, clock, screen):
    clock("2026-09-02 10:00")
    window, chen = make.window(), make.user(Role.HANDLER, "chen", display_name="陈经办")
    wanted = make.application(window=window, legal_entity=make.entity(name="北京沐川智能装备有限公司"))
    other, accepted = make.application(window=window), make.application(window=window, state=State.ACCEPTED)
    page = someone(make.officer(Role.HANDLER).username, **screen)
    page.goto("/admin/")
    steps.usable_by_all(page)
    page.get_by_role("link", name=re.compile("^待受理 2")).click()
    steps.arrive(page, "申报件")
    cells = page.get_by_role("main").get_by_role("link", name=re.compile("^BJIP-"))
    expect(cells).to_have_text([wanted.number, other.number])
    page.get_by_label("查找").fill("北京沐川")
    page.get_by_text("更多筛选").click()
    steps.choose(page, {"注册区": str(wanted.legal_entity.district)})
    steps.press(page, "查询")
    expect(cells).to_have_text([wanted.number])
    with page.expect_download() as taken:
        steps.press(page, "导出 CSV")
    rows = list(csv.DictReader(io.StringIO(taken.value.path().read_text("utf-8-sig"))))
    assert [row["申报编号"] for row in rows] == [wanted.number]
    steps.press(page, "交办")
    expect(page.get_by_text("还没有选择交给谁")).to_be_visible()
    steps.press(page, "全选本页")
    steps.choose(page, {"勾选的申报交给": "陈经办"})
    steps.press(page, "交办")
    steps.told(page, "已将 1 件申报交给陈经办")
    steps.usable_by_all(page)
    colleague = someone(chen.username, **screen)
    colleague.goto("/admin/")
    colleague.get_by_role("link", name=re.compile("^由我承办 1")).click()
    expect(colleague.get_by_role("main").get_by_role("link", name=re.compile("^BJIP-"))).to_have_text([wanted.number])
    colleague.get_by_role("navigation", name="主导航").get_by_role("link", name=re.compile("^消息")).click()
    expect(colleague.get_by_role("main")).to_contain_text("交给您办理：1 件申报")
    assert accepted.handler != chen
