"""What goes to the bank and what comes back: nothing lost on the way through a spreadsheet, nothing guessed."""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies import payment_files
from subsidies.payment_files import BankResult, FileRefused, Outcome
from subsidies.payment_files.results import RESULT_COLUMNS
from tests.subsidies import papers

PAID_ON = date(2026, 10, 26)
HEAD = ",".join(RESULT_COLUMNS)
PAID_ROW = "2026-01-003-0001,北京第1智能装备有限公司,0859827198035247171,800000.00,支付成功,,,2026-10-26,YH001"


def table(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def result(*rows: str, encoding="utf-8") -> bytes:
    return "\r\n".join([HEAD, *rows, ""]).encode(encoding)


def paid(**columns: str) -> str:
    """The good row with some of its cells changed."""
    cells = dict(zip(RESULT_COLUMNS, PAID_ROW.split(","), strict=True)) | columns
    return ",".join(cells.values())


def faults(content: bytes) -> list[tuple[int, str]]:
    with pytest.raises(FileRefused) as refused:
        payment_files.read_bank_result(content)
    assert all(fault.sentence.endswith("。") for fault in refused.value.faults)
    return [(fault.row, fault.column) for fault in refused.value.faults]


def test_a_payment_file_has_a_head_a_row_for_each_payment_and_a_total():
    data = papers.batch(3)
    content = payment_files.write_payment_file(data)
    head, *rows, last = table(content)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    assert head == ["批次号", "明细流水号", "申报编号", "收款人全称", "账号", "开户行", "联行号", "金额", "用途"]
    assert [row[3] for row in rows] == [line.payee for line in data.lines]
    assert [row[7] for row in rows] == ["800000.00", "799999.99", "26666.66"]
    assert last == ["合计\t", "3笔\t", "", "", "", "", "", "1626666.65", f"SHA-256:{data.sha256}"]


def test_codes_and_accounts_end_in_a_tab_so_that_a_spreadsheet_keeps_every_digit():
    row = table(payment_files.write_payment_file(papers.batch(1)))[1]
    assert (row[0], row[1], row[4], row[6]) == ("2026-01-003\t", "2026-01-003-0001\t", "0859827198035247171\t", "102100099996\t")


@pytest.mark.parametrize("name", ["=1+1", "+86公司", "-减号", "@SUM(A1)", "＝全角", "'撇号", "'=撇号公式"])
def test_a_name_that_a_spreadsheet_would_run_is_text_there_and_itself_when_read_back(name):
    data = papers.batch(1, papers.line(1, payee=name))
    content = payment_files.write_payment_file(data)
    assert table(content)[1][3] == f"'{name}"
    assert payment_files.read_payment_file(content).payments[0].payee == name


def test_a_payment_file_reads_back_as_it_was_written():
    data = papers.batch(2, papers.line(1, payee=papers.LONG_NAME, cnaps=""), papers.line(2, payee='北京"A, B"（集团）公司'))
    read = payment_files.read_payment_file(payment_files.write_payment_file(data))
    assert (read.batch_number, read.total, read.sha256) == (data.number, data.total, data.sha256)
    for sent, back in zip(data.lines, read.payments, strict=True):
        assert (back.serial, back.application_number, back.payee, back.account) == (
            sent.serial,
            sent.application_number,
            sent.payee,
            sent.account,
        )
        assert (back.bank, back.cnaps, back.amount, back.purpose) == (sent.bank, sent.cnaps, sent.amount, sent.purpose)


visible = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@given(visible, visible, st.from_regex(r"[0-9]{8,32}", fullmatch=True), st.integers(1, 9_999_999_999))
def test_any_visible_text_account_and_amount_survives_the_way_out_and_back(payee, purpose, account, fen):
    amount = (Decimal(fen) / 100).quantize(Decimal("0.01"))
    data = papers.batch(1, papers.line(1, payee=payee, purpose=purpose, account=account, amount=amount))
    back = payment_files.read_payment_file(payment_files.write_payment_file(data)).payments[0]
    assert (back.payee, back.purpose, back.account, back.amount) == (payee, purpose, account, amount)


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"account": "6222"}, "账号"),
        ({"account": "６２２２０２０２０２"}, "账号"),
        ({"account": "622202 0202"}, "账号"),
        ({"cnaps": "10210009999"}, "联行号"),
        ({"amount": Decimal("0.00")}, "金额"),
        ({"amount": Decimal("-1.00")}, "金额"),
        ({"amount": Decimal("1.001")}, "金额"),
        ({"payee": " "}, "收款人全称"),
        ({"payee": "北京\u200b公司"}, "收款人全称"),
        ({"payee": "北京公司\r\n合计"}, "收款人全称"),
        ({"payee": "北京公司 "}, "收款人全称"),
        ({"bank": ""}, "开户行"),
        ({"purpose": "补" * 31}, "用途"),
        ({"serial": "2026-01-003-0002"}, "明细流水号"),
    ],
)
def test_a_line_that_could_not_be_paid_as_it_stands_stops_the_file(changes, column):
    with pytest.raises(FileRefused) as refused:
        payment_files.write_payment_file(papers.batch(2, papers.line(1, **changes), papers.line(2)))
    assert column in {fault.column for fault in refused.value.faults}
    assert str(refused.value).startswith("第")


