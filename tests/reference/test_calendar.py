"""Deadlines on the official calendar, dictionaries with the days on which they hold."""

from datetime import date

import pytest
from django.db import connection

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.reference import services
from pilot_portal.reference.models import CalendarDay, Entry, Kind
from tests import make
from tests.expect import refused

pytestmark = pytest.mark.django_db


def test_every_day_from_2020_to_2026_has_its_official_row():
    days = CalendarDay.objects.filter(provisional=False)
    assert (days.earliest("day").day, days.latest("day").day) == (date(2020, 1, 1), date(2026, 12, 31))
    assert days.count() == (date(2027, 1, 1) - date(2020, 1, 1)).days
    assert CalendarDay.objects.count() == days.count()


def test_no_holiday_is_longer_than_a_deadline_looks_ahead():
    longest = run = 0
    for works in CalendarDay.objects.order_by("day").values_list("is_working", flat=True):
        run = 0 if works else run + 1
        longest = max(longest, run)
    assert longest <= services.LONGEST_HOLIDAY


@pytest.mark.parametrize(
    ("start", "days", "ends"),
    [
        ("2026-09-01 10:00", 5, "2026-09-09 00:00"),  # 24:00 of the 8th
        ("2026-09-01 23:59", 5, "2026-09-09 00:00"),  # the hour does not count, the day does
        ("2026-09-30 10:00", 1, "2026-10-09 00:00"),  # over National Day
        ("2026-02-13 10:00", 1, "2026-02-15 00:00"),  # a working Saturday before Spring Festival
        ("2026-09-01 10:00", 0, "2026-09-02 00:00"),
    ],
)
def test_a_deadline_is_the_end_of_its_last_working_day_in_beijing(start, days, ends):
    assert services.deadline(make.moment(start), days) == make.moment(ends)


def test_a_moment_shortly_after_midnight_in_beijing_is_the_new_day():
    late_evening_utc = make.moment("2026-09-02 00:30")  # still 1 September in UTC
    assert services.deadline(late_evening_utc, 1) == make.moment("2026-09-04 00:00")


def test_a_year_without_rows_is_named_and_not_guessed():
    assert services.deadline(make.moment("2026-12-30 10:00"), 1) == make.moment("2027-01-01 00:00")
    with refused("calendar_missing") as caught:
        services.deadline(make.moment("2026-12-30 10:00"), 2)
    assert "2027 年的工作日历尚未录入" in caught.value.sentence


def test_a_deadline_costs_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        services.deadline(make.FILED, 15)


def test_the_demos_years_are_weekdays_marked_provisional_and_official_rows_stay():
    before = list(CalendarDay.objects.values_list("day", "is_working", "provisional"))
    services.seed_provisional_years(2026, 2028)
    assert list(CalendarDay.objects.filter(day__year__lte=2026).values_list("day", "is_working", "provisional")) == before
    made = CalendarDay.objects.filter(day__year__gt=2026)
    assert made.count() == 365 + 366
    assert not made.filter(provisional=False).exists()
    assert {day.is_working for day in made if day.day.weekday() >= 5} == {False}
    services.seed_provisional_years(2026, 2028)
    assert made.count() == 365 + 366


def test_the_official_calendar_of_a_year_takes_the_place_of_a_provisional_one():
    services.seed_provisional_years(2027, 2027)
    off, on = {date(2027, 1, 1)}, {date(2027, 1, 3)}
    services.set_calendar_year(2027, days_off=off, extra_working=on, by=make.officer(Role.ADMINISTRATOR), at=make.FILED)
    year = CalendarDay.objects.filter(day__year=2027)
    assert (year.count(), year.filter(provisional=True).count()) == (365, 0)
    assert year.get(day="2027-01-03").is_working
    assert not year.get(day="2027-01-01").is_working
    assert Event.objects.get(action="set_calendar_year").data["days_off"] == ["2027-01-01"]


@pytest.mark.parametrize("role", [Role.HEAD, Role.HANDLER, Role.ENTERPRISE, Role.SECURITY])
def test_only_an_administrator_writes_a_calendar(role):
    with refused("wrong_role"):
        services.set_calendar_year(2027, days_off=set(), extra_working=set(), by=make.officer(role), at=make.FILED)
    assert not CalendarDay.objects.filter(day__year=2027).exists()


# dictionaries


def test_an_agency_bears_the_name_of_the_day():
    agency = Entry.objects.of(Kind.AGENCY).filter(code="regulator")
    assert agency.valid_on(date(2023, 5, 17)).get().name == "北京银保监局"
    assert agency.valid_on(date(2023, 5, 18)).get().name == "国家金融监督管理总局北京监管局"


def test_an_entry_holds_on_its_first_and_on_its_last_day():
    entry = Entry.objects.create(
        kind=Kind.CATEGORY, code="trial", name="试点类别", valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31)
    )
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [Entry.objects.valid_on(day).filter(pk=entry.pk).exists() for day in days] == [False, True, True, False]


def test_the_schemes_categories_and_all_districts_are_there():
    names = set(Entry.objects.of(Kind.CATEGORY).values_list("name", flat=True))
    assert {"单项冠军企业", "领军企业", "北京市专精特新企业", "十大高精尖产业企业"} <= names  # 试点方案 四（一）
    assert Entry.objects.of(Kind.DISTRICT).exclude(code="elsewhere").count() == 17  # sixteen districts and the development area


def test_migrations_leave_the_rows_to_the_portals_role():
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
        assert cursor.fetchall() == [("portal_owner",)]
