"""The export of 100,000 cases against COPY of the same columns, and what it holds in memory."""

import tracemalloc
from collections.abc import Callable

from django.db import connection

from bench.crowd import crowd
from bench.row import Row, time_ratio
from pilot_portal.files.tables import table_answer
from subsidies.admin.queue_acts import AMOUNTS
from subsidies.models import Application
from subsidies.reports import case_sheet

CASES, FEW = 100_000, 10_000


class Nowhere:
    def write(self, data: bytes) -> int:
        return len(data)


def rows() -> list[Row]:
    crowd(CASES)
    copied = [
        Row(
            f"export of {CASES:,} cases to {kind}, rate against COPY of the same columns",
            1 / time_ratio(export(kind), copy, rounds),
            0.3,
            False,
        )
        for kind, rounds in (("csv", 5), ("xlsx", 3))
    ]
    memory = peak(export("csv")) / peak(export("csv", FEW))
    return [*copied, Row(f"memory of an export of {CASES:,} cases against one of {FEW:,}", memory, 1.5)]


def export(kind: str, most: int = CASES) -> Callable[[], None]:
    def work() -> None:
        cases = (
            Application.objects.filter(pk__in=Application.objects.order_by("-pk").values("pk")[:most])
            if most < CASES
            else Application.objects.all()
        )
        for _ in table_answer(kind, "export", case_sheet.HEAD, case_sheet.lines(cases, amount=AMOUNTS[kind])).streaming_content:
            pass

    return work


def copy() -> None:
    sql, given = case_sheet.selected(Application.objects.all()).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({cursor.mogrify(sql, given).decode()}) TO STDOUT (FORMAT csv)", Nowhere())


def peak(work: Callable[[], None]) -> int:
    work()
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most
