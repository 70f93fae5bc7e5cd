"""How a letter leaves the portal. A channel takes a message and raises what its transport raises."""

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string

from .models import Channel, Message

logger = structlog.get_logger(__name__)


class Mail:
    def send(self, message: Message) -> None:
        link = f"\n\n{settings.SITE_URL}{message.link}" if message.link else ""
        EmailMessage(message.subject, f"{message.body}{link}", to=[message.address]).send()


class LoggedSms:
    """The SMS channel while no operator is connected: says in the log that a text would leave, never to whom."""

    def send(self, message: Message) -> None:
        logger.info("sms_not_connected", message=message.pk, message_event=message.event)


def channel(kind: str):
    return {Channel.MAIL: Mail, Channel.SMS: import_string(settings.SMS_CHANNEL)}[kind]()
