"""Counting up to a thousand, many things at once: beyond that a figure says no more, and would be slow."""

from collections.abc import Sequence

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

COUNTED = 1000


def capped_all(sets: Sequence[QuerySet]) -> list[int | str]:
    """How many rows each holds, in one statement. Rows that were given an order are looked for in it, where an index has it."""
    parts, parameters = [], []
    for place, rows in enumerate(sets):
        wanted = rows if rows.query.order_by else rows.order_by()
        try:
            sql, given = wanted.values("pk")[:COUNTED].query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT {place}, COUNT(*) FROM ({sql}) AS counted")  # noqa: S608 - a place, and what the queryset itself wrote
        parameters += given
    counts = dict.fromkeys(range(len(sets)), 0)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), parameters)
            counts |= dict(cursor.fetchall())
    return [count if count < COUNTED else f"{COUNTED - 1}+" for _, count in sorted(counts.items())]
