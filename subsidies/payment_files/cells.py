"""Cells that payment files and bank results have in common."""

import re
from decimal import Decimal

from subsidies.rules import AmountError, parse_amount

from .tables import Fault, Row

CODES = frozenset({"批次号", "明细流水号", "申报编号", "账号", "联行号", "银行流水号"})
ACCOUNT = re.compile(r"[0-9]{8,32}")
THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]{1,2})?")
SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]+")


def amount_in(row: Row, faults: list[Fault]) -> Decimal:
    """The amount; commas may only split thousands."""
    text = row["金额"]
    try:
        return parse_amount(text.replace(",", "") if THOUSANDS.fullmatch(text) else text)
    except AmountError as error:
        faults.append(Fault(row.number, "金额", str(error)))
        return Decimal("0.00")


def shortened(row: Row, columns: tuple[str, ...]) -> list[Fault]:
    """Codes that a spreadsheet has turned into 6.71E+18 or ####."""
    why = "已被表格软件改写，原来的数字丢失了。请从银行系统重新导出，不要用表格软件打开后保存。"
    return [Fault(row.number, column, why) for column in columns if SCIENTIFIC.fullmatch(row[column]) or row[column].startswith("#")]


def seen_twice(serials: list[tuple[int, str]]) -> list[Fault]:
    first: dict[str, int] = {}
    return [
        Fault(number, "明细流水号", f"与第{first[serial]}行重复。")
        for number, serial in serials
        if first.setdefault(serial, number) != number
    ]
