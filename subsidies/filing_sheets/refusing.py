"""What is too large, too clever or not a sheet at all is refused before anything reads it."""

import errno
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

MOST_SHEET_BYTES = 20 * 1024 * 1024
MOST_ZIP_BYTES = 100 * 1024 * 1024
MOST_UNPACKED = 150 * 1024 * 1024
MOST_MEMBERS = 500
ENCRYPTED = 0x1
NO_CELLS = ("xl/theme/", "xl/drawings/", "xl/charts/", "docProps/")
OLE = b"\xd0\xcf\x11\xe0"
# A cell beyond column AZ or row 19 999: a reader would make room for every cell before it.
FAR_CELL = re.compile(rb"""\br\s*=\s*["']\s*(?:(?:[B-Zb-z][A-Za-z]|[A-Za-z]{3,})[0-9]|[A-Za-z]{0,3}(?:0*[2-9][0-9]{4}|0*[1-9][0-9]{5}))""")
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, OverflowError, RuntimeError, ValueError)
OF_THE_CONTENT = (None, errno.EINVAL)  # numbers of an OSError: bytes that bzip2 cannot read, a place before the file begins


class SheetRefused(ValueError):
    """A file of which nothing counts; str() is the sentence that says what to do."""


@contextmanager
def broken_means(sentence: str) -> Iterator[None]:
    """What the file's own bytes cause is a SheetRefused; a full or failing disk stays what it is, and nobody is told to pack anew."""
    try:
        yield
    except SheetRefused:
        raise
    except BROKEN as error:
        raise SheetRefused(sentence) from error
    except OSError as error:
        if error.errno not in OF_THE_CONTENT:
            raise
        raise SheetRefused(sentence) from error


def unpacked(content: bytes) -> bytes:
    """The workbook again, its parts unpacked within bounds: what it really holds, not what it says of itself. Raises SheetRefused."""
    if content[:4] == OLE:
        raise SheetRefused("这是旧版（.xls）或设有密码的工作簿。请去掉密码，另存为“Excel 工作簿（.xlsx）”后再上传。")
    if content[:4] != b"PK\x03\x04":
        raise SheetRefused("这不是 Excel 工作簿。请下载模板填写，另存为“Excel 工作簿（.xlsx）”后再上传。")
    if len(content) > MOST_SHEET_BYTES:
        raise SheetRefused(f"Excel 文件超过 {MOST_SHEET_BYTES // 1024 // 1024} MB。请删去图片和多余的工作表，或分成几个文件。")
    clean = io.BytesIO()
    with (
        broken_means("Excel 文件打不开，可能已损坏。请在电脑上打开，另存后重新上传。"),
        zipfile.ZipFile(io.BytesIO(content)) as packed,
        zipfile.ZipFile(clean, "w", zipfile.ZIP_STORED) as plain,
    ):
        for name, data in _parts(packed):
            plain.writestr(name, data)
    return clean.getvalue()


def _parts(packed: zipfile.ZipFile):
    members = packed.infolist()
    if len(members) > MOST_MEMBERS or len({member.filename for member in members}) < len(members):
        raise SheetRefused("Excel 文件的内容过于复杂。请把数据复制到模板里，重新上传。")
    left = MOST_UNPACKED
    for member in members:
        if not member.filename.endswith((".xml", ".rels")) or member.filename.startswith(NO_CELLS):
            continue  # pictures, macros, printers
        if member.flag_bits & ENCRYPTED:
            raise SheetRefused("Excel 文件设有密码。请去掉密码后再上传。")
        with packed.open(member) as part:
            data = part.read(left + 1)
        left -= len(data)
        if left < 0:
            raise SheetRefused("Excel 文件解压后过大。请把数据复制到模板里，重新上传。")
        if b"\x00" in data or FAR_CELL.search(data):
            raise SheetRefused("表格的范围过大：远处的行或列里有内容或格式。请把数据复制到模板里，重新上传。")
        yield member.filename, data
