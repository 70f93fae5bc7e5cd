"""What a policy must be: its number and its term. Pure functions."""

from datetime import date, timedelta
from enum import Enum

from pilot_portal.reference.rules import compact, last_day_of_year_term, one_year_after

END_OF_DAY, START_OF_DAY = "24:00", "00:00"  # how a policy may state the moment at which it ends
REPORT_DAYS = 3  # working days after it takes effect in which an insurer reports an endorsement; its selection may say otherwise
START_TOLERANCE_DAYS = 30  # a start later than this after signing goes to a human; a window may say otherwise


class TermOutcome(Enum):
    """What a term is found to be. REVIEW_… means that a human decides."""

    VALID = "valid"
    INVALID_RANGE = "invalid_range"
    NOT_ONE_YEAR = "not_one_year"
    OUT_OF_SIGNING_WINDOW = "out_of_signing_window"
    REVIEW_LEAP = "review_leap"
    REVIEW_BACKDATED = "review_backdated"
    REVIEW_DEFERRED_START = "review_deferred_start"


def normalise_policy_number(text: str) -> str:
    """One spelling for matching: NFKC, upper case, no blanks, invisible characters or hyphens."""
    return compact(text)


def end_of_term(ends: date, end_time: str) -> date:
    """The first day without cover, from the day and moment that a policy states. The term is [start, end)."""
    if end_time not in (END_OF_DAY, START_OF_DAY):
        raise ValueError(f"a term ends at {END_OF_DAY} or {START_OF_DAY}, not at {end_time!r}")
    return ends + timedelta(days=1) if end_time == END_OF_DAY else ends


def check_term(signed: date, starts: date, ends: date, end_time: str, signing_window: tuple[date, date]) -> TermOutcome:
    """The gravest finding on a term, or VALID. A half-open end is passed with 00:00. 试点方案 四（二）, 民法典 二百至二百零四条."""
    return next(iter(term_findings(signed, starts, end_of_term(ends, end_time), signing_window)), TermOutcome.VALID)


def term_findings(
    signed: date, starts: date, ends_before: date, signing_window: tuple[date, date], tolerance_days: int = START_TOLERANCE_DAYS
) -> list[TermOutcome]:
    """All that is to be said of the term [starts, ends_before), gravest first; empty when it is in order.

    `signing_window` includes both days. Exactly one calendar year, never a number of days.
    """
    if ends_before <= starts:
        return [TermOutcome.INVALID_RANGE]
    first, last = signing_window
    leap = _is_day_short_of_leap_year(starts, ends_before)
    found = {
        TermOutcome.NOT_ONE_YEAR: ends_before != one_year_after(starts) and not leap,
        TermOutcome.OUT_OF_SIGNING_WINDOW: not first <= signed <= last,
        TermOutcome.REVIEW_LEAP: leap,
        TermOutcome.REVIEW_BACKDATED: starts < signed,
        TermOutcome.REVIEW_DEFERRED_START: starts > signed + timedelta(days=tolerance_days),
    }
    return [outcome for outcome, holds in found.items() if holds]


def _is_day_short_of_leap_year(starts: date, ends_before: date) -> bool:
    """From 29 February to 27 February, 24:00: 365 days, which some insurers print for a year."""
    return (starts.month, starts.day) == (2, 29) and ends_before == last_day_of_year_term(starts)
