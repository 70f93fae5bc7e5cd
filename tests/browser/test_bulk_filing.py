"""批量申报 as an insurer does it, on a desk and on a phone, with a worker that does the work behind the page."""

import io
import os
import re

import pytest
from playwright.sync_api import Page, expect
from python_calamine import CalamineWorkbook

from insurers.models import Invoice, Policy, PremiumPayment
from subsidies.models import Application, Import, RowResult
from subsidies.states import State
from tests.browser import steps
from tests.subsidies.clients import book_of_business

pytestmark = pytest.mark.django_db(transaction=True)
WIDE = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
CLIENTS, FAULTY = 10_000, 500
PATIENCE = 120_000  # ms in which ten thousand rows are checked, however many share this machine
XLSX, ZIP = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip"


@pytest.fixture(autouse=True)
def september(clock):
    clock("2026-09-01 10:00")


def pick(page: Page, label: str, name: str, content: bytes, kind: str) -> None:
    steps.field(page, label).set_input_files({"name": name, "mimeType": kind, "buffer": content})


def results_in(workbook: bytes) -> list[str]:
    lines = CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_name("申报").to_python()
    return [line[lines[0].index("处理结果")] for line in lines[1:]]


def send(page: Page, workbook: bytes, papers: bytes) -> None:
    """First with a file that is no ZIP: the sheet need not be picked again."""
    page.goto("/insurer/")
    steps.follow(page, "批量申报")
    steps.arrive(page, "批量申报")
    template = steps.download(page, "下载 Excel 模板")
    assert CalamineWorkbook.from_filelike(io.BytesIO(template)).sheet_names[0] == "申报"
    pick(page, "填好的 Excel", "申报.xlsx", workbook, XLSX)
    pick(page, "材料包（选填）", "材料.rar", b"Rar!", ZIP)
    steps.press(page, "上传并检查")
    expect(page.get_by_role("alert")).to_contain_text("不是 ZIP")
    expect(page.get_by_role("main")).to_contain_text("已上传：申报.xlsx")
    pick(page, "材料包（选填）", "材料.zip", papers, ZIP)
    steps.press(page, "上传并检查")


@pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_sheet_is_checked_mended_filed_and_never_filed_twice(someone, worker, screen):
    book = book_of_business(6)
    workbook, papers = book.files(faulty=2)
    page = someone(book.by.username, **screen)
    send(page, workbook, papers)
    steps.arrive(page, "申报.xlsx")
    file_all = page.get_by_role("button", name="办理 4 份申报")
    expect(file_all).to_be_visible()  # the page has loaded itself when the check was over
    steps.usable_by_all(page)
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("table")).to_contain_text("保费（元，含税）：金额只能写数字")
    assert not Application.objects.exists()
    assert results_in(steps.download(page, "下载标注的 Excel")) == ["须修改", "可以办理", "可以办理"] * 2
    file_all.click()
    expect(page.locator(".panel")).to_contain_text("4 份申报")
    steps.usable_by_all(page)
    batch = Import.objects.get()
    assert batch.rows.filter(result=RowResult.FILED).count() == 4
    for case in Application.objects.filter(state=State.SUBMITTED):
        expect(page.get_by_role("link", name=case.number)).to_be_visible()
    assert results_in(steps.download(page, "下载结果 Excel")) == ["须修改", "已提交", "已提交"] * 2
    page.goto("/insurer/imports/")
    pick(page, "填好的 Excel", "申报.xlsx", workbook, XLSX)
    pick(page, "材料包（选填）", "材料.zip", papers, ZIP)
    steps.press(page, "上传并检查")
    steps.told(page, "已经上传过")
    steps.usable_by_all(page)
    assert (Import.objects.count(), Application.objects.count()) == (1, 4)


