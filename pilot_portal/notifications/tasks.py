from celery import shared_task
from django.utils import timezone

from . import services


@shared_task
def deliver_messages():
    services.deliver_due(now=timezone.now())
