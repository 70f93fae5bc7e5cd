"""Starting a task once the transaction is committed. A broker that is away must not turn a committed act into an error: sweeps follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)
FIRST, LAST = 0, 9  # the broker's priorities
_priority: ContextVar[int] = ContextVar("priority", default=FIRST)
_kept: ContextVar[list[tuple] | None] = ContextVar("kept", default=None)


def after_commit(task: str, *args) -> None:
    """Send the task of this name to the worker after commit, once a transaction.

    If the broker is away, say so and leave it to the sweep behind the task.
    """
    if (kept := _kept.get()) is not None:
        kept.append((task, *args))
        return
    job = partial(_send, task, args, _priority.get())
    waiting = [call.args for _, call, _ in transaction.get_connection().run_on_commit if isinstance(call, partial) and call.func is _send]
    if job.args not in waiting:
        transaction.on_commit(job)


@contextmanager
def others_first() -> Iterator[None]:
    """What is sent meanwhile waits until nothing else does: thousands of tasks of one person keep nobody else waiting."""
    token = _priority.set(LAST)
    try:
        yield
    finally:
        _priority.reset(token)


@contextmanager
def kept_jobs() -> Iterator[list[tuple]]:
    """Nothing is sent meanwhile: whoever tells the past gets the jobs, each (name, *args), and does them at their moment."""
    jobs: list[tuple] = []
    token = _kept.set(jobs)
    try:
        yield jobs
    finally:
        _kept.reset(token)


def _send(task: str, args: tuple, priority: int) -> None:
    try:
        current_app.send_task(task, args, retry=False, priority=priority)
    except OperationalError:
        logger.warning("broker_away", task=task, args=args)
