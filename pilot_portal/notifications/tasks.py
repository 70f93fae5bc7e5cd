import structlog
from celery import shared_task
from django.utils import timezone

from . import services, trail

logger = structlog.get_logger(__name__)


@shared_task
def deliver_messages():
    services.deliver_due(now=timezone.now())


@shared_task
def publish_anchor():
    trail.mail_anchor(at=timezone.now())


@shared_task
def alarm_unsealed():
    trail.alarm_unsealed(at=timezone.now())


@shared_task
def verify_audit():
    verdict = trail.alarm_broken_chain(at=timezone.now())
    if verdict.faults:
        logger.critical("audit_chain_broken", faults=verdict.faults)
