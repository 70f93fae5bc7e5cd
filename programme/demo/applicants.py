"""From registration to filing: what an enterprise does, or has done by its insurer."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from enterprises import services as enterprises
from enterprises.models import LegalEntity
from insurers import services as insurers
from insurers.models import Entrustment
from insurers.rules import one_year_after
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.models import Entry, Kind
from subsidies.models import Window
from subsidies.services import applications, drafts

from .clock import moment
from .papers import Folder, folder, mandate
from .samples import Sample
from .stage import Stage
from .telling import Story, do

REGISTERED = 6  # working days before filing
MANDATE_DAYS = 120


def files(stage: Stage, window: Window, name: str, ago: int, *, confirmed: bool = True) -> Story:
    """The whole way to a filed application, the policy `confirmed` by its insurer or not yet; returns the case."""
    case = yield from drafts_one(stage, window, name, ago, confirmed=confirmed)
    at = case.saved_at + timedelta(minutes=20)
    yield at
    do(applications.submit, case, by=stage.applicant(name), at=at)
    return case


def drafts_one(stage: Stage, window: Window, name: str, ago: int, *, confirmed: bool = True, complete: bool = True, **scope: bool) -> Story:
    """A draft with everything in it, or all but account and pledge; returns the case. `scope` narrows the insurer's mandate."""
    sample = stage.samples[name]
    papers = folder(sample, signed_on(sample, stage.moment(ago)))
    entity = yield from registers(stage, name, ago + REGISTERED, papers)
    yield from verified(stage, name, ago + REGISTERED - 1)
    if sample.through_insurer:
        yield from entrusts(stage, name, ago + REGISTERED - 2, **scope)
    at, author = stage.moment(ago + 2, name, 14), stage.applicant(name)
    yield from profile(entity, sample, papers, author, at)
    policy = yield from insure(stage, name, papers, stage.moment(ago), author, at + timedelta(minutes=15))
    if confirmed and author.role != Role.INSURER:
        at += timedelta(hours=2)
        yield at
        do(insurers.confirm_policy, policy, by=stage.insurer_staff(name), at=at)
    at = stage.moment(ago, name, 9 + len(sample.regions) % 7)
    yield at
    case = do(drafts.start, entity, window, by=author, at=at)
    columns = {"policy": policy, "category": entity.categories.get()}
    if complete:
        columns |= {"bank_account": entity.bank_accounts.get(), "pledged": "includes_submission" not in scope}
    at += timedelta(minutes=40)
    yield at
    do(drafts.save_draft, case, by=author, at=at, **columns)
    case.refresh_from_db()
    return case


def signed_on(sample: Sample, filed: datetime) -> date:
    """As long before filing as in the sample."""
    return timezone.localdate(filed) - sample.signed_before_filing


def facts_of(sample: Sample, email: str) -> dict:
    return {
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
        "contact_email": email,
    }


def registers(stage: Stage, name: str, ago: int, papers: Folder) -> Story:
    """An enterprise opens its account and registers itself; returns the entity, which is not verified yet."""
    at, sample = stage.moment(ago, name, 11), stage.samples[name]
    yield at
    owner = stage.cast.owner_of(sample, at)
    return do(enterprises.register, by=owner, at=at, licence=papers.licence, facts=facts_of(sample, owner.email)).legal_entity


def verified(stage: Stage, name: str, ago: int) -> Story:
    at = stage.moment(ago, name)
    yield at
    do(enterprises.verify, stage.entity(name), by=stage.cast[Role.HANDLER], at=at, in_beijing=True)


def entrusts(stage: Stage, name: str, ago: int, **scope: bool) -> Story:
    """The insurer asks for a mandate, and the enterprise confirms it online the next morning."""
    at = stage.moment(ago, name, 15)
    yield at
    made = proposes_mandate(stage, name, at, **scope)
    at = stage.moment(ago - 1, name, 9)
    yield at
    do(insurers.confirm_entrustment, made, by=stage.owner(name), at=at)


def proposes_mandate(stage: Stage, name: str, at: datetime, *, sealed: bool = False, **scope: bool) -> Entrustment:
    """From now on for four months; on a sealed paper where the enterprise is not asked online."""
    sample = stage.samples[name]
    until = timezone.localdate(at) + timedelta(days=MANDATE_DAYS)
    return do(
        insurers.propose_entrustment,
        stage.entity(name),
        stage.cast.insurers[sample.insurer_short],
        by=stage.insurer_staff(name),
        at=at,
        facts={"starts_at": at, "ends_at": moment(until, 0), **scope},
        paper=mandate(sample, until) if sealed else None,
    )


def profile(entity: LegalEntity, sample: Sample, papers: Folder, author: User, at: datetime) -> Story:
    """Category and account."""
    yield at
    entity.refresh_from_db()
    day = timezone.localdate(at)
    do(
        enterprises.add_category,
        entity,
        by=author,
        at=at,
        facts={
            "category": Entry.objects.get(kind=Kind.CATEGORY, name=sample.category),
            "certificate_number": f"示例证字 {sample.credit_code[-6:]} 号",
            "valid_from": day - timedelta(days=300),
            "valid_until": day + timedelta(days=795),
        },
        evidence=papers.category,
    )
    at += timedelta(minutes=5)
    yield at
    do(
        enterprises.set_bank_account,
        entity,
        by=author,
        at=at,
        holder=sample.name,
        bank_name=sample.bank,
        cnaps=sample.cnaps,
        number=sample.account,
        proof=papers.account,
    )


def insure(stage: Stage, name: str, papers: Folder, filing: datetime, author: User, at: datetime) -> Story:
    """A policy with its invoice and its payment, as long before filing as in the sample; returns it."""
    sample = stage.samples[name]
    insurer, signed = stage.cast.insurers[sample.insurer_short], signed_on(sample, filing)
    starts, day = signed + sample.start_after_signing, signed + timedelta(days=1)
    facts = {
        "insurer": insurer,
        "product": insurer.products.get(),
        "number": sample.policy_signed_in(signed.year),
        "signed_on": signed,
        "starts_on": starts,
        "ends_on": one_year_after(starts),
        "liability_limit": sample.limit,
        "territory": sample.regions,
        "premium": sample.premium,
    }
    yield at
    policy = do(insurers.register_policy, stage.entity(name), by=author, at=at, facts=facts, paper=papers.policy)
    at += timedelta(minutes=5)
    yield at
    invoice = {"number": sample.invoice, "buyer": sample.name, "amount": sample.premium, "issued_on": day}
    do(insurers.add_invoice, policy, by=author, at=at, facts=invoice, paper=papers.invoice)
    at += timedelta(minutes=5)
    yield at
    payment = {"payer": sample.name, "amount": sample.paid, "paid_on": day, "reference": f"LS{sample.invoice}"}
    do(insurers.add_premium_payment, policy, by=author, at=at, facts=payment, paper=papers.payment)
    return policy
