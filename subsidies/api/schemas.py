"""Shapes of what is answered. Amounts are texts to the fen, days are dates, moments carry their offset."""

from datetime import date, datetime
from typing import Annotated, Generic, TypeVar

from ninja import Field, Schema

Item = TypeVar("Item")
Amount = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", examples=["100000.00"])]


class Fault(Schema):
    field: str = Field(description="请求中的位置，例如 invoices.0.amount")
    message: str


class Problem(Schema):
    """RFC 9457. `code` does not change; `detail` is for people to read."""

    type: str
    title: str
    status: int
    code: str
    detail: str = Field(description="原因和怎么办，中文")
    clause: str = Field(description="依据的条款，可能为空")
    errors: list[Fault] | None = None


class Page(Schema, Generic[Item]):
    items: list[Item]
    next: int | None = Field(description="下一页的 cursor；没有下一页时为 null")


class Enterprise(Schema):
    credit_code: str
    name: str
    is_verified: bool


class Window(Schema):
    id: int
    name: str
    year: int
    is_open: bool
    opens_at: datetime
    closes_at: datetime
    signed_from: date
    signed_until: date
    paid_until: date
    rate: Amount
    cap: Amount
    pay_by: date


class Product(Schema):
    id: int
    name: str
    filing_number: str
    filed_on: date
    withdrawn_on: date | None
    on_sale: bool


class Word(Schema):
    kind: str
    code: str
    name: str
    valid_from: date | None
    valid_until: date | None


class Paper(Schema):
    id: int
    name: str
    content_type: str
    size: int
    sha256: str
    added_at: datetime


class Invoice(Schema):
    number: str
    buyer: str
    amount: Amount
    issued_on: date


class Payment(Schema):
    payer: str
    amount: Amount
    paid_on: date
    reference: str


class Endorsement(Schema):
    kind: str
    number: str
    effective_on: date
    premium_after: Amount


class Policy(Schema):
    id: int
    number: str
    enterprise: Enterprise
    product: str = Field(description="备案号")
    signed_on: date
    starts_on: date
    last_day: date = Field(description="保障的最后一天，到当日 24 时")
    liability_limit: Amount
    territory: str
    premium: Amount
    non_pilot_premium: Amount
    coinsured_premium: Amount
    state: str
    state_label: str
    state_reason: str
    registered_at: datetime
    proven_at: datetime | None
    version: int = Field(description="每次变化加一")


class PolicyInFull(Policy):
    invoices: list[Invoice]
    payments: list[Payment]
    endorsements: list[Endorsement]


class Entrustment(Schema):
    id: int
    enterprise: Enterprise
    starts_on: date
    last_day: date
    includes_submission: bool
    includes_correction: bool
    has_paper: bool
    state: str
    state_label: str
    state_reason: str
    in_force: bool
    version: int


class Category(Schema):
    id: int
    name: str
    valid_until: date | None
    has_evidence: bool


class Account(Schema):
    id: int
    holder: str
    bank: str = Field(description="开户行和账号后四位")


class Client(Schema):
    enterprise: Enterprise
    entrusted: bool = Field(description="现在是否有有效的委托")
    categories: list[Category] = Field(description="没有委托也没有贵公司保单的，为空")
    bank_account: Account | None = Field(description="现在有效的收款账户")


class Application(Schema):
    id: int
    number: str | None = Field(description="申报编号，提交后才有")
    enterprise: Enterprise
    window: int
    policy: int | None
    state: str
    state_label: str
    is_held: bool
    created_at: datetime
    submitted_at: datetime | None
    due_at: datetime | None = Field(description="本环节期限")
    awarded: Amount | None = Field(description="核定补贴（元）")
    next: str = Field(description="下一步，中文")


class Missing(Schema):
    code: str
    detail: str
    clause: str


class ApplicationInFull(Application):
    version: int
    problems: list[Missing] = Field(description="草稿离提交还差什么；已提交的为空")


class Item(Schema):
    id: int
    part: str
    part_label: str
    sentence: str = Field(description="需补正的内容")
    answer: str
    papers: list[Paper]


class Correction(Schema):
    application: int
    version: int
    due_at: datetime | None
    items: list[Item] = Field(description="没有待补正的，为空")
    problems: list[Missing] = Field(description="离提交补正还差什么")


class Step(Schema):
    title: str
    text: str
    when: str
    status: str = Field(description="done 已办 · current 当前 · stopped 受阻 · coming 未到")


class Timeline(Schema):
    steps: list[Step]
