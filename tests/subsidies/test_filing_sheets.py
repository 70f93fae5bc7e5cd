"""An insurer's sheet of filings, cell by cell, and the ZIP of its papers: what is read, what is refused and with which sentence."""

import errno
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from time import perf_counter

import pytest
from python_calamine import CalamineWorkbook

from subsidies import filing_sheets
from subsidies.filing_sheets import PaperIndex, PaperKind, SheetRefused, opened, read_paper, read_sheet
from tests.subsidies.sheets import CELLS, packed, sheet


def only(**cells):
    (row,) = read_sheet(sheet([CELLS | cells]))
    return row


def faults(key: str, cell) -> str:
    return "".join(sentence for column, sentence in only(**{key: cell}).faults if column == key)


def test_a_filled_template_is_read_as_it_is_meant():
    row = only()
    assert row.faults == []
    assert (row.number, row.policy, row.values["premium"], row.ends_on) == (2, "QIPL20260000001", Decimal("100000.00"), date(2027, 6, 15))


TEXTS = ["2026-06-04", "2026/6/4", "2026.6.4", "20260604", "2026年6月4日", "２０２６年６月４日", "2026 年 6 月 4 日", "2026-06-04 00:00:00"]
SERIALS = ["46177", 46177, 20260604, date(2026, 6, 4), datetime.fromisoformat("2026-06-04 08:30")]


@pytest.mark.parametrize("cell", TEXTS + SERIALS)
def test_a_day_is_understood_in_every_common_form(cell):
    row = only(signed_on=cell)
    assert row.faults == []
    assert row.values["signed_on"] == date(2026, 6, 4)


@pytest.mark.parametrize("cell", ["6/4/2026", "26-6-4", "2026-02-30", "2026-6/4", "昨天", "1926-06-04", 1.5, -1, True, "2026-13-01"])
def test_a_day_that_would_have_to_be_guessed_is_refused(cell):
    assert faults("signed_on", cell).endswith("。")


@pytest.mark.parametrize("cell", ["123,456.70", "１２３４５６.７", "123456.7元", "￥123,456.70", "123456.70", 123456.7, " 123456.7 "])
def test_an_amount_is_understood_with_commas_full_width_figures_and_yuan(cell):
    assert only(premium=cell).values["premium"] == Decimal("123456.70")


@pytest.mark.parametrize("cell", ["12万", "1,23", "-5", "0", 0, "1.234", 1.234, 10**13, True, "=1+1", "#REF!", date(2026, 6, 4)])
def test_an_amount_that_is_none_is_refused(cell):
    assert faults("premium", cell).endswith("。")


def test_the_noise_of_a_binary_fraction_is_no_third_decimal():
    assert only(premium=0.1 + 0.2).values["premium"] == Decimal("0.30")


def test_an_account_of_nineteen_digits_survives_as_text_and_is_refused_as_a_number():
    account = {"bank_name": "示例银行", "cnaps": "102100099996"}
    assert only(account="6222000000000000777", **account).values["account"] == "6222000000000000777"
    for cell in (6222000000000000777, "6.222E+18"):
        (fault,) = only(account=cell, **account).faults
        assert fault[0] == "account"
        assert "文本" in fault[1]


def test_a_short_code_that_became_a_number_is_still_what_it_was():
    assert only(invoice_number=34993302).values["invoice_number"] == "34993302"


def test_each_bad_cell_has_a_sentence_of_its_own():
    row = only(credit_code="91110108MA01", territory="", premium="贵", cnaps="123", account="12", last_day="2020-01-01")
    assert {column for column, _ in row.faults} == {"credit_code", "territory", "premium", "cnaps", "account", "bank_name", "last_day"}
    assert all(sentence.endswith("。") for _, sentence in row.faults)


