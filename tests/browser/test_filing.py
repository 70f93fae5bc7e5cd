"""Filing as it happens: on a phone, pressed twice, gone back, too late, with the wrong file."""

import pytest
from playwright.sync_api import expect

from pilot_portal.audit.models import Event
from subsidies.models import Application
from subsidies.services import applications, drafts
from tests import make
from tests.browser import steps

pytestmark = pytest.mark.django_db(transaction=True)
WINDOW = "2026年第一期"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-01 10:00")


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def draft(window):
    return make.draft(window=window)


def on_the_declaration(someone, draft, **device):
    """A page of the draft's author, about to submit."""
    page = someone(make.owner_of(draft.legal_entity).username, **device)
    page.goto(f"{draft.get_absolute_url()}declare/")
    return page


def test_an_application_is_filed_on_a_phone(someone, window):
    entity = make.entity()
    make.policy(entity)
    page = someone(make.owner_of(entity).username, **PHONE)
    steps.start_an_application(page, WINDOW)
    steps.do_the_tasks(page, WINDOW)
    steps.check_the_answers(page)
    number = steps.file_the_application(page)
    assert Application.objects.get(legal_entity=entity).number == number


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_pressed_twice_it_is_filed_once(someone, draft, java_script_enabled):
    page = on_the_declaration(someone, draft, java_script_enabled=java_script_enabled)
    page.get_by_role("button", name="确认声明并提交").dblclick()
    expect(page.get_by_role("heading", name="申报已提交")).to_be_visible()
    assert Event.objects.filter(action="submit").count() == 1
    assert page.locator(".number").inner_text() == Application.objects.get().number


SCREENS = pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])


@SCREENS
def test_an_enterprise_that_comes_second_withdraws_its_insurers_filing_and_files_itself(someone, draft, screen):
    page = on_the_declaration(someone, draft, **screen)
    first = filed_by_the_insurer(draft)
    with page.expect_response("**/submit/") as answered:
        steps.press(page, "确认声明并提交")
    assert answered.value.status == 409
    steps.arrive(page, "本期已经申报过了")
    for words in (first.number, "保险公司代申报", str(first.insurer), "2026-09-01 10:00"):
        expect(page.get_by_role("table")).to_contain_text(words)
    steps.follow(page, "返回草稿")
    expect(page.get_by_role("heading", name="本期已有一份申报")).to_be_visible()
    steps.usable_by_all(page)
    steps.follow(page, "撤回这份申报")
    steps.fill(page, {"撤回的原因": "改由企业自行申报"})
    steps.press(page, "确认撤回")
    steps.told(page, f"申报 {first.number} 已撤回")
    page.goto(f"{draft.get_absolute_url()}declare/")
    assert steps.file_the_application(page) != first.number


@SCREENS
def test_an_insurer_that_comes_second_learns_what_it_may_know(someone, draft, screen):
    second = prepared_by_the_insurer(draft)
    page = someone(second.created_by.username, **screen)
    page.goto(f"{second.get_absolute_url()}declare/")
    first = applications.submit(draft, by=draft.created_by, at=make.FILED)
    steps.press(page, "确认声明并提交")
    steps.arrive(page, "本期已经申报过了")
    for words in (first.number, "企业自行申报", "2026-09-01 10:00", "已提交"):
        expect(page.get_by_role("table")).to_contain_text(words)
    expect(page.get_by_role("link", name="查看申报")).to_have_count(0)
    steps.follow(page, "查询进度")
    steps.arrive(page, "进度查询")


def filed_by_the_insurer(draft) -> Application:
    other = prepared_by_the_insurer(draft)
    return applications.submit(other, by=other.created_by, at=make.FILED)


def prepared_by_the_insurer(draft) -> Application:
    """The same legal person's draft in the same window, by another policy."""
    policy = make.policy(draft.legal_entity)
    staff = policy.insurer.staff.get().user
    make.entrustment(draft.legal_entity, policy.insurer)
    other = drafts.start(draft.legal_entity, draft.window, by=staff, at=make.FILED)
    columns = {"policy": policy, "category": draft.category, "bank_account": draft.bank_account, "pledged": True}
    return drafts.save_draft(other, by=staff, at=make.FILED, **columns)


def test_a_file_that_is_no_pdf_is_refused_and_what_was_typed_stays(someone):
    policy = make.policy(make.entity(), papers=False, confirmed=False)
    page = someone(make.owner_of(policy.legal_entity).username)
    page.goto(policy.get_absolute_url())
    steps.follow(page, "添加发票")
    steps.fill(page, {"发票号码": "26110009", "价税合计（元）": "100,000.00", "开票日期": "2026-06-16"})
    steps.hand_in(page, "发票文件", "发票", b"MZ this is a program")
    steps.press(page, "保存")
    steps.arrive(page, "添加发票")
    expect(page.get_by_role("alert")).to_contain_text("文件“发票.pdf”不是 PDF")
    expect(steps.field(page, "发票号码")).to_have_value("26110009")
    expect(steps.field(page, "价税合计（元）")).to_have_value("100,000.00")
    steps.hand_in(page, "发票文件", "发票")
    steps.press(page, "保存")
    steps.told(page, "发票已保存")


def test_a_file_that_was_accepted_outlives_an_error_in_a_figure(someone):
    policy = make.policy(make.entity(), papers=False, confirmed=False)
    page = someone(make.owner_of(policy.legal_entity).username)
    page.goto(policy.get_absolute_url())
    steps.follow(page, "添加发票")
    steps.fill(page, {"发票号码": "26110009", "价税合计（元）": "100000.005", "开票日期": "2026-06-16"})
    steps.hand_in(page, "发票文件", "发票")
    steps.press(page, "保存")
    expect(page.get_by_role("alert")).to_contain_text("最多保留两位小数")
    expect(page.get_by_role("main")).to_contain_text("已上传：发票.pdf")
    steps.fill(page, {"价税合计（元）": "100000.00"})
    steps.press(page, "保存")
    steps.told(page, "发票已保存")
