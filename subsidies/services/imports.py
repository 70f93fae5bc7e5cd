"""Bulk filing: an insurer's sheet and its papers are taken in, checked row by row, and the good rows filed, each in one transaction.

Whoever is killed on the way is followed by another who goes on where the database says that it stopped.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from zipfile import ZipFile

import structlog
from django.db import DataError, IntegrityError, connection, transaction
from django.db.models import F

from enterprises.models import LegalEntity
from enterprises.rules import check_credit_code
from insurers.models import Insurer
from insurers.services import places_read_once, require_insurer
from pilot_portal.accounts.models import User
from pilot_portal.accounts.secrets import decrypt, encrypt
from pilot_portal.audit.services import record
from pilot_portal.files.models import StoredFile
from pilot_portal.files.services import store
from pilot_portal.workflow.after_commit import after_commit, others_first
from pilot_portal.workflow.moving import lock, moving
from pilot_portal.workflow.refusals import Refusal
from subsidies import filing_sheets
from subsidies.filing_sheets import PaperIndex, SheetRefused, SheetRow
from subsidies.models import Import, ImportRow, RowResult, Window
from subsidies.states import ImportAction, ImportState

from .import_checks import Known, Sheet, check_row
from .import_rows import clients_of, file_row

logger = structlog.get_logger(__name__)
CHUNK = 1000  # rows checked in one transaction
COMMIT_CHUNK = 100  # rows filed by one run of the task, each in a transaction of its own
STRANGERS = 200  # names of papers without a row that are kept to be shown
XLSX, ZIP = "application/x-xlsx", "application/zip"  # how they are kept; neither is ever served
FILED = (RowResult.FILED, RowResult.PROPOSED)
KEEP_ROWS = """
INSERT INTO subsidies_importrow (batch_id, number, data, papers, errors, result, remark)
SELECT %s, number, data, papers, errors, result, ''
FROM jsonb_to_recordset(%s::jsonb) AS checked(number integer, data jsonb, papers jsonb, errors jsonb, result text)
"""


def keep_sheet(upload, *, by: User, at: datetime) -> StoredFile:
    """Keep a workbook that can be read. Raises Refusal sheet_refused."""
    content = upload.read(filing_sheets.MOST_SHEET_BYTES + 1)
    try:
        filing_sheets.count_rows(content)
    except SheetRefused as refused:
        raise Refusal("sheet_refused", sentence=str(refused)) from refused
    return store(content, name=upload.name, content_type=XLSX, by=by, at=at)


def keep_papers(upload, *, by: User, at: datetime) -> StoredFile:
    """Keep a ZIP of papers that can be read. Raises Refusal papers_refused."""
    try:
        filing_sheets.opened(upload)
    except SheetRefused as refused:
        raise Refusal("papers_refused", sentence=str(refused)) from refused
    upload.seek(0)
    return store(upload.read(), name=upload.name, content_type=ZIP, by=by, at=at)


def upload(insurer: Insurer, window: Window, *, by: User, at: datetime, file: StoredFile, papers: StoredFile | None = None) -> Import:
    """Have a sheet and its ZIP checked, as `keep_…` gave them; the same files for the same window are the import that is there already.

    Raises Refusal: not_its_insurer, window_closed.
    """
    require_insurer(insurer, by)
    if not window.is_open(at):
        raise Refusal("window_closed", sentence="现在不在这一期的申报期内，不能批量申报。请选择正在受理的申报期。")
    sha256 = hashlib.sha256(f"{file.sha256} {papers.sha256 if papers else ''}".encode()).hexdigest()
    if known := Import.objects.filter(insurer=insurer, window=window, sha256=sha256).first():
        return known
    with file.file.open("rb") as kept:
        total = filing_sheets.count_rows(kept.read())
    facts = {"file": file, "zip": papers, "total": total, "created_by": by, "created_at": at, "progressed_at": at}
    with transaction.atomic():
        batch, is_new = Import.objects.get_or_create(insurer=insurer, window=window, sha256=sha256, defaults=facts)
        if is_new:
            record("upload_import", batch, by=by, at=at, rows=batch.total, sha256=sha256)
            after_commit("subsidies.tasks.import_filings", batch.pk)
    return batch


@contextmanager
def _opened(stored: StoredFile | None) -> Iterator[ZipFile | None]:
    if stored is None:
        yield None
        return
    with stored.file.storage.open(stored.file.name) as kept:
        yield filing_sheets.opened(kept)


def go_on(pk: int, *, at: datetime) -> bool:
    """Do the next part of what is under way; whether anything is left to be done."""
    state = Import.objects.values_list("state", flat=True).get(pk=pk)
    if state == ImportState.CHECKING:
        dry_run(pk, at=at)
        return False
    return state == ImportState.FILING and file_rows(pk, at=at)


def dry_run(pk: int, *, at: datetime) -> Import:
    """Check every row that has no result yet, many at a time. Nothing is filed."""
    batch = Import.objects.select_related("insurer", "window", "file", "zip").get(pk=pk)
    if batch.state != ImportState.CHECKING:
        return batch
    with batch.file.file.open("rb") as kept:
        rows = filing_sheets.read_sheet(kept.read())
    with _opened(batch.zip) as archive:
        papers = PaperIndex(archive, (row.policy for row in rows))
        sheet = Sheet(batch, rows, papers, at)
        for start in range(0, len(rows), CHUNK):
            _check(batch, rows[start : start + CHUNK], sheet)
    batch.refresh_from_db()
    if batch.state == ImportState.CHECKING and batch.checked == batch.total:
        _ready(batch, papers.strangers, at)
    return batch


def _ready(batch: Import, strangers: list[str], at: datetime) -> None:
    try:
        with moving(batch, ImportAction.CHECK, by=User.objects.system(), at=at) as locked:
            locked.strangers = strangers[:STRANGERS]
            locked.event_data = {"good": locked.good, "bad": locked.checked - locked.good}
    except Refusal as refusal:
        if refusal.code != "wrong_state":  # another worker has been here
            raise


@transaction.atomic
def _check(batch: Import, rows: Sequence[SheetRow], sheet: Sheet) -> None:
    locked = lock(batch)  # another worker at the same import waits here, and then finds these rows done
    first, last = rows[0].number, rows[-1].number
    done = set(locked.rows.filter(number__range=(first, last)).values_list("number", flat=True))
    new = [row for row in rows if row.number not in done]
    if locked.state != ImportState.CHECKING or not new:
        return
    known = Known(batch, new, sheet.at)
    for row in new:
        check_row(row, sheet, known)
    with connection.cursor() as cursor:
        cursor.execute(KEEP_ROWS, [batch.pk, json.dumps([_columns(row) for row in new])])
    good = sum(not row.faults for row in new)
    counts = {"checked": F("checked") + len(new), "good": F("good") + good}
    Import.objects.filter(pk=batch.pk).update(progressed_at=sheet.at, **counts)


def _columns(row: SheetRow) -> dict:
    data = {key: text for key, text in row.texts.items() if text}
    if "account" in data:
        data["account"] = encrypt(data["account"])
    result = RowResult.BAD if row.faults else RowResult.GOOD
    return {"number": row.number, "data": data, "papers": row.papers, "errors": row.faults, "result": result}


def sheet_row(row: ImportRow) -> SheetRow:
    """The row as it was written, with the faults that were found in it."""
    texts = dict(row.data)
    if "account" in texts:
        texts["account"] = decrypt(texts["account"])
    read = filing_sheets.row_of(row.number, texts)
    read.faults, read.papers = [(key, sentence) for key, sentence in row.errors], row.papers
    return read


def recheck(batch: Import, *, by: User, at: datetime) -> Import:
    """Check again the rows that were not filed, once mandates or clients are in order. Raises Refusal: not_its_insurer, wrong_state."""
    require_insurer(batch.insurer, by)
    with moving(batch, ImportAction.RECHECK, by=by, at=at) as locked:
        locked.rows.exclude(result__in=FILED).delete()
        locked.checked = locked.good = locked.handled = locked.filed = locked.rows.count()
        locked.progressed_at = at
        after_commit("subsidies.tasks.import_filings", locked.pk)
    return batch


def commit(batch: Import, *, by: User, at: datetime) -> Import:
    """Have the good rows filed, as of now; a second word changes nothing.

    Raises Refusal: not_its_insurer, wrong_state, window_closed, import_nothing_good.
    """
    require_insurer(batch.insurer, by)
    try:
        with moving(batch, ImportAction.COMMIT, by=by, at=at) as locked:
            if not locked.window.is_open(at):
                raise Refusal("window_closed", sentence="申报期已经截止，不能办理。请留意下一期申报通知。")
            if not locked.to_file:
                raise Refusal("import_nothing_good")
            locked.committed_by, locked.committed_at, locked.progressed_at = by, at, at
            locked.event_data = {"rows": locked.to_file}
            after_commit("subsidies.tasks.import_filings", locked.pk)
    except Refusal as refusal:
        batch.refresh_from_db()
        if refusal.code != "wrong_state" or batch.state not in (ImportState.FILING, ImportState.DONE):
            raise
    return batch


def file_rows(pk: int, *, at: datetime, most: int = COMMIT_CHUNK) -> bool:
    """File some of the good rows, each in one transaction; whether any is left.

    A row is filed as of the moment at which the insurer committed it: who comes in time is in time, however long the queue.
    """
    read = Import.objects.select_related("insurer", "window__pilot", "file", "zip", "committed_by").prefetch_related("insurer__products")
    batch = read.get(pk=pk)
    if batch.state != ImportState.FILING:
        return False
    rows = batch.rows.filter(result=RowResult.GOOD).order_by("number").values_list("pk", "data__credit_code")[:most]
    with _opened(batch.zip) as archive, places_read_once(), others_first():
        clients = clients_of(check_credit_code(code).normalised for _, code in rows)
        for row, _ in rows:
            _file(batch, row, clients, archive, at)
    return not _finished(batch, at)


def _file(batch: Import, pk: int, clients: dict[str, LegalEntity], archive: ZipFile | None, at: datetime) -> None:
    who = {"by": batch.committed_by, "at": batch.committed_at}
    try:
        with transaction.atomic():
            if row := _mine(pk):
                row.application, row.result = file_row(batch, sheet_row(row), clients, archive, **who)
                _keep(row, at)
    except Refusal as refusal:
        _refuse(pk, refusal.sentence, at)
    except SheetRefused as refused:
        _refuse(pk, str(refused), at)
    except (DataError, IntegrityError):  # the others do not wait for what nobody has thought of
        logger.exception("row_not_filed", row=pk)
        _refuse(pk, "系统没能办理这一行，已记录原因。请在客户页面单独申报，或联系中心。", at)


@transaction.atomic
def _refuse(pk: int, sentence: str, at: datetime) -> None:
    if row := _mine(pk):
        row.result, row.remark = RowResult.REFUSED, sentence[:500]
        _keep(row, at)


def _mine(pk: int) -> ImportRow | None:
    """The row, locked; none where another worker has it or has done it."""
    return ImportRow.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=pk, result=RowResult.GOOD).first()


def _keep(row: ImportRow, at: datetime) -> None:
    row.save(update_fields=["result", "remark", "application"])
    counts = {"handled": F("handled") + 1, "filed": F("filed") + int(row.result in FILED)}
    Import.objects.filter(pk=row.batch_id).update(progressed_at=at, **counts)


def _finished(batch: Import, at: datetime) -> bool:
    """Whether every row has been dealt with; whoever sees it first closes the import."""
    batch.refresh_from_db()
    if batch.state != ImportState.FILING:
        return True
    if batch.rows.filter(result=RowResult.GOOD).exists():
        return False
    try:
        with moving(batch, ImportAction.FINISH, by=User.objects.system(), at=at) as locked:
            locked.event_data = {"filed": locked.filed, "bad": locked.to_mend}
    except Refusal as refusal:
        if refusal.code != "wrong_state":  # another worker has been here
            raise
    return True


def annotated(batch: Import) -> bytes:
    """The sheet as it was sent, with what has come of each row."""
    rows = batch.rows.select_related("application").order_by("number")
    return filing_sheets.annotated((sheet_row(row), row.get_result_display(), remark_of(row)) for row in rows)


def remark_of(row: ImportRow) -> str:
    """What there is to say of a row, in one line."""
    if row.result == RowResult.BAD:
        titles = {column.key: column.title for column in filing_sheets.COLUMNS}
        return "；".join(f"{titles[key]}：{sentence.rstrip('。')}" for key, sentence in row.errors) + "。"
    if row.application and row.application.number:
        return f"申报编号 {row.application.number}"
    return row.remark
