"""The dry run of a sheet of 10,000 filings with its ZIP, against reading the sheet with calamine and one bulk insert of its rows."""

import io

from django.core.files.base import ContentFile
from django.db import transaction
from python_calamine import CalamineWorkbook

from bench.row import Row, time_ratio
from enterprises.rules import check_credit_code
from subsidies.filing_sheets import COLUMNS
from subsidies.models import Import, ImportRow, RowResult
from subsidies.services import imports
from subsidies.states import ImportState
from tests import databases, make
from tests.subsidies.clients import book_of_business

ROWS = 10_000
FAULTY = ROWS // 20


def sent() -> Import:
    """The sheet of an insurer with as many clients as rows; one row in twenty has a fault."""
    databases.make_template()
    databases.renew()
    book = book_of_business(ROWS)
    workbook, papers = book.files(faulty=FAULTY)
    who = {"by": book.by, "at": make.FILED}
    file = imports.keep_sheet(ContentFile(workbook, name="x.xlsx"), **who)
    return imports.upload(book.insurer, book.window, file=file, papers=imports.keep_papers(ContentFile(papers, name="x.zip"), **who), **who)


def rows() -> list[Row]:
    batch = sent()
    with batch.file.file.open("rb") as kept:
        content = kept.read()

    def ours() -> None:
        check_credit_code.cache_clear()  # as in a worker that has not seen these enterprises yet
        batch.rows.all().delete()
        Import.objects.filter(pk=batch.pk).update(state=ImportState.CHECKING, checked=0, good=0)
        imports.dry_run(batch.pk, at=make.FILED)

    @transaction.atomic
    def floor() -> None:
        batch.rows.all().delete()
        lines = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[1:]
        keys = [column.key for column in COLUMNS]
        read = (dict(zip(keys, line, strict=True)) for line in lines)
        good = RowResult.GOOD
        ImportRow.objects.bulk_create(ImportRow(batch=batch, number=number, data=data, result=good) for number, data in enumerate(read, 2))

    ratio = time_ratio(ours, floor, 5)
    ours()
    batch.refresh_from_db()
    if (batch.checked, batch.to_mend) != (ROWS, FAULTY):
        raise RuntimeError(f"{batch.checked} rows were checked and {batch.to_mend} found faulty, not {ROWS} and {FAULTY}")
    return [Row(f"dry run of {ROWS:,} rows of Excel with {3 * ROWS:,} papers, time against reading them and one bulk insert", ratio, 3)]
