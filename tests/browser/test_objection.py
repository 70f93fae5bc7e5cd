"""Somebody objects beside the published list, on a desk and on a phone, and reads the answer; the head compares allocations."""

import pytest
from playwright.sync_api import expect

from pilot_portal.accounts.roles import Role
from subsidies.models import Objection
from subsidies.services import objections
from subsidies.states import State
from tests import drive, make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCREENS = pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])


@SCREENS
def test_an_objection_is_filed_kept_through_a_mistake_and_answered(someone, clock, screen):
    case, notice = drive.published(window=make.window())
    clock("2026-10-15 10:00")
    page = someone(**screen)
    page.goto(f"/lists/{notice.pk}/")
    page.get_by_role("link", name=f"对{case.legal_entity.name}提出异议").click()
    steps.arrive(page, "提出异议")
    expect(steps.field(page, "对哪家企业有异议")).to_have_value(case.legal_entity.name)
    words = {
        "事实和理由": "该企业没有海外业务",
        "您的姓名或单位名称": "王小明",
        "证件号码": "110101199003070012",
        "联系电话": "13900139000",
    }
    steps.fill(page, words)
    steps.choose(page, {"证件类型": "居民身份证"})
    steps.hand_in(page, "证明材料", "evidence")
    page.get_by_role("checkbox", name="以上内容属实").check()
    steps.press(page, "送出异议")
    expect(page.get_by_role("alert")).to_contain_text("校验未通过")
    steps.usable_by_all(page)
    expect(page.get_by_role("checkbox", name="evidence.pdf")).to_be_checked()
    steps.fill(page, {"证件号码": "110101199003070011"})
    steps.press(page, "送出异议")
    steps.arrive(page, "异议已收到")
    made = Objection.objects.get()
    for said in (made.number, objections.receipt_code(made), made.papers.get().file.sha256, "核实中"):
        expect(page.get_by_role("main")).to_contain_text(said)
    objections.dismiss_objection(made, by=make.officer(Role.HEAD), at=drive.DECIDED, decision="有报关单为证")
    page.goto("/objections/")
    steps.fill(page, {"异议编号": made.number, "查询码": objections.receipt_code(made)})
    steps.press(page, "查询")
    steps.arrive(page, "公示异议答复")
    expect(page.get_by_role("main")).to_contain_text("有报关单为证")


@SCREENS
def test_the_head_compares_two_variants_with_the_terms_in_force(someone, clock, screen):
    window = make.window(draw="100000.00")
    for _ in range(2):
        make.application(window=window, state=State.CHECKED)
    clock("2026-10-09 10:00")
    head = someone(make.officer(Role.HEAD).username, **screen)
    head.goto(f"/admin/subsidies/window/{window.pk}/change/")
    head.get_by_role("link", name="比较分配方案").click()
    steps.arrive(head, "比较分配方案")
    head.get_by_label("补贴上限（元）").first.fill("30000")
    head.get_by_label("预算不足时").last.select_option(label="按提交先后")
    steps.press(head, "试算")
    steps.arrive(head, "比较分配方案")
    for sums in ("100,000.00", "60,000.00", "-20,000.00", "+30,000.00"):
        expect(head.get_by_role("main")).to_contain_text(sums)
