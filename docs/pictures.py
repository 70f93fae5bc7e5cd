"""Takes the guides' pictures from a fresh demo, in which it registers, preregisters, files and judges along the way:

VAR_DIR=/tmp/pictures PORT=8066 bin/run, then, beside it: var/venv/bin/python docs/pictures.py http://127.0.0.1:8066
"""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import xlsxwriter
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

FOLDER = Path(__file__).parent / "img"
PASSWORD = "Demo-2022-pilot"  # noqa: S105 - of every demo account
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
COLOURS = 96
FLAGS = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update disable-sync"
CODE = "91110108MA01M7277A"  # of a sample enterprise


@dataclass
class Studio:
    browser: Browser
    site: str

    @contextmanager
    def visit(self, username: str = "", size: dict[str, int] = WIDE) -> Iterator[Page]:
        """A browser of one person, logged in unless the name is empty."""
        context = self.browser.new_context(base_url=self.site, viewport=size, locale="zh-CN", timezone_id="Asia/Shanghai")
        page = context.new_page()
        if username:
            page.goto("/account/login/")
            fill(page, {"用户名": username, "密码": PASSWORD})
            press(page, "登录")
            page.get_by_role("button", name="退出").wait_for()
        yield page
        context.close()


def take(page: Page, name: str, most: int = 1400) -> None:
    """The page from its top, `most` pixels high."""
    page.wait_for_load_state("networkidle")
    for frame in page.frames[1:]:  # papers of a case are pictures in a frame
        frame.wait_for_function("[...document.images].slice(0, 1).every(image => image.complete && image.naturalWidth)")
    page.evaluate("document.activeElement.blur()")
    keep(Image.open(io.BytesIO(page.screenshot(full_page=True))), name, most)


def take_paper(context: BrowserContext, url: str | None, name: str) -> None:
    """The first page of a PDF."""
    response = context.request.get(url or "")
    sheet = pypdfium2.PdfDocument(response.body())[0]
    keep(sheet.render(scale=720 / sheet.get_width()).to_pil(), name, 1400)


def keep(picture: Image.Image, name: str, most: int) -> None:
    """In its most frequent colours, exactly: the areas stay as they are, the edges of letters lose what nobody sees."""
    picture = picture.convert("RGB").crop((0, 0, picture.width, min(picture.height, most)))
    counted = sorted(picture.getcolors(picture.width * picture.height), reverse=True)
    palette = Image.new("P", (1, 1))
    palette.putpalette([value for _, colour in counted[:COLOURS] for value in colour])
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


def fill(page: Page, answers: dict[str, str]) -> None:
    for label, text in answers.items():
        page.get_by_label(re.compile(rf"^\s*{label}\s*\*?\s*$")).fill(text)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str | re.Pattern) -> None:
    page.get_by_role("main").get_by_role("link", name=name, exact=isinstance(name, str)).first.click()


def unfold(page: Page, act: str) -> None:
    page.locator("summary").filter(has_text=re.compile(rf"^\s*{act}")).first.click()


def open_line(page: Page, line: str) -> None:
    """What a line of the desk counts."""
    page.goto("/admin/")
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile(rf"^{line} [1-9]")).click()


def open_first(page: Page, line: str) -> None:
    open_line(page, line)
    with page.expect_navigation():
        page.locator("main table a").first.click()


def public(studio: Studio) -> None:
    with studio.visit() as page:
        page.goto("/")
        take(page, "home", 1000)
        page.goto("/calculator/?premium=1200000")
        take(page, "calculator", 900)
        page.goto("/checklist/")
        take(page, "checklist", 1000)
        page.goto("/verify/")
        take(page, "verify", 700)
        page.goto("/account/register/")
        fill(page, {"用户名": "guide", "经办人姓名": "李联系", "手机号": "13800138000", "电子邮箱": "guide@example.com"})
        fill(page, {"密码": PASSWORD, "再输一次密码": PASSWORD})
        page.get_by_role("checkbox").check()
        take(page, "register_account", 1080)
        press(page, "注册并继续")
        page.get_by_label("统一社会信用代码").press_sequentially(CODE[:-1] + "B")
        page.locator("#code-said").filter(has_text="校验").wait_for()
        take(page, "register_enterprise")


def before_filing(studio: Studio) -> None:
    with studio.visit("enterprise") as page:
        take(page, "enterprise_home", 1250)
        follow(page, re.compile("年预申报"))
        fill(page, {"海外销售的主要产品": "扫地机器人", "主要销售国家和地区": "德国、美国"})
        take(page, "preregister", 1000)
        press(page, "提交预申报")
        page.goto("/enterprise/profile/")
        take(page, "profile", 1300)
        page.goto("/enterprise/policies/new/?paper=typed")
        take(page, "policy_new", 1500)
        page.goto("/enterprise/policies/")
        page.locator("main table a").first.click()
        take(page, "policy", 1250)
        page.goto("/enterprise/")
        follow(page, "继续填写草稿")
        take(page, "draft", 1250)
    with studio.visit("enterprise", PHONE) as page:
        follow(page, "继续填写草稿")
        take(page, "draft_phone", 1500)
    with studio.visit("e-pumu07") as page:  # has asked three insurers
        page.goto("/enterprise/underwriting/")
        follow(page, re.compile("^20"))
        take(page, "underwriting", 700)


