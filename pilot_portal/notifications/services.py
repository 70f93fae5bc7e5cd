"""Writing letters into the outbox inside a transaction, and delivering them after it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from pilot_portal.accounts.models import User
from pilot_portal.workflow.after_commit import after_commit

from .channels import channel
from .models import Channel, Delivery, Message

logger = structlog.get_logger(__name__)
MOST_ATTEMPTS = 8


def notify(event: str, recipients: Iterable[User], *, key: str, subject: str, body: str, at: datetime, link: str = "") -> None:
    """Queue one letter a person (inbox, and mail where an address is known). The same key never writes twice."""
    rows = []
    for user in recipients:
        common = {"recipient": user, "event": event, "subject": subject, "body": body, "link": link, "created_at": at, "next_try_at": at}
        rows.append(Message(channel=Channel.INBOX, key=f"{key}:{user.pk}:inbox", delivery=Delivery.SENT, sent_at=at, **common))
        if user.email:
            rows.append(Message(channel=Channel.MAIL, key=f"{key}:{user.pk}:mail", address=user.email, **common))
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    after_commit("pilot_portal.notifications.tasks.deliver_messages")


def deliver_due(*, now: datetime) -> int:
    """Send what is due, one transaction a letter, so that a killed worker repeats at most the one in hand. Returns the number sent."""
    sent = 0
    while (delivered := _deliver_one(now)) is not None:
        sent += delivered
    return sent


@transaction.atomic
def _deliver_one(now: datetime) -> bool | None:
    message = Message.objects.due(now).select_for_update(skip_locked=True).first()
    if message is None:
        return None
    message.attempts += 1
    try:
        channel(message.channel).send(message)
    except Exception as error:  # noqa: BLE001 - a transport may raise anything; the row keeps the count, the log the kind
        logger.warning("letter_not_sent", message=message.pk, error=type(error).__name__)
        message.delivery = Delivery.DEAD if message.attempts >= MOST_ATTEMPTS else Delivery.WAITING
        message.next_try_at = now + timedelta(minutes=2**message.attempts)
    else:
        message.delivery, message.sent_at = Delivery.SENT, now
    message.save(update_fields=["attempts", "delivery", "next_try_at", "sent_at"])
    return message.delivery == Delivery.SENT


def mark_read(message: Message, *, at: datetime) -> None:
    Message.objects.filter(pk=message.pk, read_at__isnull=True).update(read_at=at)


def mark_all_read(user: User, *, at: datetime) -> int:
    """Every letter in the person's inbox counts as read. Returns how many were not."""
    return Message.objects.inbox_of(user).filter(read_at__isnull=True).order_by().update(read_at=at)
