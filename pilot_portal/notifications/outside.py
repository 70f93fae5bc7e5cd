"""A letter to an address of which the portal knows no account."""

from datetime import datetime

from pilot_portal.workflow.after_commit import after_commit

from .models import Channel, Message


def write_to(address: str, event: str, *, key: str, subject: str, body: str, at: datetime, link: str = "") -> None:
    """Queue one mail. The same key never writes twice."""
    Message.objects.bulk_create(
        [
            Message(
                address=address,
                channel=Channel.MAIL,
                event=event,
                key=key,
                subject=subject,
                body=body,
                link=link,
                created_at=at,
                next_try_at=at,
            )
        ],
        ignore_conflicts=True,
    )
    after_commit("pilot_portal.notifications.tasks.deliver_messages")
