"""Running numbers: one for every row that needs it, none twice, no gap, each made by this portal."""

import re
from collections.abc import Iterable, Iterator

from subsidies.models import Application, Batch, Counter, Document, DocumentKind, Objection, PublicNotice
from subsidies.services.numbering import unguessable
from subsidies.states import UNFILED

SHOWN = 20  # missing numbers named one by one
APPLICATION_NUMBER = re.compile(r"(BJIP-(\d{4})-(\d{6,}))-([A-Z2-9]{4})", re.ASCII)
NOTICE_NUMBER = re.compile(r"公示〔(\d{4})〕(\d+)号", re.ASCII)
OBJECTION_NUMBER = re.compile(r"YY-(\d{4})-(\d{4,})", re.ASCII)
PAYMENT_NOTICE_NUMBER = re.compile(r"中知促拨〔(\d{4})〕(\d+)号", re.ASCII)


def application_numbers() -> Iterator[str]:
    """申报编号: one for every filed case, continuous within a year, each with the suffix that only this portal can make."""
    filed = Application.objects.filter(number__isnull=False).order_by("pk").values_list("number", flat=True)
    for case in Application.objects.exclude(state__in=UNFILED).filter(number__isnull=True).order_by("pk"):
        yield f"申报 {case.pk} 为“{case.get_state_display()}”，却没有编号"
    found: dict[int, list[int]] = {}
    for number in filed.iterator():
        match = APPLICATION_NUMBER.fullmatch(number)
        if match is None or unguessable(match[1], 4) != match[4]:
            yield f"申报编号 {number} 不是本系统编制的"
        else:
            found.setdefault(int(match[2]), []).append(int(match[3]))
    yield from _not_continuous("application", "申报编号", found)


def notice_numbers() -> Iterator[str]:
    """公示编号, continuous within a year."""
    yield from _plain("notice", "公示编号", NOTICE_NUMBER, PublicNotice.objects.order_by("pk").values_list("number", flat=True))


def objection_numbers() -> Iterator[str]:
    """异议编号, continuous within a year."""
    yield from _plain("objection", "异议编号", OBJECTION_NUMBER, Objection.objects.order_by("pk").values_list("number", flat=True))


def _plain(series: str, what: str, pattern: re.Pattern[str], numbers: Iterable[str]) -> Iterator[str]:
    """Numbers that are nothing but a year and the running number of a series."""
    found: dict[int, list[int]] = {}
    for number in numbers:
        if match := pattern.fullmatch(number):
            found.setdefault(int(match[1]), []).append(int(match[2]))
        else:
            yield f"{what} {number} 不是本系统编制的"
    yield from _not_continuous(series, what, found)


def payment_notice_numbers() -> Iterator[str]:
    """拨付通知书: batches take their numbers as blocks, which meet without gap; a notice bears a number of its batch."""
    found: dict[int, list[int]] = {}
    blocks = {}
    for batch in Batch.objects.filter(first_notice__isnull=False).select_related("window__pilot").order_by("pk"):
        blocks[batch.pk] = batch.window.pilot.year, range(batch.first_notice, batch.first_notice + batch.count)
        found.setdefault(batch.window.pilot.year, []).extend(blocks[batch.pk][1])
    notices = Document.objects.filter(kind=DocumentKind.PAYMENT_NOTICE).order_by("pk").values_list("number", "batch")
    for number, batch in notices.iterator():
        match = PAYMENT_NOTICE_NUMBER.fullmatch(number)
        year, block = blocks.get(batch, (0, range(0)))
        if match is None or int(match[1]) != year or int(match[2]) not in block:
            yield f"通知书 {number} 的文号不在其批次取得的号段内"
    yield from _not_continuous("notice_of_payment", "通知书文号", found)


def _not_continuous(series: str, what: str, found: dict[int, list[int]]) -> Iterator[str]:
    """Numbers of a series that are missing, stand twice or lie beyond its counter, year by year."""
    counters = dict(Counter.objects.filter(series=series).values_list("year", "value"))
    for year in sorted(counters.keys() | found.keys()):
        last, numbers = counters.get(year, 0), found.get(year, [])
        given = set(numbers)
        missing = [number for number in range(1, last + 1) if number not in given]
        if missing:
            named = "、".join(map(str, missing[:SHOWN])) + (f" 等 {len(missing)} 个" if len(missing) > SHOWN else "")
            yield f"{year} 年{what}不连续，缺 {named}"
        if len(given) != len(numbers):
            yield f"{year} 年{what}有重号"
        if beyond := sorted(number for number in given if not 0 < number <= last):
            yield f"{year} 年{what} {beyond[0]} 超出已编的 {last}"