def test_two_browsers_press_at_once_and_each_client_is_filed_once(someone, worker):
    book = book_of_business(3)
    workbook, papers = book.files()
    pages = [someone(book.by.username), someone(book.by.username)]
    for page in pages:
        page.goto("/insurer/imports/")
        pick(page, "填好的 Excel", "申报.xlsx", workbook, XLSX)
        pick(page, "材料包（选填）", "材料.zip", papers, ZIP)
        steps.press(page, "上传并检查")
    for page in pages:
        expect(page.get_by_role("button", name="办理 3 份申报")).to_be_visible()
    for page in pages:
        page.get_by_role("button", name="办理 3 份申报").click(no_wait_after=True)
    for page in pages:
        expect(page.locator(".panel")).to_contain_text("3 份申报")
    assert Application.objects.filter(state=State.SUBMITTED).count() == Application.objects.count() == 3


def test_ten_thousand_clients_come_in_one_sheet(someone, worker, tmp_path):
    """All of them are checked here; that good rows are filed is seen above on few, and on all of them in a long run."""
    book = book_of_business(CLIENTS)
    for name, content in zip(("申报.xlsx", "材料.zip"), book.files(FAULTY), strict=True):
        (tmp_path / name).write_bytes(content)
    worker.pause()
    page = someone(book.by.username)
    page.goto("/insurer/imports/")
    steps.field(page, "填好的 Excel").set_input_files(tmp_path / "申报.xlsx")
    steps.field(page, "材料包（选填）").set_input_files(tmp_path / "材料.zip")
    steps.press(page, "上传并检查")
    expect(page.get_by_role("progressbar", name=f"正在逐行检查：0 / {CLIENTS}")).to_be_visible(timeout=PATIENCE)
    steps.usable_by_all(page)
    worker.resume()
    file_all = page.get_by_role("button", name=f"办理 {CLIENTS - FAULTY} 份申报")
    expect(file_all).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("link", name=f"须修改 {FAULTY}", exact=True)).to_be_visible()
    read_the_rows(page)
    phone = someone(book.by.username, **PHONE)
    phone.goto(Import.objects.get().get_absolute_url())
    read_the_rows(phone)
    results = results_in(steps.download(page, "下载标注的 Excel"))
    assert [place for place, result in enumerate(results) if result == "须修改"] == list(range(0, CLIENTS, CLIENTS // FAULTY))
    assert results.count("可以办理") == CLIENTS - FAULTY
    if "LONG" in os.environ:
        file_all.click()
        all_are_filed_whatever_happens_to_the_worker(page, worker, tmp_path)


def all_are_filed_whatever_happens_to_the_worker(page: Page, worker, folder) -> None:
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("progressbar", name=re.compile(r"正在办理：[1-9]\d{3}\b"))).to_be_visible(timeout=10 * PATIENCE)
    worker.kill()
    assert 0 < Import.objects.get().handled < CLIENTS - FAULTY
    worker.start()
    worker.redeliver()
    expect(page.locator(".panel")).to_contain_text(f"{CLIENTS - FAULTY} 份申报", timeout=20 * PATIENCE)
    page.goto("/insurer/imports/")
    steps.field(page, "填好的 Excel").set_input_files(folder / "申报.xlsx")
    steps.field(page, "材料包（选填）").set_input_files(folder / "材料.zip")
    steps.press(page, "上传并检查")
    steps.told(page, "已经上传过")
    for model in (Application, Policy, Invoice, PremiumPayment):
        assert model.objects.count() == CLIENTS - FAULTY
    assert Application.objects.filter(state=State.SUBMITTED).count() == CLIENTS - FAULTY


def read_the_rows(page: Page) -> None:
    """Rows to mend with a sentence a cell, leaf by leaf, then the good ones."""
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(30)
    expect(rows.first).to_contain_text("保费（元，含税）：金额只能写数字")
    steps.usable_by_all(page)
    page.get_by_role("link", name="下一页").click()
    expect(rows.first.get_by_role("rowheader")).to_have_text("第 602 行")
    page.get_by_role("link", name=f"可以办理 {CLIENTS - FAULTY}", exact=True).click()
    expect(rows).to_have_count(30)
    expect(rows.first.get_by_role("rowheader")).to_have_text("第 3 行")
    expect(page.get_by_role("table")).not_to_contain_text("须修改")
