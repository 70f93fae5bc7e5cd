"""How often one address may ask what costs us something or could be guessed at."""

import hashlib

import structlog
from axes.helpers import get_client_ip_address
from django.core.cache import cache
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)


def allowed(what: str, request, *, most: int, seconds: int, key: str = "", uncounted: bool = False) -> bool:
    """Count one attempt of this address (or of `key`). False beyond `most` in the period; `uncounted` while nothing can be counted."""
    subject = key or get_client_ip_address(request) or ""
    name = f"throttle:{what}:{hashlib.sha256(subject.encode()).hexdigest()}"
    try:
        cache.add(name, 0, seconds)
        return cache.incr(name) <= most
    except ValueError:  # the period ended between the two calls: a new one begins
        return True
    except RedisError as error:
        logger.warning("throttle_cannot_count", what=what, error=type(error).__name__)
        return uncounted
