"""导出: exactly what the queue is narrowed to, masked, harmless in a spreadsheet, and on record."""

import csv
import io
import zipfile

import pytest
import time_machine
from django.urls import reverse
from python_calamine import CalamineWorkbook

from enterprises.models import LegalEntity
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import Application
from subsidies.reports import case_sheet
from subsidies.states import State
from tests import make
from tests.workbench import enter, list_of, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def window():
    return make.window()


def export(role=Role.HANDLER, kind="csv", **query):
    with time_machine.travel(make.REVIEWED, tick=False):
        return enter(role).post(reverse("admin:subsidies_application_export", query=query), {"kind": kind})


def lines(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def sheet_of(content: bytes) -> list[list]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_csv_holds_exactly_what_the_list_shows(window):
    make.application(window=window, legal_entity=make.entity(name="北京沐川甲有限公司"))
    make.application(window=window, legal_entity=make.entity(name="北京沐川乙有限公司"), state=State.CHECKED)
    make.application(window=window, state=State.ACCEPTED)
    make.draft(window=window)
    for query in ({}, {"state": "accepted"}, {"q": "北京沐川"}, {"q": "BJIP-2026-"}, {"q": "北京沐川", "state": "checked"}, {"q": "没有"}):
        with time_machine.travel(make.REVIEWED, tick=False):
            shown = {case.number for case in enter(Role.HANDLER).get(list_of(Application, **query)).context["cl"].result_list}
        found = [line["申报编号"] for line in lines(export(**query))]
        assert (set(found), len(found)) == (shown, len(shown)), query


def test_lines_say_what_the_case_says_and_hide_what_is_personal(window):
    case = make.application(window=window, state=State.CHECKED)
    case.refresh_from_db()
    line = lines(export())[0]
    entity, account = case.legal_entity, case.bank_account
    assert line["企业名称"] == entity.name
    assert line["统一社会信用代码"] == entity.credit_code
    assert (line["状态"], line["申报方式"]) == ("复核通过", "企业自行申报")
    assert line["提交时间"] == "2026-09-01 10:00"
    assert line["应补金额（元）"] == str(case.entitled)
    assert line["核定补贴（元）"] == ""
    assert line["承办人"] == case.handler.get_full_name()
    assert line["收款账户"] == f"**** **** {account.last_four}"
    assert line["联系人"][1:] == "*" * (len(entity.contact_name) - 1)
    assert "****" in line["联系电话"]
    everything = str(line)
    assert account.number not in everything and entity.contact_phone not in everything and entity.contact_name not in everything


def test_a_name_that_a_spreadsheet_would_run_is_only_text(window):
    entity = make.entity(name="=HYPERLINK(0)有限公司")
    make.application(window=window, legal_entity=entity)
    assert lines(export())[0]["企业名称"] == "'=HYPERLINK(0)有限公司"
    content = b"".join(export(kind="xlsx").streaming_content)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert entity.name in sheet_of(content)[1]


def test_excel_says_the_same_with_amounts_as_numbers(window):
    case = make.application(window=window, state=State.CHECKED)
    case.refresh_from_db()
    head, line = sheet_of(b"".join(export(kind="xlsx").streaming_content))
    assert list(head) == case_sheet.HEAD
    said = dict(zip(head, line, strict=True))
    assert said["申报编号"] == case.number
    assert said["应补金额（元）"] == float(case.entitled)
    assert said["统一社会信用代码"] == case.legal_entity.credit_code


def test_who_took_what_away_is_on_record(window):
    make.application(window=window, state=State.ACCEPTED)
    export(Role.AUDITOR, state="accepted", q="北京")
    event = Event.objects.get(action="export_cases")
    assert (event.actor_id, event.data["kind"], event.data["rows"]) == (make.officer(Role.AUDITOR).pk, "csv", 1)
    assert event.data["narrowed"] == [["状态", "已受理"], ["查找", "北京"]]


def test_looking_alone_exports_nothing(window):
    client = enter(Role.HANDLER)
    assert client.get(reverse("admin:subsidies_application_export")).status_code == 302
    assert client.post(reverse("admin:subsidies_application_export"), {"kind": "exe"}).status_code == 400
    assert export(Role.SECURITY).status_code == 403
    assert not Event.objects.filter(action="export_cases").exists()


def test_more_than_excel_takes_is_told(window, monkeypatch):
    monkeypatch.setattr("subsidies.admin.queue_acts.MOST_IN_EXCEL", 0)
    make.application(window=window)
    answer = export(kind="xlsx")
    assert answer.status_code == 422
    assert "请缩小筛选范围，或导出 CSV" in text(answer)


def test_queries_and_rows_in_memory_do_not_grow(window, django_assert_num_queries, monkeypatch):
    """A thousand lines are read in blocks, by one statement."""
    monkeypatch.setattr(case_sheet, "AT_ONCE", 2)
    make.application(window=window)
    with django_assert_num_queries(4):  # savepoint, setting, rows, release
        assert len(list(case_sheet.lines(Application.objects.all()))) == 1
    LegalEntity.objects.update(contact_phone="010-12345678")
    for _ in range(4):
        make.application(window=window)
    with django_assert_num_queries(4):
        assert len(list(case_sheet.lines(Application.objects.all()))) == 5
