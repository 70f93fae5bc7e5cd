"""Workbooks and ZIPs as insurers send them."""

import io
import zipfile
from datetime import date, datetime

import xlsxwriter

from subsidies.filing_sheets import COLUMNS
from tests import make

CELLS = {
    "credit_code": make.credit_code(1),
    "name": "北京示例一科技有限公司",
    "number": "QIPL20260000001",
    "product": "备案-1",
    "signed_on": "2026-06-14",
    "starts_on": "2026-06-15",
    "last_day": "2027-06-14",
    "liability_limit": "10,000,000",
    "territory": "美国、欧盟",
    "premium": "100,000.00",
    "invoice_number": "34993302",
    "invoice_amount": "100,000.00",
    "issued_on": "2026-06-16",
    "reference": "R777",
    "paid_amount": "100,000.00",
    "paid_on": "2026-06-16",
    "pledged": "是",
}


def sheet(rows: list[dict], *, without: str = "") -> bytes:
    """A workbook with these cells by column key; dates and numbers as a spreadsheet keeps them."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": make.FILED.replace(tzinfo=None)})  # the same cells are the same bytes
        page, day = book.add_worksheet("申报"), book.add_format({"num_format": "yyyy-mm-dd"})
        columns = [column for column in COLUMNS if column.key != without]
        page.write_row(0, 0, [f"*{column.title}" if column.required else column.title for column in columns])
        for line, cells in enumerate(rows, 1):
            for place, column in enumerate(columns):
                cell = cells.get(column.key, "")
                if isinstance(cell, (date, datetime)):
                    page.write_datetime(line, place, cell, day)
                elif cell != "":
                    page.write(line, place, cell)
    return out.getvalue()


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 9, 1, 10, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
