"""Amounts, codes, years and working days, as the law counts them: no database, no clock, no settings."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

FEN = Decimal("0.01")
STRICT_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?")
NEGATIVE_AMOUNT = re.compile(r"-[0-9]+(\.[0-9]+)?")
LONG_FRACTION = re.compile(r"(0|[1-9][0-9]{0,11})\.[0-9]{3,}")
THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")

AMOUNT_SENTENCES = {
    "amount_empty": "请填写金额。",
    "amount_format": "金额只能写数字，例如 123456.78，最多 12 位整数；不要写“万”，也不要写多余的 0 和符号。",
    "amount_negative": "金额不能是负数。请按票据上的数字填写。",
    "amount_decimals": "金额最多保留两位小数（到分）。请按票据上的数字填写。",
    "zero_premium": "保费须大于 0。请按票据上的数字填写。",
}


class AmountError(ValueError):
    """A text that is no amount. `code` is a key of AMOUNT_SENTENCES; str() is the sentence to show beside the field."""

    def __init__(self, code: str):
        super().__init__(AMOUNT_SENTENCES[code])
        self.code = code


class CalendarGap(LookupError):
    """A working-day count met a day without a calendar row. `year` is the year to fill in."""

    def __init__(self, year: int):
        super().__init__(f"{year} 年的工作日历尚未录入，期限无法计算。请系统管理员先录入该年工作日历。")
        self.year = year


def parse_amount(text: str) -> Decimal:
    """CNY to the fen from exactly `0` or `123456.78`, ASCII only; raises AmountError."""
    if not text.strip():
        raise AmountError("amount_empty")
    if STRICT_AMOUNT.fullmatch(text):
        return Decimal(text).quantize(FEN)
    if NEGATIVE_AMOUNT.fullmatch(text):
        raise AmountError("amount_negative")
    if LONG_FRACTION.fullmatch(text):
        raise AmountError("amount_decimals")
    raise AmountError("amount_format")


def parse_premium(text: str) -> Decimal:
    """An amount above zero; raises AmountError."""
    amount = parse_amount(text)
    if amount == 0:
        raise AmountError("zero_premium")
    return amount


def clean_amount(text: str) -> Decimal:
    """What people type: full-width digits, spaces, ￥, 元, commas that split thousands; then the strict form."""
    text = "".join(unicodedata.normalize("NFKC", text).split())
    text = text.removeprefix("¥").removesuffix("元")
    if THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    return parse_amount(text)


def compact(text: str) -> str:
    """One spelling of a code or number for matching: NFKC, upper case, no blanks, invisible characters or dashes."""
    if text.isascii() and text.isalnum():
        return text.upper()  # nothing else can be in it
    text = unicodedata.normalize("NFKC", text).upper()
    if text.isalnum():
        return text
    return "".join(c for c in text if not c.isspace() and c != "\N{MINUS SIGN}" and unicodedata.category(c) not in ("Cf", "Cc", "Pd"))


def add_working_days(start: date, days: int, is_working: Mapping[date, bool]) -> date:
    """The day on which a period of `days` working days ends, counted from the next day. 民法典 第二百零一条.

    `is_working` holds one row a calendar day; raises CalendarGap at the first day without one, never guesses weekdays.
    """
    if days < 0:
        raise ValueError("a period has no negative length")
    day = start
    while days:
        day += timedelta(days=1)
        days -= works(day, is_working)
    return day


def working_days_between(start: date, end: date, is_working: Mapping[date, bool]) -> int:
    """Working days after `start` up to and including `end`; below zero when `end` comes first. Raises CalendarGap."""
    if end < start:
        return -working_days_between(end, start, is_working)
    return sum(works(start + timedelta(days=n), is_working) for n in range(1, (end - start).days + 1))


def works(day: date, is_working: Mapping[date, bool]) -> bool:
    try:
        return bool(is_working[day])
    except KeyError:
        raise CalendarGap(day.year) from None


def one_year_after(start: date) -> date:
    """The first day after a term of one calendar year from 00:00 of `start`; 29 February gives 1 March. 民法典 第二百零二条."""
    try:
        return start.replace(year=start.year + 1)
    except ValueError:
        return date(start.year + 1, 3, 1)


def last_day_of_year_term(start: date) -> date:
    """The day at whose 24:00 a term of one calendar year from 00:00 of `start` ends; 29 February gives 28 February."""
    return one_year_after(start) - timedelta(days=1)
