"""What the papers about one case's way say, from acceptance to recovery, as plain values. Each says what stood when it was decided."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from subsidies.documents.data import Clauses


@dataclass(frozen=True, kw_only=True)
class Filing:
    """The filing that a paper answers, as it was handed in."""

    application_number: str
    applicant: str
    window: str  # 2026年第一期
    policy_number: str
    filed_on: date


@dataclass(frozen=True, kw_only=True)
class AcceptanceData:
    """受理通知书. `review_by` is None where the working days of that year are not known yet."""

    filing: Filing
    review_days: int  # working days
    review_by: date | None
    publicity_days: int  # working days
    contact: str  # 联系电话 and the like, may be empty
    clauses: Clauses


@dataclass(frozen=True, kw_only=True)
class ToCorrect:
    part: str  # 事项, e.g. 保费发票
    sentence: str  # what is wrong and what to do


@dataclass(frozen=True, kw_only=True)
class CorrectionData:
    """补正告知书: the whole list, told once. `is_repeated` where an earlier list was not answered as asked."""

    filing: Filing
    items: tuple[ToCorrect, ...]
    due_on: date  # the last day
    days: int  # working days
    is_repeated: bool
    contact: str
    clauses: Clauses


@dataclass(frozen=True, kw_only=True)
class RefusalData:
    """不予受理通知书. `may_refile`: the window was open when it was decided, and lets a refused applicant file again."""

    filing: Filing
    reason: str
    may_refile: bool
    contact: str
    clauses: Clauses


@dataclass(frozen=True, kw_only=True)
class Failed:
    sentence: str  # what was found
    clause: str  # e.g. 试点方案 四（二）


@dataclass(frozen=True, kw_only=True)
class RejectionData:
    """不予补贴决定书. `replied_on` are the days on which the applicant was heard."""

    filing: Filing
    accepted_on: date
    premium: Decimal  # 认定保费
    failed: tuple[Failed, ...]
    reason: str
    told_on: date  # reasons and right to reply were told
    reply_days: int  # working days
    replied_on: tuple[date, ...]
    minutes_number: str  # 会议纪要号 of the IP office
    determined_on: date
    contact: str
    clauses: Clauses


@dataclass(frozen=True, kw_only=True)
class ListedAward:
    applicant: str
    credit_code: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class PublicNoticeData:
    """拟补贴企业名单公示, as published: in the order of the application numbers, which stay between applicant and centre."""

    window: str
    minutes_number: str
    starts_on: date
    ends_on: date
    days: int  # working days
    awards: tuple[ListedAward, ...]
    total: Decimal
    contact: str

    def __post_init__(self) -> None:
        if (listed := sum((award.amount for award in self.awards), Decimal(0))) != self.total:
            raise ValueError(f"the list adds up to {listed}, and {self.total} was published")


@dataclass(frozen=True, kw_only=True)
class RecoveryData:
    """退回补贴资金通知书. The centre names the account in a letter of its own."""

    application_number: str
    payee: str
    window: str
    paid: Decimal
    paid_on: date
    reason: str
    amount: Decimal
    due_on: date  # the last day
    days: int  # working days
    centre: str
    contact: str
    clauses: Clauses

    def __post_init__(self) -> None:
        if not 0 < self.amount <= self.paid:
            raise ValueError(f"{self.application_number}: {self.amount} cannot come back of {self.paid}")
