"""导入比对名单: lists of bad credit and of other subsidies, as others publish them; every version is kept."""

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from python_calamine import CalamineError, CalamineWorkbook

from enterprises.rules import check_credit_code
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store
from pilot_portal.files.tables import EXCEL
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies.filing_sheets.cells import CellError, text_of, value_of
from subsidies.filing_sheets.columns import Column, Kind
from subsidies.filing_sheets.refusing import SheetRefused, unpacked
from subsidies.models import MatchList, MatchRow

CONSTRAINT_REFUSALS["one_match_list_per_day_and_content"] = "match_list_known"
MOST_ROWS, MOST_BYTES, MOST_FAULTS = 200_000, 20 * 1024 * 1024, 5
COLUMNS = {
    "统一社会信用代码": Column("credit_code", "统一社会信用代码", Kind.CODE, "", most=18),
    "名称": Column("name", "名称", Kind.TEXT, "", required=False, most=120),
    "日期": Column("happened_on", "日期", Kind.DAY, "", required=False),
    "事项": Column("matter", "事项", Kind.TEXT, "", required=False, most=200),
    "金额": Column("amount", "金额", Kind.AMOUNT, "", required=False),
}


@transaction.atomic
def import_match_list(*, by: User, at: datetime, kind: str, source: str, listed_on: date, content: bytes, name: str) -> MatchList:
    """Keep a list and its rows; cases that are still judged are then checked against it.

    Raises Refusal: wrong_role, match_list_early (dated after today), match_list_refused, match_list_known.
    """
    if by.role != Role.HANDLER:
        raise Refusal("wrong_role", action="导入比对名单")
    if listed_on > timezone.localdate(at):
        raise Refusal("match_list_early", field="listed_on")
    rows = _rows(content)
    with refusing_constraints():
        made = MatchList.objects.create(
            kind=kind,
            source=source.strip(),
            listed_on=listed_on,
            file=store(content, name=name, content_type=EXCEL if content[:2] == b"PK" else "text/csv", by=by, at=at),
            sha256=hashlib.sha256(content).hexdigest(),
            row_count=len(rows),
            imported_by=by,
            imported_at=at,
        )
    MatchRow.objects.bulk_create([MatchRow(match_list=made, **row) for row in rows], batch_size=2000)
    record("import_match_list", made, by=by, at=at, kind=made.get_kind_display(), rows=made.row_count, sha256=made.sha256)
    after_commit("subsidies.tasks.screen_against", made.pk)
    return made


def _rows(content: bytes) -> list[dict]:
    """Every row, or the first faults of the file as a whole. Raises Refusal match_list_refused."""
    lines = _lines(content)
    places = [(place, COLUMNS[text_of(cell)]) for place, cell in enumerate(next(lines, [])) if text_of(cell) in COLUMNS]
    if not any(column.key == "credit_code" for _, column in places):
        _refuse("第 1 行里没有“统一社会信用代码”这一列。请核对表头。")
    rows: list[dict] = []
    faults: list[str] = []
    for number, line in enumerate(lines, 2):
        if not any(text_of(cell) for cell in line):
            continue
        if len(rows) >= MOST_ROWS:
            _refuse(f"名单超过 {MOST_ROWS} 行。请分成几个文件。")
        try:
            rows.append(_row(line, places))
        except CellError as error:
            faults.append(f"第 {number} 行：{error}")
            if len(faults) == MOST_FAULTS:
                break
    if faults:
        _refuse("".join(faults))
    if not rows:
        _refuse("名单里没有内容。")
    return rows


def _row(line: list, places: list[tuple[int, Column]]) -> dict:
    row = {}
    for place, column in places:
        cell = line[place] if place < len(line) else ""
        try:
            row[column.key] = value_of(cell, text_of(cell), column)
        except CellError as error:
            raise CellError(f"{column.title}{error}") from error
    code = check_credit_code(row["credit_code"])
    if not code.ok:
        raise CellError(f"“{row['credit_code']}”不是有效的统一社会信用代码。")
    return row | {"credit_code": code.normalised}


def _lines(content: bytes) -> Iterator[list]:
    if len(content) > MOST_BYTES:
        _refuse(f"文件超过 {MOST_BYTES // 1024 // 1024} MB。请分成几个文件。")
    if content[:2] != b"PK":
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return csv.reader(io.StringIO(content.decode(encoding)))
            except UnicodeDecodeError:
                continue
        _refuse("文件读不懂。请另存为 Excel 工作簿（.xlsx）或 UTF-8 的 CSV。")
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(unpacked(content)))
        return iter(book.get_sheet_by_index(0).to_python(skip_empty_area=False))
    except SheetRefused as error:
        _refuse(str(error))
    except CalamineError:
        _refuse("Excel 文件打不开。请另存后重新上传。")
    raise AssertionError("refused above")


def _refuse(sentence: str) -> None:
    raise Refusal("match_list_refused", field="file", sentence=sentence)
