"""Running numbers: continuous within a series and year, never given twice, never taken back."""

import base64

from django.db import connection

from pilot_portal.accounts.secrets import fingerprint

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is mistaken for another
PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

TAKE = """
INSERT INTO subsidies_counter (series, year, value) VALUES (%s, %s, %s)
ON CONFLICT (series, year) DO UPDATE SET value = subsidies_counter.value + EXCLUDED.value RETURNING value
"""


def next_value(series: str, year: int) -> int:
    """The next number of a series. Holds the counter's row until commit, so it is taken last in a transaction."""
    return take_block(series, year, 1)


def take_block(series: str, year: int, count: int) -> int:
    """The first of `count` consecutive numbers."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [series, year, count])
        return cursor.fetchone()[0] - count + 1


def unguessable(text: str, length: int) -> str:
    """Characters that only the holder of FIELD_KEY can derive from `text`."""
    code = base64.b32encode(bytes.fromhex(fingerprint(text))).decode()[:length]
    return code.translate(str.maketrans(PLAIN, ALPHABET))


def application_number(year: int) -> str:
    """申报编号: year, running number, unguessable suffix."""
    stem = f"BJIP-{year}-{next_value('application', year):06d}"
    return f"{stem}-{unguessable(stem, 4)}"
