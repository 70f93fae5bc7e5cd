"""Facts for papers and payment files, without a database, and what comes out of a PDF."""

import subprocess
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pikepdf

from subsidies.documents import (
    AcceptanceData,
    ApplicationForm,
    BatchData,
    Clauses,
    CorrectionData,
    EntrustmentForm,
    Failed,
    FiledFile,
    Filing,
    FormAccount,
    FormEnterprise,
    FormPolicy,
    Issue,
    ListedAward,
    MoneyRow,
    NoticeData,
    PaymentLine,
    PledgeForm,
    PublicNoticeData,
    ReceiptData,
    RecoveryData,
    RefusalData,
    RejectionData,
    ToCorrect,
)
from subsidies.letter_words import PAPERS
from subsidies.rules import SCHEME, Basis, entitlement, explain, recognised_premium

BEIJING = ZoneInfo("Asia/Shanghai")
LONG_NAME = "北京赟堃喆𬭸（集团）海外知识产权纠纷应对与国际贸易促进技术开发服务中心股份有限公司"
HOSTILE_NAME = '</td></table><img src="file:///etc/passwd"><b>A&B</b>公司'
AMOUNTS = ["800000.00", "799999.99", "26666.66", "99999999.99", "0.01", "107000.53", "16409.02"]


def own(key: str) -> dict[str, Clauses]:
    """The clauses that the portal came with."""
    return {"clauses": Clauses(version=f"{key}/0", text=PAPERS[key].body)}


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
    return NoticeData(**known | own("payment_notice_paper") | changes)


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


CONTACT = "010-12345678，fuwu@example.cn"


def filed(**changes) -> Filing:
    known = {
        "application_number": "BJIP-2026-000123-7K3M",
        "applicant": "北京沐川智能装备有限公司",
        "window": "2026年第一期",
        "policy_number": "PZIP202611010000000123",
        "filed_on": date(2026, 8, 12),
    }
    return Filing(**known | changes)


def acceptance(**changes) -> AcceptanceData:
    known = {"filing": filed(), "review_days": 15, "review_by": date(2026, 9, 9), "publicity_days": 5, "contact": CONTACT}
    return AcceptanceData(**known | own("acceptance_paper") | changes)


def correction(count=3, **changes) -> CorrectionData:
    wanted = (
        ToCorrect(part="保费发票", sentence="发票购买方为“北京沐川智能装备公司”，与企业名称不一致，请提供更正后的发票。"),
        ToCorrect(part="付款凭证", sentence="回单缺付款户名，请上传银行盖章的完整回单。"),
        ToCorrect(part="承诺书", sentence="承诺书没有盖章，请盖章后扫描上传。"),
    )
    items = tuple(wanted[number % len(wanted)] for number in range(count))
    known = {"filing": filed(), "items": items, "due_on": date(2026, 8, 28), "days": 10, "is_repeated": False, "contact": CONTACT}
    return CorrectionData(**known | own("correction_paper") | changes)


def refusal(**changes) -> RefusalData:
    known = {
        "filing": filed(),
        "reason": "申请人营业执照所载类型为分支机构，不是法人主体，应由所属法人申报（试点方案六（二）2）",
        "may_refile": True,
        "contact": CONTACT,
    }
    return RefusalData(**known | own("refusal_paper") | changes)


def rejection(**changes) -> RejectionData:
    known = {
        "filing": filed(),
        "accepted_on": date(2026, 8, 14),
        "premium": Decimal("33333.33"),
        "failed": (Failed(sentence="签订日（2026-01-03）这家保险公司不在试点名单内，保费不能补贴", clause="试点方案 四（二）"),),
        "reason": "保单由未入选本年度试点的保险公司承保，保费不属于补贴范围",
        "told_on": date(2026, 9, 2),
        "reply_days": 5,
        "replied_on": (date(2026, 9, 7),),
        "minutes_number": "会议纪要〔2026〕8号",
        "determined_on": date(2026, 10, 12),
        "contact": CONTACT,
    }
    return RejectionData(**known | own("rejection_paper") | changes)


