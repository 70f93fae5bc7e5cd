"""Reference data: the administrator edits it, each save leaves an event; the calendar is entered a year at a time."""

from datetime import date

import pytest
from django.urls import reverse

from insurers.models import Product
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.reference.models import CalendarDay, Entry
from tests import make
from tests.workbench import enter, text, url

pytestmark = pytest.mark.django_db
YEAR = "admin:reference_calendarday_year"


def word(**changed) -> dict:
    return {"kind": "industry", "code": "quantum", "name": "量子信息", "basis": "目录（2027）", "position": 9, **changed}


def test_word_is_added_and_recorded():
    response = enter(Role.ADMINISTRATOR).post(reverse("admin:reference_entry_add"), word(valid_from="2027-01-01"))
    assert response.status_code == 302
    entry = Entry.objects.get(code="quantum")
    event = Event.objects.get(action="add", object_type="reference.entry")
    assert (entry.valid_from, event.object_id, event.actor) == (date(2027, 1, 1), entry.pk, make.officer(Role.ADMINISTRATOR).username)


def test_word_is_ended_and_the_event_tells_before_and_after():
    entry = Entry.objects.filter(kind="district").first()
    data = {
        "kind": entry.kind,
        "code": entry.code,
        "name": entry.name,
        "basis": entry.basis,
        "position": entry.position,
        "valid_until": "2030-12-31",
    }
    assert enter(Role.ADMINISTRATOR).post(url(entry), data).status_code == 302
    event = Event.objects.get(action="change", object_type="reference.entry")
    assert (event.data["before"], event.data["after"]) == ({"valid_until": "None"}, {"valid_until": "2030-12-31"})


def test_word_that_ends_before_it_starts_is_refused_and_kept():
    response = enter(Role.ADMINISTRATOR).post(reverse("admin:reference_entry_add"), word(valid_from="2027-02-01", valid_until="2027-01-01"))
    assert not Entry.objects.filter(code="quantum").exists()
    assert "量子信息" in response.content.decode()


@pytest.mark.parametrize("role", [Role.HANDLER, Role.HEAD, Role.SECURITY, Role.AUDITOR])
def test_nobody_else_edits_words(role):
    assert enter(role).post(reverse("admin:reference_entry_add"), word()).status_code == 403
    assert not Event.objects.filter(action="add").exists()


def test_product_is_added_for_an_insurer():
    company = make.insurer()
    data = {"insurer": company.pk, "name": "新产品", "filing_number": "备案-新", "filed_on": "2026-03-01"}
    assert enter(Role.ADMINISTRATOR).post(reverse("admin:insurers_product_add"), data).status_code == 302
    assert Product.objects.get(filing_number="备案-新").insurer == company


def test_handler_reads_products_without_a_form():
    product = make.insurer().products.first()
    response = enter(Role.HANDLER).get(url(product))
    assert product.filing_number in text(response)
    assert '<form method="post" novalidate' not in response.content.decode()


def enter_year(**changed):
    data = {"year": 2027, "days_off": "2027-01-01\n2027-10-01 至 2027-10-07", "extra_working": "2027-10-09", **changed}
    return enter(Role.ADMINISTRATOR).post(reverse(YEAR), data)


def test_year_of_working_days_is_entered():
    assert enter_year().status_code == 302
    works = dict(CalendarDay.objects.filter(day__year=2027).values_list("day", "is_working"))
    assert len(works) == 365
    assert (works[date(2027, 1, 1)], works[date(2027, 1, 4)], works[date(2027, 10, 5)]) == (False, True, False)
    assert (works[date(2027, 10, 9)], works[date(2027, 10, 10)]) == (True, False)
    assert Event.objects.get(action="set_calendar_year").data["year"] == 2027


def test_single_day_is_changed_and_recorded():
    day = CalendarDay.objects.get(day=date(2026, 12, 31))
    assert enter(Role.ADMINISTRATOR).post(url(day), {"is_working": ""}).status_code == 302
    day.refresh_from_db()
    assert not day.is_working
    assert Event.objects.get(object_type="reference.calendarday").data["after"] == {"is_working": "False"}


def test_year_is_entered_again_over_a_provisional_one():
    CalendarDay.objects.create(day=date(2027, 10, 5), is_working=True, provisional=True)
    enter_year()
    day = CalendarDay.objects.get(day=date(2027, 10, 5))
    assert (day.is_working, day.provisional) == (False, False)


@pytest.mark.parametrize("days_off", ["下周一", "2027-02-30", "2027-10-07 至 2027-10-01", "2026-10-01", ""])
def test_days_that_cannot_be_read_are_refused_and_kept(days_off):
    response = enter_year(days_off=days_off)
    assert response.status_code == 422
    assert days_off in response.content.decode()
    assert not CalendarDay.objects.filter(day__year=2027).exists()


@pytest.mark.parametrize("role", [Role.HEAD, Role.SECURITY])
def test_nobody_else_enters_a_year(role):
    assert enter(role).get(reverse(YEAR)).status_code == 403
