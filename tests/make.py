"""Builders: the smallest valid thing, made through the services. Days lie in 2026, where the calendar is official."""

import hashlib
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pikepdf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from enterprises import services as enterprises
from enterprises.models import EntityChange, LegalEntity, Takeover
from enterprises.rules import ALPHABET, check_credit_code
from insurers import services as insurers
from insurers.models import (
    Entrustment,
    Insurer,
    InsurerStaff,
    Policy,
    Product,
    Selection,
    StaffRole,
    UnderwritingAnswer,
    UnderwritingList,
    UnderwritingRequest,
)
from insurers.rules import one_year_after
from insurers.services import send_request
from insurers.states import EntrustmentState
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.models import Entry, Kind, Pilot
from pilot_portal.workflow import staff
from subsidies.models import BASIS_COLUMNS, AllocationRun, Application, Appropriation, Batch, Verdict, Window
from subsidies.services import allocation, applications, drafts, match_lists, payments, publicity, reviews, windows
from subsidies.states import State

serial = count(1)
PASSWORD = "Pilot-2026-portal"


def moment(text: str) -> datetime:
    """A moment in Beijing, as "2026-09-01 10:00"."""
    return timezone.make_aware(datetime.fromisoformat(text))


OPENS, FILED, CLOSES = moment("2026-08-31 09:00"), moment("2026-09-01 10:00"), moment("2026-09-30 17:00")
ACCEPTED, REVIEWED, CHECKED = moment("2026-09-02 10:00"), moment("2026-09-03 10:00"), moment("2026-09-04 10:00")
ALLOCATED, DETERMINED, PUBLICISED = moment("2026-10-09 10:00"), moment("2026-10-12 10:00"), moment("2026-10-13 10:00")
APPROVED, BATCHED, PAID = moment("2026-10-21 10:00"), moment("2026-10-22 10:00"), moment("2026-10-26 10:00")


def user(role: Role, username: str = "", **columns) -> User:
    """A user of this role; the same one for the same name."""
    username = username or f"{role.value}-{next(serial)}"
    found = User.objects.filter(username=username).first()
    return found or User.objects.create_user(
        username,
        email=f"{username}@example.com",
        password=PASSWORD,
        role=role,
        display_name=columns.pop("display_name", username),
        **columns,
    )


def officer(role: Role) -> User:
    """The test's one officer of a role; the portal itself for Role.SYSTEM."""
    return User.objects.system() if role == Role.SYSTEM else user(role, f"the-{role.value}")


def change_role(person: User, role: Role) -> User:
    """Two security managers agree that a person works as something else from now on."""
    asking, confirming = user(Role.SECURITY), user(Role.SECURITY)
    asked = staff.ask_role(person, by=asking, at=FILED, role=role, reason="岗位调整")
    staff.decide_staff(asked, by=confirming, at=FILED, confirmed=True)
    person.refresh_from_db()
    return person


def everybody_but(*roles: Role) -> list[User]:
    """One officer of every other role."""
    return [officer(role) for role in Role if role not in roles]


def pdf(text: str = "paper") -> SimpleUploadedFile:
    """A small valid PDF, different for different texts."""
    document = pikepdf.new()
    document.add_blank_page()
    document.docinfo["/Title"] = text
    buffer = io.BytesIO()
    document.save(buffer)
    return SimpleUploadedFile(f"{text}.pdf", buffer.getvalue(), content_type="application/pdf")


def credit_code(number: int | None = None) -> str:
    """A valid code of an enterprise in Haidian; the same for the same number."""
    digest = hashlib.sha256(f"code {next(serial) if number is None else number}".encode()).digest()
    stem = "91110108" + "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:9])
    return next(stem + last for last in ALPHABET if check_credit_code(stem + last).ok)


def entity_facts(**columns) -> dict:
    return {
        "credit_code": credit_code(),
        "name": f"北京示例{next(serial)}科技有限公司",
        "registered_address": "北京市海淀区示例路 1 号",
        "district": Entry.objects.get(kind=Kind.DISTRICT, code="110108"),
        "legal_representative": "张示例",
        "established_on": date(2015, 3, 2),
        "contact_name": "李联系",
        "contact_phone": "13800138000",
        "contact_email": "contact@example.com",
        **columns,
    }


