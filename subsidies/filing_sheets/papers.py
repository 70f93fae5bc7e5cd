"""The ZIP of papers: which file belongs to which policy, as what. Nothing is unpacked to a disk, and no path in it counts."""

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from enum import StrEnum
from os import SEEK_END
from typing import BinaryIO

from pilot_portal.reference.rules import compact

from .refusing import ENCRYPTED, MOST_ZIP_BYTES, SheetRefused, broken_means

MOST_PAPERS = 60_000
MOST_PAPER_BYTES = 20 * 1024 * 1024
UTF8_NAME = 0x800
APART = re.compile(r"[_\s()\[\]【】,、./\\]+")
ENDINGS = (".pdf", ".jpg", ".jpeg", ".png")
LOCAL = struct.Struct("<26x2H")  # before a paper's bytes: at its end, how long its name and the rest are
HEAD, HEAD_ROOM = 8, 1024
SIGNATURES = (b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


class PaperKind(StrEnum):
    POLICY = "policy"
    INVOICE = "invoice"
    PAYMENT = "payment"
    PLEDGE = "pledge"
    CATEGORY = "category"
    ACCOUNT = "account"


# Word in a file's name → what it is; the first that occurs counts, so 保单 comes last: every name may hold it.
KINDS = {
    "发票": PaperKind.INVOICE,
    "付款": PaperKind.PAYMENT,
    "回单": PaperKind.PAYMENT,
    "缴费": PaperKind.PAYMENT,
    "承诺": PaperKind.PLEDGE,
    "类别": PaperKind.CATEGORY,
    "账户": PaperKind.ACCOUNT,
    "开户": PaperKind.ACCOUNT,
    "保单": PaperKind.POLICY,
    "保险单": PaperKind.POLICY,
}


class PaperIndex:
    """Names of the ZIP's papers by policy number, as `normalise_policy_number` spells it, and kind."""

    def __init__(self, archive: zipfile.ZipFile | None, numbers: Iterable[str]):
        self.found: dict[str, str] = {}
        self.more: dict[str, list[str]] = {}  # the others, where a number has several papers of a kind
        self.strangers: list[str] = []  # papers of no policy of the sheet, or of no kind
        self.archive = archive
        known = {number for number in numbers if number}
        lengths = sorted({len(number) for number in known}, reverse=True)
        for member in archive.infolist() if archive else []:
            name = _name(member)
            if member.is_dir() or _is_noise(name):
                continue
            number, kind = _number(name, known, lengths), _kind(name)
            if number and kind and name.lower().endswith(ENDINGS):
                self._keep(kind + number, member.filename)
            else:
                self.strangers.append(name)

    def _keep(self, key: str, name: str) -> None:
        if key in self.found:
            self.more.setdefault(key, []).append(name)
        else:
            self.found[key] = name

    def names(self, number: str, kind: PaperKind) -> list[str]:
        key = kind + number
        return [self.found[key], *self.more.get(key, ())] if key in self.found else []

    def fault(self, name: str) -> str:
        """What can be seen of a paper without reading all of it, as a sentence's end; empty when nothing is."""
        member = self.archive.getinfo(name)
        if member.file_size > MOST_PAPER_BYTES:
            return "超过 20 MB。请压缩后重新打包"
        if not member.file_size:
            return "是空的。请换上正确的文件后重新打包"
        try:
            with broken_means("打不开，可能已损坏。请重新打包"):
                head = _head(self.archive, member)
        except SheetRefused as refused:
            return str(refused)
        return "" if head.startswith(SIGNATURES) else "不是 PDF、JPG 或 PNG。请换成正确的文件后重新打包"


def _head(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The first bytes of a paper: six times as quick as `ZipFile.open`, for tens of thousands of papers. Raises what it raises.

    What is filed is read by `read_paper`, with every check of the archive.
    """
    archive.fp.seek(member.header_offset)
    local = archive.fp.read(LOCAL.size + HEAD_ROOM)
    if len(local) < LOCAL.size or local[:4] != b"PK\x03\x04":
        raise zipfile.BadZipFile(member.filename)
    name, extra = LOCAL.unpack_from(local)
    packed = local[LOCAL.size + name + extra :]
    if member.compress_type == zipfile.ZIP_STORED:
        return packed[:HEAD]
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise NotImplementedError(member.compress_type)
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, HEAD)


def opened(source: BinaryIO) -> zipfile.ZipFile:
    """The ZIP, of which nothing is unpacked yet. Raises SheetRefused."""
    if source.seek(0, SEEK_END) > MOST_ZIP_BYTES:
        raise SheetRefused(f"ZIP 超过 {MOST_ZIP_BYTES // 1024 // 1024} MB。请分成几次上传，每次带上相应的 Excel。")
    with broken_means("材料包不是 ZIP，或者已损坏。请重新打包为 ZIP（不要用 RAR、7z）后上传。"):
        archive = zipfile.ZipFile(source)
    if len(archive.infolist()) > MOST_PAPERS:
        raise SheetRefused(f"ZIP 里的文件超过 {MOST_PAPERS} 个。请分成几次上传。")
    if any(member.flag_bits & ENCRYPTED for member in archive.infolist()):
        raise SheetRefused("ZIP 设有密码。请去掉密码，重新打包后上传。")
    return archive


def read_paper(archive: zipfile.ZipFile, name: str) -> bytes:
    """The bytes of a paper, and not more than one byte above the limit. Raises SheetRefused."""
    with broken_means("ZIP 里的文件打不开，可能已损坏。请重新打包后上传。"), archive.open(name) as paper:
        return paper.read(MOST_PAPER_BYTES + 1)


def _name(member: zipfile.ZipInfo) -> str:
    """The name as it was given; packers on Chinese Windows write GBK and do not say so."""
    name = member.filename
    if not member.flag_bits & UTF8_NAME:
        try:
            name = name.encode("cp437").decode("gb18030")
        except UnicodeError:
            name = member.filename
    return unicodedata.normalize("NFKC", name)


def _is_noise(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1] in (".DS_Store", "Thumbs.db", "desktop.ini")


def _kind(name: str) -> PaperKind | None:
    base = name.rsplit("/", 1)[-1]
    for word, kind in KINDS.items():
        if word in base:
            return kind
    return None


def _number(name: str, known: set[str], lengths: list[int]) -> str | None:
    """The longest known number in the name or in a folder above it: as a word of its own, else anywhere."""
    words = {compact(word) for word in APART.split(name)} & known
    if words:
        return max(words, key=len)
    text = compact(name)[:300]
    for length in lengths:
        for start in range(len(text) - length + 1):
            if text[start : start + length] in known:
                return text[start : start + length]
    return None
