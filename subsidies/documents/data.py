"""What the papers say, as plain values. Money is CNY to the fen; dates are Beijing dates; moments carry their time zone."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import quote

from subsidies.rules import Line, Terms, at_rate, entitlement, is_capped


@dataclass(frozen=True, kw_only=True)
class Issue:
    """What makes a paper one that we issued. `site_url` has no slash at its end."""

    number: str  # 文书编号, e.g. 中知促拨〔2026〕31号
    verify_code: str  # 核验码, e.g. 7K3M-92QD
    issued_at: datetime
    issuer: str
    site_url: str

    @property
    def verify_url(self) -> str:
        return f"{self.site_url}/verify/{quote(self.verify_code, safe='')}/"


@dataclass(frozen=True, kw_only=True)
class Clauses:
    """What a paper says of rights and periods, a paragraph a line with {blanks}, and which version of its words that is."""

    version: str  # e.g. acceptance_paper/2; /0 is what the portal came with
    text: str


@dataclass(frozen=True, kw_only=True)
class FiledFile:
    kind: str  # 材料, e.g. 保险单
    name: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, kw_only=True)
class ReceiptData:
    """申报回执: what was filed, by whom, and when the centre will answer."""

    application_number: str
    applicant: str
    credit_code: str
    window: str  # 2026年第一期
    channel: str  # 自行申报 / 委托保险公司申报
    filed_by: str  # who pressed the button, masked as the caller wishes
    filed_at: datetime
    insurer: str
    product: str
    policy_number: str
    signed_on: date
    starts_on: date
    ends_on: date  # the last day covered
    lines: tuple[Line, ...]  # as subsidies.rules.explain gives them
    estimate: Decimal
    files: tuple[FiledFile, ...]
    promised_on: date  # accepted, or told once what to correct, by this day


@dataclass(frozen=True, kw_only=True)
class PaymentLine:
    """One payment of a batch. `account` and `cnaps` are text, leading zeros count; an unknown 联行号 is empty."""

    serial: str  # 明细流水号, never used again
    application_number: str
    payee: str
    credit_code: str
    account: str
    bank: str
    cnaps: str
    premium: Decimal  # 认定保费
    amount: Decimal
    purpose: str  # 用途, at most 30 characters


@dataclass(frozen=True, kw_only=True)
class BatchData:
    """A frozen batch 批次. `basis` is said in the approval sheet, one clause each, in order."""

    number: str
    project: str  # 2026年第一期保费补贴
    appropriation: str  # 指标文号, e.g. 京财预〔2026〕12号
    accounting: str  # 功能科目与经济分类, may be empty
    basis: tuple[str, ...]
    prepared_on: date
    prepared_by: str
    lines: tuple[PaymentLine, ...]

    @property
    def count(self) -> int:
        return len(self.lines)

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0.00"))

    @property
    def sha256(self) -> str:
        """Of what will be paid: batch number and, line by line, what stands in the payment file. The third key beside count and total."""
        return payments_sha256(self.number, self.lines)


@dataclass(frozen=True, kw_only=True)
class NoticeData:
    """保费补贴资金拨付通知书. `why_less` explains an award below what rate and cap allow, and is needed then."""

    application_number: str
    payee: str
    window: str
    policy_number: str
    premium: Decimal
    terms: Terms
    awarded: Decimal
    why_less: str
    account_tail: str  # the last four figures, never more
    bank: str
    arrival_days: int  # working days until the money is there
    report_days: int  # working days to report a reduced premium or a surrender
    contact: str  # 联系电话 and the like, may be empty
    clauses: Clauses

    def __post_init__(self) -> None:
        if self.awarded > self.entitled:
            raise ValueError(f"{self.application_number}: {self.awarded} is more than the {self.entitled} that rate and cap allow")
        if self.awarded < self.entitled and not self.why_less:
            raise ValueError(f"{self.application_number}: an award below {self.entitled} needs its reason")
        if len(self.account_tail) != 4:
            raise ValueError(f"{self.application_number}: a notice shows the last four figures of an account, no more")

    @property
    def at_rate(self) -> Decimal:
        return at_rate(self.premium, self.terms)

    @property
    def entitled(self) -> Decimal:
        return entitlement(self.premium, self.terms)

    @property
    def capped(self) -> bool:
        return is_capped(self.premium, self.terms)


class Payable(Protocol):
    """What a payment file says of a payment: a PaymentLine, or a row read back."""

    @property
    def serial(self) -> str: ...
    @property
    def application_number(self) -> str: ...
    @property
    def payee(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def bank(self) -> str: ...
    @property
    def cnaps(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def purpose(self) -> str: ...


def payments_sha256(batch_number: str, lines: Iterable[Payable]) -> str:
    """Of what will be paid, as BatchData.sha256 says."""
    rows = [
        [line.serial, line.application_number, line.payee, line.account, line.bank, line.cnaps, f"{line.amount:.2f}", line.purpose]
        for line in lines
    ]
    return _sha256([batch_number, rows])


def facts_sha256(kind: str, data: Any, issue: Issue) -> str:
    """Of everything that a paper says, whatever it looks like; the address of the portal is no fact."""
    return _sha256([kind, asdict(data), {**asdict(issue), "site_url": ""}])


def _sha256(facts: Any) -> str:
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_as_text)
    return hashlib.sha256(text.encode()).hexdigest()


def _as_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no fact: {value!r}")
