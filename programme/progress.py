"""What anybody may read who knows the number of a case and the end of its applicant's code: where it stands. No reason, no name."""

from collections.abc import Callable
from datetime import datetime

from pilot_portal.reference.services import last_day
from subsidies.models import Application
from subsidies.reports.words import day_in_words, moment_in_words
from subsidies.states import ENDED, PaymentState, RecoveryState, State

LATE = "现已超过这一时间，请联系促进中心。"
WORDS = {
    State.SUBMITTED: "已收到，等待受理，{due}前告知是否受理。",
    State.CORRECTION: "材料需要补正。请在 {due}前登录办理，逾期没有补正的，本件终止。",
    State.ACCEPTED: "已受理，正在初审，预计 {due}前完成。",
    State.REVIEWED: "初审已完成，等待另一名工作人员复核。",
    State.REJECTION_PROPOSED: "拟不予补贴，还没有决定。{due}前可以登录提交陈述申辩。",
    State.CHECKED: "复核已通过，等待统一核定拟补贴额。",
    State.ALLOCATED: "拟补贴额已核定，等待市知识产权局审定。",
    State.DETERMINED: "市知识产权局已审定，等待公示。",
    State.PUBLICIZED: "正在公示，到 {ends}止。期满没有未处理的异议即批准拨付。",
    State.APPROVED: "公示期满，已批准拨付，正在办理付款。",
    State.PAID: "补贴已到账。",
    State.WITHDRAWN: "申请人已撤回，本件不再办理。",
    State.LAPSED: "期限内没有补正，本件已终止。",
    State.NOT_ACCEPTED: "不予受理。理由和救济途径写在通知书里，请登录查看。",
    State.REJECTED: "经市知识产权局审定，不予补贴。理由和救济途径写在决定书里，请登录查看。",
    State.ABANDONED: "申请人已放弃补贴，本件已终止。",
    State.CANCELLED: "已终止拨付。理由已通知申请人，请登录查看。",
    State.ARCHIVED: "补贴已到账，本件已办结归档。",
}
OVERDUE = {
    State.SUBMITTED: f"已收到，等待受理。原定 {{due}}前告知，{LATE}",
    State.CORRECTION: "补正期限（{due}）已过，没有收到补正。",
    State.ACCEPTED: f"已受理，正在初审。原定 {{due}}前完成，{LATE}",
    State.REJECTION_PROPOSED: "拟不予补贴，陈述申辩期限已过，等待市知识产权局审定。",
}
NO_DATE = {
    State.SUBMITTED: "已收到，等待受理。",
    State.CORRECTION: "材料需要补正，请登录办理，逾期没有补正的，本件终止。",
    State.ACCEPTED: "已受理，正在初审。",
    State.REJECTION_PROPOSED: "拟不予补贴，等待市知识产权局审定。",
}
PAYING = {
    PaymentState.PLANNED: "公示期满，已批准拨付，正在办理付款。",
    PaymentState.SENT: "付款已送银行，请留意到账。",
    PaymentState.RETURNED: "付款被银行退回。请登录核对收款账户，更正后重新付款。",
}
HELD = "已暂停办理，正在核实。恢复后继续，届时会通知申请人。"
OWES = "另有应退回的补贴资金，请登录办理。"


def find(number: str, tail: str) -> Application | None:
    """The filed case of this number whose applicant's code ends so."""
    filed = Application.objects.filter(number=number, legal_entity__credit_code__endswith=tail, submitted_at__isnull=False)
    return filed.select_related("window", "public_notice").first()


def sentence(case: Application, *, at: datetime) -> str:
    """Where the case stands at this moment, and what to do next."""
    if case.is_held and case.state not in ENDED:
        return HELD
    say = SAY.get(State(case.state))
    return say(case, at) if say else WORDS[State(case.state)]


def _until_due(case: Application, at: datetime) -> str:
    if case.due_at is None:
        return NO_DATE[State(case.state)]
    words = WORDS if at < case.due_at else OVERDUE
    return words[State(case.state)].format(due=day_in_words(last_day(case.due_at)))


def _checked(case: Application, at: datetime) -> str:
    if at < case.window.closes_at:
        return f"复核已通过。{moment_in_words(case.window.closes_at)} 截止后统一核定拟补贴额。"
    return WORDS[State.CHECKED]


def _publicised(case: Application, at: datetime) -> str:
    notice = case.public_notice
    if notice is None or not notice.is_running(at):
        return "公示期已满，等待批准拨付。"
    return WORDS[State.PUBLICIZED].format(ends=day_in_words(notice.ends_on))


def _approved(case: Application, at: datetime) -> str:
    last = case.payments.order_by("-pk").first()
    return PAYING.get(PaymentState(last.state), WORDS[State.APPROVED]) if last else WORDS[State.APPROVED]


def _paid(case: Application, at: datetime) -> str:
    if not case.awarded:
        return "审定结果不需要拨付，本件已归档。"
    owes = case.recoveries.filter(state__in=[RecoveryState.ORDERED, RecoveryState.OVERDUE]).exists()
    return WORDS[State(case.state)] + (OWES if owes else "")


SAY: dict[State, Callable[[Application, datetime], str]] = {
    **dict.fromkeys(NO_DATE, _until_due),
    State.CHECKED: _checked,
    State.PUBLICIZED: _publicised,
    State.APPROVED: _approved,
    State.PAID: _paid,
    State.ARCHIVED: _paid,
}
