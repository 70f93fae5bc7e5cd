from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurers.rules import TermOutcome, check_term, normalise_policy_number, term_findings
from pilot_portal.reference.rules import one_year_after

RANGE = (date(2022, 5, 1), date(2022, 7, 31))
EVER = (date(2000, 1, 1), date(2099, 12, 31))


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("signed", "starts", "ends", "end_time", "outcome"),
    [
        ("2022-06-15", "2022-06-15", "2023-06-14", "24:00", "VALID"),
        ("2022-06-15", "2022-06-15", "2023-06-15", "00:00", "VALID"),
        ("2022-06-15", "2022-06-15", "2023-06-15", "24:00", "NOT_ONE_YEAR"),
        ("2022-06-15", "2022-06-15", "2023-06-14", "00:00", "NOT_ONE_YEAR"),
        ("2022-05-01", "2022-05-01", "2023-04-30", "24:00", "VALID"),
        ("2022-07-31", "2022-07-31", "2023-07-30", "24:00", "VALID"),
        ("2022-04-30", "2022-05-01", "2023-04-30", "24:00", "OUT_OF_SIGNING_WINDOW"),  # the signing date decides, not the start
        ("2022-07-31", "2022-08-30", "2023-08-29", "24:00", "VALID"),
        ("2022-08-01", "2022-08-01", "2023-07-31", "24:00", "OUT_OF_SIGNING_WINDOW"),
        ("2022-06-15", "2022-06-14", "2023-06-13", "24:00", "REVIEW_BACKDATED"),
        ("2022-06-15", "2022-07-15", "2023-07-14", "24:00", "VALID"),  # 30 days
        ("2022-06-15", "2022-07-16", "2023-07-15", "24:00", "REVIEW_DEFERRED_START"),
        ("2022-06-15", "2022-06-15", "2022-06-15", "00:00", "INVALID_RANGE"),
        ("2022-06-15", "2022-06-15", "2022-06-14", "24:00", "INVALID_RANGE"),
        ("2022-06-15", "2022-06-15", "2021-06-14", "24:00", "INVALID_RANGE"),
        ("2022-06-15", "2022-06-15", "2022-06-15", "24:00", "NOT_ONE_YEAR"),
        ("2022-08-01", "2022-08-01", "2024-07-31", "24:00", "NOT_ONE_YEAR"),  # the graver finding first
        ("2022-08-01", "2022-07-01", "2023-06-30", "24:00", "OUT_OF_SIGNING_WINDOW"),
    ],
)
def test_a_term_of_the_pilot(signed, starts, ends, end_time, outcome):
    assert check_term(day(signed), day(starts), day(ends), end_time, RANGE) is TermOutcome[outcome]


@pytest.mark.parametrize(
    ("starts", "ends", "outcome"),
    [
        ("2023-03-01", "2024-02-29", "VALID"),  # 366 days
        ("2023-03-01", "2024-02-28", "NOT_ONE_YEAR"),  # 365 days
        ("2023-02-28", "2024-02-27", "VALID"),
        ("2023-02-28", "2024-02-28", "NOT_ONE_YEAR"),
        ("2024-02-28", "2025-02-27", "VALID"),
        ("2024-02-29", "2025-02-28", "VALID"),
        ("2024-02-29", "2025-02-27", "REVIEW_LEAP"),
        ("2024-02-29", "2025-02-26", "NOT_ONE_YEAR"),
        ("2024-02-29", "2025-03-01", "NOT_ONE_YEAR"),
        ("2024-03-01", "2025-02-28", "VALID"),
        ("2024-01-01", "2024-12-31", "VALID"),
        ("2024-01-01", "2024-12-30", "NOT_ONE_YEAR"),
    ],
)
def test_leap_years(starts, ends, outcome):
    assert check_term(day(starts), day(starts), day(ends), "24:00", EVER) is TermOutcome[outcome]
    assert check_term(day(starts), day(starts), day(ends) + timedelta(days=1), "00:00", EVER) is TermOutcome[outcome]


def test_only_two_moments_end_a_term():
    with pytest.raises(ValueError):
        check_term(day("2022-06-15"), day("2022-06-15"), day("2023-06-14"), "23:59", RANGE)


def test_all_findings_are_told_at_once():
    found = term_findings(day("2022-08-01"), day("2022-07-01"), day("2024-07-01"), RANGE)
    assert found == [TermOutcome.NOT_ONE_YEAR, TermOutcome.OUT_OF_SIGNING_WINDOW, TermOutcome.REVIEW_BACKDATED]


def test_a_window_may_tolerate_other_starts():
    late = (day("2022-06-15"), day("2022-07-20"), day("2023-07-20"), RANGE)
    assert term_findings(*late) == [TermOutcome.REVIEW_DEFERRED_START]
    assert term_findings(*late, 60) == []


@given(st.dates(date(2001, 1, 1), date(2090, 1, 1)), st.integers(-800, 800))
def test_one_length_alone_is_a_year(starts, drift):
    ends = one_year_after(starts) + timedelta(days=drift)
    outcome = check_term(starts, starts, ends, "00:00", EVER)
    assert (outcome is TermOutcome.VALID) == (drift == 0)


@pytest.mark.parametrize(
    "text",
    ["QIPL2022110395125", "qipl2022110395125", " QIPL 2022 1103 95125", "ＱＩＰＬ２０２２１１０３９５１２５", "QIPL-2022-110395125\u200b"],
)
def test_a_policy_number_has_one_spelling(text):
    assert normalise_policy_number(text) == "QIPL2022110395125"


def test_different_policy_numbers_stay_different():
    assert normalise_policy_number("PIPL/2022/1") != normalise_policy_number("PIPL2022/11")
    assert normalise_policy_number("QIPLO1") != normalise_policy_number("QIPL01")
