"""Who plays in the demo: one account per role, the insurers, and the sample enterprises with their policies."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from enterprises import services as enterprises
from enterprises.models import LegalEntity
from insurers import services as insurers
from insurers.models import Insurer, InsurerStaff, Policy, Product, Selection
from insurers.rules import one_year_after
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.models import Entry, Kind, Pilot

from .papers import paper
from .samples import Sample

PASSWORD = "Demo-2022-pilot"  # noqa: S105 - of every demo account, printed at start; only with DEMO=1
NAMES = {
    Role.HANDLER: "李经办",
    Role.REVIEWER: "王复核",
    Role.HEAD: "赵主任",
    Role.FINANCE: "钱财务",
    Role.IP_OFFICE: "孙审定",
    Role.OBSERVER: "周观察",
    Role.EVALUATOR: "吴评估",
    Role.AUDITOR: "郑审计",
    Role.SECURITY: "冯安全",
    Role.ADMINISTRATOR: "陈系统",
    Role.ENTERPRISE: "沐川申报人",
    Role.INSURER: "示例二专员",
}


@dataclass
class Cast:
    """Everyone by role, and the insurers by credit code."""

    people: dict[Role, User]
    insurers: dict[str, Insurer]
    password: str

    def __getitem__(self, role: Role) -> User:
        return self.people[role]


def open_accounts() -> Cast:
    """One account per role, all with the same password."""
    password = make_password(PASSWORD)
    people = {role: new_user(role.value, role, name, password) for role, name in NAMES.items()}
    return Cast(people, {}, password)


def new_user(username: str, role: Role, name: str, password: str) -> User:
    return User.objects.create(username=username, role=role, display_name=name, password=password, email=f"{username}@example.com")


def select_insurers(cast: Cast, samples: list[Sample], pilot: Pilot, opens: date) -> None:
    """The insurers of the samples, selected for the pilot, each with its product and a member of staff."""
    for sample in samples:
        if sample.insurer_code in cast.insurers:
            continue
        short = sample.insurer[:3]
        insurer = Insurer.objects.create(
            credit_code=sample.insurer_code, name=sample.insurer, short_name=short, contact_phone="010-00000000"
        )
        Selection.objects.create(
            pilot=pilot,
            insurer=insurer,
            selected_from=opens - timedelta(days=200),
            selected_until=opens + timedelta(days=400),
            basis=f"{pilot.year} 年试点保险公司中标公告",
        )
        Product.objects.create(
            insurer=insurer,
            name="知识产权海外纠纷法律费用保险",
            filing_number=f"（{short}）（备-其他）【2022】（主）001 号",
            filed_on=date(2022, 3, 1),
        )
        is_ours = short == "示例二"
        staff = cast[Role.INSURER] if is_ours else new_user(f"insurer-{insurer.pk}", Role.INSURER, f"{short}专员", cast.password)
        InsurerStaff.objects.create(user=staff, insurer=insurer)
        cast.insurers[sample.insurer_code] = insurer


def register(sample: Sample, cast: Cast, owner: User, at: datetime) -> LegalEntity:
    """An enterprise registers; it is not verified yet."""
    return enterprises.register(
        by=owner,
        at=at,
        licence=paper("营业执照", ("名称", sample.name), ("统一社会信用代码", sample.credit_code), ("类型", "有限责任公司（企业法人）")),
        facts={
            "credit_code": sample.credit_code,
            "name": sample.name,
            "registered_address": f"北京市{sample.district.removeprefix('北京')}示例路 {len(sample.name)} 号",
            "district": Entry.objects.get(kind=Kind.DISTRICT, name=sample.district),
            "industry": Entry.objects.get(kind=Kind.INDUSTRY, name=sample.industry),
            "legal_representative": "张示例",
            "established_on": date(2014, 5, 6),
            "export_value": sample.export_value,
            "export_regions": sample.regions,
            "contact_name": "李联系",
            "contact_phone": sample.phone,
            "contact_email": owner.email,
        },
    ).legal_entity


def verify(entity: LegalEntity, sample: Sample, cast: Cast, owner: User, at: datetime) -> None:
    """The handler verifies; the enterprise adds category and account."""
    enterprises.verify(entity, by=cast[Role.HANDLER], at=at, in_beijing=True)
    entity.refresh_from_db()
    enterprises.add_category(
        entity,
        by=owner,
        at=at,
        facts={
            "category": Entry.objects.get(kind=Kind.CATEGORY, name=sample.category),
            "certificate_number": f"示例证字 {sample.credit_code[-6:]} 号",
            "valid_from": timezone.localdate(at) - timedelta(days=300),
            "valid_until": timezone.localdate(at) + timedelta(days=795),
        },
        evidence=paper("企业类别证明", ("企业", sample.name), ("类别", sample.category)),
    )
    enterprises.set_bank_account(
        entity,
        by=owner,
        at=at,
        holder=sample.name,
        bank_name=sample.bank,
        cnaps=sample.cnaps,
        number=sample.account,
        proof=paper("基本存款账户信息", ("户名", sample.name), ("账号", sample.account), ("开户行", sample.bank)),
    )


def insure(
    entity: LegalEntity, sample: Sample, cast: Cast, owner: User, filing_day: date, at: datetime, *, confirmed: bool = True
) -> Policy:
    """A policy with its invoice and payment, as long before filing as in the sample."""
    insurer = cast.insurers[sample.insurer_code]
    signed = filing_day - sample.signed_before_filing
    starts = signed + sample.start_after_signing
    ends = one_year_after(starts)
    policy = insurers.register_policy(
        entity,
        by=owner,
        at=at,
        facts={
            "insurer": insurer,
            "product": insurer.products.get(),
            "number": sample.policy_number.replace("2022", str(signed.year), 1),
            "signed_on": signed,
            "starts_on": starts,
            "ends_on": ends,
            "liability_limit": sample.limit,
            "territory": sample.regions,
            "premium": sample.premium,
        },
        paper=paper(
            "知识产权海外纠纷法律费用保险保险单",
            ("保险单号", sample.policy_number.replace("2022", str(signed.year), 1)),
            ("被保险人", sample.name),
            ("签订日期", signed.isoformat()),
            ("保险期间", f"{starts}零时起至{ends - timedelta(days=1)}二十四时止"),
            ("保险费（含税）", f"人民币{sample.premium:,.2f}元"),
            signed=sample.insurer,
        ),
    )
    _add_money(policy, sample, owner, signed, at)
    if confirmed:
        insurers.confirm_policy(policy, by=insurer.staff.first().user, at=at)
    return policy


def _add_money(policy: Policy, sample: Sample, owner: User, signed: date, at: datetime) -> None:
    day = signed + timedelta(days=1)
    insurers.add_invoice(
        policy,
        by=owner,
        at=at,
        facts={"number": sample.invoice, "buyer": sample.name, "amount": sample.premium, "issued_on": day},
        paper=paper("保费发票", ("发票号码", sample.invoice), ("购买方", sample.name), ("价税合计", f"{sample.premium:,.2f}元")),
    )
    insurers.add_premium_payment(
        policy,
        by=owner,
        at=at,
        facts={"payer": sample.name, "amount": sample.paid, "paid_on": day, "reference": f"LS{sample.invoice}"},
        paper=paper("银行付款回单", ("付款人", sample.name), ("金额", f"{sample.paid:,.2f}元"), ("流水号", f"LS{sample.invoice}")),
    )
