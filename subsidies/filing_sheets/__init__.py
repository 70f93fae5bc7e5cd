"""An insurer's sheet of filings: the template, what stands in a filled one cell by cell, the ZIP of its papers, the annotated answer.

Pure: no database, no clock, no settings.
"""

from .columns import COLUMNS, HEAD, Column
from .papers import KINDS, PaperIndex, PaperKind, opened, read_paper
from .reading import MOST_ROWS, SheetRow, count_rows, read_sheet, row_of
from .refusing import MOST_SHEET_BYTES, MOST_ZIP_BYTES, SheetRefused
from .writing import annotated, template

__all__ = [
    "COLUMNS",
    "Column",
    "HEAD",
    "KINDS",
    "MOST_ROWS",
    "MOST_SHEET_BYTES",
    "MOST_ZIP_BYTES",
    "PaperIndex",
    "PaperKind",
    "SheetRefused",
    "SheetRow",
    "annotated",
    "count_rows",
    "opened",
    "read_paper",
    "read_sheet",
    "row_of",
    "template",
]