def test_an_empty_batch_has_no_payment_file():
    with pytest.raises(FileRefused, match="没有付款"):
        payment_files.write_payment_file(replace(papers.batch(1), lines=()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0859827198035247172", "0859827198035247173"),
        ("799999.99", "799999.98"),
        ("北京第2智能", "北京第3智能"),
        ("3笔", "2笔"),
        ("1626666.65", "1626666.66"),
        ("SHA-256:", "SHA-256:0"),
        ("2026-01-003-0002", "2026-01-003-0004"),
        ("102100099996", "102100099995"),
    ],
)
def test_a_payment_file_that_was_changed_is_noticed(old, new):
    content = payment_files.write_payment_file(papers.batch(3)).decode()
    assert old in content
    with pytest.raises(FileRefused, match="改动过"):
        payment_files.read_payment_file(content.replace(old, new, 1).encode())


def test_a_payment_file_that_breaks_off_is_noticed():
    content = payment_files.write_payment_file(papers.batch(3))
    for cut in (
        content[: content.index("合计".encode())],
        content[:200],
        b"",
        content.replace(b"2026-01-003\t,2026-01-003-0002", b"2026-01-004\t,2026-01-003-0002"),
    ):
        with pytest.raises(FileRefused):
            payment_files.read_payment_file(cut)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_bank_result_is_read_in_utf_8_and_gb18030(encoding):
    name = "北京赟堃喆公司"
    returned = f"2026-01-003-0002,{name},***************7172,799999.99,退票,R02,,,"
    first, second = payment_files.read_bank_result(result(PAID_ROW, returned, ",,,,,,,,", encoding=encoding))
    assert first == BankResult(
        row=2,
        serial="2026-01-003-0001",
        holder="北京第1智能装备有限公司",
        account="0859827198035247171",
        amount=Decimal("800000.00"),
        outcome=Outcome.PAID,
        reason_code="",
        reason="",
        paid_on=PAID_ON,
        bank_reference="YH001",
    )
    assert (second.holder, second.account_tail, second.outcome, second.reason_code) == (name, "7172", Outcome.RETURNED, "R02")
    assert (second.reason, second.paid_on, second.bank_reference) == ("账户已销户", None, "")


@pytest.mark.parametrize(
    "day", ["2026-10-26", "2026/10/26", "2026.10.26", "20261026", "2026年10月26日", "2026/10/26 9:05", "2026-10-26T09:05:00"]
)
def test_a_day_is_read_when_its_year_comes_first(day):
    assert payment_files.read_bank_result(result(paid(付款日期=day)))[0].paid_on == PAID_ON


@pytest.mark.parametrize("amount", ["800000", "800000.0", '"800,000.00"'])
def test_an_amount_may_lack_its_zeros_and_split_its_thousands(amount):
    assert payment_files.read_bank_result(result(paid(金额=amount)))[0].amount == Decimal("800000.00")


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"账号": "8.59827E+17"}, "账号"),
        ({"账号": "########"}, "账号"),
        ({"账号": "170"}, "账号"),
        ({"账号": "085982719803524717X"}, "账号"),
        ({"明细流水号": "2.0261E+13"}, "明细流水号"),
        ({"明细流水号": ""}, "明细流水号"),
        ({"收款人全称": ""}, "收款人全称"),
        ({"银行流水号": "1.23457E+20"}, "银行流水号"),
        ({"银行流水号": ""}, "银行流水号"),
        ({"金额": "8E+05"}, "金额"),
        ({"金额": "80万"}, "金额"),
        ({"金额": "-800000.00"}, "金额"),
        ({"金额": "800000.001"}, "金额"),
        ({"金额": '"80,0000.00"'}, "金额"),
        ({"金额": "８００"}, "金额"),
        ({"处理结果": "成功"}, "处理结果"),
        ({"处理结果": ""}, "处理结果"),
        ({"处理结果": "退票"}, "原因码"),
        ({"处理结果": "退票", "原因码": "R99"}, "原因"),
        ({"处理结果": "退票", "原因码": "1"}, "原因码"),
        ({"原因码": "R01"}, "原因码"),
        ({"原因": "户名不符"}, "原因码"),
        ({"付款日期": ""}, "付款日期"),
        ({"付款日期": "26/10/2026"}, "付款日期"),
        ({"付款日期": "10-26-2026"}, "付款日期"),
        ({"付款日期": "2026-02-30"}, "付款日期"),
        ({"付款日期": "46321"}, "付款日期"),
    ],
)
def test_a_row_that_is_not_clear_is_refused_with_its_place(cells, column):
    assert (3, column) in faults(result(PAID_ROW.replace("0001", "0009", 1), paid(**cells)))


