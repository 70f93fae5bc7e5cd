"""制单, 批准, 导出, 回单: money leaves only through here, once a case."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Prefetch, Sum
from django.utils import timezone

from enterprises.models import BankAccount
from enterprises.rules import same_payee_name
from insurers.states import PolicyState
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, moving, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies import payment_files, rules
from subsidies.models import Application, Appropriation, Batch, Payment, Window
from subsidies.payment_files import BankResult, Outcome
from subsidies.states import LIVE_PAYMENT, Action, BatchAction, BatchState, PaymentAction, PaymentState, State

from .batch_data import batch_data
from .facts import premium_now
from .letters import tell
from .numbering import next_value, take_block
from .recovery import refollow

CONSTRAINT_REFUSALS["one_live_payment_per_application"] = "payment_in_flight"
CONSTRAINT_REFUSALS["batch_totals_match_lines"] = "batch_changed"


def payable(window: Window):
    """Approved cases without a hold and without a live payment, in the order of their numbers."""
    return (
        window.applications.filter(state=State.APPROVED, held_at__isnull=True, awarded__gt=0)
        .exclude(payments__state__in=LIVE_PAYMENT)
        .order_by("number")
    )


@transaction.atomic
def prepare_batch(window: Window, appropriation: Appropriation, *, by: User, at: datetime, numbers: list[str] | None = None) -> Batch:
    """Make a draft batch of all payable cases, or of those with these numbers, after a last check of each.

    Raises Refusal: wrong_role, nothing_to_pay, list_changed (one of these numbers is not payable), appropriation_of_another_pilot,
    account_missing, account_waits, payee_differs, recheck_failed, payment_in_flight, batch_unpayable.
    """
    if by.role != Role.FINANCE:
        raise Refusal("wrong_role", action="制单")
    if appropriation.pilot_id != window.pilot_id:
        raise Refusal("appropriation_of_another_pilot", field="appropriation", appropriation=appropriation)
    lock(window)
    cases = payable(window) if numbers is None else payable(window).filter(number__in=numbers)
    cases = cases.select_for_update(of=("self",)).select_related("legal_entity", "policy", "window", "pilot")
    cases = list(cases.prefetch_related(open_accounts("legal_entity__")))
    if not cases:
        raise Refusal("nothing_to_pay")
    if numbers is not None and len(cases) != len(set(numbers)):
        raise Refusal("list_changed")
    year = window.pilot.year
    batch = Batch.objects.create(
        number=f"{year}-{window.sequence:02d}-{next_value(f'batch-{window.sequence}', year):03d}",
        window=window,
        appropriation=appropriation,
        prepared_by=by,
        prepared_at=at,
    )
    with refusing_constraints(number=batch.number):
        Payment.objects.bulk_create(_line(batch, case, position, at) for position, case in enumerate(cases, start=1))
    batch.count, batch.total = len(cases), sum(case.awarded for case in cases)
    batch.save(update_fields=["count", "total"])
    _require_file(batch)
    record("prepare_batch", batch, by=by, at=at, count=batch.count, total=batch.total)
    return batch


def _require_file(batch: Batch) -> None:
    """Raises Refusal batch_unpayable when the bank could not read a line as it stands; better now than at export."""
    try:
        payment_files.write_payment_file(batch_data(batch))
    except payment_files.FileRefused as refused:
        raise Refusal("batch_unpayable", sentence=_sentences(refused.faults)) from refused


def _line(batch: Batch, case: Application, position: int, at: datetime) -> Payment:
    account = account_now(case)
    if account is None:
        raise Refusal("account_missing", entity=case.legal_entity)
    if account.waits(at):
        raise Refusal("account_waits", entity=case.legal_entity, until=f"{timezone.localtime(account.waits_until):%Y-%m-%d %H:%M}")
    if not same_payee_name(account.holder, case.legal_entity.name):
        raise Refusal("payee_differs", entity=case.legal_entity)
    _recheck(case, at)
    return Payment(
        batch=batch,
        application=case,
        serial=f"{batch.number}-{position:04d}",
        holder=account.holder,
        bank_name=account.bank_name,
        cnaps=account.cnaps,
        account_ciphertext=account.number_ciphertext,
        account_hmac=account.number_hmac,
        account_last_four=account.last_four,
        amount=case.awarded,
    )


def open_accounts(prefix: str) -> Prefetch:
    """With each legal entity behind `prefix` the account that it has open; read by `account_now`."""
    return Prefetch(f"{prefix}bank_accounts", BankAccount.objects.open(), to_attr="open_accounts")


def account_now(case: Application) -> BankAccount | None:
    return next(iter(case.legal_entity.open_accounts), None)  # type: ignore[attr-defined]  # prefetched


def _recheck(case: Application, at: datetime) -> None:
    """Before every batch: no surrender, and no endorsement that brought the entitlement below the award."""
    if case.policy.state == PolicyState.SURRENDERED:
        raise Refusal("recheck_failed", entity=case.legal_entity, why="保单已退保。")
    if not case.policy.endorsements.exists():
        return
    if rules.entitlement(premium_now(case, timezone.localdate(at)), case.terms) < case.awarded:
        raise Refusal("recheck_failed", entity=case.legal_entity, why="保单批减后应补金额低于核定金额。")


def account_left(line: Payment, at: datetime) -> bool:
    """Whether the payee has changed the account since the line was made, or is just changing it."""
    account = account_now(line.application)
    return account is None or account.waits(at) or not line.went_to(account)


def _require_payable(batch: Batch, at: datetime) -> None:
    """Lock the cases of a batch. Raises Refusal on_hold, wrong_state or account_left when one of them may no longer be paid."""
    for case in Application.objects.filter(payments__batch=batch).select_for_update(of=("self",)).order_by("pk"):
        if case.is_held:
            raise Refusal("on_hold", object=case)
        if case.state != State.APPROVED:
            raise Refusal("wrong_state", object=case, state=case.get_state_display(), action=Action.PAY.label)
    lines = batch.payments.select_related("application__legal_entity").prefetch_related(open_accounts("application__legal_entity__"))
    if names := [line.holder for line in lines.order_by("serial") if account_left(line, at)]:
        raise Refusal("account_left", names="、".join(names[:5]) + (f"等 {len(names)} 家" if len(names) > 5 else ""))


def approve_batch(batch: Batch, *, by: User, at: datetime, version: int | None = None) -> Batch:
    """Freeze count, total and hash, by another person than the one who prepared. Its papers are made afterwards by a job."""
    with moving(batch, BatchAction.APPROVE, by=by, at=at, version=version) as locked:
        if locked.prepared_by_id == by.pk:
            raise Refusal("same_person")
        _require_payable(locked, at)
        sums = locked.payments.aggregate(count=Count("pk"), total=Sum("amount"))
        locked.count, locked.total, locked.sha256 = sums["count"], sums["total"] or 0, batch_data(locked).sha256
        if not locked.count:
            raise Refusal("nothing_to_pay")
        locked.first_notice = take_block("notice_of_payment", locked.window.pilot.year, locked.count)
        locked.approved_by, locked.approved_at = by, at
        locked.event_data = {"count": locked.count, "total": locked.total, "sha256": locked.sha256}
    after_commit("subsidies.tasks.render_batch", batch.pk)
    return batch


def export_batch(batch: Batch, *, by: User, at: datetime) -> bytes:
    """The payment file, the same bytes each time; the first export sends the lines, so none of them may be on hold then.

    Raises Refusal: batch_changed (a line is not as approved), on_hold, account_left.
    """
    with moving(batch, BatchAction.EXPORT, by=by, at=at) as locked:
        data = batch_data(locked)
        if data.sha256 != locked.sha256:
            raise Refusal("batch_changed")
        content = payment_files.write_payment_file(data)
        if locked.exported_at is None:
            _require_payable(locked, at)
            locked.exported_at, locked.exported_by = at, by
            locked.payments.filter(state=PaymentState.PLANNED).update(state=PaymentState.SENT)
        locked.event_data = {"file_sha256": hashlib.sha256(content).hexdigest()}
    return content


def void_batch(batch: Batch, *, by: User, at: datetime, reason: str, version: int | None = None) -> Batch:
    """Give up a batch before export; its lines die with it and the cases may be paid anew."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with moving(batch, BatchAction.VOID, by=by, at=at, version=version, reason=reason) as locked:
        locked.payments.filter(state=PaymentState.PLANNED).update(state=PaymentState.VOID)
        locked.voided_at, locked.voided_by, locked.void_reason = at, by, reason
    return batch


