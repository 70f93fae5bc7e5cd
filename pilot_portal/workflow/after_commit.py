"""Starting a task once the transaction is committed. A broker that is away must not turn a committed act into an error: sweeps follow."""

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)


def after_commit(task: str, *args) -> None:
    """Send the task of this name to the worker after commit; if the broker is away, say so and leave it to the sweep behind it."""

    def send():
        try:
            current_app.send_task(task, args, retry=False)
        except OperationalError:
            logger.warning("broker_away", task=task, args=args)

    transaction.on_commit(send)
