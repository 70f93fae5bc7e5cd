"""What machines ask: alive, ready, how much is waiting. No session, no login."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from redis import Redis
from redis.exceptions import RedisError

from pilot_portal.audit.services import unsealed_age
from pilot_portal.notifications.models import Delivery, Message

LOOPBACK = {"127.0.0.1", "::1", ""}  # "" is a Unix socket


@login_not_required
@never_cache
@require_safe
def healthz(request):
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request):
    """200 when this process can serve a filing: database and Redis answer."""
    answers = {"database": _database_answers(), "redis": _redis_answers()}
    return JsonResponse(answers, status=200 if all(answers.values()) else 503)


@login_not_required
@never_cache
@require_safe
def metrics(request):
    """Prometheus text, for this machine or for the bearer of METRICS_TOKEN; 404 for anyone else."""
    if not _may_scrape(request):
        raise Http404
    return HttpResponse(generate_latest(_gauges()), content_type=CONTENT_TYPE_LATEST)


def _may_scrape(request) -> bool:
    if settings.METRICS_TOKEN:
        return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}")
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return request.META.get("REMOTE_ADDR", "") in LOOPBACK and not forwarded


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis_answers() -> bool:
    try:
        cache.get("readyz")
    except RedisError:
        return False
    return True


def _gauges() -> CollectorRegistry:
    """Read afresh from database and broker, so that every process tells the same."""
    registry = CollectorRegistry()

    def gauge(name: str, text: str, value: float) -> None:
        Gauge(name, text, registry=registry).set(value)

    waiting = Message.objects.filter(delivery=Delivery.WAITING)
    gauge("portal_letters_waiting", "Letters not yet delivered", waiting.count())
    gauge("portal_letters_dead", "Letters given up", Message.objects.filter(delivery=Delivery.DEAD).count())
    gauge("portal_audit_unsealed_seconds", "Age of the oldest event without a seal", unsealed_age(now=timezone.now()).total_seconds())
    gauge("portal_redis_up", "Whether Redis answers", redis_up := _redis_answers())
    if redis_up:
        gauge("portal_jobs_waiting", "Jobs in the Celery queue", Redis.from_url(settings.CELERY_BROKER_URL).llen("celery"))
    return registry