def entity(*, by: User | None = None, verified: bool = True, at: datetime = OPENS, **columns) -> LegalEntity:
    """A legal entity with its owner, a category and an account."""
    owner = by or user(Role.ENTERPRISE)
    made = enterprises.register(by=owner, at=at, facts=entity_facts(**columns), licence=pdf("licence")).legal_entity
    if verified:
        enterprises.verify(made, by=officer(Role.HANDLER), at=at, in_beijing=True)
        category = Entry.objects.get(kind=Kind.CATEGORY, code="specialised")
        enterprises.add_category(
            made, by=owner, at=at, facts={"category": category, "valid_until": date(2027, 12, 31)}, evidence=pdf("category")
        )
        account(made)
    return made


def owner_of(legal_entity: LegalEntity) -> User:
    return legal_entity.memberships.get(role="owner", state="active").user


def colleague_of(legal_entity: LegalEntity, *, at: datetime = OPENS, role: str = "submitter") -> User:
    """Another member of the enterprise, who accepted an invitation."""
    person = user(Role.ENTERPRISE)
    address = f"{person.username}@example.com"
    asked = enterprises.invite(legal_entity, by=owner_of(legal_entity), at=at, email=address, role=role)
    enterprises.accept_invitation(asked, by=person, at=at)
    return person


def change(legal_entity: LegalEntity, kind: str = "branch", *, at: datetime = FILED, **facts) -> EntityChange:
    """Something that a verified enterprise says has changed; the handler has still to look."""
    said = {
        "branch": {"credit_code": credit_code(), "name": "北京示例科技有限公司上海分公司", "place": "上海市浦东新区"},
        "former_name": {"name": "北京旧名科技有限公司", "until": "2025-03-01"},
        "facts": {
            "name": legal_entity.name,
            "registered_address": legal_entity.registered_address,
            "district": legal_entity.district_id,
            "legal_representative": legal_entity.legal_representative,
            "changed_on": "2026-08-20",
        },
    }[kind]
    return enterprises.ask_change(legal_entity, by=owner_of(legal_entity), at=at, kind=kind, facts=said | facts, evidence=pdf("change"))


def takeover(legal_entity: LegalEntity, *, by: User | None = None, at: datetime = FILED, **facts) -> Takeover:
    """Somebody whose enterprise has lost its owner asks for its account."""
    asked = {
        "credit_code": legal_entity.credit_code,
        "reason": "原管理员已离职，账号无人掌握。",
        "contact_name": "李联系",
        "contact_phone": "13800138000",
        "letter": pdf("letter"),
        "licence": pdf("licence again"),
        **facts,
    }
    return enterprises.ask_takeover(by=by or user(Role.ENTERPRISE), at=at, **asked)


def account(legal_entity: LegalEntity, *, at: datetime = OPENS, number: str = "", confirmed: bool = True):
    """The account of the enterprise; another one than before is confirmed by a colleague unless it shall wait."""
    number = number or f"{6222000000000000000 + legal_entity.pk}"
    made = enterprises.set_bank_account(
        legal_entity,
        by=owner_of(legal_entity),
        at=at,
        holder=legal_entity.name,
        bank_name="示例银行北京海淀支行",
        cnaps="102100099996",
        number=number,
        proof=pdf(f"account {number}"),
    )
    if made.waits_until and confirmed:
        colleague = colleague_of(legal_entity, at=at - timedelta(days=1))
        return enterprises.confirm_bank_account(made, by=colleague, at=at)
    return made


def pilot() -> Pilot:
    return Pilot.objects.get_or_create(year=2026, defaults={"name": "2026 年试点", "basis": "试点方案"})[0]


def insurer(name: str = "示例一") -> Insurer:
    """A selected insurer with its product and one member of staff."""
    made, is_new = Insurer.objects.get_or_create(
        short_name=name, defaults={"name": f"{name}财产保险股份有限公司北京分公司", "credit_code": credit_code()}
    )
    if is_new:
        Selection.objects.create(
            pilot=pilot(), insurer=made, selected_from=date(2026, 1, 1), selected_until=date(2026, 12, 31), basis="中标公告"
        )
        Product.objects.create(
            insurer=made, name="知识产权海外纠纷法律费用保险", filing_number=f"备案-{made.pk}", filed_on=date(2022, 3, 1)
        )
        InsurerStaff.objects.create(user=user(Role.INSURER), insurer=made, role=StaffRole.MANAGER)
    return made


def policy_facts(**columns) -> dict:
    company = columns.pop("insurer", None) or insurer()
    starts_on = columns.get("starts_on", date(2026, 6, 15))
    return {
        "insurer": company,
        "product": company.products.first(),
        "number": f"QIPL2026{next(serial):08d}",
        "signed_on": date(2026, 6, 14),
        "starts_on": starts_on,
        "ends_on": one_year_after(starts_on),
        "liability_limit": Decimal("10000000.00"),
        "territory": "美国、欧盟",
        "premium": Decimal("100000.00"),
        **columns,
    }


