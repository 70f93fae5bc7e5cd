from celery import shared_task
from django.utils import timezone

from . import services


@shared_task
def seal_audit():
    services.seal_pending(at=timezone.now())
