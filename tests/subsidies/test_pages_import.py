"""批量申报 on screen: sent, checked, mended, filed, without JavaScript too; and how many queries a page of rows costs."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from insurers.models import InsurerStaff, StaffRole
from pilot_portal.accounts.roles import Role
from subsidies.filing_sheets import read_sheet
from subsidies.models import Application, Import
from subsidies.services import imports
from subsidies.states import ImportState
from tests import make
from tests.insurers import desk
from tests.subsidies.clients import Town
from tests.subsidies.pages import browser, read, text_of
from tests.subsidies.sheets import packed, sheet

pytestmark = pytest.mark.django_db
PAGE = "/insurer/imports/"


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def town():
    return Town()


def send(town: Town, **changes):
    typed = {
        "window": town.window.pk,
        "file": SimpleUploadedFile("申报.xlsx", sheet(town.rows)),
        "papers": SimpleUploadedFile("材料.zip", packed(town.papers())),
    }
    return browser(town.by).post(PAGE, {key: value for key, value in (typed | changes).items() if value}, follow=True)


def test_an_insurer_sends_looks_and_files(town):
    town.rows[2]["premium"] = "贵"
    assert "正在逐行检查：0 / 3" in text_of(send(town))
    batch = Import.objects.get()
    imports.dry_run(batch.pk, at=make.FILED)
    page = read(browser(town.by), f"{PAGE}{batch.pk}/")
    assert "保费（元，含税） ：金额只能写数字" in page
    assert "办理 2 份申报" in page
    assert not Application.objects.exists()
    assert "正在办理：0 / 2" in text_of(browser(town.by).post(f"{PAGE}{batch.pk}/commit/", follow=True))
    assert not imports.file_rows(batch.pk, at=make.FILED)
    page = read(browser(town.by), f"{PAGE}{batch.pk}/?show=filed")
    assert all(case.number in page for case in Application.objects.all())
    assert "不会重复办理" in read(browser(town.by), PAGE)


def test_who_only_looks_sees_and_presses_nothing(town):
    batch = town.checked()
    viewer = make.user(Role.INSURER)
    InsurerStaff.objects.create(user=viewer, insurer=town.insurer, role=StaffRole.VIEWER)
    page = read(browser(viewer), f"{PAGE}{batch.pk}/")
    assert "办理由贵公司的填报人或管理" in page
    assert "办理 3 份申报" not in page
    assert "上传并检查" not in read(browser(viewer), PAGE)
    assert browser(viewer).post(f"{PAGE}{batch.pk}/commit/").status_code == 403
    town.by, town.rows = viewer, town.rows[:2]
    assert send(town).status_code == 403
    assert (Import.objects.count(), Application.objects.count()) == (1, 0)


def test_the_same_files_again_say_so(town):
    batch = town.upload(at=make.OPENS)
    assert "已经上传过" in text_of(send(town))
    assert list(Import.objects.all()) == [batch]


def test_the_bar_asks_again_until_it_is_over_and_then_the_page_loads_itself(town):
    send(town)
    batch = Import.objects.get()
    address = f"{PAGE}{batch.pk}/progress/"
    waiting = browser(town.by).get(address)
    assert b'hx-trigger="load delay:2s"' in waiting.content
    assert "HX-Refresh" not in waiting
    imports.dry_run(batch.pk, at=make.FILED)
    assert browser(town.by).get(address)["HX-Refresh"] == "true"


def test_a_page_shows_no_account_and_a_stranger_finds_nothing(town):
    town.rows[0] |= {"account": "6222000000000000777", "bank_name": "示例银行", "cnaps": "1"}
    batch = town.checked()
    page = read(browser(town.by), f"{PAGE}{batch.pk}/")
    assert "联行号" in page
    assert "6222000000000000777" not in page
    stranger = desk.desk_of(make.insurer("示例二"))
    for rest in ("", "progress/", "annotated/"):
        assert stranger.get(f"{PAGE}{batch.pk}/{rest}").status_code == 404
    for rest in ("commit/", "recheck/"):
        assert stranger.post(f"{PAGE}{batch.pk}/{rest}").status_code == 404
        assert browser(town.by).get(f"{PAGE}{batch.pk}/{rest}").status_code == 405


def test_what_is_wrong_with_a_file_stands_beside_it(town):
    response = send(town, file=SimpleUploadedFile("x.csv", b"a,b"))
    assert response.status_code == 422
    assert "这不是 Excel 工作簿" in text_of(response)
    assert "不是 ZIP" in text_of(send(town, papers=SimpleUploadedFile("x.rar", b"Rar!")))
    assert "请选择填好的 Excel" in text_of(send(town, file=None))


def test_rows_are_checked_anew_at_a_word(town):
    batch = town.checked()
    assert "正在重新检查" in text_of(browser(town.by).post(f"{PAGE}{batch.pk}/recheck/", follow=True))
    batch.refresh_from_db()
    assert batch.state == ImportState.CHECKING


def test_the_template_and_the_annotated_sheet_are_downloads(town):
    template = browser(town.by).get(f"{PAGE}template/")
    assert template["Content-Disposition"].startswith("attachment")
    batch = town.checked()
    answer = browser(town.by).get(f"{PAGE}{batch.pk}/annotated/")
    assert len(read_sheet(io.BytesIO(answer.content).read())) == 3


def test_queries_do_not_grow_with_rows():
    counts = []
    for clients in (2, 6):
        town = Town(clients)
        batch = town.done()
        with CaptureQueriesContext(connection) as queries:
            read(browser(town.by), f"{PAGE}{batch.pk}/?show=all")
        counts.append(len(queries))
    assert counts[0] == counts[1]
