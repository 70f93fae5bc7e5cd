"""CSV that passes through spreadsheets: written so that nothing is lost or run there, read without guessing.

UTF-8 with BOM and CRLF. Codes and account numbers end in a tab, so that a spreadsheet keeps them as text; a text that it would run as
a formula begins with an apostrophe. Reading takes both off again.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 20_000
FORMULA_STARTS = tuple("=+-@'\t\r＝＋－＠")
NO_TEXT = {
    b"PK\x03\x04": "这是Excel工作簿，请另存为“CSV UTF-8（逗号分隔）”后再导入。",
    b"\xd0\xcf\x11\xe0": "这是Excel工作簿，请另存为“CSV UTF-8（逗号分隔）”后再导入。",
    b"\xff\xfe": "这是“Unicode文本”，请另存为“CSV UTF-8（逗号分隔）”后再导入。",
    b"\xfe\xff": "这是“Unicode文本”，请另存为“CSV UTF-8（逗号分隔）”后再导入。",
}


@dataclass(frozen=True)
class Fault:
    """Why a row is refused. `row` as a spreadsheet counts, the head is row 1; 0 is the file as a whole."""

    row: int
    column: str
    sentence: str

    def __str__(self) -> str:
        place = (f"第{self.row}行" if self.row else "") + (f"“{self.column}”" if self.column else "")
        return f"{place}：{self.sentence}" if place else self.sentence


class FileRefused(ValueError):
    """A file that cannot be trusted; nothing of it counts. `faults` are all of its faults."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(sorted(faults, key=lambda fault: fault.row))
        super().__init__("\n".join(map(str, self.faults)))


class Row(dict[str, str]):
    """The cells of a row by column."""

    def __init__(self, number: int, cells: dict[str, str]):
        super().__init__(cells)
        self.number = number


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, codes: frozenset[str]) -> bytes:
    """The file. Columns in `codes` are kept as text."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_safe(text) + ("\t" if text and column in codes else "") for column, text in zip(columns, row, strict=True)])
    return out.getvalue().encode("utf-8-sig")


def read_table(content: bytes, columns: Sequence[str]) -> list[Row]:
    """Rows below the head, which must name all `columns`, in any order. UTF-8 or GB18030. Blank rows are left out. Raises FileRefused."""
    if len(content) > MOST_BYTES:
        raise FileRefused([Fault(0, "", "文件超过5MB，请分成几个文件导入。")])
    for start, sentence in NO_TEXT.items():
        if content.startswith(start):
            raise FileRefused([Fault(0, "", sentence)])
    head, *rows = _cells(content, columns)
    place = {name.strip(): position for position, name in enumerate(head)}
    found, faults = [], []
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(head):
            faults.append(Fault(number, "", f"应有{len(head)}列，实有{len(cells)}列。文字里有逗号的，须用引号括起。"))
            continue
        found.append(Row(number, {column: _plain(cells[place[column]]) for column in columns}))
    if faults:
        raise FileRefused(faults)
    return found


def _cells(content: bytes, columns: Sequence[str]) -> list[list[str]]:
    """The table in the encoding in which its head makes sense."""
    refusal = Fault(0, "", "文件的编码无法识别，请另存为“CSV UTF-8（逗号分隔）”后再导入。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            rows = list(csv.reader(StringIO(content.decode(encoding), newline=""), strict=True))
        except UnicodeDecodeError:
            continue
        except csv.Error as error:
            raise FileRefused([Fault(0, "", f"不是完整的CSV文件（{error}）。请重新导出。")]) from error
        if problem := _wrong_head(rows[0] if rows else [], columns):
            refusal = Fault(1, "", problem) if encoding == "utf-8-sig" or not refusal.row else refusal
            continue
        if len(rows) > MOST_ROWS:
            raise FileRefused([Fault(0, "", f"超过{MOST_ROWS}行，请分成几个文件导入。")])
        return rows
    raise FileRefused([refusal])


def _wrong_head(head: list[str], columns: Sequence[str]) -> str:
    names = [name.strip() for name in head]
    if len(names) == 1 and any(mark in names[0] for mark in "\t;；"):
        return "各列须用英文逗号分隔。请另存为“CSV UTF-8（逗号分隔）”后再导入。"
    if missing := [column for column in columns if column not in names]:
        return f"缺少列：{'、'.join(missing)}。请使用模板的列名。"
    if twice := [column for column in columns if names.count(column) > 1]:
        return f"列名重复：{'、'.join(twice)}。"
    return ""


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _plain(text: str) -> str:
    text = text.strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