def test_every_faulty_row_is_named_at_once_and_nothing_of_the_file_counts():
    content = result(PAID_ROW, paid(金额="x"), PAID_ROW.replace("0001", "0005", 1), paid(账号="8.6E+18"), PAID_ROW)
    assert faults(content) == [(3, "金额"), (3, "明细流水号"), (5, "账号"), (5, "明细流水号"), (6, "明细流水号")]


@pytest.mark.parametrize(("total", "ok"), [("1599999.99", True), ("1600000.00", False)])
def test_a_row_of_totals_must_add_up(total, ok):
    rows = [PAID_ROW, paid(明细流水号="2026-01-003-0002", 金额="799999.99"), f"合计,,,{total},,,,,"]
    if ok:
        assert len(payment_files.read_bank_result(result(*rows))) == 2
    else:
        assert faults(result(*rows)) == [(4, "金额")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "缺少列"),
        (b"PK\x03\x04 a workbook", "Excel工作簿"),
        (b"\xd0\xcf\x11\xe0 an old workbook", "Excel工作簿"),
        (result(PAID_ROW, encoding="utf-16"), "Unicode文本"),
        (result(PAID_ROW).replace(b",", b"\t"), "英文逗号"),
        (result(PAID_ROW).replace(b",", b";"), "英文逗号"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff", "编码无法识别"),
        (result(), "没有付款结果"),
        (result(PAID_ROW).replace("银行流水号".encode(), b"X"), "缺少列：银行流水号"),
        (result(PAID_ROW).replace("原因码".encode(), "金额".encode()), "缺少列：原因码"),
        (result(PAID_ROW + ",多")[:-2], "应有9列，实有10列"),
        (result(PAID_ROW.replace(",支付成功", ',"支付成功')), "不是完整的CSV"),
        ((HEAD + ",金额\r\n").encode(), "列名重复：金额"),
        (b"x" * (5 * 1024 * 1024 + 1), "超过5MB"),
        (result(*["," * 8] * 20_001), "超过20000行"),
    ],
)
def test_a_file_that_is_no_bank_result_says_what_to_do(content, sentence):
    with pytest.raises(FileRefused, match=sentence):
        payment_files.read_bank_result(content)


@given(st.binary(max_size=400))
def test_no_bytes_whatever_bring_more_than_a_refusal(content):
    with pytest.raises(FileRefused):
        payment_files.read_bank_result(HEAD.encode() + b"\r\n" + content + b'\r\n"')


def test_columns_may_stand_in_another_order_with_others_between():
    cells = dict(zip(RESULT_COLUMNS, PAID_ROW.split(","), strict=True))
    names = [*reversed(RESULT_COLUMNS), "备注"]
    content = ",".join(names) + "\n" + ",".join([cells.get(name, "无") for name in names])
    assert payment_files.read_bank_result(content.encode())[0].serial == cells["明细流水号"]


def answered(**changes) -> BankResult:
    template = payment_files.write_bank_result_template(payment_files.write_payment_file(papers.batch(1)), paid_on=PAID_ON)
    return replace(payment_files.read_bank_result(template)[0], **changes)


@pytest.mark.parametrize(
    ("changes", "column", "sentence"),
    [
        ({"serial": "2026-01-003-0002"}, "明细流水号", "没有这笔付款"),
        ({"holder": "北京第1智能装备公司"}, "收款人全称", "与付款文件不同"),
        ({"amount": Decimal("800000.01")}, "金额", "付款文件为800000.00元"),
        ({"account": "0859827198035247172"}, "账号", "请向银行核实"),
        ({"account": "***************7172"}, "账号", "请向银行核实"),
        ({"account": "859827198035247171"}, "账号", "表格软件改写"),
        ({"account": "0859827198035240000"}, "账号", "表格软件改写"),
    ],
)
def test_a_result_that_does_not_meet_its_payment_is_named(changes, column, sentence):
    [fault] = payment_files.check_against([answered(**changes)], papers.batch(1).lines)
    assert (fault.row, fault.column) == (2, column)
    assert sentence in fault.sentence


def test_a_result_meets_its_payment_by_its_whole_account_or_its_tail_and_any_width_of_bracket():
    lines = papers.batch(1, papers.line(1, payee="北京（中关村）公司")).lines
    for changes in ({}, {"account": "***************7171"}, {"holder": "北京(中关村)公司"}):
        assert payment_files.check_against([answered(**{"holder": "北京（中关村）公司"} | changes)], lines) == []


def test_the_demonstration_bank_answers_every_payment_and_returns_those_it_is_told_to():
    sent = payment_files.write_payment_file(papers.batch(3))
    content = payment_files.write_bank_result_template(sent, paid_on=PAID_ON, returned={"2026-01-003-0002": "R03"})
    results = payment_files.read_bank_result(content)
    assert [answer.outcome for answer in results] == [Outcome.PAID, Outcome.RETURNED, Outcome.PAID]
    assert [answer.reason for answer in results] == ["", "联行号有误", ""]
    assert len({answer.bank_reference for answer in results if answer.outcome is Outcome.PAID}) == 2
    assert payment_files.check_against(results, papers.batch(3).lines) == []
