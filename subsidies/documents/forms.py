"""What the papers say that an applicant prints, seals and uploads. They are filled in, but nothing of ours: no number, no code."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from subsidies.rules import Line


@dataclass(frozen=True, kw_only=True)
class MoneyRow:
    """An invoice or a payment of premium."""

    number: str  # 发票号码 / 银行流水号
    party: str  # 购买方 / 付款户名
    day: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class FormEnterprise:
    name: str
    credit_code: str
    kind: str  # 主体类型
    address: str
    district: str
    legal_representative: str
    established_on: date
    contact_name: str
    contact_phone: str
    contact_email: str
    category: str  # empty: none chosen yet
    category_until: date | None  # None: no end


@dataclass(frozen=True, kw_only=True)
class FormPolicy:
    insurer: str
    product: str
    filing_number: str  # 备案号
    number: str
    signed_on: date
    starts_on: date
    ends_on: date  # the last day covered
    liability_limit: Decimal
    territory: str
    invoices: tuple[MoneyRow, ...]
    payments: tuple[MoneyRow, ...]


@dataclass(frozen=True, kw_only=True)
class FormAccount:
    holder: str
    bank: str
    cnaps: str
    tail: str  # the last four figures, never more

    def __post_init__(self) -> None:
        if len(self.tail) != 4:
            raise ValueError("a form shows the last four figures of an account, no more")


@dataclass(frozen=True, kw_only=True)
class ApplicationForm:
    """申请表: a draft or a filed case as it stands. What is None has not been filled in yet."""

    application_number: str  # empty: not filed yet
    window: str
    channel: str  # 自行申报 / 保险公司代申报
    entrusted: str  # the insurer that files for the enterprise, else empty
    enterprise: FormEnterprise
    policy: FormPolicy | None
    account: FormAccount | None
    lines: tuple[Line, ...]
    estimate: Decimal
    other_subsidies: str
    files: tuple[tuple[str, str], ...]  # (材料, file name)
    filled_at: datetime


@dataclass(frozen=True, kw_only=True)
class PledgeForm:
    """承诺书: the promises stand in the template that the screen shows too."""

    enterprise: str
    credit_code: str
    window: str
    policy_number: str  # empty: no policy chosen yet
    filled_at: datetime


@dataclass(frozen=True, kw_only=True)
class EntrustmentForm:
    """委托书 between an enterprise and its insurer."""

    enterprise: str
    credit_code: str
    address: str
    legal_representative: str
    insurer: str
    insurer_code: str
    starts_on: date
    ends_on: date  # the last day
    includes_submission: bool
    includes_correction: bool
    filled_at: datetime
