from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot_portal.reference.rules import CalendarGap, add_working_days, last_day_of_year_term, one_year_after, working_days_between
from subsidies.rule_cases import official_calendar

CALENDAR = official_calendar()
DAYS = st.dates(date(2020, 1, 1), date(2025, 12, 31))
# 国办发明电〔2021〕11号: days off on weekdays and working weekends of 2022, as announced
OFF_2022 = ["01-03", "01-31", *(f"02-0{n}" for n in range(1, 5)), "04-04", "04-05", "05-02", "05-03", "05-04", "06-03", "09-12"]
OFF_2022 += ["10-03", "10-04", "10-05", "10-06", "10-07"]
ON_2022 = ["01-29", "01-30", "04-02", "04-24", "05-07", "10-08", "10-09"]


def test_the_calendar_of_2022_is_the_state_councils():
    day = date(2022, 1, 1)
    while day.year == 2022:
        name = f"{day:%m-%d}"
        assert CALENDAR[day] == (name in ON_2022 or (day.weekday() < 5 and name not in OFF_2022)), day
        day += timedelta(days=1)


@pytest.mark.parametrize(
    ("start", "days", "ends"),
    [
        (date(2022, 9, 28), 5, date(2022, 10, 10)),  # over National Day, with two working days of the weekend
        (date(2022, 4, 29), 5, date(2022, 5, 10)),
        (date(2022, 10, 1), 1, date(2022, 10, 8)),  # begins on a day off
        (date(2022, 1, 28), 1, date(2022, 1, 29)),  # a working Saturday
        (date(2022, 1, 30), 1, date(2022, 2, 7)),  # over Spring Festival
        (date(2024, 2, 28), 2, date(2024, 3, 1)),  # over 29 February
        (date(2022, 6, 15), 0, date(2022, 6, 15)),
    ],
)
def test_a_period_counts_from_the_next_day(start, days, ends):
    assert add_working_days(start, days, CALENDAR) == ends


def test_a_year_without_rows_fails_closed_and_names_the_year():
    only_2022 = {day: works for day, works in CALENDAR.items() if day.year == 2022}
    assert add_working_days(date(2022, 12, 26), 4, only_2022) == date(2022, 12, 30)
    with pytest.raises(CalendarGap, match="2023 年的工作日历尚未录入") as gap:
        add_working_days(date(2022, 12, 26), 5, only_2022)
    assert gap.value.year == 2023
    with pytest.raises(CalendarGap):
        working_days_between(date(2022, 12, 26), date(2023, 1, 3), only_2022)


def test_a_single_missing_day_is_not_taken_for_a_weekday():
    holed = {day: works for day, works in CALENDAR.items() if day != date(2022, 6, 16)}
    with pytest.raises(CalendarGap):
        add_working_days(date(2022, 6, 15), 2, holed)


def test_a_period_is_never_negative():
    with pytest.raises(ValueError):
        add_working_days(date(2022, 6, 15), -1, CALENDAR)


@given(DAYS, st.integers(min_value=1, max_value=60))
def test_counting_back_gives_the_days_counted(start, days):
    ends = add_working_days(start, days, CALENDAR)
    assert CALENDAR[ends]
    assert working_days_between(start, ends, CALENDAR) == days
    assert working_days_between(ends, start, CALENDAR) == -days


@pytest.mark.parametrize(
    ("start", "last_day"),
    [
        (date(2022, 6, 15), date(2023, 6, 14)),
        (date(2023, 3, 1), date(2024, 2, 29)),  # 366 days
        (date(2023, 2, 28), date(2024, 2, 27)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2024, 3, 1), date(2025, 2, 28)),
        (date(2022, 1, 1), date(2022, 12, 31)),
    ],
)
def test_a_year_is_a_calendar_year(start, last_day):
    assert last_day_of_year_term(start) == last_day
    assert one_year_after(start) == last_day + timedelta(days=1)


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_a_year_is_365_or_366_days(start):
    assert (one_year_after(start) - start).days in (365, 366)
