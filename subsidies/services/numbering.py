"""Running numbers: continuous within a series and year, never given twice, never taken back."""

import base64

from django.db.models import F

from pilot_portal.accounts.secrets import fingerprint
from subsidies.models import Counter

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is mistaken for another
PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def next_value(series: str, year: int) -> int:
    """The next number of a series. Holds the counter's row until commit, so it is taken last in a transaction."""
    return take_block(series, year, 1)


def take_block(series: str, year: int, count: int) -> int:
    """The first of `count` consecutive numbers."""
    Counter.objects.get_or_create(series=series, year=year)
    Counter.objects.filter(series=series, year=year).update(value=F("value") + count)
    return Counter.objects.get(series=series, year=year).value - count + 1


def unguessable(text: str, length: int) -> str:
    """Characters that only the holder of FIELD_KEY can derive from `text`."""
    code = base64.b32encode(bytes.fromhex(fingerprint(text))).decode()[:length]
    return code.translate(str.maketrans(PLAIN, ALPHABET))


def application_number(year: int) -> str:
    """申报编号: year, running number, unguessable suffix."""
    stem = f"BJIP-{year}-{next_value('application', year):06d}"
    return f"{stem}-{unguessable(stem, 4)}"
