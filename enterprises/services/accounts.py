"""收款账户: opened, changed by two persons or after a day, and looked at with a trace."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

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
from pilot_portal.workflow.moving import lock
from pilot_portal.workflow.refusals import Refusal

from .members import members_to_tell, require_member, require_writer

WAIT = timedelta(hours=24)  # long enough for every member to read the letter


@transaction.atomic
def set_bank_account(
    entity: LegalEntity, *, by: User, at: datetime, holder: str, bank_name: str, cnaps: str, number: str, proof=None
) -> BankAccount:
    """Open a new account and close the former one. A change waits for another member, or 24 hours, before anything is paid to it.

    Raises Refusal: not_a_member, no_mandate, account_holder_differs, account_number_invalid.
    """
    require_writer(entity, by, at)
    if not rules.same_payee_name(holder, entity.name):
        raise Refusal("account_holder_differs", field="holder", holder=holder, entity=entity.name)
    number = rules.normalise_account_number(number)
    if not rules.account_number_ok(number):
        raise Refusal("account_number_invalid", field="number")
    entity = lock(entity)
    former = entity.bank_accounts.open().first()
    account = BankAccount(legal_entity=entity, holder=holder, bank_name=bank_name, cnaps=cnaps, created_by=by, created_at=at)
    account.number = number
    if former and account.is_same_as(former):  # pressed twice, or another proof: nothing new to wait for
        account.waits_until = former.waits_until if former.waits(at) else None
    else:
        account.waits_until = at + WAIT if entity.bank_accounts.exists() else None
    account.proof = store_upload(proof, by=by, at=at) if proof else None
    entity.bank_accounts.open().update(closed_at=at)
    account.save()
    before = former.last_four if former else None
    record("set_bank_account", entity, by=by, at=at, account=account.pk, before=before, last_four=account.last_four)
    if account.waits_until:
        _tell_of_change(account, former, by, at)
    elif by.role == Role.INSURER:
        body = f"受托的保险公司为“{entity}”填写了收款账户：{account}。如不是本企业的账户，请立即登录更换，并联系中心。"
        _tell("account_set_by_insurer", account, "保险公司填写了收款账户", body, at)
    return account


@transaction.atomic
def confirm_bank_account(account: BankAccount, *, by: User, at: datetime) -> BankAccount:
    """Another member has compared a changed account: it is in force at once.

    Raises Refusal: not_a_member, account_settled (no longer waiting), same_person, account_joined_since (a member only since the change).
    """
    account = _waiting(account, by, at)
    if account.created_by_id == by.pk:
        raise Refusal("same_person")
    if account.legal_entity.memberships.get(user=by).created_at >= account.created_at:
        raise Refusal("account_joined_since")
    account.confirmed_by, account.confirmed_at = by, at
    account.save(update_fields=["confirmed_by", "confirmed_at"])
    record("confirm_bank_account", account.legal_entity, by=by, at=at, account=account.pk, last_four=account.last_four)
    _tell(
        "account_confirmed",
        account,
        "收款账户已由同事确认",
        f"{by.get_full_name()}确认了新收款账户：{account}。以后的拨付使用这个账户。",
        at,
    )
    return account


@transaction.atomic
def decline_bank_account(account: BankAccount, *, by: User, at: datetime) -> BankAccount | None:
    """A member, also whoever changed it, takes a change back: the account that was last in force is open again.

    Raises Refusal: not_a_member, account_settled.
    """
    account = _waiting(account, by, at)
    account.closed_at = at
    account.save(update_fields=["closed_at"])
    former = account.legal_entity.bank_accounts.exclude(pk=account.pk).once_in_force().order_by("-pk").first()
    if former:
        former.closed_at = None
        former.save(update_fields=["closed_at"])
    record("decline_bank_account", account.legal_entity, by=by, at=at, account=account.pk, last_four=account.last_four)
    body = f"{by.get_full_name()}没有同意更换收款账户（新账户 {account}），仍使用原账户：{former}。如怀疑账号被盗用，请修改密码并联系中心。"
    _tell("account_declined", account, "收款账户没有更换", body, at)
    return former


def _waiting(account: BankAccount, by: User, at: datetime) -> BankAccount:
    """The account under the lock of its enterprise, still open and waiting, for a member who may write."""
    entity = lock(account.legal_entity)
    require_member(entity, by)
    account = BankAccount.objects.select_related("legal_entity").get(pk=account.pk)
    if account.closed_at is not None or not account.waits(at):
        raise Refusal("account_settled")
    return account


def _tell_of_change(account: BankAccount, former: BankAccount | None, by: User, at: datetime) -> None:
    until = f"{timezone.localtime(account.waits_until):%Y-%m-%d %H:%M}"
    who = "受托的保险公司" if by.role == Role.INSURER else by.get_full_name()
    body = (
        f"{who}把“{account.legal_entity}”的收款账户由 {former or '（已停用）'} 改为 {account}。"
        f"请填写人以外的同事登录核对后确认；没有人确认的，{until} 起生效，此前不拨付。不是本企业要求的，请立即登录取消，并联系中心。"
    )
    _tell("account_changed", account, "请核对：收款账户有变更", body, at)


def _tell(event: str, account: BankAccount, subject: str, body: str, at: datetime) -> None:
    """All members, by mail too: whoever reads it may be the one who notices a theft."""
    link = reverse("enterprises:account_change") if account.waits_until else reverse("enterprises:profile")
    notify(event, members_to_tell(account.legal_entity), key=f"{event}:{account.pk}", subject=subject, body=body, at=at, link=link)


@transaction.atomic
def reveal_account(account: BankAccount, *, by: User, at: datetime) -> str:
    """The full number, for a person who may see the entity; the look leaves a trace."""
    record("reveal_account", account.legal_entity, by=by, at=at, account=account.pk)
    return account.number