def test_a_text_that_looks_like_a_formula_stays_a_text_on_its_way_out():
    row = only(territory='=HYPERLINK("http://x")', name="@SUM(1)")
    again = CalamineWorkbook.from_filelike(io.BytesIO(filing_sheets.annotated([(row, "已提交", "=1+1")]))).get_sheet_by_index(0)
    line = again.to_python()[1]
    assert line[8] == '\'=HYPERLINK("http://x")'
    assert line[1] == "'@SUM(1)"
    assert line[-1] == "'=1+1"
    assert b"<f>" not in _part(filing_sheets.annotated([(row, "", "=1+1")]), "xl/worksheets/sheet1.xml")


def test_the_annotated_sheet_may_be_mended_and_sent_again():
    bad, good = read_sheet(sheet([CELLS | {"premium": "贵"}, CELLS]))
    back = read_sheet(filing_sheets.annotated([(bad, "须修改", "保费"), (good, "可以办理", "")]))
    assert [row.faults for row in back] == [bad.faults, []]
    assert back[1].values == good.values


def test_the_template_has_choices_and_text_columns():
    made = filing_sheets.template(["京备-1", "京备-2"], ["高新技术企业"])
    part = _part(made, "xl/worksheets/sheet1.xml").decode()
    assert part.count("<dataValidation ") == 3
    assert CalamineWorkbook.from_filelike(io.BytesIO(made)).sheet_names == ["申报", "填写说明", "选项"]
    with pytest.raises(SheetRefused, match="没有申报"):
        read_sheet(made)


def _part(workbook: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(workbook)).read(name)


# the file as a whole


def test_a_sheet_of_ten_thousand_rows_is_read_in_a_breath():
    content = sheet([CELLS | {"number": f"QIPL{n:011d}"} for n in range(10_000)])
    begin = perf_counter()
    assert len(read_sheet(content)) == 10_000
    assert perf_counter() - begin < 15


def test_too_many_rows_are_refused():
    with pytest.raises(SheetRefused, match="最多 10000 行"):
        read_sheet(sheet([CELLS] * 10_001))


def test_a_head_that_was_changed_is_named():
    with pytest.raises(SheetRefused, match="缺少列：保单号"):
        read_sheet(sheet([CELLS], without="number"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "不是 Excel"),
        (b"a,b,c", "不是 Excel"),
        (b"\xd0\xcf\x11\xe0" + b"0" * 600, "旧版"),
        (b"PK\x03\x04 torn", "打不开"),
        (packed({"a.txt": b"x"}), "打不开"),
    ],
)
def test_what_is_no_workbook_is_refused(content, sentence):
    with pytest.raises(SheetRefused, match=sentence):
        read_sheet(content)


def _hostile(change) -> bytes:
    parts = zipfile.ZipFile(io.BytesIO(sheet([CELLS])))
    return packed({name: change(name, parts.read(name)) for name in parts.namelist()})


def test_a_bomb_is_refused_before_it_goes_off():
    bomb = _hostile(lambda name, data: data + b" " * (200 * 1024 * 1024) if name.endswith("sheet1.xml") else data)
    assert len(bomb) < 1024 * 1024
    with pytest.raises(SheetRefused, match="过大"):
        read_sheet(bomb)


@pytest.mark.parametrize("place", [b'r="XFD1048576"', b'r="A1048576"', b"r = 'ZZ2'", b'r="A00000020000"'])
def test_a_cell_at_the_far_end_of_the_sheet_takes_no_memory(place):
    far = b"<row><c " + place + b"><v>1</v></c></row></sheetData>"
    with pytest.raises(SheetRefused, match="范围过大"):
        read_sheet(_hostile(lambda name, data: data.replace(b"</sheetData>", far)))


