"""The columns of a sheet of filings: one row, one filing."""

from dataclasses import dataclass
from enum import StrEnum

YES, NO = "是", "否"
RESULT, REMARK = "处理结果", "说明"  # what the annotated sheet adds; a sheet that is sent again may hold them


class Kind(StrEnum):
    CODE = "code"  # a number that nobody reckons with: kept as text
    TEXT = "text"
    DAY = "day"
    AMOUNT = "amount"


@dataclass(frozen=True)
class Column:
    """`most` is how many characters a text may have."""

    key: str
    title: str
    kind: Kind
    hint: str
    required: bool = True
    most: int = 200
    positive: bool = True  # of an amount: zero is refused

    @property
    def width(self) -> int:
        return {Kind.DAY: 14, Kind.AMOUNT: 18, Kind.CODE: 24, Kind.TEXT: 26}[self.kind]


COLUMNS = (
    Column("credit_code", "统一社会信用代码", Kind.CODE, "企业的 18 位代码。", most=40),
    Column("name", "企业名称", Kind.TEXT, "与营业执照一致。", most=120),
    Column("number", "保单号", Kind.CODE, "照抄保单。材料按它匹配。", most=60),
    Column("product", "产品备案号", Kind.CODE, "从下拉列表选择贵公司的试点产品。", most=80),
    Column("signed_on", "签订日期", Kind.DAY, "例如 2026-06-04、2026/6/4、20260604、2026年6月4日。"),
    Column("starts_on", "保险起期", Kind.DAY, "保障开始的第一天。"),
    Column("last_day", "保险止期", Kind.DAY, "有保障的最后一天（24 时止）。"),
    Column("liability_limit", "责任限额（元）", Kind.AMOUNT, "以元为单位，不写“万”。"),
    Column("territory", "承保区域", Kind.TEXT, "例如 美国、欧盟。"),
    Column("premium", "保费（元，含税）", Kind.AMOUNT, "保单上的总保费。"),
    Column("non_pilot_premium", "其中非试点责任保费（元）", Kind.AMOUNT, "没有的留空。", required=False, positive=False),
    Column("coinsured_premium", "其中非试点共保人保费（元）", Kind.AMOUNT, "没有的留空。", required=False, positive=False),
    Column("invoice_number", "发票号码", Kind.CODE, "照抄发票。", most=30),
    Column("invoice_amount", "发票金额（元）", Kind.AMOUNT, "价税合计。"),
    Column("issued_on", "开票日期", Kind.DAY, "发票上的日期。"),
    Column("reference", "银行流水号", Kind.CODE, "回单上的交易流水号或回单编号。", most=60),
    Column("paid_amount", "付款金额（元）", Kind.AMOUNT, "企业实际支付的人民币金额。"),
    Column("paid_on", "付款日期", Kind.DAY, "回单上的日期。"),
    Column("category", "企业类别", Kind.TEXT, "从下拉列表选择；留空的，用企业已登记的类别。", required=False, most=100),
    Column("account", "收款账号", Kind.CODE, "企业自己的账户；留空的，用企业已登记的账户。", required=False, most=40),
    Column("bank_name", "开户银行", Kind.TEXT, "填写了收款账号的，须填写。", required=False, most=120),
    Column("cnaps", "联行号", Kind.CODE, "12 位；填写了收款账号的，须填写。", required=False, most=20),
    Column("other_subsidies", "已获其他资金支持", Kind.TEXT, "没有的留空。", required=False, most=500),
    Column("pledged", "企业已作出承诺", Kind.TEXT, "企业已签署承诺书的，选“是”；须由企业自行确认的，留空。", required=False, most=2),
)
HEAD = tuple(column.title for column in COLUMNS)
