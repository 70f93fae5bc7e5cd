"""Whose address a request comes from. Lock-out and throttles count by it."""

from django.conf import settings


def client_address(request) -> str:
    """What the outermost of our TRUSTED_PROXIES saw; who connects to us where there is none. What a client writes itself never counts."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if settings.TRUSTED_PROXIES else []
    hops = [*(hop.strip() for hop in forwarded if hop.strip()), request.META.get("REMOTE_ADDR", "")]
    return hops[-1 - min(settings.TRUSTED_PROXIES, len(hops) - 1)]
