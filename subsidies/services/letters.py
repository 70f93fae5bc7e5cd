"""What the portal says to an applicant at each event of a case. Mail and inbox carry the same words."""

from datetime import datetime

from django.utils import timezone

from enterprises.services import members_to_tell
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.services import notify
from subsidies.models import Application, Channel

LETTERS: dict[str, tuple[str, str]] = {
    "submitted": ("申报已提交：{number}", "“{entity}”的{window}申报已提交，编号 {number}。我们将在 {due} 前告知是否受理。"),
    "withdrawn": ("申报已撤回：{number}", "申报 {number} 已撤回。{refile}"),
    "accepted": ("申报已受理：{number}", "申报 {number} 已受理，进入审核。预计 {due} 前完成初审。"),
    "allocated": ("拟补贴额已核定：{number}", "申报 {number} 拟补贴 {awarded} 元，待市知识产权局审定。"),
    "publicised": ("已公示：{number}", "申报 {number} 拟补贴 {awarded} 元，公示至 {until}。公示无异议后拨付。"),
    "approved": ("待拨付：{number}", "申报 {number} 公示期满，已批准拨付 {awarded} 元，请留意到账。"),
    "paid": ("补贴已到账：{number}", "申报 {number} 的补贴 {awarded} 元已于 {paid_on} 到账。拨付通知书可在申报页面下载。"),
    "returned": ("付款被银行退回：{number}", "申报 {number} 的付款被退回，原因：{why}。请登录更正收款账户。"),
    "held": ("申报暂停办理：{number}", "申报 {number} 已暂停办理，原因：{why}。恢复后我们会通知您。"),
    "released": ("申报恢复办理：{number}", "申报 {number} 已恢复办理。"),
}


def readers(application: Application):
    """Members of the applicant and, where an insurer filed, whoever filed."""
    people = members_to_tell(application.legal_entity)
    if application.channel == Channel.INSURER and application.submitted_by_id:
        people = people | User.objects.filter(pk=application.submitted_by_id).distinct()
    return people


def tell(application: Application, event: str, *, at: datetime, **facts) -> None:
    """Queue the letter of an event; a second call for the same version of the case writes nothing."""
    subject, body = LETTERS[event]
    due = timezone.localtime(application.due_at) if application.due_at else None
    words = {
        "number": application.number,
        "entity": application.legal_entity.name,
        "window": application.window.name,
        "awarded": f"{application.awarded:,.2f}" if application.awarded is not None else "",
        "due": f"{due:%Y-%m-%d}" if due else "规定期限",
        **facts,
    }
    notify(
        event,
        readers(application),
        key=f"application:{application.pk}:{event}:{application.version}",
        subject=subject.format(**words),
        body=body.format(**words),
        at=at,
        link=application.get_absolute_url(),
    )


def alarm_head(key: str, subject: str, body: str, *, at: datetime) -> None:
    """Tell every head of what must not wait; the same key once."""
    notify("alarm", User.objects.active_with_role(Role.HEAD), key=f"alarm:{key}", subject=subject, body=body, at=at, link="/admin/")
