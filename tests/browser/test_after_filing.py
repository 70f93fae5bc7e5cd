"""After filing, on a phone and on a desk: a correction is mended and handed in, a proposal confirmed; every page can be used by anyone."""

import re

import pytest
from playwright.sync_api import expect

from pilot_portal.accounts.roles import Role
from subsidies.models import Application, Part
from subsidies.services import corrections
from subsidies.states import State
from tests import drive, make
from tests.browser import steps
from tests.subsidies.pages import url

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
ITEMS = [(Part.PLEDGE, "承诺书没有盖章，请盖章后重新上传"), (Part.POLICY, "责任限额与保单不一致，请照保单更正")]


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-03 10:00")


def test_a_correction_is_mended_and_handed_in_on_a_phone(someone):
    case = make.application(window=make.window())
    corrections.ask_correction(case, by=make.officer(Role.HANDLER), at=drive.TOLD, items=ITEMS)
    page = someone(make.owner_of(case.legal_entity).username, **PHONE)
    page.goto("/enterprise/")
    steps.follow(page, "下一步：补正材料")
    steps.arrive(page, "补正")
    steps.press(page, "提交补正")
    steps.usable_by_all(page)
    page.get_by_role("alert").get_by_role("link", name="承诺书没有盖章").click()
    pledge = page.locator(".item").filter(has_text="承诺书没有盖章")
    steps.hand_in(pledge, "上传材料", "sealed")
    steps.press(pledge, "保存这一项")
    expect(page.locator(".item").filter(has_text="承诺书没有盖章").locator(".tag", has_text="已补正")).to_be_visible()
    steps.follow(page, "修改保单信息")
    steps.fill(page, {"责任限额（元）": "20000000"})
    steps.press(page, "保存保单")
    steps.follow(page, "回到补正")
    expect(page.get_by_text("20,000,000.00")).to_be_visible()
    steps.press(page, "提交补正")
    steps.arrive(page, "补正已提交")
    assert page.locator(".number").inner_text() == case.number
    case.refresh_from_db()
    assert case.state == State.SUBMITTED


def test_what_an_insurer_prepared_is_confirmed_on_a_phone(someone):
    case = drive.proposed(window=make.window())
    page = someone(make.owner_of(case.legal_entity).username, **PHONE)
    page.goto("/enterprise/")
    steps.follow(page, "下一步：确认申报")
    steps.arrive(page, "请核对并确认申报")
    steps.press(page, "确认并提交")
    expect(page.get_by_role("alert")).to_contain_text("请阅读并勾选承诺事项")
    page.get_by_label("我代表本企业作出以上承诺").check()
    steps.press(page, "确认并提交")
    steps.arrive(page, "申报已提交")
    assert page.locator(".number").inner_text() == Application.objects.get().number


@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_every_page_after_filing_can_be_used_by_anyone(someone, clock, screen):
    clock("2026-11-20 10:00")
    rejected = drive.rejection(window=make.window(reply_days=60))
    owed = drive.ordered(window=make.window())
    accepted = make.application(window=make.window(), state=State.ACCEPTED)
    company = make.insurer()
    mandate = make.entrustment(rejected.legal_entity, company)
    pages = {
        rejected.created_by: [
            rejected.get_absolute_url(),
            url("reply", rejected.pk),
            "/enterprise/entrustments/",
            "/enterprise/entrustments/new/",
            f"/enterprise/entrustments/{mandate.pk}/",
            f"/enterprise/entrustments/{mandate.pk}/revoke/",
        ],
        owed.application.created_by: [owed.application.get_absolute_url(), url("recovery", owed.application_id, owed.pk), url("home")],
        accepted.created_by: [url("abandon", accepted.pk)],
    }
    for person, addresses in pages.items():
        page = someone(person.username, **screen)
        for address in addresses:
            page.goto(address)
            expect(page).to_have_url(re.compile(re.escape(address)))
            steps.usable_by_all(page)
