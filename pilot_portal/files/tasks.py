from celery import shared_task
from django.utils import timezone

from . import services
from .models import ScanText


@shared_task
def read_scan(pk):
    services.read_scan(ScanText.objects.select_related("paper").get(pk=pk), at=timezone.now())
