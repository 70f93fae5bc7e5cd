"""保单台账: what narrows it, and the files that are taken away from it."""

from datetime import date
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from pilot_portal.files.tables import harmless
from tests import make

pytestmark = pytest.mark.django_db
HOME = "/insurer/policies/"


@pytest.fixture
def policy(client):
    made = make.policy(make.entity())
    client.force_login(made.insurer.staff.get().user)
    return made


def received(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response)


def test_it_is_narrowed_by_state_day_and_words(client, policy):
    day, number = policy.signed_on.isoformat(), policy.number
    for asked in ({"signed_from": day}, {"signed_to": day}, {"q": number.lower()}, {"q": policy.legal_entity.name}):
        assert number in client.get(HOME, {"state": "all", **asked}).content.decode(), asked
    for asked in ({"signed_from": "2027-01-01"}, {"signed_to": "2020-01-01"}, {"q": "没有这家"}, {"state": "disputed"}):
        page = client.get(HOME, {"state": "all", **asked}).content.decode()
        assert f">{number}</a>" not in page, asked


def test_a_day_that_is_none_is_said_beside_the_field_and_shows_nothing(client, policy):
    page = client.get(HOME, {"state": "all", "signed_from": "上周"}).content.decode()
    assert "is-invalid" in page
    assert f">{policy.number}</a>" not in page
    assert "止日不能早于起日。" in client.get(HOME, {"signed_from": "2026-02-01", "signed_to": "2026-01-01"}).content.decode()


def test_csv_has_a_line_a_policy_with_its_totals(client, policy):
    text = received(client.get(HOME + "export.csv", {"state": "all"})).decode("utf-8-sig")
    head, line = text.splitlines()
    assert head.startswith("保单号,被保险人,统一社会信用代码")
    assert line.startswith(f"{policy.number},{policy.legal_entity.name},{policy.legal_entity.credit_code}")
    assert line.count("100000.00") >= 3  # premium, invoices, payments


def test_excel_has_payments_and_endorsements_beside_the_policies(client, policy):
    book = CalamineWorkbook.from_filelike(BytesIO(received(client.get(HOME + "export.xlsx", {"state": "all"}))))
    assert book.sheet_names == ["保单", "缴费", "批单"]
    row = book.get_sheet_by_name("保单").to_python()[1]
    assert (row[0], row[4], row[7]) == (policy.number, policy.signed_on.isoformat(), 100000)
    paid = book.get_sheet_by_name("缴费").to_python()[1]
    assert paid[0] == policy.number
    assert paid[4] == policy.premium_payments.get().reference


def test_a_file_holds_what_was_asked_for_and_nothing_of_another_insurer(client, policy):
    other = make.policy(make.entity(), insurer=make.insurer("示例二"))
    text = received(client.get(HOME + "export.csv", {"state": "all"})).decode()
    assert other.number not in text
    assert policy.number not in received(client.get(HOME + "export.csv", {"state": "disputed"})).decode()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\t=1", "\r=1"])
def test_no_text_becomes_a_formula(text):
    assert harmless(text) == f"'{text}"


def test_a_name_that_looks_like_a_formula_stays_text_in_both_files(client, policy):
    type(policy.legal_entity).objects.filter(pk=policy.legal_entity_id).update(name="=HYPERLINK(1)")
    assert ",'=HYPERLINK(1)," in received(client.get(HOME + "export.csv", {"state": "all"})).decode()
    book = CalamineWorkbook.from_filelike(BytesIO(received(client.get(HOME + "export.xlsx", {"state": "all"}))))
    assert book.get_sheet_by_name("保单").to_python()[1][1] == "=HYPERLINK(1)"


def test_a_file_of_more_policies_takes_no_more_queries(client, policy):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            received(client.get(HOME + "export.csv", {"state": "all"}))
        return len(asked)

    queries()
    before = queries()
    for _ in range(3):
        make.policy(make.entity(), insurer=policy.insurer)
    assert queries() == before


def test_days_are_days(policy):
    assert harmless(date(2026, 6, 1)) == "2026-06-01"
