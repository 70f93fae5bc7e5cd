"""Shapes of what is sent. Strict: nothing is taken for another type, an unknown name is told. What the words mean, the forms judge."""

from typing import Annotated, Literal

from ninja import Field
from pydantic import BaseModel, ConfigDict

MOST_ROWS = 50
KEYS = 2**63 - 1
Pk = Annotated[int, Field(ge=1, le=KEYS)]
File = Annotated[int, Field(ge=1, le=KEYS, description="上传文件时答复的 id")]
Code = Annotated[str, Field(pattern="^[0-9A-Z]{18}$", description="客户的统一社会信用代码")]
Amount = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,11})(\.[0-9]{1,2})?$", examples=["100000.00"], description="元，到分")]
Day = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"}, examples=["2026-06-14"])]
Version = Annotated[int | None, Field(ge=1, le=2**31 - 1, description="看到的 version；填了就核对，其间有变化的不办理")]


def text(most: int, **facts):
    return Annotated[str, Field(min_length=1, max_length=most, **facts)]


Reason = text(300)


class Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class NewInvoice(Body):
    number: text(30)
    buyer: text(120, description="购买方名称")
    amount: Amount = Field(description="价税合计（元）")
    issued_on: Day
    paper: File


class NewPayment(Body):
    payer: text(120, description="付款户名")
    amount: Amount
    paid_on: Day
    reference: text(60, description="银行流水号")
    paper: File


class NewPolicy(Body):
    credit_code: Code
    product: text(80, description="备案号，见 products")
    number: text(60, description="保单号")
    signed_on: Day
    starts_on: Day
    last_day: Day = Field(description="保障的最后一天，到当日 24 时")
    liability_limit: Amount
    territory: text(200)
    premium: Amount = Field(description="含税")
    non_pilot_premium: Amount = "0.00"
    coinsured_premium: Amount = "0.00"
    paper: File
    invoices: list[NewInvoice] = Field([], max_length=MOST_ROWS)
    payments: list[NewPayment] = Field([], max_length=MOST_ROWS)


class NewSurrender(Body):
    number: text(60, description="批单号")
    effective_on: Day
    paper: File


class NewEndorsement(NewSurrender):
    kind: Literal["reduction", "increase"] = Field(description="批减、批增")
    premium_after: Amount = Field(description="批改后整份保单的保费，含税")


class Seen(Body):
    version: Version = None


class Reasoned(Seen):
    reason: Reason


class NewEntrustment(Body):
    credit_code: Code
    starts_on: Day
    last_day: Day = Field(description="委托期的最后一天，含当日")
    includes_submission: bool = Field(True, description="含提交；否则准备好后提请企业确认")
    includes_correction: bool = Field(True, description="含补正")
    paper: File | None = Field(None, description="双方盖章的委托书；也可以之后再交")


class EntrustmentPaper(Seen):
    paper: File


class NewApplication(Body):
    credit_code: Code
    window: Pk = Field(description="见 windows")


class Draft(Seen):
    """Only what is sent is written."""

    policy: Pk | None = Field(None, description="见 policies")
    category: Pk | None = Field(None, description="见 clients")
    bank_account: Pk | None = Field(None, description="见 clients；须是现在有效的账户")
    other_subsidies: Annotated[str, Field(max_length=1000)] | None = Field(None, description="同一份保险已获的其他财政资金")
    pledged: Literal[True] | None = Field(None, description="委托企业已阅读并作出承诺")


class NewAttachment(Body):
    kind: Literal["export", "questionnaire", "category", "account", "other", "pledge"]
    file: File


class Answer(Body):
    """A word, a paper, or both."""

    text: Annotated[str, Field(max_length=2000)] = ""
    paper: File | None = None


class CategoryChange(Body):
    category: Pk


class NewReply(Seen):
    text: text(5000)
    papers: list[File] = Field([], max_length=10)
