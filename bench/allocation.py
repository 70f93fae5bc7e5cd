"""Allocating a window of 100,000 cases against the bare statements for the same sums and rows. Memory is taken too."""

import resource

from django.db import connection, transaction

from bench.crowd import crowd
from bench.row import Row, time_ratio
from pilot_portal.accounts.roles import Role
from subsidies.models import Window
from subsidies.services import allocation
from subsidies.states import State
from tests import make

CASES = 100_000
BARE = """
UPDATE subsidies_application
SET awarded = CASE WHEN %(demand)s <= %(budget)s THEN entitled ELSE div(entitled * 100 * %(budget)s, %(demand)s) / 100 END,
    state = 'allocated', version = version + 1, allocated_at = now(), allocated_by_id = %(by)s
WHERE window_id = %(window)s AND state = 'checked' AND held_at IS NULL
"""
MEGABYTE = 1024  # ru_maxrss counts kilobytes


class _Undone(Exception):
    """Takes back what a round has written."""


def rows() -> list[Row]:
    window = crowd(CASES, (State.CHECKED,))
    head = make.officer(Role.HEAD)

    def undone(work):
        def run() -> None:
            try:
                with transaction.atomic():
                    work()
                    raise _Undone
            except _Undone:
                return

        return run

    def ours() -> None:
        allocation.allocate(Window.objects.get(pk=window.pk), by=head, at=make.ALLOCATED)

    def bare() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*), SUM(entitled) FROM subsidies_application WHERE state = 'checked'")
            _, demand = cursor.fetchone()
            cursor.execute(BARE, {"demand": demand, "budget": window.draw, "by": head.pk, "window": window.pk})
            cursor.execute("SELECT SUM(awarded) FROM subsidies_application WHERE window_id = %s AND allocated_at IS NOT NULL", [window.pk])

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ratio = time_ratio(undone(ours), undone(bare), 5)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / MEGABYTE
    return [
        Row(f"allocation of {CASES:,} cases, time against the bare statements", ratio, 1.5),
        Row(f"allocation of {CASES:,} cases, memory grown, MB", grown, 50),
    ]
