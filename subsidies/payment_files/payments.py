"""The batch's payment file for the bank or the treasury.

A head, one row a payment, and a last row `合计` with count, total and SHA-256 of the rows. Amounts are plain: 26666.66.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from subsidies.documents.data import BatchData, Payable, payments_sha256
from subsidies.rules import FEN

from .cells import ACCOUNT, CODES, amount_in, seen_twice, shortened
from .tables import Fault, FileRefused, Row, read_table, write_table

FILE_COLUMNS = ("批次号", "明细流水号", "申报编号", "收款人全称", "账号", "开户行", "联行号", "金额", "用途")
TOTAL = "合计"
PURPOSE_LENGTH = 30
CNAPS = re.compile(r"[0-9]{12}|")
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@dataclass(frozen=True, kw_only=True)
class FiledPayment:
    """A row of a payment file."""

    serial: str
    application_number: str
    payee: str
    account: str
    bank: str
    cnaps: str
    amount: Decimal
    purpose: str


@dataclass(frozen=True, kw_only=True)
class PaymentFile:
    batch_number: str
    payments: tuple[FiledPayment, ...]
    total: Decimal
    sha256: str


def write_payment_file(batch: BatchData) -> bytes:
    """The file for the bank. Raises FileRefused when a line could not be paid as it stands."""
    faults = [fault for number, line in enumerate(batch.lines, 2) for fault in _unpayable(number, line)]
    faults += seen_twice([(number, line.serial) for number, line in enumerate(batch.lines, 2)])
    if not batch.lines:
        faults.append(Fault(0, "", "批次里没有付款。"))
    if faults:
        raise FileRefused(faults)
    rows = [
        (
            batch.number,
            line.serial,
            line.application_number,
            line.payee,
            line.account,
            line.bank,
            line.cnaps,
            f"{line.amount:.2f}",
            line.purpose,
        )
        for line in batch.lines
    ]
    last = (TOTAL, f"{batch.count}笔", "", "", "", "", "", f"{batch.total:.2f}", f"SHA-256:{batch.sha256}")
    return write_table(FILE_COLUMNS, [*rows, last], codes=CODES)


def read_payment_file(content: bytes) -> PaymentFile:
    """What a payment file says, checked against its count, total and SHA-256. Raises FileRefused."""
    rows = read_table(content, FILE_COLUMNS)
    if not rows or rows[-1]["批次号"] != TOTAL:
        raise FileRefused([Fault(0, "", f"文件末尾没有“{TOTAL}”行，内容可能不完整。请重新下载付款文件。")])
    *lines, last = rows
    faults: list[Fault] = []
    payments = tuple(_filed_payment(row, faults) for row in lines)
    numbers = sorted({row["批次号"] for row in lines})
    total = sum((payment.amount for payment in payments), Decimal("0.00"))
    sha256 = payments_sha256(numbers[0] if numbers else "", payments)
    if len(numbers) != 1:
        faults.append(Fault(0, "批次号", "一个付款文件只能有一个批次号。请重新下载付款文件。"))
    said = (last["明细流水号"], last["金额"], last["用途"])
    if not faults and said != (f"{len(payments)}笔", f"{total:.2f}", f"SHA-256:{sha256}"):
        faults.append(Fault(last.number, TOTAL, "笔数、合计或者SHA-256与明细不符，文件被改动过。请重新下载付款文件。"))
    if faults:
        raise FileRefused(faults)
    return PaymentFile(batch_number=numbers[0], payments=payments, total=total, sha256=sha256)


def _unpayable(number: int, line: Payable) -> Iterable[Fault]:
    texts = {
        "明细流水号": line.serial,
        "申报编号": line.application_number,
        "收款人全称": line.payee,
        "开户行": line.bank,
        "用途": line.purpose,
    }
    for column, text in texts.items():
        if not text.strip():
            yield Fault(number, column, "不能为空。")
        if text != text.strip() or any(unicodedata.category(letter) in INVISIBLE for letter in text):
            yield Fault(number, column, "首尾有空格，或者含有不可见字符。请更正后再制单。")
    if not ACCOUNT.fullmatch(line.account):
        yield Fault(number, "账号", "账号应为8至32位数字。")
    if not CNAPS.fullmatch(line.cnaps):
        yield Fault(number, "联行号", "联行号应为12位数字，不清楚时留空。")
    if line.amount <= 0 or line.amount != line.amount.quantize(FEN):
        yield Fault(number, "金额", "金额应大于0，最多两位小数。")
    if len(line.purpose) > PURPOSE_LENGTH:
        yield Fault(number, "用途", f"用途最多{PURPOSE_LENGTH}个字。")


def _filed_payment(row: Row, faults: list[Fault]) -> FiledPayment:
    payment = FiledPayment(
        serial=row["明细流水号"],
        application_number=row["申报编号"],
        payee=row["收款人全称"],
        account=row["账号"],
        bank=row["开户行"],
        cnaps=row["联行号"],
        amount=amount_in(row, faults),
        purpose=row["用途"],
    )
    faults += shortened(row, ("明细流水号", "账号")) or _unpayable(row.number, payment)
    return payment
