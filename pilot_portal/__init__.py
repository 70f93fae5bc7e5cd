"""The platform: everything the portal needs that knows nothing of insurance."""

from .celery import app as celery_app

__all__ = ["celery_app"]
