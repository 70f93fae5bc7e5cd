"""The template that insurers fill, and their own sheet again with what has come of each row."""

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

import xlsxwriter

from .cells import safe
from .columns import COLUMNS, NO, REMARK, RESULT, YES, Column, Kind
from .papers import KINDS
from .reading import MOST_ROWS, SHEET, SheetRow

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
HOW = (
    "一行一份申报，从第 2 行起填写；带 * 的列必须填写。不要改动表头。",
    "账号、代码、单号等列已设为“文本”格式：Excel 的数字只保留 15 位，设为数字会丢失末几位。",
    "金额以元为单位，最多两位小数。日期可写 2026-06-04、2026/6/4、20260604、2026年6月4日。",
    "材料打成一个 ZIP 一起上传，文件为 PDF、JPG 或 PNG。文件名里要有保单号和材料的名称，例如 QIPL202600000001_发票.pdf。",
    "也可以按保单号建文件夹，文件名里写材料的名称。",
    f"材料的名称：{'、'.join(KINDS)}。",
    "每份申报须有保单、发票和付款回单；保单已在本系统登记、发票和付款齐全的，可以不再提供。",
    "上传后先逐行检查，不会提交任何申报；检查完毕，您看过结果、按下按钮，才办理没有问题的行。",
    f"同一个文件重复上传，不会重复办理。一个文件最多 {MOST_ROWS} 行。",
)


def template(products: Sequence[str], categories: Sequence[str]) -> bytes:
    """An empty sheet with its choices and what to know. `products` are filing numbers."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        sheet = book.add_worksheet(SHEET)
        _head(book, sheet, COLUMNS)
        _instructions(book)
        options = book.add_worksheet("选项")
        for place, (key, choices) in enumerate({"product": products, "category": categories, "pledged": (YES, NO)}.items()):
            column = next(n for n, column in enumerate(COLUMNS) if column.key == key)
            options.write_string(0, place, COLUMNS[column].title)
            for line, choice in enumerate(choices, 1):
                options.write_string(line, place, safe(choice))
            if choices:
                letter = chr(ord("A") + place)
                source = f"=选项!${letter}$2:${letter}${len(choices) + 1}"
                error = {"error_title": "请从列表选择", "error_message": "请从下拉列表中选择一项。"}
                sheet.data_validation(1, column, MOST_ROWS, column, {"validate": "list", "source": source, **error})
        options.set_column(0, 2, 40)
    return out.getvalue()


def annotated(rows: Iterable[tuple[SheetRow, str, str]]) -> bytes:
    """The rows as they were sent, each with its result and remark; cells with a fault are red and bear their sentence as a comment."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        sheet = book.add_worksheet(SHEET)
        _head(book, sheet, COLUMNS, (RESULT, REMARK))
        text, amount = book.add_format({"num_format": "@"}), book.add_format({"num_format": "#,##0.00"})
        red = book.add_format({"num_format": "@", "bg_color": "#FBE3E1", "font_color": "#8C1D18"})
        for line, (row, result, remark) in enumerate(rows, 1):
            faults: dict[str, str] = {}
            for key, sentence in row.faults:
                faults[key] = faults.get(key, "") + sentence
            for place, column in enumerate(COLUMNS):
                value = row.values.get(column.key)
                if column.key in faults:
                    sheet.write_string(line, place, safe(row.texts[column.key]), red)
                    sheet.write_comment(line, place, faults[column.key])
                elif isinstance(value, Decimal):
                    sheet.write_number(line, place, value, amount)
                else:
                    sheet.write_string(line, place, safe(row.texts[column.key]), text)
            sheet.write_string(line, len(COLUMNS), result)
            sheet.write_string(line, len(COLUMNS) + 1, safe(remark))
    return out.getvalue()


def _head(book, sheet, columns: Sequence[Column], more: Sequence[str] = ()) -> None:
    head = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1, "text_wrap": True, "valign": "vcenter"})
    text, amount = book.add_format({"num_format": "@"}), book.add_format({"num_format": "#,##0.00"})
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width, amount if column.kind is Kind.AMOUNT else text)
        sheet.write_string(0, place, f"{'*' if column.required else ''}{column.title}", head)
    for place, title in enumerate(more, len(columns)):
        sheet.set_column(place, place, 50 if title == REMARK else 14)
        sheet.write_string(0, place, title, head)
    sheet.set_row(0, 34)
    sheet.freeze_panes(1, 3)


def _instructions(book) -> None:
    sheet = book.add_worksheet("填写说明")
    bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 90)
    for line, sentence in enumerate(HOW):
        sheet.write_string(line, 0, f"{line + 1}", wrap)
        sheet.write_string(line, 1, sentence, wrap)
    for line, column in enumerate(COLUMNS, len(HOW) + 1):
        sheet.write_string(line, 0, f"{'*' if column.required else ''}{column.title}", bold)
        sheet.write_string(line, 1, column.hint, wrap)
