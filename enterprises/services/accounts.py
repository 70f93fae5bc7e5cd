"""收款账户: opened, and looked at with a trace."""

from datetime import datetime

from django.db import transaction

from enterprises import rules
from enterprises.models import (
    BankAccount,
    LegalEntity,
)
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.files.services import store_upload
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.refusals import Refusal

from .members import members_to_tell, require_writer


@transaction.atomic
def set_bank_account(
    entity: LegalEntity, *, by: User, at: datetime, holder: str, bank_name: str, cnaps: str, number: str, proof=None
) -> BankAccount:
    """Open a new account and close the former one.

    Raises Refusal: not_a_member, no_mandate, account_holder_differs, account_number_invalid.
    """
    require_writer(entity, by, at)
    if not rules.same_payee_name(holder, entity.name):
        raise Refusal("account_holder_differs", field="holder", holder=holder, entity=entity.name)
    number = rules.normalise_account_number(number)
    if not rules.account_number_ok(number):
        raise Refusal("account_number_invalid", field="number")
    LegalEntity.objects.select_for_update().get(pk=entity.pk)
    entity.bank_accounts.filter(closed_at__isnull=True).update(closed_at=at)
    account = BankAccount(legal_entity=entity, holder=holder, bank_name=bank_name, cnaps=cnaps, created_by=by, created_at=at)
    account.number = number
    account.proof = store_upload(proof, by=by, at=at) if proof else None
    account.save()
    record("set_bank_account", entity, by=by, at=at, account=account.pk, last_four=account.last_four)
    if by.role == Role.INSURER:
        notify(
            "account_set_by_insurer",
            members_to_tell(entity),
            key=f"account_set_by_insurer:{account.pk}",
            subject="保险公司填写了收款账户",
            body=f"受托的保险公司为“{entity}”填写了收款账户：{account}。如不是本企业的账户，请立即登录更换，并联系中心。",
            at=at,
            link="/enterprise/profile/",
        )
    return account


@transaction.atomic
def reveal_account(account: BankAccount, *, by: User, at: datetime) -> str:
    """The full number, for a person who may see the entity; the look leaves a trace."""
    record("reveal_account", account.legal_entity, by=by, at=at, account=account.pk)
    return account.number
