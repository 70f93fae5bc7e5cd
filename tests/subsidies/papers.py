"""Facts for papers and payment files, without a database, and what comes out of a PDF."""

import subprocess
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pikepdf

from subsidies.documents import BatchData, FiledFile, Issue, NoticeData, PaymentLine, ReceiptData
from subsidies.rules import SCHEME, Basis, explain

BEIJING = ZoneInfo("Asia/Shanghai")
LONG_NAME = "北京赟堃喆𬭸（集团）海外知识产权纠纷应对与国际贸易促进技术开发服务中心股份有限公司"
HOSTILE_NAME = '</td></table><img src="file:///etc/passwd"><b>A&B</b>公司'
AMOUNTS = ["800000.00", "799999.99", "26666.66", "99999999.99", "0.01", "107000.53", "16409.02"]


def issue(number="中知促拨〔2026〕31号", **changes) -> Issue:
    known = {
        "number": number,
        "verify_code": "7K3M-92QD",
        "issued_at": datetime(2026, 10, 2, 9, 30, 5, tzinfo=BEIJING),
        "issuer": "中关村知识产权促进中心",
        "site_url": "https://portal.example",
    }
    return Issue(**known | changes)


def notice(**changes) -> NoticeData:
    known = {
        "application_number": "BJIP-2026-000123-7K",
        "payee": "北京沐川智能装备有限公司",
        "window": "2026年第一期",
        "policy_number": "PZIP202611010000000123",
        "premium": Decimal("33333.33"),
        "terms": SCHEME,
        "awarded": Decimal("26666.66"),
        "why_less": "",
        "account_tail": "0170",
        "bank": "示例银行北京第4支行",
        "arrival_days": 5,
        "report_days": 5,
        "contact": "010-12345678",
    }
    return NoticeData(**known | changes)


def line(number=1, **changes) -> PaymentLine:
    amount = Decimal(AMOUNTS[(number - 1) % len(AMOUNTS)])
    known = {
        "serial": f"2026-01-003-{number:04d}",
        "application_number": f"BJIP-2026-{number:06d}-7K",
        "payee": f"北京第{number}智能装备有限公司",
        "credit_code": "91110108MA01ABCD3X",
        "account": f"0{859827198035247170 + number}",
        "bank": f"示例银行股份有限公司北京第{number}支行",
        "cnaps": "102100099996",
        "premium": amount,
        "amount": amount,
        "purpose": "海外纠纷法律费用保险保费补贴",
    }
    return PaymentLine(**known | changes)


def batch(count=3, *lines: PaymentLine, **changes) -> BatchData:
    known = {
        "number": "2026-01-003",
        "project": "2026年第一期知识产权海外纠纷法律费用保险保费补贴",
        "appropriation": "京财预〔2026〕12号",
        "accounting": "",
        "basis": ("试点方案六（二）", "市知识产权局审定（会议纪要〔2026〕8号）", "公示9月24日至9月30日无异议"),
        "prepared_on": date(2026, 10, 2),
        "prepared_by": "王敏",
        "lines": lines or tuple(line(number) for number in range(1, count + 1)),
    }
    return BatchData(**known | changes)


def filing(**changes) -> ReceiptData:
    basis = Basis(policy_total=Decimal("40000.00"), invoices_total=Decimal("40000.00"), paid_cny=Decimal("33333.33"))
    known = {
        "application_number": "BJIP-2026-000123-7K",
        "applicant": "北京沐川智能装备有限公司",
        "credit_code": "91110108MA01ABCD3X",
        "window": "2026年第一期",
        "channel": "自行申报",
        "filed_by": "王*",
        "filed_at": datetime(2026, 8, 12, 9, 30, 5, tzinfo=BEIJING),
        "insurer": "中国示例财产保险股份有限公司北京市分公司",
        "product": "知识产权海外纠纷法律费用保险",
        "policy_number": "PZIP202611010000000123",
        "signed_on": date(2026, 6, 3),
        "starts_on": date(2026, 6, 4),
        "ends_on": date(2027, 6, 3),
        "lines": tuple(explain(basis, SCHEME)),
        "estimate": Decimal("26666.66"),
        "files": (
            FiledFile(kind="保险单", name="保单.pdf", size=1_234_567, sha256="a1" * 32),
            FiledFile(kind="保费发票", name="发票\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe", size=999, sha256="b2" * 32),
        ),
        "promised_on": date(2026, 8, 19),
    }
    return ReceiptData(**known | changes)


def text(pdf: bytes, order: str = "-layout") -> str:
    """-layout: as it lies on the page, line by line; -raw: as it was written, cell by cell."""
    return subprocess.run(["pdftotext", order, "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def joined(pdf: bytes) -> str:
    """Cell by cell, without any white space."""
    return "".join(text(pdf, "-raw").split())


def rows(pdf: bytes) -> str:
    """Line by line across the cells, without any white space."""
    return "".join(text(pdf).split())


def pages(pdf: bytes) -> int:
    return len(pikepdf.open(BytesIO(pdf)).pages)


def fonts(pdf: bytes) -> dict[str, bool]:
    """Name without its subset tag → whether the font is in the file."""
    found = {}
    for page in pikepdf.open(BytesIO(pdf)).pages:
        for font in page.Resources.Font.values():
            descriptor = font.DescendantFonts[0].FontDescriptor
            found[str(font.BaseFont).split("+")[-1]] = "/FontFile2" in descriptor or "/FontFile3" in descriptor
    return found
