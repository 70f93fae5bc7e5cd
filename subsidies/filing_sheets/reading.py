"""A filled sheet, row by row."""

import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from enterprises.rules import account_number_ok, check_cnaps, check_credit_code
from insurers.rules import normalise_policy_number

from .cells import CellError, text_of, value_of
from .columns import COLUMNS, Column, Kind
from .refusing import SheetRefused, unpacked

MOST_ROWS = 10_000
SHEET = "申报"
TITLES = {column.title: column for column in COLUMNS}


@dataclass(slots=True)
class SheetRow:
    """`number` as the spreadsheet counts; `texts` as written, `values` where they are understood; `faults` are (column, sentence);
    `papers` are names in the ZIP by kind, once they have been matched. `policy` is its number in the spelling by which it is matched,
    empty where there is none.
    """

    number: int
    texts: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)
    papers: dict[str, str] = field(default_factory=dict)
    policy: str = ""

    @property
    def ends_on(self) -> date:
        """The first day without cover."""
        return self.values["last_day"] + timedelta(days=1)

    def fault(self, key: str, sentence: str) -> None:
        self.faults.append((key, sentence))


def read_sheet(content: bytes) -> list[SheetRow]:
    """Every row below the head that holds anything. Raises SheetRefused where the file as a whole cannot be read."""
    places, lines = _lines(content)
    return [_row(number, line, places) for number, line in lines]


def count_rows(content: bytes) -> int:
    """How many rows `read_sheet` would give. Raises SheetRefused as it does."""
    return len(_lines(content)[1])


def _lines(content: bytes) -> tuple[list[tuple[int, Column]], list[tuple[int, list]]]:
    """Which column stands where, and the lines that hold anything with their numbers."""
    cells = _cells(unpacked(content))
    places = _head(cells[0] if cells else [])
    lines = [(number, line) for number, line in enumerate(cells[1:], 2) if any(_holds(line[place]) for place, _ in places)]
    if not lines:
        raise SheetRefused("表里没有申报。请从第 2 行起，一行填写一份申报。")
    if len(lines) > MOST_ROWS:
        raise SheetRefused(f"表里有 {len(lines)} 行，一次最多 {MOST_ROWS} 行。请分成几个文件。")
    return places, lines


def _holds(cell) -> bool:
    return bool(cell.strip()) if isinstance(cell, str) else True


def _cells(workbook: bytes) -> list[list]:
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
        name = SHEET if SHEET in book.sheet_names else book.sheet_names[0]
        sheet = book.get_sheet_by_name(name)
        merged = sorted(first for first, last in sheet.merged_cell_ranges or [] if last[0] > 0)
        cells = sheet.to_python(skip_empty_area=False)
    except (CalamineError, IndexError, OSError, ValueError) as error:
        raise SheetRefused("Excel 文件打不开，可能已损坏。请在电脑上打开，另存后重新上传。") from error
    if merged:
        raise SheetRefused(f"第 {merged[0][0] + 1} 行起有合并的单元格。请取消合并，一行填写一份申报，每格单独填写。")
    return cells


def _head(line: list) -> list[tuple[int, Column]]:
    """Which column stands where, in any order. Raises SheetRefused."""
    titles = [text_of(cell).strip("* ").replace("(", "（").replace(")", "）").replace(",", "，") for cell in line]
    if missing := [column.title for column in COLUMNS if column.required and column.title not in titles]:
        raise SheetRefused(f"第 1 行缺少列：{'、'.join(missing)}。请使用模板，不要改动表头。")
    if twice := sorted({title for title in titles if title in TITLES and titles.count(title) > 1}):
        raise SheetRefused(f"第 1 行有重复的列：{'、'.join(twice)}。请使用模板，不要改动表头。")
    return [(place, TITLES[title]) for place, title in enumerate(titles) if title in TITLES]


def row_of(number: int, texts: dict[str, str]) -> SheetRow:
    """A row again from its texts by column key."""
    return _row(number, [texts.get(column.key, "") for column in COLUMNS], list(enumerate(COLUMNS)))


def _row(number: int, line: list, places: list[tuple[int, Column]]) -> SheetRow:
    row = SheetRow(number, {column.key: "" for column in COLUMNS})
    row.values = {column.key: None if column.kind is not Kind.TEXT else "" for column in COLUMNS if not column.required}
    for place, column in places:
        cell = line[place]
        text = text_of(cell)
        row.texts[column.key] = text[:500]
        try:
            row.values[column.key] = value_of(cell, text, column)
        except CellError as error:
            row.values.pop(column.key, None)
            row.fault(column.key, str(error))
    _codes(row)
    _together(row)
    return row


def _codes(row: SheetRow) -> None:
    values = row.values
    if "credit_code" in values:
        code = check_credit_code(values["credit_code"])
        values["credit_code"] = code.normalised
        if not code.ok:
            row.fault("credit_code", code.sentence)
    if "number" in values:
        row.policy = normalise_policy_number(values["number"])
        if not row.policy:
            row.fault("number", "保单号里没有字母或数字。请对照保单填写。")
    if account := values.get("account"):
        values["account"] = "".join(account.split()).replace("-", "")
        if not account_number_ok(values["account"]):
            row.fault("account", "账号应为 8 至 32 位数字。请对照开户证明填写。")
        for key in ("bank_name", "cnaps"):
            if key in values and not values[key]:
                row.fault(key, "填写了收款账号的，不能为空。")
    if (cnaps := values.get("cnaps")) and not check_cnaps(cnaps):
        row.fault("cnaps", "联行号应为 12 位数字且校验通过。请向开户银行核对。")


def _together(row: SheetRow) -> None:
    """What two cells say of each other."""
    values = row.values
    if {"starts_on", "last_day"} <= values.keys() and values["last_day"] < values["starts_on"]:
        row.fault("last_day", "早于保险起期。请对照保单核对。")
    parts = sum((values.get(key) or Decimal(0) for key in ("non_pilot_premium", "coinsured_premium")), Decimal(0))
    if "premium" in values and parts > values["premium"]:
        row.fault("non_pilot_premium", "非试点的部分合计超过了保费。请对照保单核对。")
