"""A cell as a person or a spreadsheet wrote it, to what it means; never a guess, never through a float where digits count."""

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from pilot_portal.reference.rules import FEN, AmountError, clean_amount
from subsidies.payment_files.tables import FORMULA_STARTS

from .columns import NO, YES, Column, Kind

DIGITS_KEPT = 10**15  # a spreadsheet keeps fifteen digits of a number
SERIALS = range(36526, 73051)  # 2000-01-01 to 2099-12-31 as a spreadsheet counts days
YEARS = range(2000, 2100)
DAY_ZERO = date(1899, 12, 30)
CLOCK = r"(?:[ T]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
DAYS = tuple(
    re.compile(form + CLOCK, re.ASCII)
    for form in (r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", r"(\d{4})()(\d{2})(\d{2})", r"(\d{4})()年(\d{1,2})月(\d{1,2})[日号]?")
)
SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]+", re.ASCII)

LOST_DIGITS = "Excel 只能保留数字的前 15 位，这里的末几位已经丢失。请把这一列设为“文本”格式，照原件重新填写。"


class CellError(ValueError):
    """What is wrong with a cell, as a sentence that says what to do."""


def text_of(cell) -> str:
    """A cell as text, for people: no control characters, numbers as they were written where that can be known."""
    if isinstance(cell, str):
        return _printable(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ", "seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, (int, float)):
        number = Decimal(f"{cell:.15g}")
        return format(number, "f") if number.is_finite() else "#NUM!"
    return _printable(str(cell))


def _printable(text: str) -> str:
    if not text.isprintable():
        text = "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cs"))
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def safe(text: str) -> str:
    """The same, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def value_of(cell, text: str, column: Column):
    """What a cell says: str, date or Decimal; None where it is empty and may be. `text` is its `text_of`. Raises CellError."""
    if not text:
        if column.required:
            raise CellError("不能为空。")
        return None if column.kind is not Kind.TEXT else ""
    if text.startswith("#"):
        raise CellError("这里是公式的错误值。请照原件填写。")
    if column.key == "pledged":
        return _yes(text)
    return READ[column.kind](cell, text, column)


def _yes(text: str) -> str:
    if text not in (YES, NO):
        raise CellError("请选“是”或“否”。")
    return text


def _text(_, text: str, column: Column) -> str:
    if len(text) > column.most:
        raise CellError(f"最多 {column.most} 个字，现有 {len(text)} 个。")
    return text


def _code(cell, text: str, column: Column) -> str:
    if not isinstance(cell, str):
        _whole(cell)
    if SCIENTIFIC.fullmatch(text):
        raise CellError(LOST_DIGITS)
    return _text(cell, unicodedata.normalize("NFKC", text), column)


def _whole(cell) -> None:
    """A spreadsheet's number in the place of a code: whole, with all its digits. Raises CellError."""
    if isinstance(cell, (bool, date)):
        raise CellError("已被 Excel 改成别的内容。请把这一列设为“文本”格式，照原件重新填写。")
    if isinstance(cell, (int, float)):
        if abs(cell) >= DIGITS_KEPT:
            raise CellError(LOST_DIGITS)
        if cell != int(cell) or cell < 0:
            raise CellError("请照原件填写，这一列应为“文本”格式。")


def _amount(cell, text: str, column: Column) -> Decimal:
    if isinstance(cell, (bool, date)):
        raise CellError("已被 Excel 改成别的内容。请把格式设为“常规”，重新填写金额。")
    if isinstance(cell, (int, float)):
        value = Decimal(text)  # fifteen digits: what the spreadsheet knows, without the noise of binary fractions
        text = str(value.quantize(FEN)) if value == value.quantize(FEN) and abs(value) < 10**12 else text
    try:
        amount = clean_amount(text)
    except AmountError as error:
        raise CellError(str(error)) from error
    if column.positive and not amount:
        raise CellError("金额须大于 0。请按票据上的数字填写。")
    return amount


def _day(cell, text: str, _: Column) -> date:
    if isinstance(cell, datetime):
        return _sane(cell.date())
    if isinstance(cell, date):
        return _sane(cell)
    return _written_day(text)


@lru_cache(maxsize=1024)  # thousands of rows share a few hundred days
def _written_day(text: str) -> date:
    plain = unicodedata.normalize("NFKC", "".join(text.split()) if "年" in text else text)
    if plain.isascii() and plain.isdigit() and len(plain) == 5 and int(plain) in SERIALS:
        return DAY_ZERO + timedelta(days=int(plain))
    for form in DAYS:
        if match := form.fullmatch(plain):
            try:
                return _sane(date(int(match[1]), int(match[3]), int(match[4])))
            except ValueError as error:
                if isinstance(error, CellError):
                    raise
                raise CellError(f"没有“{text}”这一天。请核对后重新填写。") from error
    raise CellError("看不出是哪一天。请写成 2026-06-04 的形式，年份写四位。")


def _sane(day: date) -> date:
    if day.year not in YEARS:
        raise CellError("年份不对。请核对后重新填写。")
    return day


READ = {Kind.CODE: _code, Kind.TEXT: _text, Kind.DAY: _day, Kind.AMOUNT: _amount}