def insurer(studio: Studio) -> None:
    with studio.visit("insurer") as page:
        take(page, "insurer_home", 900)
        page.goto("/insurer/clients/")
        take(page, "insurer_clients", 1000)
        page.goto("/insurer/deadlines/")
        take(page, "insurer_deadlines", 800)
        page.goto("/insurer/policies/lists/")
        take(page, "underwriting_lists", 750)
        page.goto("/insurer/imports/")
        take(page, "imports", 900)
        page.goto("/insurer/keys/new/")
        take(page, "key_new", 900)
        page.goto("/insurer/policies/")
        follow(page, re.compile("^QIPL.*0395125$"))
        take(page, "insurer_policy", 1300)
        press(page, "确认保单")


ROW = {  # of a client whose policy and papers are registered
    "统一社会信用代码": "911101148212860340",
    "企业名称": "北京拓域智能科技有限公司",
    "保单号": "QIPL2026110764528",
    "产品备案号": "（示例二）（备-其他）【2022】（主）001 号",
    "签订日期": "2026-09-11",
    "保险起期": "2026-09-11",
    "保险止期": "2027-09-10",
    "责任限额（元）": "800000",
    "承保区域": "日本、新加坡",
    "保费（元，含税）": "62200",
    "发票号码": "21847632",
    "发票金额（元）": "62200",
    "开票日期": "2026-09-12",
    "银行流水号": "LS21847632",
    "付款金额（元）": "62200",
    "付款日期": "2026-09-12",
    "企业已作出承诺": "是",
}
MORE = [  # two of the mistakes that people make
    ROW | {"统一社会信用代码": CODE[:-1] + "B", "企业名称": "北京示例科技有限公司", "保单号": "QIPL2026110700001", "发票号码": "21840001"},
    ROW | {"保单号": "QIPL2026110700002", "保险止期": "2027-12-31", "付款日期": "2026-13-01", "发票号码": "21840002"},
]


