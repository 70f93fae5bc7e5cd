"""Lists as files for a spreadsheet: CSV as it comes, Excel a row at a time; no cell is ever a formula."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from tempfile import TemporaryFile
from urllib.parse import quote

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.utils import timezone

BOM = "\ufeff"  # by which Excel knows UTF-8
STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
LINES = 100
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def plain(value: object) -> str:
    """A cell as text: days in ISO, moments in local time, amounts without commas."""
    if type(value) is str:
        return value
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def harmless(value: object) -> str:
    """The same for CSV, where a spreadsheet would take some texts for formulas."""
    if type(value) is str:
        return f"'{value}" if value.startswith(STARTS_FORMULA) else value
    text = plain(value)
    return f"'{text}" if text.startswith(STARTS_FORMULA) and not isinstance(value, Decimal) else text


class _Line:
    """What csv writes, handed on at once."""

    def write(self, text: str) -> str:
        return text


def csv_lines(head: list[str], rows: Iterable[list]) -> Iterator[str]:
    """The file in pieces of a few lines: each piece handed on costs as much as writing several."""
    writer, lines = csv.writer(_Line()), iter(rows)
    yield BOM + writer.writerow(head)
    while piece := "".join([writer.writerow(list(map(harmless, row))) for row in islice(lines, LINES)]):
        yield piece


def csv_answer(name: str, head: list[str], rows: Iterable[list]) -> StreamingHttpResponse:
    """A download that is written while it is sent."""
    named = f"attachment; filename*=UTF-8''{quote(name)}"
    return StreamingHttpResponse(
        csv_lines(head, rows), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": named, "Cache-Control": "no-store"}
    )


class Book:
    """An Excel file of plain lists, a sheet each: rows go to disk as they come."""

    def __init__(self, **heads: list[str]):
        self.file = TemporaryFile()  # noqa: SIM115 - the answer closes it
        self.book = xlsxwriter.Workbook(self.file, OPTIONS)
        bold = self.book.add_format({"bold": True})
        self.money = self.book.add_format({"num_format": "#,##0.00"})
        self.sheets, self.next_row = {}, dict.fromkeys(heads, 1)
        for name, head in heads.items():
            sheet = self.sheets[name] = self.book.add_worksheet(name)
            sheet.set_column(0, len(head) - 1, 18)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, head, bold)

    def add(self, name: str, row: list) -> None:
        """Amounts as numbers, everything else as text."""
        at, sheet = self.next_row[name], self.sheets[name]
        for column, value in enumerate(row):
            if isinstance(value, Decimal | int):
                sheet.write_number(at, column, value, self.money if isinstance(value, Decimal) else None)
            else:
                sheet.write_string(at, column, plain(value))
        self.next_row[name] = at + 1

    def content(self) -> bytes:
        """The whole file."""
        self._finish()
        with self.file:
            return self.file.read()

    def answer(self, name: str) -> FileResponse:
        self._finish()
        return FileResponse(self.file, as_attachment=True, filename=name, content_type=EXCEL, headers={"Cache-Control": "no-store"})

    def _finish(self) -> None:
        self.book.close()
        self.file.seek(0)


def table_answer(kind: str, name: str, head: list[str], rows: Iterable[list]) -> StreamingHttpResponse | FileResponse:
    """One plain list as a download: xlsx, or csv."""
    if kind != "xlsx":
        return csv_answer(f"{name}.csv", head, rows)
    book = Book(清单=head)
    for row in rows:
        book.add("清单", row)
    return book.answer(f"{name}.xlsx")
