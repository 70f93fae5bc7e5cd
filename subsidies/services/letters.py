"""What the portal says to an applicant at each event of a case. Mail and inbox carry the same words."""

from datetime import datetime

from django.utils import timezone

from enterprises.services import members_to_tell
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.kinds import Kind, may_stay_out_of_mail
from pilot_portal.notifications.services import notify
from pilot_portal.reference.services import last_day
from subsidies.models import Application, Channel

LETTERS: dict[str, tuple[str, str]] = {
    # filing
    "proposed": ("请确认申报：{entity}", "保险公司已代“{entity}”准备好{window}申报，请在 {due} 前核对并确认。确认后才算提交。"),
    "declined": ("企业退回了代拟的申报", "“{entity}”退回了{window}申报，意见：{why}。请修改后重新提请确认。"),
    "expired": ("代拟的申报没有确认", "“{entity}”的{window}申报没有在截止前确认，已退回草稿，未占用申报名额。"),
    "submitted": ("申报已提交：{number}", "“{entity}”的{window}申报已提交，编号 {number}。我们将在 {due} 前告知是否受理。"),
    "withdrawn": ("申报已撤回：{number}", "申报 {number} 已撤回。{refile}"),
    "accepted": ("申报已受理：{number}", "申报 {number} 已受理，进入审核。预计 {due} 前完成初审。受理通知书可在申报页面下载。"),
    "not_accepted": ("申报不予受理：{number}", "申报 {number} 不予受理，理由：{why}。{refile}通知书可在申报页面下载。"),
    # correction
    "correction": ("申报需要补正：{number}", "申报 {number} 有 {count} 项需要补正，请在 {due} 前办理，逾期本件终止。请登录逐项办理。"),
    "correction_extended": ("补正期限已延长：{number}", "申报 {number} 的补正期限延长至 {due}。"),
    "remind_correction": ("补正即将到期：{number}", "申报 {number} 的补正期限是 {due}，还没有提交。逾期本件终止，请尽快办理。"),
    "resubmitted": ("补正已提交：{number}", "申报 {number} 的补正已收到，我们将在 {due} 前告知是否受理。"),
    "lapsed": ("逾期未补正：{number}", "申报 {number} 在期限内没有补正，本件已终止，本期不能再次申报。"),
    # rejection
    "rejection_proposed": (
        "拟不予补贴：{number}",
        "申报 {number} 拟不予补贴，理由：{why}。您可以在 {due} 前登录提交陈述申辩；是否补贴由市知识产权局审定。",
    ),
    "replied": ("陈述申辩已收到：{number}", "申报 {number} 的陈述申辩已收到，我们会认真核实。"),
    "reconsidered": ("重新审核：{number}", "申报 {number} 重新审核，结果会及时通知您。"),
    "rejected": ("不予补贴：{number}", "经市知识产权局审定，申报 {number} 不予补贴，理由：{why}。决定书可在申报页面下载。"),
    # award and payment
    "allocated": ("拟补贴额已核定：{number}", "申报 {number} 拟补贴 {awarded} 元，待市知识产权局审定。"),
    "list_returned": ("名单退回复核：{number}", "申报 {number} 所在的名单退回重新核定，不需要您办理，结果会及时通知您。"),
    "determined": ("已审定：{number}", "申报 {number} 已审定，拟补贴 {awarded} 元，即将公示。"),
    "publicised": ("已公示：{number}", "申报 {number} 拟补贴 {awarded} 元，公示至 {until}。公示无异议后拨付。"),
    "objected": ("公示异议：{number}", "申报 {number} 在公示期内收到异议，核实期间暂停办理。需要您说明的，我们会与您联系。"),
    "objection_dismissed": ("异议不成立：{number}", "申报 {number} 的异议经核实不成立，已恢复办理。处理意见：{why}。"),
    "recomputed": (
        "补贴额重新核算：{number}",
        "申报 {number} 重新核算，应补金额由 {before} 元调整为 {entitled} 元，理由：{why}。将重新审定和公示。",
    ),
    "approved": ("待拨付：{number}", "申报 {number} 公示期满，已批准拨付 {awarded} 元，请留意到账。"),
    "closed_zero": ("本件已归档：{number}", "申报 {number} 核定补贴为 0.00 元，不需要拨付，本件已归档。"),
    "paid": ("补贴已到账：{number}", "申报 {number} 的补贴 {awarded} 元已于 {paid_on} 到账。拨付通知书可在申报页面下载。"),
    "returned": ("付款被银行退回：{number}", "申报 {number} 的付款被退回，原因：{why}。请登录更正收款账户。"),
    # recovery
    "recovery_ordered": ("请退回补贴资金：{number}", "申报 {number} 应退回 {amount} 元，理由：{why}。请在 {until} 前退回并登录上传凭证。"),
    "recovery_overdue": ("退回补贴资金已逾期：{number}", "申报 {number} 应退回的 {amount} 元已逾期，请立即退回并联系中心。"),
    "recovery_repaid": ("退回款已到账：{number}", "申报 {number} 退回的 {amount} 元已到账，追回办结。"),
    # any time
    "held": ("申报暂停办理：{number}", "申报 {number} 已暂停办理，原因：{why}。恢复后我们会通知您。"),
    "released": ("申报恢复办理：{number}", "申报 {number} 已恢复办理。"),
    "abandoned": ("已放弃补贴：{number}", "申报 {number} 已按您的申请放弃补贴，本件终止，本期不能再次申报。"),
    "cancelled": ("终止拨付：{number}", "申报 {number} 已终止拨付，理由：{why}。如有异议，请联系中心。"),
    "archived": ("本件已归档：{number}", "申报 {number} 已办结归档。保单退保或批减的，仍须告知中心。"),
}