@transaction.atomic
def import_bank_result(batch: Batch, content: bytes, *, by: User, at: datetime) -> Batch:
    """Book the bank's result line by line; all of the file or nothing. The same file twice changes nothing.

    Raises Refusal: wrong_role, wrong_state, bank_result_invalid, bank_result_differs.
    """
    if by.role != Role.FINANCE:
        raise Refusal("wrong_role", action="导入回单")
    locked = lock(batch)
    if locked.state not in (BatchState.EXPORTED, BatchState.SETTLED):
        raise Refusal("wrong_state", object=locked, state=locked.get_state_display(), action="导入回单")
    results = _read_result(content, locked)
    lines = {payment.serial: payment for payment in locked.payments.select_for_update().select_related("application")}
    for result in results:
        _book(lines[result.serial], result, by=by, at=at)
    record("import_bank_result", locked, by=by, at=at, lines=len(results), file_sha256=hashlib.sha256(content).hexdigest())
    open_lines = locked.payments.filter(state__in=[PaymentState.PLANNED, PaymentState.SENT])
    if locked.state == BatchState.EXPORTED and not open_lines.exists():
        with moving(locked, BatchAction.SETTLE, by=by, at=at) as settled:
            settled.settled_at, settled.settled_by = at, by
    batch.refresh_from_db()
    return batch


