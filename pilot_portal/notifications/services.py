"""Writing letters into the outbox inside a transaction, and delivering them after it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.workflow.after_commit import after_commit

from .channels import channel
from .kinds import kind_of, offers_for
from .models import Channel, Delivery, MailOptOut, Message

logger = structlog.get_logger(__name__)
MOST_ATTEMPTS = 8


def notify(
    event: str, recipients: Iterable[User], *, key: str, subject: str, body: str, at: datetime, link: str = "", wording: str = ""
) -> None:
    """Queue one letter a person: inbox, and mail where an address is known and wanted. The same key never writes twice."""
    rows, people = [], list(recipients)
    without_mail = _without_mail(event, people)
    for user in people:
        common = {"recipient": user, "event": event, "subject": subject, "body": body, "link": link, "wording": wording}
        common |= {"created_at": at, "next_try_at": at}
        rows.append(Message(channel=Channel.INBOX, key=f"{key}:{user.pk}:inbox", delivery=Delivery.SENT, sent_at=at, **common))
        if user.email and user.pk not in without_mail:
            rows.append(Message(channel=Channel.MAIL, key=f"{key}:{user.pk}:mail", address=user.email, **common))
    Message.objects.bulk_create(rows, ignore_conflicts=True)
    after_commit("pilot_portal.notifications.tasks.deliver_messages")


def _without_mail(event: str, people: list[User]) -> set[int]:
    """Keys of those who read this kind of letter in the inbox only."""
    kind = kind_of(event)
    if kind is None:
        return set()
    return set(MailOptOut.objects.filter(user__in=people, kind=kind).values_list("user", flat=True))


@transaction.atomic
def choose_mail(user: User, wanted: Iterable[str], *, at: datetime) -> None:
    """Mail from now on these of the kinds that the person's role is offered, and no other of them."""
    offered = {offer.kind.value for offer in offers_for(user.role)}
    off = offered - set(wanted)
    before = set(MailOptOut.objects.filter(user=user).values_list("kind", flat=True))
    if off == before:
        return
    MailOptOut.objects.filter(user=user).exclude(kind__in=off).delete()
    MailOptOut.objects.bulk_create([MailOptOut(user=user, kind=kind, since=at) for kind in sorted(off - before)], ignore_conflicts=True)
    record("choose_mail", user, by=user, at=at, without_mail=sorted(off))


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
