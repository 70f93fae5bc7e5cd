import structlog
from celery import shared_task
from django.utils import timezone

from . import services

logger = structlog.get_logger(__name__)


@shared_task
def seal_audit():
    services.seal_pending(at=timezone.now())


@shared_task
def publish_anchor():
    services.publish_anchor(at=timezone.now())


@shared_task
def verify_audit():
    verdict = services.verify_chain()
    if verdict.faults:
        logger.critical("audit_chain_broken", faults=verdict.faults)
