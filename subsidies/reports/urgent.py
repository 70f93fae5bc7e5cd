"""What an enterprise has to do before anything else: confirm, correct, answer, mend, pay back. Each with its deadline."""

from collections.abc import Iterable
from datetime import datetime, time

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from enterprises.models import BankAccount, LegalEntity
from insurers.states import EntrustmentState
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.services import last_day
from subsidies.models import Application, Payment, Recovery
from subsidies.states import LIVE_PAYMENT, PaymentState, RecoveryState, State

from .words import Task, day_in_words, left_in_words, moment_in_words


def urgent(entity: LegalEntity, cases: Iterable[Application], *, at: datetime) -> list[Task]:
    """The first things to do, in the order of what is lost by waiting. `cases` are the entity's latest."""
    states = {case.state for case in cases}
    tasks = [task for case in cases if not case.is_held for task in _of_state(case, at)]
    if states & {State.PAID, State.ARCHIVED}:
        tasks += _recoveries(entity, at)
    account = entity.bank_accounts.open().first()
    if State.APPROVED in states:
        tasks += _returned(entity, account)
    if account and account.waits(at):
        tasks.append(_changed_account(account))
    return tasks + _entrustments(entity)


def _of_state(case: Application, at: datetime) -> list[Task]:
    if case.state == State.PENDING_CONFIRM:
        hint = f"{case.window.name}，保险公司已代为准备好，您确认后才算提交"
        return [_due("confirm", "确认申报", hint, "待确认", case.get_absolute_url(), case.window.closes_at, at)]
    if case.due_at is None or at >= case.due_at:
        return []
    if case.state == State.CORRECTION:
        url = reverse("subsidies:correction", args=[case.pk])
        return [_due("correction", "补正材料", f"申报 {case.number}，逾期本件终止", "待补正", url, case.due_at, at)]
    if case.state == State.REJECTION_PROPOSED:
        url = reverse("subsidies:reply", args=[case.pk])
        return [_due("reply", "陈述申辩", f"申报 {case.number} 拟不予补贴，可以说明理由、补充材料", "可以办理", url, case.due_at, at)]
    return []


def _due(key: str, title: str, hint: str, label: str, url: str, due: datetime, at: datetime) -> Task:
    left, is_near = left_in_words(due, at)
    local = timezone.localtime(due)
    until = f"{day_in_words(last_day(due))}前" if local.time() == time() else f"{moment_in_words(due)} 前"
    return Task(key, title, hint, "stop" if is_near else "todo", label, url, title, due=f"{until}，{left}", is_near=is_near)


def _recoveries(entity: LegalEntity, at: datetime) -> list[Task]:
    owed = Recovery.objects.filter(
        application__legal_entity=entity, state__in=[RecoveryState.ORDERED, RecoveryState.OVERDUE], proof__isnull=True
    )
    tasks = []
    for recovery in owed.select_related("application").order_by("due_on"):
        url = reverse("subsidies:recovery", args=[recovery.application_id, recovery.pk])
        hint = f"申报 {recovery.application.number} 应退回 {recovery.amount:,.2f} 元，退回后上传凭证"
        is_late = recovery.state == RecoveryState.OVERDUE
        left = "已逾期" if is_late else f"还有 {(recovery.due_on - timezone.localdate(at)).days} 天"
        due = f"{day_in_words(recovery.due_on)}前，{left}"
        tasks.append(Task("recovery", "退回补贴资金", hint, "stop", "已逾期" if is_late else "待退回", url, "退回补贴资金", due, True))
    return tasks


def _returned(entity: LegalEntity, account: BankAccount | None) -> list[Task]:
    """Approved cases whose payment came back and which no new payment replaces, as long as the account is still the same."""
    of_case = Payment.objects.filter(application=OuterRef("pk"))
    back = of_case.filter(state=PaymentState.RETURNED)
    if account:
        back = back.filter(account_hmac=account.number_hmac, bank_name=account.bank_name, cnaps=account.cnaps)
    cases = entity.applications.filter(Exists(back), ~Exists(of_case.filter(state__in=LIVE_PAYMENT)), state=State.APPROVED)
    hint = "付款被银行退回，更换账户后重新拨付"
    return [
        Task("returned", "更换收款账户", f"申报 {case.number} 的{hint}", "stop", "付款退回", case.get_absolute_url(), "更换收款账户")
        for case in cases
    ]


def _changed_account(account: BankAccount) -> Task:
    until = moment_in_words(timezone.localtime(account.waits_until))
    hint = f"新账户 {account}，由填写人以外的同事确认；没有人确认的，{until} 起生效，此前不拨付"
    return Task("account", "核对收款账户变更", hint, "stop", "待确认", reverse("enterprises:account_change"), "核对收款账户变更")


def _entrustments(entity: LegalEntity) -> list[Task]:
    asked = entity.entrustments.filter(state=EntrustmentState.PROPOSED, proposed_by__role=Role.INSURER).select_related("insurer")
    return [
        Task(
            "entrustment",
            "确认委托",
            f"“{mandate.insurer}”请您委托其代为申报，请核对期限和范围",
            "todo",
            "待确认",
            reverse("insurers:entrustment", args=[mandate.pk]),
            "核对委托",
        )
        for mandate in asked
    ]
