"""The fictional enterprises of the demo, read from the CSV beside this file."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

SAMPLES = Path(__file__).with_name("enterprises.csv")
DISTRICTS = {"市级登记(海淀区住所)": "海淀区", "外省迁入(朝阳区住所)": "朝阳区"}


@dataclass(frozen=True)
class Sample:
    """One row, in our terms. Days are kept as distances, since the demo moves them next to today."""

    name: str
    credit_code: str
    district: str
    category: str
    industry: str
    regions: str
    export_value: Decimal
    insurer: str
    insurer_code: str
    policy_number: str
    signed_before_filing: timedelta
    start_after_signing: timedelta
    limit: Decimal
    premium: Decimal
    paid: Decimal
    invoice: str
    expected: Decimal
    through_insurer: bool
    bank: str
    cnaps: str
    account: str
    phone: str

    @property
    def short(self) -> str:
        """北京云澜通信技术有限公司 is told of as 云澜."""
        return self.name[2:4]

    @property
    def insurer_short(self) -> str:
        return self.insurer[:3]

    def policy_signed_in(self, year: int) -> str:
        """The policy's number, which carries the year of its signing."""
        return self.policy_number.replace("2022", str(year), 1)


def read_samples() -> list[Sample]:
    with SAMPLES.open(encoding="utf-8-sig", newline="") as source:
        return [_sample(row) for row in csv.DictReader(source)]


def _sample(row: dict[str, str]) -> Sample:
    signed, filed = date.fromisoformat(row["保单签订日期"]), date.fromisoformat(row["申报日期"])
    return Sample(
        name=row["企业名称(虚构)"],
        credit_code=row["统一社会信用代码"],
        district=DISTRICTS.get(row["注册区"], row["注册区"]),
        category=row["企业类别"],
        industry=row["高精尖产业"],
        regions=row["主要出口地区"],
        export_value=Decimal(row["上年出口额_万元"]),
        insurer=row["保险公司(虚构)"],
        insurer_code=row["保险公司代码"],
        policy_number=row["保单号"],
        signed_before_filing=filed - signed,
        start_after_signing=date.fromisoformat(row["保险起期"]) - signed,
        limit=Decimal(row["责任限额_元"]),
        premium=Decimal(row["保费_元"]),
        paid=Decimal(row["实缴保费_元"]),
        invoice=row["发票号"],
        expected=Decimal(row["应补金额_元"]),
        through_insurer=row["申报方式"] == "保险公司代申报",
        bank=row["开户行(虚构)"],
        cnaps=row["联行号(合成,校验有效)"],
        account=row["账号(随机)"],
        phone=row["联系电话(无效号段)"],
    )
