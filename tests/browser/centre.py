"""What the centre's people, the IP office and the bank do on their pages."""

import re

from playwright.sync_api import Page, expect

from tests.browser.steps import arrive, follow, hand_in, press, told, usable_by_all


def open_desk(page: Page, line: str) -> None:
    """From the desk to what one of its lines counts."""
    page.goto("/admin/")
    arrive(page, "我的桌面")
    page.get_by_role("link", name=re.compile(rf"^{line} [1-9]")).click()


def unfold(page: Page, act: str) -> None:
    page.locator("summary").filter(has_text=re.compile(rf"^\s*{act}\s*$")).first.click()


def open_case(page: Page, number: str) -> None:
    page.goto("/admin/subsidies/application/")
    page.get_by_label("查找").fill(number)
    press(page, "查询")
    follow(page, number)
    expect(page.get_by_role("main")).to_contain_text(number)


# handler


def verify_the_enterprise(page: Page, name: str) -> None:
    open_desk(page, "待核验企业")
    arrive(page, "企业")
    follow(page, name)
    arrive(page, name)
    expect(page.frame_locator("iframe[name=paper]").get_by_role("img").first).to_be_visible()
    unfold(page, "核验通过")
    page.get_by_role("radio", name="在本市", exact=True).check()
    press(page, "确认核验通过")
    told(page, "已通过核验")
    usable_by_all(page)


def confirm_the_preregistration(page: Page, name: str) -> None:
    open_desk(page, "待确认预申报")
    arrive(page, "预申报")
    follow(page, name)
    arrive(page, name)
    press(page, "确认预申报")
    told(page, "已确认")


def accept(page: Page, number: str, name: str) -> None:
    open_desk(page, "待受理")
    arrive(page, "申报")
    follow(page, number)
    arrive(page, name)
    press(page, "受理")
    told(page, "已受理")


def judge_everything(page: Page) -> int:
    """Write verdict and ground of each open check; how many there were."""
    waiting, judged = page.locator("summary", has_text="写明结论和依据"), 0
    while waiting.count():
        check = page.locator(".finding", has=waiting).first
        waiting.first.click()
        check.get_by_role("radio", name="通过", exact=True).check()
        check.get_by_label("依据").fill("已核对原件，见保险单第 1 页")
        check.get_by_role("button", name="保存结论").click()
        told(page, "结论已保存")
        judged += 1
    return judged


def review(page: Page) -> None:
    unfold(page, "完成初审")
    press(page, "确认完成初审")
    told(page, "初审完成")
    usable_by_all(page)


# reviewer


def check(page: Page, number: str, name: str) -> None:
    open_desk(page, "待复核")
    follow(page, number)
    arrive(page, name)
    press(page, "复核通过")
    told(page, "复核通过")
    usable_by_all(page)


# head


def allocate(page: Page, window: str, total: str) -> None:
    """The trial says what the run will award."""
    open_desk(page, "可以核定")
    follow(page, window)
    arrive(page, window)
    expect(page.get_by_role("row").filter(has_text="预计核定合计")).to_contain_text(total)
    unfold(page, "核定拟补贴额")
    press(page, "确认核定拟补贴额")
    told(page, "拟补贴额已核定")
    usable_by_all(page)


def send_the_list(page: Page, minutes: str, day: str) -> None:
    """With the centre's minutes it goes to the IP office."""
    page.get_by_label("中心会议纪要号").fill(minutes)
    page.get_by_label("会议日期").fill(day)
    hand_in(page, "会议纪要（扫描件或 PDF）", "minutes")
    press(page, "报送名单")
    told(page, "已报送市知识产权局")
    usable_by_all(page)


def publish_the_list(page: Page, window: str, count: int, total: str) -> None:
    open_desk(page, "待公示")
    follow(page, window)
    arrive(page, window)
    press(page, f"公示 {count} 件（{total} 元）")
    told(page, "已公示")
    usable_by_all(page)


def approve_the_list(page: Page, window: str, count: int, total: str) -> None:
    open_desk(page, "公示期满待批准")
    follow(page, window)
    arrive(page, window)
    press(page, f"批准拨付 {count} 件（{total} 元）")
    told(page, "已批准拨付")
    usable_by_all(page)


def approve_the_batch(page: Page) -> None:
    open_desk(page, "待批准批次")
    page.get_by_role("main").get_by_role("link", name=re.compile(r"^\d{4}-\d{2,}-\d{3}$")).click()
    arrive(page, "批次")
    press(page, "批准批次")
    told(page, "已批准")
    usable_by_all(page)


# the IP office


def determine(page: Page, window: str, minutes: str) -> None:
    """Look at the list and a case on it, then 审定."""
    page.goto("/oversight/")
    arrive(page, "监督台")
    page.get_by_role("main").get_by_role("link", name=re.compile(rf"{window}，第 1 次核定")).click()
    arrive(page, f"{window}，第 1 次核定")
    follow(page, "审定这份名单")
    arrive(page, "审定这份名单？")
    page.get_by_label("会议纪要号").fill(minutes)
    page.get_by_role("checkbox", name="我已核对名单、金额和依据").check()
    press(page, "审定")
    told(page, "名单已审定")
    arrive(page, minutes)


# finance


def make_a_batch(page: Page, window: str, appropriation: str) -> None:
    open_desk(page, "可以制单")
    follow(page, window)
    arrive(page, window)
    page.get_by_label("指标文号").select_option(label=appropriation)
    press(page, "制单")
    told(page, "批次已制好")
    arrive(page, "批次")


def open_batch(page: Page, line: str) -> None:
    open_desk(page, line)
    page.get_by_role("main").get_by_role("link", name=re.compile(r"^\d{4}-\d{2,}-\d{3}$")).click()
    arrive(page, "批次")


def take_the_payment_file(page: Page) -> bytes:
    with page.expect_download() as taken:
        press(page, "导出付款文件")
    return taken.value.path().read_bytes()


def bring_the_bank_result(page: Page, content: bytes) -> None:
    unfold(page, "导入银行回单")
    page.get_by_label("银行回单（CSV）").set_input_files({"name": "回单.csv", "mimeType": "text/csv", "buffer": content})
    press(page, "确认导入银行回单")
    told(page, "回单已导入")
    usable_by_all(page)
