"""An enterprise of several persons, on a desk and on a phone: a colleague joins within a role; a policy begins with its paper."""

import pytest
from playwright.sync_api import expect

from enterprises.models import Invitation, Membership, MembershipRole, Takeover
from enterprises.services import grant_takeover, propose_takeover, token_of
from insurers.models import Policy
from pilot_portal.accounts.roles import Role
from programme.demo.papers import paper
from tests import make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCREENS = pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-01 10:00")


@pytest.fixture
def entity():
    return make.entity()


@SCREENS
def test_an_owner_asks_a_colleague_in_who_prepares_and_cannot_submit(someone, entity, screen):
    draft = make.draft(window=make.window(), policy=make.policy(entity))
    owner = someone(make.owner_of(entity).username, **screen)
    owner.goto("/enterprise/members/")
    steps.fill(owner, {"同事的电子邮箱": "colleague@example.com"})
    owner.get_by_role("radio", name="填报人").check()
    steps.press(owner, "发出邀请")
    steps.told(owner, "邀请已发往 colleague@example.com")
    steps.arrive(owner, "成员")

    colleague = someone(**screen)
    colleague.goto(f"/invitation/{token_of(Invitation.objects.get())}/")
    steps.arrive(colleague, f"邀请您加入“{entity}”")
    steps.follow(colleague, "注册账号并加入")
    steps.fill(colleague, {"用户名": "colleague", "经办人姓名": "王同事", "手机号": "13800138000", "电子邮箱": "colleague@example.com"})
    steps.fill(colleague, {"密码": make.PASSWORD, "再输一次密码": make.PASSWORD})
    colleague.get_by_role("checkbox", name="我已阅读隐私说明").check()
    steps.press(colleague, "注册并继续")
    steps.press(colleague, "接受邀请")
    steps.told(colleague, f"您已加入“{entity}”")
    assert Membership.objects.get(user__username="colleague").role == MembershipRole.PREPARER

    colleague.goto(f"{draft.get_absolute_url()}declare/")
    steps.arrive(colleague, "声明并提交")
    steps.told(colleague, "这一步由管理员或提交人办理")
    expect(colleague.get_by_role("button", name="确认声明并提交")).to_have_count(0)
    steps.follow(colleague, "谁能提交")
    steps.arrive(colleague, "成员")
    expect(colleague.get_by_role("main")).to_contain_text("王同事（您）")


@SCREENS
def test_another_account_is_confirmed_by_a_colleague(someone, entity, screen):
    colleague = make.colleague_of(entity)
    owner = someone(make.owner_of(entity).username, **screen)
    owner.goto("/enterprise/profile/")
    steps.follow(owner, "更换账户")
    steps.arrive(owner, "更换收款账户")
    steps.fill(owner, {"开户行": "示例银行北京中关村支行", "联行号": "102100099996", "账号": "6222000011112222333"})
    steps.hand_in(owner, "开户证明", "开户许可证")
    steps.press(owner, "保存账户")
    steps.told(owner, "账户刚更换，暂不拨付")
    steps.usable_by_all(owner)
    page = someone(colleague.username, **screen)
    page.goto("/enterprise/")
    steps.follow(page, "下一步：核对收款账户变更")
    steps.arrive(page, "收款账户变更")
    expect(page.get_by_role("main")).to_contain_text("**** **** 2333")
    steps.press(page, "核对无误，确认更换")
    steps.told(page, "已确认，以后的拨付使用这个账户")
    assert entity.bank_accounts.open().get().confirmed_by == colleague


@SCREENS
def test_who_has_lost_the_owner_asks_the_centre_and_waits(someone, entity, screen):
    page = someone(make.user(Role.ENTERPRISE).username, **screen)
    page.goto("/enterprise/register/")
    steps.follow(page, "申请接管")
    steps.arrive(page, "申请接管企业账户")
    steps.fill(page, {"统一社会信用代码": entity.credit_code, "情况说明": "原管理员已离职", "联系人": "李联系", "联系电话": "13800138000"})
    steps.hand_in(page, "加盖公章的公函", "公函")
    steps.press(page, "提交接管申请")  # the licence is missing
    steps.hand_in(page, "营业执照", "营业执照")
    steps.press(page, "提交接管申请")
    steps.arrive(page, f"接管“{entity}”")
    steps.told(page, "正在办理，请等待结果")
    asked = Takeover.objects.get()
    propose_takeover(asked, by=make.officer(Role.HANDLER), at=make.FILED, former_owners="remove", reason="公函无误")
    grant_takeover(asked, by=make.officer(Role.REVIEWER), at=make.FILED)
    page.reload()
    steps.told(page, "您现在是这家企业的管理员")
    steps.follow(page, "核对成员")
    steps.arrive(page, "成员")


@SCREENS
def test_the_paper_fills_the_form_marks_what_differs_and_nothing_is_lost(someone, entity, screen):
    company = make.insurer()
    lines = {
        "保险单号": "QIPL2026000777",
        "被保险人": entity.name,
        "签订日期": "2026年6月14日",
        "保险期间": "自2026年6月15日零时起至2027年6月14日二十四时止",
        "累计责任限额": "人民币1,000万元",
        "保险费（含税）": "人民币33,333.33元",
    }
    sheet = paper("知识产权海外纠纷法律费用保险保险单", *lines.items(), signed=company.name).read()
    page = someone(make.owner_of(entity).username, **screen)
    page.goto("/enterprise/policies/new/")
    steps.arrive(page, "登记保单")
    steps.hand_in(page, "保单文件", "保险单", sheet)
    steps.press(page, "上传并读取")
    steps.told(page, "已从保单读取")
    premium = steps.field(page, "保费（元，含税）")
    expect(premium).to_have_value("33333.33")
    expect(page.locator(".read-differs:visible")).to_have_count(0)
    premium.fill("33,333.00")
    steps.press(page, "保存保单")  # the territory is missing
    expect(page.get_by_role("alert").get_by_role("link")).to_have_count(1)
    expect(premium).to_have_value("33,333.00")
    expect(page.locator(".read-differs:visible")).to_have_text("与保单文件上的不一致，请核对。")
    steps.usable_by_all(page)
    steps.fill(page, {"承保区域": "美国、欧盟"})
    steps.press(page, "保存保单")
    steps.told(page, "保单已登记")
    expect(page.get_by_role("main")).to_contain_text("保单上是 33,333.33，登记的是 33,333.00")
    policy = Policy.objects.get()
    with policy.paper.file.open("rb") as kept:
        assert kept.read() == sheet