def test_an_entity_that_swells_is_not_followed():
    swollen = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    hostile = _hostile(lambda name, data: data.replace(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', swollen))
    assert len(read_sheet(hostile)) == 1


# papers


def index(names: list[str], numbers=("QIPL20260000001", "QIPL2026000000", "甲2")) -> PaperIndex:
    return papers(packed(dict.fromkeys(names, b"%PDF-")), numbers)


def papers(content: bytes, numbers) -> PaperIndex:
    return PaperIndex(opened(io.BytesIO(content)), numbers)


def test_papers_are_found_by_number_and_kind_wherever_they_stand():
    found = index(
        ["QIPL-2026-0000001_保单.pdf", "材料/qipl20260000001/发票.PDF", "北京甲公司QIPL20260000001付款回单.jpg", "甲2 承诺书.png"]
    )
    kinds = {kind for kind in PaperKind if found.names("QIPL20260000001", kind)}
    assert kinds == {PaperKind.POLICY, PaperKind.INVOICE, PaperKind.PAYMENT}
    assert found.names("甲2", PaperKind.PLEDGE) == ["甲2 承诺书.png"]


def test_the_longest_number_wins():
    assert index(["xQIPL20260000001x发票.pdf"]).names("QIPL20260000001", PaperKind.INVOICE)


def test_what_belongs_to_no_row_is_told():
    found = index(["QIPL99999999999_发票.pdf", "QIPL20260000001.pdf", "QIPL20260000001_发票.exe", "__MACOSX/x.pdf", ".DS_Store"])
    assert found.found == {}
    assert len(found.strangers) == 3


def test_names_in_the_spelling_of_chinese_windows_are_read():
    raw = packed({"QIPL20260000001_1234.pdf": b"%PDF-"}).replace(b"1234.pdf", "发票.pdf".encode("gb18030"))
    found = papers(raw, ["QIPL20260000001"])
    (name,) = found.names("QIPL20260000001", PaperKind.INVOICE)
    assert read_paper(found.archive, name) == b"%PDF-"


@pytest.mark.parametrize(("content", "sentence"), [(b"Rar!\x1a\x07", "不是 ZIP"), (b"PK\x03\x04", "不是 ZIP")])
def test_what_is_no_zip_is_refused(content, sentence):
    with pytest.raises(SheetRefused, match=sentence):
        papers(content, [])


def test_a_paper_that_unpacks_to_more_than_it_may_is_read_no_further():
    found = papers(packed({"甲2_发票.pdf": b"0" * (25 * 1024 * 1024)}), ["甲2"])
    assert "超过 20 MB" in found.fault("甲2_发票.pdf")
    assert len(read_paper(found.archive, "甲2_发票.pdf")) == 20 * 1024 * 1024 + 1


def _one_paper(compression: int, damage=lambda archive: None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("甲2_发票.pdf", b"%PDF-" + bytes(range(256)) * 8, compression)
        damage(archive)
    return out.getvalue()


def _lies_far_away(archive: zipfile.ZipFile) -> None:
    archive.filelist[0].header_offset = 2**64 - 1


def _torn(compression: int) -> bytes:
    content = _one_paper(compression)
    return content[:60] + bytes(20) + content[80:]


EVERY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@pytest.mark.parametrize("content", [_one_paper(zipfile.ZIP_STORED, _lies_far_away), *map(_torn, EVERY)])
def test_a_paper_whose_bytes_are_torn_is_told_and_nothing_else_breaks(content):
    found = papers(content, ["甲2"])
    found.fault("甲2_发票.pdf")
    with pytest.raises(SheetRefused, match="可能已损坏"):
        read_paper(found.archive, "甲2_发票.pdf")


def test_a_disk_that_fails_is_not_told_as_a_torn_paper(monkeypatch):
    found = papers(_one_paper(zipfile.ZIP_DEFLATED), ["甲2"])

    def fails(*_):
        raise OSError(errno.EIO, "the disk is gone")

    monkeypatch.setattr(zipfile.ZipExtFile, "read", fails)
    with pytest.raises(OSError, match="the disk is gone"):
        read_paper(found.archive, "甲2_发票.pdf")