may_stay_out_of_mail(
    Kind.PROGRESS,
    *("withdrawn", "resubmitted", "replied", "reconsidered", "released"),
    *("allocated", "list_returned", "approved", "recovery_repaid", "archived"),
)
may_stay_out_of_mail(Kind.WORK, "work")
may_stay_out_of_mail(Kind.CONVERSATION, "case_message")


def readers(application: Application):
    """Members of the applicant and, where an insurer filed, whoever filed."""
    people = members_to_tell(application.legal_entity)
    if application.channel == Channel.INSURER:
        filed_by = application.submitted_by_id or application.proposed_by_id or application.created_by_id
        people = people | User.objects.filter(pk__in={filed_by, application.created_by_id}, role=Role.INSURER).distinct()
    return people


def tell(application: Application, event: str, *, at: datetime, about: int | str = "", **facts) -> None:
    """Queue the letter of an event; a second call for the same version of the case, or of what it is `about`, writes nothing."""
    subject, body = LETTERS[event]
    due = timezone.localtime(application.due_at) if application.due_at else None
    words = {
        "number": application.number or "",
        "entity": application.legal_entity.name,
        "window": application.window.name,
        "awarded": f"{application.awarded:,.2f}" if application.awarded is not None else "",
        "entitled": f"{application.entitled:,.2f}" if application.entitled is not None else "",
        "due": _until(due) if due else "规定期限",
        **facts,
    }
    notify(
        event,
        readers(application),
        key=f"application:{application.pk}:{event}:{f'about:{about}' if about else application.version}",
        subject=subject.format(**words),
        body=body.format(**words).replace("。。", "。"),
        at=at,
        link=application.get_absolute_url(),
    )


def _until(due: datetime) -> str:
    """A deadline at midnight is the end of the day before; any other one is a moment."""
    if due.hour == due.minute == 0:
        return f"{last_day(due):%Y-%m-%d}"
    return f"{due:%Y-%m-%d %H:%M}"


def tell_officers(role: Role, key: str, subject: str, body: str, *, at: datetime) -> None:
    """Work that now waits for this role, once a key."""
    desk = "/oversight/" if role == Role.IP_OFFICE else "/admin/"
    notify("work", User.objects.active_with_role(role), key=f"work:{key}", subject=subject, body=body, at=at, link=desk)


def alarm_head(key: str, subject: str, body: str, *, at: datetime) -> None:
    """Tell every head of what must not wait; the same key once."""
    notify("alarm", User.objects.active_with_role(Role.HEAD), key=f"alarm:{key}", subject=subject, body=body, at=at, link="/admin/")
