import hashlib
from datetime import datetime

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.services import notify


def report_error(*, page: str, what: str, contact: str, at: datetime) -> None:
    """找错: a letter to the system administrators; the same words on the same day are one letter."""
    digest = hashlib.sha256("\0".join((page, what, contact)).encode()).hexdigest()[:32]
    notify(
        "error_reported",
        User.objects.active_with_role(Role.ADMINISTRATOR),
        key=f"error_reported:{at:%Y-%m-%d}:{digest}",
        subject=f"找错：{page}"[:200],
        body=f"页面：{page}\n\n{what}\n\n联系方式：{contact or '未留'}",
        at=at,
    )
