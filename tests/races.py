"""Two persons, one instant. A race that is only hoped for proves nothing, so the threads meet where a missing lock would hurt."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier, BrokenBarrierError
from typing import Any
from unittest.mock import patch

from django.db import connection, connections
from django.utils.module_loading import import_string

PATIENCE = 0.7  # seconds: a lock that holds keeps the others away, so whoever is inside stops waiting for them


def at_once(*acts: Callable[[], Any], meet: str | Sequence[str] = ()) -> list[Any]:
    """Run the acts in threads that start together; what each returned or raised, in their order.

    `meet` names functions inside the critical section: whoever gets to one of them waits until all are there, or for PATIENCE seconds.
    """
    start, meeting = Barrier(len(acts)), Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            start.wait(60)
            return act()
        finally:
            connections.close_all()

    def crowd() -> list[Any]:
        with ThreadPoolExecutor(len(acts)) as pool:
            running = [pool.submit(run, act) for act in acts]
        return [one.exception() or one.result() for one in running]

    with ExitStack() as stack:
        for name in [meet] if isinstance(meet, str) else meet:
            stack.enter_context(patch(name, _meeting(import_string(name), meeting)))
        return crowd()


def _meeting(function: Callable, barrier: Barrier) -> Callable:
    def wait_then_call(*args, **kwargs):
        try:
            barrier.wait(PATIENCE)
        except BrokenBarrierError:  # a lock holds the others back, as it should
            return function(*args, **kwargs)
        return function(*args, **kwargs)

    return wait_then_call


def codes(outcomes: list[Any]) -> list[str]:
    """Each outcome in a word, sorted: the code of a Refusal, the name of another error, or done."""
    return sorted(getattr(outcome, "code", type(outcome).__name__) if isinstance(outcome, Exception) else "done" for outcome in outcomes)