def _read_result(content: bytes, batch: Batch) -> list[BankResult]:
    """The file's results, each of which meets its line: serial, payee, account and amount."""
    try:
        results = payment_files.read_bank_result(content)
    except payment_files.FileRefused as refused:
        raise Refusal("bank_result_invalid", sentence=_sentences(refused.faults)) from refused
    if faults := payment_files.check_against(results, batch_data(batch).lines):
        raise Refusal("bank_result_invalid", sentence=_sentences(faults))
    return results


def _sentences(faults) -> str:
    """The first faults of a file, as one text."""
    shown = [str(fault) for fault in faults[:10]]
    return "\n".join(shown + ([f"另有 {len(faults) - 10} 处。"] if len(faults) > 10 else []))


def _book(payment: Payment, result, *, by: User, at: datetime) -> None:
    target = PaymentState.PAID if result.outcome is Outcome.PAID else PaymentState.RETURNED
    if payment.state == target and payment.bank_reference == result.bank_reference:
        return  # the same result again
    case = payment.application
    if target == PaymentState.PAID:
        with moving(payment, PaymentAction.PAY, by=by, at=at) as locked:
            locked.paid_on, locked.bank_reference = result.paid_on, result.bank_reference
        with moving(case, Action.PAY, by=by, at=at, payment=payment.serial) as paid:
            paid.paid_at, paid.paid_by = at, by
            tell(paid, "paid", at=at, paid_on=result.paid_on)
        refollow(case.policy_id, at=at)
    else:
        with moving(payment, PaymentAction.RETURN, by=by, at=at) as locked:
            locked.bank_reference = result.bank_reference
            locked.return_code, locked.return_reason = result.reason_code, result.reason
        with transaction.atomic():
            returned = lock(case)
            returned.version += 1  # a second return of the same case is another letter
            returned.save(update_fields=["version"])
            tell(returned, "returned", at=at, why=result.reason)
