"""承保清单: what an insurer stands by, chosen by signing dates, reported once and kept as it was."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from insurers import services as insurers
from insurers.models import UnderwritingList
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db
LISTS = "/insurer/policies/lists/"
JUNE = {"signed_from": date(2026, 6, 1), "signed_to": date(2026, 6, 30)}


@pytest.fixture
def policy():
    made = make.policy(make.entity())
    assert made.signed_on == date(2026, 6, 14)
    return made


def report(policy, by=None, **days):
    return insurers.report_underwriting_list(policy.insurer, by=by or drive.staff_of(policy.insurer), at=make.FILED, **(days or JUNE))


def rows_of(made: UnderwritingList) -> list[dict]:
    with made.paper.file.open("rb") as file:
        head, *rows = CalamineWorkbook.from_filelike(BytesIO(file.read())).get_sheet_by_name("承保清单").to_python()
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_it_holds_what_the_insurer_confirmed_and_signed_on_these_days(policy):
    other = make.policy(make.entity(), insurer=policy.insurer)
    unconfirmed = make.policy(make.entity(), insurer=policy.insurer, confirmed=False)
    made = report(policy)
    assert {row["保单号"] for row in rows_of(made)} == {policy.number, other.number}
    assert unconfirmed.number not in str(rows_of(made))
    assert (made.policy_count, made.premium_total) == (2, Decimal("200000.00"))
    assert Event.objects.get(action="report_underwriting_list").data["policies"] == 2
    with refused("list_empty"):
        report(policy, signed_from=date(2026, 6, 15), signed_to=date(2026, 6, 30))


def test_it_says_what_was_paid_endorsed_and_surrendered(policy):
    by = drive.staff_of(policy.insurer)
    facts = {"kind": "reduction", "number": "P-1", "effective_on": date(2026, 9, 1), "premium_after": Decimal("90000.00")}
    insurers.endorse(policy, by=by, at=make.FILED, facts=facts)
    row = rows_of(report(policy))[0]
    assert (row["批改后保费"], row["已缴保费"], row["缴费情况"]) == (90000, 100000, "已缴清")
    insurers.surrender(policy, by=by, at=make.FILED, facts={"number": "P-2", "effective_on": date(2026, 9, 2)})
    row = rows_of(report(policy))[0]
    assert (row["退保生效日期"], row["状态"]) == ("2026-09-02", "已退保")


def test_the_same_is_reported_once_and_anew_when_something_changed(policy):
    report(policy)
    with refused("list_unchanged"):
        report(policy)
    make.policy(make.entity(), insurer=policy.insurer)
    assert report(policy).policy_count == 2


@pytest.mark.django_db(transaction=True)
def test_two_people_report_at_once_and_one_list_is_kept():
    policy = make.policy(make.entity())
    by = drive.staff_of(policy.insurer)
    outcomes = at_once(*[lambda: report(policy, by)] * 2, meet="insurers.services.underwriting_lists.store")
    assert codes(outcomes) == ["done", "list_unchanged"]
    assert UnderwritingList.objects.count() == 1


def test_only_people_of_the_insurer_report_it(policy):
    for by in (make.officer(Role.HANDLER), make.owner_of(policy.legal_entity), make.insurer("示例二").staff.get().user):
        with refused("not_its_insurer"):
            report(policy, by)
    with refused("list_period"):
        report(policy, signed_from=date(2026, 6, 30), signed_to=date(2026, 6, 1))


def test_on_the_page_it_is_looked_through_reported_and_taken_away(client, policy):
    client.force_login(drive.staff_of(policy.insurer))
    asked = {"signed_from": "2026-06-01", "signed_to": "2026-06-30"}
    page = client.get(LISTS, asked).content.decode()
    assert policy.number in page
    assert "100,000.00" in page
    assert "承保清单已报送：1 份保单" in client.post(LISTS, asked, follow=True).content.decode()
    assert "没有变化，不必再报" in client.post(LISTS, asked).content.decode()
    made = UnderwritingList.objects.get()
    answer = client.get(f"/underwriting-lists/{made.pk}/file/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer)[:2] == b"PK"


@pytest.mark.parametrize(
    "asked", [{"signed_from": "昨天", "signed_to": "2026-06-30"}, {"signed_from": "2026-07-01", "signed_to": "2026-06-30"}]
)
def test_days_that_are_none_are_said_beside_the_field(client, policy, asked):
    client.force_login(drive.staff_of(policy.insurer))
    for page in (client.get(LISTS, asked), client.post(LISTS, asked)):
        assert "is-invalid" in page.content.decode()
        assert policy.number not in page.content.decode()


def test_a_stranger_finds_no_file_and_the_centre_does(client, policy):
    made = report(policy)
    for user in (make.insurer("示例二").staff.get().user, make.owner_of(policy.legal_entity)):
        with pytest.raises(ObjectDoesNotExist):
            UnderwritingList.objects.visible_to(user).get()
    client.force_login(make.officer(Role.HANDLER))
    page = client.get(f"/admin/insurers/underwritinglist/{made.pk}/change/").content.decode()
    assert "份数和保费一致" in page
    make.policy(make.entity(), insurer=policy.insurer)
    assert "与报送时不同" in client.get(f"/admin/insurers/underwritinglist/{made.pk}/change/").content.decode()


def test_a_longer_list_takes_no_more_queries(client, policy):
    client.force_login(drive.staff_of(policy.insurer))

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(LISTS, {"signed_from": "2026-06-01", "signed_to": "2026-06-30"})
        return len(asked)

    queries()
    before = queries()
    for _ in range(3):
        make.policy(make.entity(), insurer=policy.insurer)
    assert queries() == before
