"""What a case says of itself in one sentence: what comes next and by when, how it ended, and what it has about it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.notifications.models import Message
from pilot_portal.reference.services import last_day
from subsidies.models import Application, Recovery
from subsidies.states import ENDED, PaymentState, RecoveryState, State

from .words import day_in_words

NEXT = {
    State.DRAFT: "补齐各项后提交。",
    State.PENDING_CONFIRM: "保险公司已代拟申报，等待企业确认。",
    State.SUBMITTED: "等待受理，{due}前告知是否受理。",
    State.CORRECTION: "{due}前请补正材料，逾期未补正的，本件终止。",
    State.ACCEPTED: "已受理，正在初审，{due}前完成。",
    State.REVIEWED: "初审已完成，等待另一人复核。",
    State.REJECTION_PROPOSED: "拟不予补贴，待市知识产权局审定。{due}前可以陈述申辩。",
    State.CHECKED: "复核已通过，{allocated}核定拟补贴额。",
    State.ALLOCATED: "拟补贴额已核定，待市知识产权局审定。",
    State.DETERMINED: "已审定，等待公示。",
    State.PUBLICIZED: "正在公示，期满无异议后批准拨付。",
    State.APPROVED: "公示期满，已批准拨付，到账后会通知您。",
    State.PAID: "补贴已到账，可下载拨付通知书。",
    State.WITHDRAWN: "已撤回，不再占用本期申报名额。",
    State.LAPSED: "逾期未补正，本件已终止。",
    State.NOT_ACCEPTED: "不予受理，理由见下方和通知书。",
    State.REJECTED: "不予补贴，理由见下方和决定书。",
    State.ABANDONED: "已放弃补贴，本件已终止。",
    State.CANCELLED: "已终止拨付，理由见下方。如有异议，请联系中心。",
    State.ARCHIVED: "本件已办结归档。",
}


NO_PAYMENT = "核定补贴为 0.00 元，不需要拨付，等待归档。"


def next_step(application: Application) -> str:
    """One sentence: what comes next, and by when."""
    if application.is_held:
        return "已暂停办理，恢复后会通知您。"
    if application.state == State.APPROVED and application.awarded == 0:
        return NO_PAYMENT
    now, closes = timezone.now(), application.window.closes_at
    if application.state == State.REJECTION_PROPOSED and application.due_at and application.due_at <= now:
        return "拟不予补贴，陈述申辩期已满，待市知识产权局审定。"
    due = day_in_words(last_day(application.due_at)) if application.due_at else "规定期限"
    allocated = f"{day_in_words(timezone.localdate(closes))}截止后统一" if now < closes else "等待"
    return NEXT[application.state].format(due=due, allocated=allocated)


TONES = dict.fromkeys(ENDED, "") | {
    State.DRAFT: "todo",
    State.CORRECTION: "stop",
    State.REJECTION_PROPOSED: "stop",
    State.PAID: "done",
    State.ARCHIVED: "done",
}


def tone_of(application: Application) -> str:
    return "stop" if application.is_held else TONES.get(application.state, "wait")


def owed_on(application: Application) -> Recovery | None:
    """What is to be paid back first; what has been proven waits for the bank."""
    owed = [recovery for recovery in application.recoveries.all() if recovery.state in (RecoveryState.ORDERED, RecoveryState.OVERDUE)]
    return min(owed, key=lambda recovery: (recovery.proof_id is not None, recovery.due_on), default=None)


def to_pay_back(recovery: Recovery) -> str:
    """The next step of a case on which money has to come back."""
    if recovery.proof_id:
        return f"退款凭证已上传，等财务核对 {recovery.amount:,.2f} 元到账。"
    return f"应退回补贴资金 {recovery.amount:,.2f} 元，请在 {day_in_words(recovery.due_on)}前退回并上传凭证。"


def ended_because(application: Application) -> str:
    """Why a case ended, in the words of whoever ended it; nothing where it has simply run its course."""
    if application.state == State.REJECTED:
        return application.rejection_reason
    return application.ended_reason if application.state in ENDED and application.state != State.ARCHIVED else ""


@dataclass(frozen=True)
class ReturnedPayment:
    """A payment that the bank sent back and that nothing has replaced yet."""

    reason: str
    account: str  # as it was paid to
    is_mended: bool  # another account is open now
    waits_until: datetime | None  # and nobody else has confirmed it yet


def returned_payment(application: Application, *, at: datetime) -> ReturnedPayment | None:
    """The latest payment of an approved case, where it came back."""
    if application.state != State.APPROVED:
        return None
    last = application.payments.order_by("-pk").first()
    if last is None or last.state != PaymentState.RETURNED:
        return None
    opened = application.legal_entity.bank_accounts.open().first()
    account = f"{last.bank_name} 尾号 {last.account_last_four}"
    waits_until = opened.waits_until if opened and opened.waits(at) else None
    return ReturnedPayment(last.return_reason, account, opened is not None and not last.went_to(opened), waits_until)


def letters_of(application: Application, user: User):
    return Message.objects.inbox_of(user).filter(link=application.get_absolute_url())[:10]


def may_refile(application: Application, *, at: datetime) -> bool:
    """Whether the window lets the applicant begin anew after this case has ended without using its slot."""
    window = application.window
    allowed = {State.WITHDRAWN: window.refile_after_withdrawal, State.NOT_ACCEPTED: window.refile_after_refusal}
    return allowed.get(application.state, False) and window.is_open(at)
