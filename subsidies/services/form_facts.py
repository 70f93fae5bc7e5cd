"""From rows to the forms that an applicant prints, seals and uploads: a draft, a case or a mandate as it stands now."""

from datetime import datetime, timedelta

from django.utils import timezone

from insurers.models import Entrustment
from subsidies.documents import ApplicationForm, EntrustmentForm, FormAccount, FormEnterprise, FormPolicy, MoneyRow, PledgeForm
from subsidies.models import Application

from .applications import papers_of
from .facts import expected_amount, explained


def application_form(case: Application, *, at: datetime) -> ApplicationForm:
    account = case.bank_account
    return ApplicationForm(
        application_number=case.number or "",
        window=case.window.name,
        channel=case.get_channel_display(),
        entrusted=case.insurer.name if case.insurer else "",
        enterprise=_enterprise(case),
        policy=_policy(case) if case.policy else None,
        account=account and FormAccount(holder=account.holder, bank=account.bank_name, cnaps=account.cnaps, tail=account.last_four),
        lines=tuple(explained(case, at=at, result="申请补贴")) if case.policy else (),
        estimate=expected_amount(case, at=at),
        other_subsidies=case.other_subsidies,
        files=tuple((kind, stored.name) for kind, stored in papers_of(case)),
        filled_at=at,
    )


def _enterprise(case: Application) -> FormEnterprise:
    entity, chosen = case.legal_entity, case.category
    return FormEnterprise(
        name=entity.name,
        credit_code=entity.credit_code,
        kind=entity.get_kind_display(),
        address=entity.registered_address,
        district=entity.district.name,
        legal_representative=entity.legal_representative,
        established_on=entity.established_on,
        contact_name=entity.contact_name,
        contact_phone=entity.contact_phone,
        contact_email=entity.contact_email,
        category=str(chosen) if chosen else "",
        category_until=chosen.valid_until if chosen else None,
    )


def _policy(case: Application) -> FormPolicy:
    policy = case.policy
    return FormPolicy(
        insurer=policy.insurer.name,
        product=policy.product.name,
        filing_number=policy.product.filing_number,
        number=policy.number,
        signed_on=policy.signed_on,
        starts_on=policy.starts_on,
        ends_on=policy.last_day,
        liability_limit=policy.liability_limit,
        territory=policy.territory,
        invoices=tuple(MoneyRow(number=row.number, party=row.buyer, day=row.issued_on, amount=row.amount) for row in policy.invoices.all()),
        payments=tuple(
            MoneyRow(number=row.reference, party=row.payer, day=row.paid_on, amount=row.amount) for row in policy.premium_payments.all()
        ),
    )


def pledge(case: Application, *, at: datetime) -> PledgeForm:
    return PledgeForm(
        enterprise=case.legal_entity.name,
        credit_code=case.legal_entity.credit_code,
        window=case.window.name,
        policy_number=case.policy.number if case.policy else "",
        filled_at=at,
    )


def entrustment(mandate: Entrustment, *, at: datetime) -> EntrustmentForm:
    entity, insurer = mandate.legal_entity, mandate.insurer
    return EntrustmentForm(
        enterprise=entity.name,
        credit_code=entity.credit_code,
        address=entity.registered_address,
        legal_representative=entity.legal_representative,
        insurer=insurer.name,
        insurer_code=insurer.credit_code,
        starts_on=timezone.localdate(mandate.starts_at),
        ends_on=timezone.localdate(mandate.ends_at - timedelta(microseconds=1)),
        includes_submission=mandate.includes_submission,
        includes_correction=mandate.includes_correction,
        filled_at=at,
    )
