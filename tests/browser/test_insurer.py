"""An insurer and the enterprises that ask it, on a desk and on a phone: a request and its answer; a manager's day."""

import re

import pytest
from playwright.sync_api import expect

from enterprises.services import token_of
from insurers.models import InsurerStaff, StaffInvitation, StaffRole
from insurers.states import AnswerState, EntrustmentState
from tests import make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCREENS = pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-01 10:00")


def manager_of(company) -> str:
    return company.staff.get(role=StaffRole.MANAGER).user.username


@SCREENS
def test_an_enterprise_asks_two_insurers_compares_their_answers_and_chooses(someone, screen):
    entity, first, second = make.preregistered(), make.insurer(), make.insurer("示例二")
    owner = someone(make.owner_of(entity).username, **screen)
    owner.goto("/enterprise/underwriting/")
    steps.follow(owner, "发送投保意向")
    steps.arrive(owner, "发送投保意向")
    steps.press(owner, "发送")
    expect(owner.get_by_role("alert")).to_contain_text("请至少选择一家保险公司")
    for company in (first, second):
        owner.get_by_role("checkbox", name=company.name).check()
    steps.fill(owner, {"保障区域": "美国", "期望责任限额（元）": "5,000,000", "期望起保日期": "2026-10-01"})
    steps.press(owner, "发送")
    steps.told(owner, "投保意向已发送")
    steps.arrive(owner, "保险公司的答复")

    answering = someone(manager_of(first), **screen)
    answering.goto("/insurer/")
    answering.get_by_role("link", name=re.compile(f"^{entity}.*待答复")).click()
    steps.arrive(answering, f"{entity} 待答复")
    steps.fill(answering, {"报价保费（元，含税）": "50,000", "报价有效期至": "2026-09-30", "承保条件（选填）": "免赔额 10 万元"})
    steps.press(answering, "发送报价")
    steps.told(answering, "报价已发给企业")

    refusing = someone(manager_of(second), **screen)
    refusing.goto("/insurer/underwriting/")
    steps.follow(refusing, entity.name)
    steps.fill(refusing, {"不承保的理由": "该产品在承保区域已有争议"})
    steps.press(refusing, "答复不承保")
    steps.told(refusing, "已答复不承保")

    owner.reload()
    table = owner.get_by_role("table", name="各保险公司的答复")
    expect(table).to_contain_text("50,000.00")
    expect(table).to_contain_text("该产品在承保区域已有争议")
    steps.usable_by_all(owner)
    table.get_by_role("button", name=re.compile("^选定")).click()
    steps.told(owner, "已选定这份报价")
    assert entity.underwriting_requests.get().answers.get(insurer=first).state == AnswerState.CHOSEN


@SCREENS
def test_a_managers_day(someone, screen):
    """A colleague joins as filer; clients without a mandate get one together; the sealed papers come in at once; the day's deadlines."""
    company = make.insurer()
    clients = [make.policy(make.entity(), insurer=company).legal_entity for _ in range(2)]
    manager = someone(manager_of(company), **screen)
    manager.goto("/insurer/staff/")
    steps.arrive(manager, "人员")
    steps.fill(manager, {"同事的电子邮箱": "chen@example.com"})
    steps.press(manager, "发出邀请")
    steps.told(manager, "邀请已发往 chen@example.com")

    colleague = someone(**screen)
    colleague.goto(f"/invitation/insurer/{token_of(StaffInvitation.objects.get())}/")
    steps.arrive(colleague, f"邀请您加入“{company}”")
    steps.fill(colleague, {"用户名": "chen", "您的姓名": "陈填报", "手机号": "13800138000"})
    steps.fill(colleague, {"密码": make.PASSWORD, "再输一次密码": make.PASSWORD})
    colleague.get_by_role("checkbox", name="我已阅读隐私说明").check()
    steps.press(colleague, "开通账号并加入")
    steps.told(colleague, "账号已建立")
    assert InsurerStaff.objects.get(user__username="chen").role == StaffRole.FILER

    colleague.goto("/insurer/mandates/")
    steps.follow(colleague, "批量发起")
    steps.arrive(colleague, "批量发起委托")
    for client in clients:
        colleague.get_by_role("checkbox", name=client.name).check()
    steps.press(colleague, "为所选客户发起委托")
    steps.told(colleague, "已为 2 家客户发起委托")
    steps.arrive(colleague, "批量办理委托书")
    with colleague.expect_download() as packed:
        steps.press(colleague, "下载所选委托书（ZIP）")
    assert packed.value.suggested_filename.endswith("（2 份）.zip")
    files = [
        {"name": f"{client.credit_code}.pdf", "mimeType": "application/pdf", "buffer": make.pdf(client.name).read()} for client in clients
    ]
    strange = {"name": "扫描件.pdf", "mimeType": "application/pdf", "buffer": make.pdf("strange").read()}
    steps.field(colleague, "盖章的委托书").set_input_files([*files, strange])
    steps.press(colleague, "上传")
    expect(colleague.get_by_role("main")).to_contain_text("3 项，其中 1 项没有办成")
    steps.usable_by_all(colleague)
    assert company.entrustments.filter(state=EntrustmentState.PROPOSED, paper__isnull=False).count() == 2

    manager.goto("/insurer/clients/?turn=centre")
    expect(manager.get_by_role("main")).to_contain_text("核实委托书")
    steps.usable_by_all(manager)
    make.underwriting_request(make.preregistered(), insurers=[company], preregistered=False)
    manager.goto("/insurer/deadlines/")
    steps.arrive(manager, "期限")
    expect(manager.get_by_role("main")).to_contain_text("答复投保意向")
