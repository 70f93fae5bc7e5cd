"""The bank's answer to a payment file. What it does not say clearly is refused, with a sentence for the row."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from enterprises.rules import same_payee_name
from subsidies.documents.data import Payable

from .cells import ACCOUNT, CODES, amount_in, seen_twice, shortened
from .payments import TOTAL, read_payment_file
from .tables import Fault, FileRefused, Row, read_table, write_table

RESULT_COLUMNS = ("明细流水号", "收款人全称", "账号", "金额", "处理结果", "原因码", "原因", "付款日期", "银行流水号")
RETURN_REASONS = {"R01": "户名与账号不符", "R02": "账户已销户", "R03": "联行号有误", "R04": "账户长期不动", "R99": "其他原因"}
MASKED_ACCOUNT = re.compile(r"[0-9]*\*+[0-9]{4}")
DAYS = (
    re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?", re.ASCII),
    re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII),
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日", re.ASCII),
)


class Outcome(StrEnum):
    PAID = "PAID"
    RETURNED = "RETURNED"


WORDS = {"支付成功": Outcome.PAID, "退票": Outcome.RETURNED}


@dataclass(frozen=True, kw_only=True)
class BankResult:
    """What the bank says of one payment. `account` may be masked but for its last four figures; `row` is its row in the file."""

    row: int
    serial: str
    holder: str
    account: str
    amount: Decimal
    outcome: Outcome
    reason_code: str  # a key of RETURN_REASONS, empty when paid
    reason: str
    paid_on: date | None  # never None when paid
    bank_reference: str  # never empty when paid

    @property
    def account_tail(self) -> str:
        return self.account[-4:]


def read_bank_result(content: bytes) -> list[BankResult]:
    """The bank's result, CSV in UTF-8 or GB18030. Raises FileRefused with a sentence for every row that cannot be trusted."""
    faults: list[Fault] = []
    rows = read_table(content, RESULT_COLUMNS)
    total = [row for row in rows if row["明细流水号"] == TOTAL]
    rows = [row for row in rows if row["明细流水号"] != TOTAL]
    results = [_bank_result(row, faults) for row in rows]
    faults += seen_twice([(row.number, row["明细流水号"]) for row in rows])
    if not rows:
        faults.append(Fault(0, "", "文件里没有付款结果。"))
    for row in total:
        if amount_in(row, faults) != sum((result.amount for result in results), Decimal("0.00")):
            faults.append(Fault(row.number, "金额", "合计与各行金额之和不符。请核对后重新从银行系统导出。"))
    if faults:
        raise FileRefused(faults)
    return results


def check_against(results: Iterable[BankResult], payments: Iterable[Payable]) -> list[Fault]:
    """Where a result does not meet the payment of its serial: holder, account and amount must be the same. Empty when all do."""
    sent = {payment.serial: payment for payment in payments}
    return [fault for result in results for fault in _differences(result, sent.get(result.serial))]


def write_bank_result(results: Sequence[BankResult]) -> bytes:
    """A bank's result as read_bank_result reads it, for demonstrations and as a template for a bank."""
    rows = [
        (
            result.serial,
            result.holder,
            result.account,
            f"{result.amount:.2f}",
            next(word for word, outcome in WORDS.items() if outcome is result.outcome),
            result.reason_code,
            result.reason,
            result.paid_on.isoformat() if result.paid_on else "",
            result.bank_reference,
        )
        for result in results
    ]
    return write_table(RESULT_COLUMNS, rows, codes=CODES)


def write_bank_result_template(payment_file: bytes, *, paid_on: date, returned: Mapping[str, str] | None = None) -> bytes:
    """What a bank would answer to a payment file: all paid on a day, but for `returned` (serial → a key of RETURN_REASONS)."""
    returned = returned or {}
    results = []
    for number, payment in enumerate(read_payment_file(payment_file).payments, 2):
        code = returned.get(payment.serial, "")
        result = BankResult(
            row=number,
            serial=payment.serial,
            holder=payment.payee,
            account=payment.account,
            amount=payment.amount,
            outcome=Outcome.RETURNED if code else Outcome.PAID,
            reason_code=code,
            reason=RETURN_REASONS[code] if code else "",
            paid_on=None if code else paid_on,
            bank_reference="" if code else f"YH{paid_on:%Y%m%d}{number - 1:06d}",
        )
        results.append(result)
    return write_bank_result(results)