def policy(legal_entity: LegalEntity, *, at: datetime = OPENS, papers: bool = True, confirmed: bool = True, **columns) -> Policy:
    """A policy with an invoice and a payment of its whole premium, confirmed by its insurer."""
    owner = owner_of(legal_entity)
    facts = policy_facts(**columns)
    made = insurers.register_policy(legal_entity, by=owner, at=at, facts=facts, paper=pdf(f"policy {facts['number']}"))
    if papers:
        invoice(made, at=at)
        premium_payment(made, at=at)
    if confirmed:
        insurers.confirm_policy(made, by=made.insurer.staff.first().user, at=at)
    return made


def invoice(policy: Policy, *, at: datetime = OPENS, **columns):
    facts = {
        "number": f"{next(serial):08d}",
        "buyer": policy.legal_entity.name,
        "amount": policy.premium,
        "issued_on": date(2026, 6, 16),
        **columns,
    }
    return insurers.add_invoice(policy, by=owner_of(policy.legal_entity), at=at, facts=facts, paper=pdf(f"invoice {facts['number']}"))


def premium_payment(policy: Policy, *, at: datetime = OPENS, **columns):
    facts = {
        "payer": policy.legal_entity.name,
        "amount": policy.premium,
        "paid_on": date(2026, 6, 16),
        "reference": f"R{next(serial)}",
        **columns,
    }
    return insurers.add_premium_payment(
        policy, by=owner_of(policy.legal_entity), at=at, facts=facts, paper=pdf(f"payment {facts['reference']}")
    )


def entrustment(legal_entity: LegalEntity, company: Insurer, **columns) -> Entrustment:
    owner = owner_of(legal_entity)
    return Entrustment.objects.create(
        **{
            "insurer": company,
            "legal_entity": legal_entity,
            "starts_at": OPENS,
            "ends_at": CLOSES + timedelta(days=90),
            "state": EntrustmentState.CONFIRMED,
            "proposed_by": owner,
            "proposed_at": OPENS,
            "confirmed_by": owner,
            "confirmed_at": OPENS,
            **columns,
        }
    )


def window(*, published: bool = True, draw: str = "5000000.00", **columns) -> Window:
    """A window of 2026 that is open on FILED, with its appropriation."""
    made = Window.objects.create(
        **{
            "pilot": pilot(),
            "sequence": next(serial),
            "name": "2026年第一期",
            "opens_at": OPENS,
            "closes_at": CLOSES,
            "signed_from": date(2026, 1, 1),
            "signed_until": date(2026, 9, 30),
            "paid_until": date(2026, 9, 30),
            "draw": Decimal(draw),
            "pay_by": date(2026, 12, 15),
            "basis": dict.fromkeys(BASIS_COLUMNS, "申报通知"),
            **columns,
        }
    )
    appropriation(made.draw)
    return windows.publish(made, by=officer(Role.HEAD), at=made.opens_at - timedelta(days=5)) if published else made


def appropriation(amount: Decimal) -> Appropriation:
    return Appropriation.objects.create(
        pilot=pilot(),
        document_number=f"京财预〔2026〕{next(serial)}号",
        amount=amount,
        prepared_by=officer(Role.FINANCE),
        approved_by=officer(Role.HEAD),
        approved_at=OPENS,
    )


def draft(
    *, window: Window, legal_entity: LegalEntity | None = None, policy: Policy | None = None, at: datetime = FILED, **policy_columns
) -> Application:
    """A draft that is ready to be filed."""
    applicant = legal_entity or (policy.legal_entity if policy else entity())
    chosen = policy or globals()["policy"](applicant, **policy_columns)
    owner = owner_of(applicant)
    made = drafts.start(applicant, window, by=owner, at=at)
    return drafts.save_draft(
        made,
        by=owner,
        at=at,
        policy=chosen,
        category=applicant.categories.first(),
        bank_account=applicant.bank_accounts.get(closed_at__isnull=True),
        pledged=True,
    )


def application(*, window: Window, state: State = State.SUBMITTED, **options) -> Application:
    """A case driven through the services until it stands in `state` (SUBMITTED to CHECKED; later ones through `paid_window`)."""
    made = draft(window=window, **options)
    applications.submit(made, by=made.created_by, at=FILED)
    if state == State.SUBMITTED:
        return made
    reviews.screen(made, at=FILED)
    applications.accept(made, by=officer(Role.HANDLER), at=ACCEPTED)
    if state == State.ACCEPTED:
        return made
    judge_all(made)
    reviews.review(made, by=officer(Role.HANDLER), at=REVIEWED)
    if state == State.REVIEWED:
        return made
    return reviews.check(made, by=officer(Role.REVIEWER), at=CHECKED)