def public_notice(count=7, *awards: ListedAward, **changes) -> PublicNoticeData:
    listed = awards or tuple(
        ListedAward(
            applicant=f"北京第{number}智能装备有限公司",
            credit_code=f"91110108MA01A{number:04d}X",
            amount=Decimal(AMOUNTS[number % len(AMOUNTS)]),
        )
        for number in range(count)
    )
    known = {
        "window": "2026年第一期",
        "minutes_number": "会议纪要〔2026〕8号",
        "starts_on": date(2026, 10, 14),
        "ends_on": date(2026, 10, 20),
        "days": 5,
        "awards": listed,
        "total": sum((award.amount for award in listed), Decimal("0.00")),
        "contact": CONTACT,
    }
    return PublicNoticeData(**known | changes)


def recovery(**changes) -> RecoveryData:
    known = {
        "application_number": "BJIP-2026-000123-7K3M",
        "payee": "北京沐川智能装备有限公司",
        "window": "2026年第一期",
        "paid": Decimal("26666.66"),
        "paid_on": date(2026, 10, 26),
        "reason": "保单批减保费（批单 PD-2026-7）",
        "amount": Decimal("6666.66"),
        "due_on": date(2026, 12, 1),
        "days": 15,
        "centre": "中关村知识产权促进中心",
        "contact": CONTACT,
    }
    return RecoveryData(**known | own("recovery_paper") | changes)


FILLED_AT = datetime(2026, 9, 1, 10, 0, 5, tzinfo=BEIJING)


def form(**changes) -> ApplicationForm:
    basis = Basis(policy_total=Decimal("40000.00"), invoices_total=Decimal("40000.00"), paid_cny=Decimal("33333.33"))
    known = {
        "application_number": "",
        "window": "2026年第一期",
        "channel": "企业自行申报",
        "entrusted": "",
        "enterprise": FormEnterprise(
            name="北京沐川智能装备有限公司",
            credit_code="91110108MA01ABCD3X",
            kind="企业法人",
            address="北京市海淀区示例路1号3号楼2层201室",
            district="海淀区",
            legal_representative="张示例",
            established_on=date(2015, 3, 2),
            contact_name="李联系",
            contact_phone="13800138000",
            contact_email="contact@example.com",
            category="北京市专精特新企业",
            category_until=date(2027, 12, 31),
        ),
        "policy": FormPolicy(
            insurer="中国示例财产保险股份有限公司北京市分公司",
            product="知识产权海外纠纷法律费用保险",
            filing_number="（示例）（备-其他）〔2022〕主7号",
            number="PZIP202611010000000123",
            signed_on=date(2026, 6, 3),
            starts_on=date(2026, 6, 4),
            ends_on=date(2027, 6, 3),
            liability_limit=Decimal("10000000.00"),
            territory="美国、欧盟、英国、日本",
            invoices=(
                MoneyRow(number="26112000000012345678", party="北京沐川智能装备有限公司", day=date(2026, 6, 5), amount=Decimal("40000.00")),
            ),
            payments=(MoneyRow(number="R20260606001", party="北京沐川智能装备有限公司", day=date(2026, 6, 6), amount=Decimal("33333.33")),),
        ),
        "account": FormAccount(holder="北京沐川智能装备有限公司", bank="示例银行北京第4支行", cnaps="102100099996", tail="0170"),
        "lines": tuple(explain(basis, SCHEME, "申请补贴")),
        "estimate": entitlement(recognised_premium(basis), SCHEME),
        "other_subsidies": "",
        "files": (("营业执照", "执照.pdf"), ("保险单", "保单.pdf"), ("发票", "发票.pdf"), ("付款回单", "回单.jpg")),
        "filled_at": FILLED_AT,
    }
    return ApplicationForm(**known | changes)


def pledge(**changes) -> PledgeForm:
    known = {
        "enterprise": "北京沐川智能装备有限公司",
        "credit_code": "91110108MA01ABCD3X",
        "window": "2026年第一期",
        "policy_number": "PZIP202611010000000123",
        "filled_at": FILLED_AT,
    }
    return PledgeForm(**known | changes)


def entrustment(**changes) -> EntrustmentForm:
    known = {
        "enterprise": "北京沐川智能装备有限公司",
        "credit_code": "91110108MA01ABCD3X",
        "address": "北京市海淀区示例路1号3号楼2层201室",
        "legal_representative": "张示例",
        "insurer": "中国示例财产保险股份有限公司北京市分公司",
        "insurer_code": "91110101MA00000009",
        "starts_on": date(2026, 8, 1),
        "ends_on": date(2026, 12, 31),
        "includes_submission": True,
        "includes_correction": True,
        "filled_at": FILLED_AT,
    }
    return EntrustmentForm(**known | changes)


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
