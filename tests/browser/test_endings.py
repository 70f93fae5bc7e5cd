"""What an applicant does with a filed case, on a desk and on a phone: withdraws, gives up, replies; mends its account; pays back."""

import pytest
from playwright.sync_api import expect

from pilot_portal.accounts.roles import Role
from subsidies.models import Application
from subsidies.states import State
from tests import drive, make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCREENS = pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])


def state_of(case: Application) -> str:
    return Application.objects.get(pk=case.pk).state


@SCREENS
def test_a_case_is_withdrawn_another_given_up_and_a_proposed_rejection_replied_to(someone, clock, screen):
    clock("2026-09-07 10:00")
    entity = make.entity()
    filed = make.application(window=make.window(name="2026年第一期"), legal_entity=entity)
    accepted = make.application(window=make.window(name="2026年第二期"), legal_entity=entity, state=State.ACCEPTED)
    rejected = drive.rejection(window=make.window(name="2026年第三期"), legal_entity=entity)
    page = someone(make.owner_of(entity).username, **screen)

    page.goto("/enterprise/")
    steps.follow(page, "下一步：陈述申辩")
    steps.arrive(page, "陈述申辩")
    expect(page.get_by_role("main")).to_contain_text("没有海外经营，不符合试点范围")
    steps.hand_in(page, "证明材料一（选填）", "出口合同")
    steps.press(page, "提交陈述申辩")
    expect(page.get_by_role("alert")).to_contain_text("请写明陈述申辩的内容")
    expect(page.get_by_role("main")).to_contain_text("已上传：出口合同.pdf")
    steps.fill(page, {"陈述申辩": "我公司在德国有销售合同，见附件。"})
    steps.press(page, "提交陈述申辩")
    steps.told(page, "陈述申辩已提交")
    expect(page.get_by_role("link", name="出口合同.pdf")).to_be_visible()
    steps.usable_by_all(page)
    assert rejected.replies.get().text == "我公司在德国有销售合同，见附件。"

    page.goto(filed.get_absolute_url())
    steps.follow(page, "撤回申报")
    steps.arrive(page, "撤回这份申报？")
    steps.fill(page, {"撤回的原因": "保单登记错了"})
    steps.press(page, "确认撤回")
    steps.told(page, f"申报 {filed.number} 已撤回")
    expect(page.get_by_role("button", name="重新申报")).to_be_visible()
    assert state_of(filed) == State.WITHDRAWN

    page.goto(accepted.get_absolute_url())
    steps.follow(page, "放弃补贴")
    steps.arrive(page, "放弃这份补贴？")
    steps.fill(page, {"放弃的原因": "已获其他资金支持"})
    steps.press(page, "确认放弃")
    expect(page.get_by_role("alert")).to_contain_text("请先阅读并勾选")
    page.get_by_role("checkbox", name="我已知晓").check()
    steps.press(page, "确认放弃")
    steps.told(page, "已放弃补贴，本件终止")
    steps.usable_by_all(page)
    assert state_of(accepted) == State.ABANDONED


@SCREENS
def test_who_acts_for_two_enterprises_mends_the_account_of_one_and_pays_back_for_the_other(someone, clock, screen):
    """The bank sent the money of the first back; the second has to give some of its money back."""
    clock("2026-11-05 10:00")
    owner, window = make.user(Role.ENTERPRISE), make.window()
    first, second = (make.application(window=window, legal_entity=make.entity(by=owner), state=State.CHECKED) for _ in range(2))
    make.approved(window)
    batch, file = drive.sent(window)
    drive.settle(batch, file, returned={batch.payments.get(application=first).serial: "R02"})
    owed = drive.ordered_of(Application.objects.get(pk=second.pk))
    page = someone(owner.username, **screen)

    page.goto("/enterprise/")
    steps.arrive(page, "选择企业")
    page.get_by_role("radio", name=first.legal_entity.name).check()
    steps.press(page, "以这家企业办理")
    steps.follow(page, "下一步：更换收款账户")
    steps.told(page, "付款被银行退回")
    steps.follow(page, "更换收款账户")
    steps.fill(page, {"开户行": "示例银行北京中关村支行", "联行号": "102100099996", "账号": "6222000011112222333"})
    steps.hand_in(page, "开户证明", "开户许可证")
    steps.press(page, "保存账户")
    steps.told(page, "收款账户已保存")
    steps.told(page, "之后财务重新付款")
    steps.usable_by_all(page)
    assert first.legal_entity.bank_accounts.open().get().last_four == "2333"

    steps.follow(page, "切换")
    page.get_by_role("radio", name=second.legal_entity.name).check()
    steps.press(page, "以这家企业办理")
    page.goto("/enterprise/")
    steps.follow(page, "下一步：退回补贴资金")
    steps.arrive(page, "退回补贴资金")
    expect(page.get_by_role("main")).to_contain_text("10,000.00")
    steps.press(page, "上传凭证")
    expect(page.get_by_role("alert")).to_be_visible()
    steps.hand_in(page, "退款凭证", "转账回单")
    steps.press(page, "上传凭证")
    steps.told(page, "退款凭证已上传")
    expect(page.get_by_role("link", name="转账回单.pdf")).to_be_visible()
    steps.usable_by_all(page)
    owed.refresh_from_db()
    assert owed.proof.name == "转账回单.pdf"