def judge_all(application: Application, *, at: datetime = ACCEPTED) -> None:
    for finding in application.findings.filter(verdict=Verdict.OPEN):
        reviews.judge(finding, by=officer(Role.HANDLER), at=at, verdict=Verdict.PASSED, note="已核对原件")


def allocated(window: Window):
    """A run whose list is before the IP office."""
    return sent(allocation.allocate(window, by=officer(Role.HEAD), at=ALLOCATED))


def sent(run: AllocationRun, at: datetime | None = None) -> AllocationRun:
    at = at or run.run_at
    facts = {"minutes_number": "中心纪要〔2026〕3号", "minutes_on": timezone.localdate(at), "minutes_paper": pdf("minutes")}
    return publicity.send_list(run, by=officer(Role.HEAD), at=at, **facts)


def publicised(window: Window):
    run = allocated(window)
    determination = publicity.determine(
        run, by=officer(Role.IP_OFFICE), at=DETERMINED, minutes_number="会议纪要〔2026〕8号", seen_hash=run.list_hash
    )
    return publicity.publicise(determination, by=officer(Role.HEAD), at=PUBLICISED)


def approved(window: Window) -> None:
    publicity.approve(publicised(window), by=officer(Role.HEAD), at=APPROVED)


def batch(window: Window) -> Batch:
    """A draft batch of every approved case of a window whose checked cases have been driven to approval."""
    approved(window)
    return payments.prepare_batch(window, pilot().appropriations.first(), by=officer(Role.FINANCE), at=BATCHED)


def colleague(company: Insurer, role: StaffRole) -> User:
    """Another person of the insurer, in this role."""
    return InsurerStaff.objects.create(user=user(Role.INSURER), insurer=company, role=role).user


def preregistered(legal_entity: LegalEntity | None = None) -> LegalEntity:
    """An enterprise that has said that it wants to insure."""
    legal_entity = legal_entity or entity()
    facts = {"products_abroad": "芯片", "countries": "美国"}
    enterprises.preregister(legal_entity, pilot(), by=owner_of(legal_entity), at=FILED, facts=facts)
    return legal_entity


def underwriting_list(policy: Policy) -> UnderwritingList:
    """What its insurer reports of the month in which this policy was signed."""
    first = policy.signed_on.replace(day=1)
    days = {"signed_from": first, "signed_to": policy.signed_on}
    return insurers.report_underwriting_list(policy.insurer, by=policy.insurer.staff.get().user, at=FILED, **days)


def underwriting_request(legal_entity: LegalEntity | None = None, *, by=None, insurers=None, preregistered=True) -> UnderwritingRequest:
    """A request for insurance, sent to one insurer unless told otherwise."""
    legal_entity = legal_entity or entity()
    if preregistered:
        facts = {"products_abroad": "芯片", "countries": "美国"}
        enterprises.preregister(legal_entity, pilot(), by=owner_of(legal_entity), at=FILED, facts=facts)
    asked = [insurer()] if insurers is None else insurers
    wanted = {"products_abroad": "芯片", "territory": "美国", "liability_limit": Decimal("1000000.00"), "starts_on": date(2026, 10, 1)}
    return send_request(legal_entity, asked, by=by or owner_of(legal_entity), at=FILED, facts=wanted)


def offer(answer: UnderwritingAnswer, *, by=None, **columns) -> UnderwritingAnswer:
    """An insurer's offer on a request."""
    facts = {"premium": Decimal("50000.00"), "liability_limit": Decimal("1000000.00"), "valid_until": date(2026, 9, 30), **columns}
    return insurers.offer_cover(answer, by=by or answer.insurer.staff.first().user, at=ACCEPTED, facts=facts)


def match_list(*codes: str, kind: str = "credit", on: str = "2026-08-01", source: str = "市发展改革委", matter: str = "列入失信名单"):
    """A list of FILED that names these codes, or somebody else."""
    lines = [f"{code},{on},{matter}" for code in codes or [credit_code()]]
    content = "\n".join(["统一社会信用代码,日期,事项", *lines]).encode()
    facts = {"kind": kind, "source": source, "listed_on": FILED.date(), "content": content, "name": "名单.csv"}
    return match_lists.import_match_list(by=officer(Role.HANDLER), at=FILED, **facts)
