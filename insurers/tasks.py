from celery import shared_task
from django.utils import timezone

from . import services


@shared_task
def expire_mandates():
    services.expire_mandates(at=timezone.now())


@shared_task
def expire_answers():
    services.expire_answers(at=timezone.now())


@shared_task
def remind_insurers():
    services.remind_insurers(at=timezone.now())


@shared_task
def forget_api_answers():
    services.forget_api_answers(at=timezone.now())


@shared_task
def warn_of_keys():
    services.warn_of_keys(at=timezone.now())
