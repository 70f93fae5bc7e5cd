"""Who is told of the audit trail: the IP office of each day's anchor, administrators of a sealer that stands still, auditors of a break."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit import services as audit

from .services import notify

LONGEST_UNSEALED = timedelta(minutes=10)  # the sealer runs each minute
MOST_FAULTS = 20  # in one letter


@transaction.atomic
def mail_anchor(*, at: datetime) -> audit.Anchor | None:
    """Publish the day's anchor and mail it to the IP office, once a day; None while nothing is sealed."""
    anchor = audit.publish_anchor(at=at)
    if anchor is not None:
        notify(
            "anchor",
            User.objects.active_with_role(Role.IP_OFFICE),
            key=f"anchor:{anchor.day}",
            subject=f"审计记录锚点 {anchor.day}",
            body=f"截至 {anchor.day} 的审计记录已封存至第 {anchor.seal_id} 号，封存值（SHA-256）：\n{anchor.hash}\n"
            "请留存本邮件。日后核对审计记录时，以此值为准。",
            at=at,
        )
    return anchor


@transaction.atomic
def alarm_unsealed(*, at: datetime) -> bool:
    """Tell administrators, once an hour while it lasts, that events wait too long for their seal. Whether they do."""
    age = audit.unsealed_age(now=at)
    if age <= LONGEST_UNSEALED:
        return False
    notify(
        "audit_unsealed",
        User.objects.active_with_role(Role.ADMINISTRATOR),
        key=f"audit_unsealed:{timezone.localtime(at):%Y%m%d%H}",
        subject="审计记录超时未封存",
        body=f"最早一条未封存的审计记录已等待 {int(age.total_seconds()) // 60} 分钟。请检查后台任务是否在运行。",
        at=at,
    )
    return True


@transaction.atomic
def alarm_broken_chain(*, at: datetime) -> audit.Verdict:
    """Verify the chain and tell auditors and security of a fault, once a day while it lasts."""
    verdict = audit.verify_chain()
    if verdict.faults:
        more = f"\n另有 {len(verdict.faults) - MOST_FAULTS} 处。" if len(verdict.faults) > MOST_FAULTS else ""
        notify(
            "audit_broken",
            User.objects.active_with_role(Role.AUDITOR, Role.SECURITY),
            key=f"audit_broken:{timezone.localdate(at)}",
            subject="审计记录核验未通过",
            body="\n".join(verdict.faults[:MOST_FAULTS]) + more,
            at=at,
        )
    return verdict
