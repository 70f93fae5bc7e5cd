"""Starting a task once the transaction is committed. A broker that is away must not turn a committed act into an error: sweeps follow."""

from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)


def after_commit(task: str, *args) -> None:
    """Send the task of this name to the worker after commit, once a transaction.

    If the broker is away, say so and leave it to the sweep behind the task.
    """
    job = partial(_send, task, args)
    waiting = [call.args for _, call, _ in transaction.get_connection().run_on_commit if isinstance(call, partial) and call.func is _send]
    if job.args not in waiting:
        transaction.on_commit(job)


def _send(task: str, args: tuple) -> None:
    try:
        current_app.send_task(task, args, retry=False)
    except OperationalError:
        logger.warning("broker_away", task=task, args=args)