def _bank_result(row: Row, faults: list[Fault]) -> BankResult:
    outcome = WORDS.get(row["处理结果"])
    code, reason = row["原因码"], row["原因"]
    result = BankResult(
        row=row.number,
        serial=row["明细流水号"],
        holder=row["收款人全称"],
        account=row["账号"],
        amount=amount_in(row, faults),
        outcome=outcome or Outcome.RETURNED,  # without a clear one the file is refused below
        reason_code=code,
        reason=reason or RETURN_REASONS.get(code, ""),
        paid_on=_day(row, faults),
        bank_reference=row["银行流水号"],
    )
    if mangled := shortened(row, ("明细流水号", "账号", "银行流水号")):
        faults += mangled
    elif not (ACCOUNT.fullmatch(result.account) or MASKED_ACCOUNT.fullmatch(result.account)):
        faults.append(Fault(row.number, "账号", "应为8至32位数字，或者只留后四位、其余用*代替。"))
    if not result.serial or not result.holder:
        faults.append(Fault(row.number, "明细流水号" if result.holder else "收款人全称", "不能为空。"))
    if outcome is None:
        faults.append(Fault(row.number, "处理结果", "只能写“支付成功”或者“退票”，不能推测。请向银行核实。"))
    else:
        faults += _contradictions(result, said=reason)
    return result


def _contradictions(result: BankResult, *, said: str) -> Iterable[Fault]:
    if result.outcome is Outcome.PAID:
        if result.reason_code or said:
            yield Fault(result.row, "原因码", "支付成功的，不应有退票原因。请向银行核实这一笔的结果。")
        if not result.paid_on:
            yield Fault(result.row, "付款日期", "支付成功的，须有付款日期，例如2026-10-12。")
        if not result.bank_reference:
            yield Fault(result.row, "银行流水号", "支付成功的，须有银行流水号。")
    elif result.reason_code not in RETURN_REASONS:
        yield Fault(result.row, "原因码", f"退票的，原因码应为{'、'.join(f'{code}{text}' for code, text in RETURN_REASONS.items())}之一。")
    elif result.reason_code == "R99" and not said:
        yield Fault(result.row, "原因", "原因码为R99的，请写明原因。")


def _day(row: Row, faults: list[Fault]) -> date | None:
    """Year, month, day, in that order; another order is not guessed."""
    text = row["付款日期"]
    if not text:
        return None
    for pattern in DAYS:
        if match := pattern.fullmatch(text):
            try:
                return date(*map(int, match.groups()))
            except ValueError:  # 2026-02-30
                break
    faults.append(Fault(row.number, "付款日期", "请写成2026-10-12的形式。"))
    return None


def _differences(result: BankResult, payment: Payable | None) -> Iterable[Fault]:
    if payment is None:
        yield Fault(result.row, "明细流水号", "本批次没有这笔付款。请核对是否选错了批次或者文件。")
        return
    if not same_payee_name(result.holder, payment.payee):
        yield Fault(result.row, "收款人全称", f"与付款文件不同，付款文件为“{payment.payee}”。请向银行核实。")
    if result.amount != payment.amount:
        yield Fault(result.row, "金额", f"与付款文件不同，付款文件为{payment.amount:.2f}元。请向银行核实。")
    if result.account != payment.account and not ("*" in result.account and result.account_tail == payment.account[-4:]):
        spoilt = {payment.account.lstrip("0"), payment.account[:15].ljust(len(payment.account), "0")}  # what a spreadsheet makes of it
        why = "末几位或者开头的0已被表格软件改写。请从银行系统重新导出。" if result.account in spoilt else "与付款文件不同。请向银行核实。"
        yield Fault(result.row, "账号", why)