def sheet_of(*rows: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("申报")
        for place, title in enumerate(ROW):
            sheet.write_string(0, place, title)
            for line, row in enumerate(rows, 1):
                sheet.write_string(line, place, row[title])
    return out.getvalue()


def bulk_filing(studio: Studio) -> None:
    with studio.visit("insurer") as page:
        page.goto("/insurer/imports/")
        excel = {"name": "申报.xlsx", "mimeType": "application/vnd.ms-excel", "buffer": sheet_of(ROW, *MORE)}
        page.get_by_label(re.compile("填好的 Excel")).set_input_files(excel)
        press(page, "上传并检查")
        page.get_by_role("link", name="下载标注的 Excel").wait_for()
        take(page, "import_result", 1340)


def filing(studio: Studio) -> None:
    with studio.visit("enterprise") as page:
        follow(page, "继续填写草稿")
        follow(page, "检查并提交")
        take(page, "check_problems", 900)
        follow(page, "返回任务清单")
        follow(page, "继续：收款账户")
        take(page, "account", 800)
        press(page, "用这个账户收款")
        follow(page, "继续：承诺书")
        page.get_by_role("checkbox", name="我代表本企业").check()
        take(page, "pledge", 1000)
        press(page, "保存并返回清单")
        follow(page, "检查并提交")
        take(page, "check", 1400)
        follow(page, "核对无误，继续")
        take(page, "declare", 1000)
        press(page, "确认声明并提交")
        take(page, "submitted", 1000)
        page.goto("/enterprise/applications/")
        page.locator("main table a").first.click()
        take(page, "application", 1400)
        receipt = page.get_by_role("main").get_by_role("link", name=re.compile("回执")).first
        take_paper(page.context, receipt.get_attribute("href"), "receipt")


def beside_filing(studio: Studio) -> None:
    """A draft while it is typed, another account that waits, an account that is asked for, words about a filed case."""
    with studio.visit("e-nt3n2w") as page:
        follow(page, "继续填写草稿")
        page.goto(f"{page.url}further/")
        page.get_by_label("同一份保险已获的其他财政资金").fill("")
        page.get_by_label("同一份保险已获的其他财政资金").press_sequentially("2026 年获北京市专精特新企业奖励，与本次保费无关。")
        page.locator("#autosaved").filter(has_text="已保存").wait_for()
        take(page, "autosave", 1130)
        page.goto("/enterprise/profile/account/")
        fill(page, {"开户行": "示例银行北京中关村支行", "联行号": "102100099996", "账号": "6222000011112222333"})
        page.get_by_label("开户证明").set_input_files(FOLDER / "receipt.png")
        press(page, "保存账户")
        page.goto("/enterprise/profile/account/change/")
        take(page, "account_change", 800)
    with studio.visit("new-fgq003") as page:
        page.goto("/enterprise/profile/")
        follow(page, "查看进度")
        take(page, "takeover", 740)
    with studio.visit("e-17011r") as page:  # its insurer has asked the centre
        page.goto("/enterprise/applications/")
        page.get_by_role("main").get_by_role("link", name=re.compile("^BJIP-")).first.click()
        follow(page, re.compile("往来留言$|^给中心留言$"))
        fill(page, {"留言": "补开的发票今天寄到，明天上传。"})
        press(page, "发出留言")
        take(page, "conversation", 900)


def handler(studio: Studio) -> None:
    with studio.visit("handler") as page:
        take(page, "handler_desk", 1100)
        page.goto("/admin/subsidies/application/")
        take(page, "queue", 900)
        open_first(page, "待核验企业")
        unfold(page, "核验通过")
        take(page, "verify_enterprise", 1150)
        open_first(page, "待确认预申报")
        take(page, "verify_preregistration", 800)
        page.goto("/admin/insurers/policy/?state=registered")
        page.locator("main table a").first.click()
        unfold(page, "核实保单")
        take(page, "verify_policy", 1100)
        open_first(page, "待受理")
        take(page, "accept", 1100)
        open_first(page, "待初审")
        unfold(page, "写明结论和依据")
        take(page, "case", 1250)
        finding = page.locator(".finding", has=page.locator("details[open]")).first
        finding.get_by_role("radio", name="通过", exact=True).check()
        finding.get_by_label("依据").fill("信用中国、裁判文书网查询无记录，截图已存")
        finding.get_by_role("button", name="保存结论").click()
        unfold(page, "完成初审")
        take(page, "review", 1700)
        page.goto("/admin/subsidies/window/add/")
        take(page, "window_form", 1200)


def reviewer(studio: Studio) -> None:
    with studio.visit("reviewer") as page:
        take(page, "reviewer_desk", 900)
        open_first(page, "待复核")
        unfold(page, "退回初审")
        take(page, "check_case", 1250)


def ip_office(studio: Studio) -> None:
    with studio.visit("ip_office") as page:
        take(page, "oversight", 1300)
        follow(page, re.compile("次核定"))
        take(page, "list", 1000)
        follow(page, re.compile("^BJIP-"))
        take(page, "oversight_case", 1200)
        page.go_back()
        follow(page, "审定这份名单")
        fill(page, {"会议纪要号": "会议纪要〔2026〕17号"})
        take(page, "determine", 1000)


def head(studio: Studio) -> None:
    with studio.visit("head") as page:
        take(page, "head_desk", 1000)
        open_first(page, "待公示")
        unfold(page, "核定拟补贴额")
        take(page, "window", 1500)
        open_first(page, "待批准批次")
        take(page, "approve_batch", 900)
        open_first(page, "已暂停")
        unfold(page, "解除暂停")
        take(page, "held", 1000)


def finance(studio: Studio) -> None:
    with studio.visit("finance") as page:
        take(page, "finance_desk", 900)
        open_first(page, "可以制单")
        page.locator("#batches").scroll_into_view_if_needed()
        take(page, "prepare", 1700)
        open_first(page, "待导入回单")
        unfold(page, "导入银行回单")
        take(page, "batch", 1100)
        page.goto("/admin/subsidies/batch/?state=settled")
        page.locator("main table a").first.click()
        take(page, "settled", 900)
        papers = page.get_by_role("main")
        for label, name in {"保费补贴资金拨付审批表": "approval_sheet", "拨付明细表": "payment_detail"}.items():
            take_paper(page.context, papers.get_by_role("link", name=label).first.get_attribute("href"), name)
        take_paper(page.context, page.locator("main table a[href*=document]").first.get_attribute("href"), "notice")
        page.goto("/admin/subsidies/appropriation/propose/")
        take(page, "appropriation", 800)


def custodians(studio: Studio) -> None:
    with studio.visit("auditor") as page:
        take(page, "auditor_desk", 800)
        page.goto("/admin/audit/event/?action=review")
        take(page, "events", 800)
        page.goto("/admin/subsidies/application/?state=paid")
        page.locator("main table a").first.click()
        unfold(page, "办理记录")
        trail = page.locator("details[open]", has_text="办理记录").last
        keep(Image.open(io.BytesIO(trail.screenshot())), "trail", 900)
    with studio.visit("security") as page:
        page.goto("/admin/accounts/user/?active=yes")
        take(page, "users", 800)
        page.goto("/admin/accounts/user/?q=finance")
        with page.expect_navigation():
            page.locator("main table a").first.click()
        unfold(page, "变更角色")
        take(page, "user", 800)
    with studio.visit("administrator") as page:
        take(page, "administrator_desk", 800)
        page.goto("/admin/reference/calendarday/year/")
        take(page, "calendar", 800)


# In this order, on a fresh demo.
SCENES = (public, before_filing, insurer, bulk_filing, filing, beside_filing, handler, reviewer, ip_office, head, finance, custodians)

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=[f"--{flag}" for flag in FLAGS.split()])
        wanted = sys.argv[2:] or [scene.__name__ for scene in SCENES]
        for scene in SCENES:
            if scene.__name__ in wanted:
                scene(Studio(browser, sys.argv[1]))
        browser.close()
