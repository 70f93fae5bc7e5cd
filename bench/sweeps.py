"""The two hourly sweeps over a million cases, each against one sequential scan of the table of cases."""

from django.db import connection

from bench.crowd import crowd
from bench.row import Row, time_ratio
from subsidies.services import sweeps
from tests import make

CASES = 1_000_000
SCAN = "SELECT COUNT(*) FROM subsidies_application WHERE awarded > entitled OR entitled > 100000000"


def rows() -> list[Row]:
    crowd(CASES)

    def scan() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off")
            cursor.execute(SCAN)
            cursor.execute("RESET enable_indexscan; RESET enable_bitmapscan; RESET enable_indexonlyscan")

    jobs = {"award caps": sweeps.enforce_award_caps, "single application": sweeps.enforce_single_application}
    return [
        Row(f"sweep of {name}, {CASES:,} cases, time against one scan", time_ratio(lambda job=job: job(at=make.PAID), scan, 5), 3)
        for name, job in jobs.items()
    ]
