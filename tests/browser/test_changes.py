"""An enterprise's people and facts change, on a desk and on a phone: names and branches, another owner, letters by mail."""

import pytest
from playwright.sync_api import Page, expect

from enterprises.models import EntityChange, MembershipRole
from enterprises.states import ChangeState
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import MailOptOut
from tests import make
from tests.browser import centre, steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCREENS = pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
NAME, BRANCH = "北京新名科技有限公司", "北京示例科技有限公司上海分公司"


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-01 10:00")


@pytest.fixture
def entity():
    return make.entity()


@SCREENS
def test_what_has_changed_is_stated_with_evidence_and_counts_once_the_handler_has_compared_it(someone, entity, screen):
    former = entity.name
    owner = someone(make.owner_of(entity).username, **screen)
    state(owner, "登记曾用名", {"曾用名": "北京旧名科技有限公司", "更名日期": "2025-03-01"}, "更名证明")
    branch = {"分支机构的统一社会信用代码": make.credit_code(), "分支机构名称": BRANCH, "所在地": "上海市浦东新区"}
    state(owner, "登记分支机构", branch, "分支机构营业执照")
    state(owner, "申请变更登记信息", {"企业名称": NAME, "变更登记日期": "2026-08-20"}, "变更后的营业执照")
    expect(owner.get_by_role("table", name="最近的变更申请")).to_contain_text(NAME)
    expect(owner.get_by_role("heading", level=1)).to_contain_text(former)  # nothing counts yet
    steps.usable_by_all(owner)

    handler = someone(make.officer(Role.HANDLER).username, **screen)
    for _ in range(3):
        compare(handler)
    assert set(EntityChange.objects.values_list("state", flat=True)) == {ChangeState.CONFIRMED}

    owner.reload()
    steps.arrive(owner, NAME)
    for words in (former, "北京旧名科技有限公司", BRANCH):
        expect(owner.get_by_role("main")).to_contain_text(words)


def state(owner: Page, link: str, answers: dict[str, str], evidence: str) -> None:
    owner.goto("/enterprise/profile/")
    steps.follow(owner, link)
    steps.arrive(owner, link)
    steps.fill(owner, answers)
    steps.press(owner, "提交核实")  # without the evidence nothing is sent, and what was typed stays
    expect(owner.get_by_role("alert").get_by_role("link")).to_have_count(1)
    steps.hand_in(owner, evidence, evidence)
    steps.press(owner, "提交核实")
    steps.told(owner, "中心核实后生效")


def compare(handler: Page) -> None:
    """The first change that waits, confirmed by the handler."""
    centre.open_desk(handler, "待核实变更")
    handler.get_by_role("main").get_by_role("row").get_by_role("link").first.click()
    expect(handler.get_by_role("heading", name="变更内容")).to_be_visible()
    steps.usable_by_all(handler)
    if handler.locator("summary", has_text="核实变更").count():
        centre.unfold(handler, "核实变更")
        handler.get_by_role("radio", name="在本市", exact=True).check()
        steps.press(handler, "确认核实变更")
    else:
        steps.press(handler, "核实变更")
    steps.told(handler, "已核实，登记信息已更新")


@SCREENS
def test_a_colleague_takes_over_as_owner_and_chooses_which_letters_are_mailed(someone, entity, screen):
    colleague = make.colleague_of(entity, at=make.OPENS)
    owner = someone(make.owner_of(entity).username, **screen)
    owner.goto("/enterprise/members/")
    owner.get_by_role("link", name="移交管理员").click()
    steps.arrive(owner, f"把管理员移交给{colleague.get_full_name()}？")
    steps.press(owner, "请对方接任")
    expect(owner.get_by_role("button", name="收回移交")).to_be_visible()

    page = someone(colleague.username, **screen)
    page.goto("/messages/")
    page.get_by_role("link", name="接任").first.click()
    steps.follow(page, "去办理")
    steps.arrive(page, "成员")
    steps.press(page, "接受")
    steps.told(page, "您已接任管理员")
    assert entity.memberships.get(user=colleague).role == MembershipRole.OWNER

    page.goto("/messages/")
    steps.follow(page, "邮件设置")
    steps.arrive(page, "邮件设置")
    page.get_by_role("checkbox", name="往来留言").uncheck()
    steps.press(page, "保存")
    steps.told(page, "已保存。站内消息不受影响")
    expect(page.get_by_role("checkbox", name="往来留言")).not_to_be_checked()
    assert [(row.user, row.kind) for row in MailOptOut.objects.all()] == [(colleague, "conversation")]
