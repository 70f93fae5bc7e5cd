"""Checks beyond a case's own papers: a window's list, lists of bad credit and other subsidies, what a product usually costs, evidence."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from insurers.models import Policy
from pilot_portal.accounts.roles import Role
from pilot_portal.files.tables import Book
from subsidies import tasks
from subsidies.check_list import CHECK_LIST
from subsidies.models import MatchList, Verdict, Window
from subsidies.services import match_lists, reviews, risks
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.workbench import enter, list_of, look, press, text, url

pytestmark = pytest.mark.django_db
HANDLER = Role.HANDLER
NEW = list_of(MatchList) + "add/"


@pytest.fixture
def window():
    return make.window()


def screened(case) -> dict:
    reviews.screen(case, at=make.FILED)
    return {finding.code: finding for finding in case.findings.all()}


# the window's list


def test_every_line_is_checked_where_the_window_says_nothing(window):
    found = screened(make.application(window=window))
    assert {line.codes[0] for line in CHECK_LIST} <= set(found)


def test_window_leaves_a_check_out_and_gives_its_own_basis_for_another():
    window = make.window(checks={"credit": "", "premium": "申报通知 第九条"})
    found = screened(make.application(window=window))
    assert not {"credit_not_checked", "credit_record_found"} & set(found)
    assert found["premium_unusual"].clause == "申报通知 第九条"


def test_check_list_is_drafted_with_the_bases_and_shown_with_them():
    draft = make.window(published=False)
    client = enter(Role.HEAD)
    address = reverse("admin:subsidies_window_step", args=[draft.pk, 4])
    page = client.get(address)
    assert "核查：近年失信记录" in page.content.decode()
    sent = {name: page.context["form"][name].value() or "" for name in page.context["form"].fields}
    assert client.post(address, sent | {"check_file": "", "go": "stay"}).status_code == 302
    checks = Window.objects.get(pk=draft.pk).checks
    assert (checks["file"], checks["credit"]) == ("", "申报通知")
    assert "核查：同一份材料用于其他企业" in text(client.get(url(draft)))


# lists of others


def test_credit_waits_for_a_list_of_the_filing_day(window):
    case = make.application(window=window)
    assert screened(case)["credit_not_checked"].verdict == Verdict.OPEN
    make.match_list()
    found = screened(case)
    assert found["credit_not_checked"].verdict == found["credit_record_found"].verdict == Verdict.PASSED
    assert "已比对市发展改革委（2026-09-01）" in found["credit_record_found"].sentence


@pytest.mark.parametrize(("on", "verdict"), [("2024-09-02", "open"), ("2024-08-20", "passed"), ("", "open")])
def test_record_counts_within_the_look_back_of_the_window(window, on, verdict):
    case = make.application(window=window)
    make.match_list(case.legal_entity.credit_code, on=on, matter="行政处罚")
    finding = screened(case)["credit_record_found"]
    assert finding.verdict == verdict
    assert ("行政处罚" in finding.sentence) == (verdict == "open")


def test_newer_list_of_the_same_issuer_counts_and_the_older_one_is_kept(window):
    case = make.application(window=window)
    first = make.match_list(case.legal_entity.credit_code)
    content = f"统一社会信用代码\n{make.credit_code()}".encode("gb18030")
    facts = {"kind": "credit", "source": first.source, "listed_on": make.ACCEPTED.date(), "content": content, "name": "新.csv"}
    newer = match_lists.import_match_list(by=make.officer(HANDLER), at=make.ACCEPTED, **facts)
    assert screened(case)["credit_record_found"].verdict == Verdict.PASSED
    assert url(newer) in look(HANDLER, first).content.decode()
    assert first.rows.count() == 1


def test_cases_that_are_still_judged_are_checked_against_a_new_list(window):
    named, waiting, done = (make.application(window=window, state=state) for state in (State.SUBMITTED, State.ACCEPTED, State.CHECKED))
    tasks.screen_against(make.match_list(named.legal_entity.credit_code).pk)
    assert named.findings.get(code="credit_record_found").verdict == Verdict.OPEN
    assert waiting.findings.get(code="credit_record_found").verdict == Verdict.PASSED
    assert not done.findings.filter(code="credit_record_found").exists()


def test_other_subsidy_is_found_by_declaration_or_by_a_list(window):
    clear, declared, listed = (make.application(window=window) for _ in range(3))
    type(declared).objects.filter(pk=declared.pk).update(other_subsidies="区级保费补贴 2 万元")
    make.match_list(listed.legal_entity.credit_code, kind="subsidy", source="区商务局", matter="出口信保补贴")
    assert screened(clear)["other_subsidy"].verdict == Verdict.PASSED
    assert "区级保费补贴 2 万元" in screened(declared)["other_subsidy"].sentence
    assert "区商务局 2026-09-01：出口信保补贴" in screened(listed)["other_subsidy"].sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("名称\n某公司", "没有“统一社会信用代码”这一列"),
        ("统一社会信用代码\n", "没有内容"),
        ("统一社会信用代码,日期\n91110108MA01,2026-01-01", "第 2 行"),
        ("统一社会信用代码,日期\n{code},昨天", "第 2 行：日期"),
        (b"PK\x03\x04broken", "打不开"),
        (b"\xff\xff\xff", "读不懂"),
    ],
)
def test_list_that_cannot_be_read_is_refused_as_a_whole(content, sentence):
    raw = content if isinstance(content, bytes) else content.format(code=make.credit_code()).encode()
    data = {"kind": "credit", "source": "市发展改革委", "listed_on": "2026-09-01", "file": SimpleUploadedFile("名单.csv", raw)}
    response = enter(HANDLER).post(NEW, data)
    assert response.status_code == 422
    assert sentence in text(response)
    assert "市发展改革委" in response.content.decode()
    assert not MatchList.objects.exists()


def test_excel_list_is_imported_and_shown():
    book = Book(名单=["统一社会信用代码", "名称", "日期", "事项", "金额"])
    book.add("名单", [make.credit_code(7), "北京某公司", "2026-03-01", "贷款贴息", Decimal("12000.00")])
    data = {"kind": "subsidy", "source": "区商务局", "listed_on": "2026-09-01", "file": SimpleUploadedFile("名单.xlsx", book.content())}
    client = enter(HANDLER)
    page = client.post(NEW, data, follow=True)
    assert "12,000.00" in text(page)
    made = MatchList.objects.get()
    assert b"".join(client.get(url(made, "file")))[:2] == b"PK"


def test_same_list_twice_and_a_list_of_tomorrow_and_another_role_are_refused():
    make.match_list(make.credit_code(7))
    with refused("match_list_known"):
        make.match_list(make.credit_code(7))
    facts = {"kind": "credit", "source": "某局", "content": b"", "name": "a.csv"}
    with refused("match_list_early"):
        match_lists.import_match_list(by=make.officer(HANDLER), at=make.FILED, listed_on=make.FILED.date() + timedelta(days=1), **facts)
    with refused("wrong_role"):
        match_lists.import_match_list(by=make.officer(Role.REVIEWER), at=make.FILED, listed_on=date(2026, 9, 1), **facts)


# premium


@pytest.mark.parametrize(
    ("premium", "verdict"), [("100000.00", "passed"), ("299999.99", "passed"), ("300000.01", "open"), ("33000.00", "open")]
)
def test_premium_is_held_against_the_middle_of_its_product(window, premium, verdict):
    case = make.application(window=window)
    for _ in range(risks.LEAST_SAMPLE):
        make.policy(case.legal_entity, papers=False)
    Policy.objects.exclude(pk=case.policy_id).update(premium="100000.00")
    Policy.objects.filter(pk=case.policy_id).update(premium=premium)
    assert screened(case)["premium_unusual"].verdict == verdict


def test_premium_is_not_judged_on_a_handful_of_policies(window):
    case = make.application(window=window)
    Policy.objects.filter(pk=case.policy_id).update(premium="9999999.00")
    finding = screened(case)["premium_unusual"]
    assert (finding.verdict, "不足 10 份" in finding.sentence) == (Verdict.PASSED, True)


# evidence


def test_check_leads_to_the_paper_it_is_about(window):
    case = make.application(window=window, state=State.ACCEPTED)
    finding = case.findings.get(code="invoice_differs")
    assert finding.evidence["papers"] == [["发票", case.policy.invoices.get().paper_id, 0]]
    assert f'href="{url(case, "paper", case.policy.paper_id)}"' in look(HANDLER, case).content.decode()


def test_officer_names_paper_and_page(window):
    case = make.application(window=window, state=State.ACCEPTED)
    finding, paper = case.findings.filter(verdict=Verdict.OPEN).first(), case.policy.paper
    data = {"finding": finding.pk, "verdict": "passed", "note": "已核对"}
    assert press(HANDLER, case, "judge", **data, paper="999999").status_code == 422
    assert press(HANDLER, case, "judge", **data, paper=paper.pk, page="2").status_code == 302
    finding.refresh_from_db()
    assert finding.evidence["seen"] == ["保险单", paper.pk, 2]
    assert "保险单第 2 页" in text(look(Role.REVIEWER, case))


def test_list_of_today_is_taken_before_eight_in_the_morning():
    early = make.moment("2026-09-02 02:30")  # still the day before in Greenwich
    content = f"统一社会信用代码\n{make.credit_code()}".encode()
    facts = {"kind": "credit", "source": "某局", "listed_on": early.date(), "content": content, "name": "a.csv"}
    assert match_lists.import_match_list(by=make.officer(HANDLER), at=early, **facts).row_count == 1
