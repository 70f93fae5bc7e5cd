"""What people do on the pages: they read headings and labels, type, choose, hand in papers and press buttons."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests import make

axe = Axe()


# on any page


def arrive(page: Page, heading: str) -> None:
    """The page with this heading is there, and anyone can use it."""
    expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    usable_by_all(page)


def usable_by_all(page: Page) -> None:
    """No barrier that axe knows, and nothing wider than the screen."""
    found = barriers(page)
    assert not found, f"{page.url}\n" + "\n".join(found)
    assert fits(page), f"{page.url} is too wide"


def barriers(page: Page) -> list[str]:
    """What axe finds, a line each: the rule, what it asks, and where."""
    violations = axe.run(page).response["violations"]
    return [f"{found['id']}: {found['help']}: {node['target']}" for found in violations for node in found["nodes"]]


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def field(page: Page | Locator, label: str) -> Locator:
    return page.get_by_label(re.compile(rf"^\s*{re.escape(label)}\s*\*?\s*$"))


def fill(page: Page | Locator, answers: dict[str, str]) -> None:
    for label, text in answers.items():
        field(page, label).fill(text)


def choose(page: Page | Locator, answers: dict[str, str]) -> None:
    for label, option in answers.items():
        field(page, label).select_option(label=option)


def hand_in(page: Page | Locator, label: str, name: str, content: bytes | None = None) -> None:
    """Pick a file; a small PDF unless the content is given."""
    content = make.pdf(name).read() if content is None else content
    field(page, label).set_input_files({"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": content})


def press(page: Page | Locator, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page | Locator, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def told(page: Page, sentence: str) -> None:
    """A notice on the page says so."""
    expect(page.locator(".notice").filter(has_text=sentence)).to_be_visible()


def download(place: Page | Locator, link: str) -> bytes:
    """The bytes behind a link, as this person gets them."""
    page = place.page if isinstance(place, Locator) else place
    response = page.context.request.get(place.get_by_role("link", name=link).get_attribute("href"))
    assert response.ok, response.status
    return response.body()


def log_in(page: Page, username: str) -> None:
    page.goto("/account/login/")
    fill(page, {"用户名": username, "密码": make.PASSWORD})
    press(page, "登录")
    expect(page.get_by_role("button", name="退出")).to_be_visible()


# anybody


def read_the_public_list(page: Page, window: str, name: str, amount: str) -> None:
    page.goto("/")
    usable_by_all(page)
    follow(page, "公示名单")
    arrive(page, "公示名单")
    page.get_by_role("main").get_by_role("link", name=re.compile(rf"^{window}")).click()
    arrive(page, window)
    expect(page.get_by_role("row").filter(has_text=name)).to_contain_text(amount)


# an enterprise


def open_an_account(page: Page, username: str) -> None:
    page.goto("/")
    follow(page, "登录 / 注册")
    arrive(page, "登录")
    follow(page, "注册企业账号")
    arrive(page, "注册企业账号")
    fill(page, {"用户名": username, "经办人姓名": "李联系", "手机号": "13800138000", "电子邮箱": f"{username}@example.com"})
    fill(page, {"密码": make.PASSWORD, "再输一次密码": make.PASSWORD})
    page.get_by_role("checkbox", name="我已阅读隐私说明").check()
    press(page, "注册并继续")


def register_the_enterprise(page: Page, name: str, code: str) -> None:
    arrive(page, "登记企业")
    type_the_code(page, code)
    fill(page, {"企业名称": name, "住所（注册地址）": "北京市海淀区示例路 1 号", "法定代表人": "张示例", "成立日期": "2015-03-02"})
    choose(page, {"注册区": "海淀区"})
    hand_in(page, "营业执照", "营业执照")
    press(page, "提交核验")
    told(page, "登记信息已提交")
    usable_by_all(page)


def type_the_code(page: Page, code: str) -> None:
    """One wrong last digit is told while typing; then the right one."""
    said = page.locator("#code-said")
    box = field(page, "统一社会信用代码")
    box.press_sequentially(code[:10])
    expect(said).to_contain_text("已输入 10 位，共 18 位")
    box.fill("")
    box.press_sequentially(code[:-1] + ("0" if code[-1] != "0" else "1"))
    expect(said).to_contain_text("校验")
    box.fill("")
    box.press_sequentially(f"{code[:8]} {code[8:]}")
    expect(said).to_contain_text(code)


def preregister(page: Page) -> None:
    follow(page, "2026 年预申报")
    arrive(page, "2026 年预申报")
    fill(page, {"海外销售的主要产品": "扫地机器人", "主要销售国家和地区": "美国、德国"})
    press(page, "提交预申报")
    told(page, "2026 年预申报已提交")
    usable_by_all(page)


def add_a_category(page: Page) -> None:
    page.goto("/enterprise/profile/")
    follow(page, "添加类别")
    arrive(page, "添加企业类别")
    choose(page, {"企业类别": "北京市专精特新企业"})
    fill(page, {"有效期止（选填）": "2027-12-31"})
    hand_in(page, "证明材料", "专精特新证书")
    press(page, "保存类别")
    told(page, "企业类别已保存")


def add_an_account(page: Page, number: str) -> None:
    follow(page, "填写账户")
    arrive(page, "填写收款账户")
    fill(page, {"开户行": "示例银行北京海淀支行", "联行号": "102100099996", "账号": number})
    hand_in(page, "开户证明", "开户许可证")
    press(page, "保存账户")
    told(page, "收款账户已保存")
    usable_by_all(page)


def register_a_policy(page: Page, insurer: str, number: str, premium: str) -> None:
    page.goto("/enterprise/policies/")
    arrive(page, "保单")
    follow(page, "登记保单")
    arrive(page, "登记保单")
    hand_in(page, "保单文件", "保险单")
    press(page, "上传并读取")
    follow(page, "不等了，直接填写")  # it is a scan
    arrive(page, "登记保单")
    with page.expect_response("**/products/**"):  # the products of this insurer
        choose(page, {"保险公司": insurer})
    field(page, "保险产品").select_option(index=1)
    fill(page, {"保单号": number, "签订日期": "2026-06-14", "保险起期": "2026-06-15", "保险止期": "2027-06-14"})
    choose(page, {"止于当日": "24 时（当日仍有保障）"})
    fill(page, {"责任限额（元）": "10,000,000", "承保区域": "美国、欧盟", "保费（元，含税）": premium})
    press(page, "保存保单")
    told(page, "保单已登记")


def add_an_invoice(page: Page, number: str, amount: str) -> None:
    follow(page, "添加发票")
    arrive(page, "添加发票")
    fill(page, {"发票号码": number, "价税合计（元）": amount, "开票日期": "2026-06-16"})
    hand_in(page, "发票文件", "保费发票")
    press(page, "保存")
    told(page, "发票已保存")


def add_a_payment(page: Page, reference: str, amount: str) -> None:
    follow(page, "添加付款")
    arrive(page, "添加付款凭证")
    fill(page, {"付款金额（元）": amount, "付款日期": "2026-06-16", "银行流水号": reference})
    hand_in(page, "付款回单", "付款回单")
    press(page, "保存")
    told(page, "付款凭证已保存")
    usable_by_all(page)


def start_an_application(page: Page, window: str) -> None:
    page.goto("/enterprise/")
    usable_by_all(page)
    press(page, "开始申报")
    arrive(page, window)
    expect(page.get_by_role("main")).to_contain_text("尚未提交")


def do_the_tasks(page: Page, window: str) -> None:
    """Task by task, as the list offers the next."""
    follow(page, "继续：保单与保费")
    arrive(page, "保单与保费")
    press(page, "保存并继续")
    arrive(page, "发票与付款凭证")
    follow(page, "返回任务清单")
    follow(page, "继续：企业类别证明")
    arrive(page, "企业类别证明")
    press(page, "保存并返回清单")
    follow(page, "继续：收款账户")
    arrive(page, "收款账户")
    press(page, "用这个账户收款")
    follow(page, "继续：承诺书")
    arrive(page, "承诺书")
    page.get_by_role("checkbox", name="我代表本企业作出以上承诺").check()
    press(page, "保存并返回清单")
    arrive(page, window)
    expect(page.get_by_role("main")).to_contain_text("已完成 6 / 6 项")


def check_the_answers(page: Page) -> None:
    follow(page, "检查并提交")
    arrive(page, "提交前请检查")
    follow(page, "核对无误，继续")
    arrive(page, "声明并提交")


def file_the_application(page: Page) -> str:
    """Declare and submit; the number in large type."""
    press(page, "确认声明并提交")
    arrive(page, "申报已提交")
    return page.locator(".number").inner_text()


# an insurer


def confirm_the_policy(page: Page, number: str) -> None:
    page.goto("/insurer/policies/")
    follow(page, number)
    arrive(page, number)
    press(page, "确认保单")
    told(page, f"已确认保单 {number}")
