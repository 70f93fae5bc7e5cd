"""What the text of a policy says: text in, readings out. No database, no clock; a person checks whatever is read here."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from itertools import islice

from pilot_portal.reference.rules import FEN, compact

from .rules import END_OF_DAY, START_OF_DAY, one_year_after

MOST_CHARACTERS = 60_000
LONGEST_LINE = 80
MOST_PLACES = 20  # of one label; conditions that name it over and over say nothing new

NUMBER = ("保险单号码", "保险单编号", "保险单号", "保单号码", "保单编号", "保单号", "Policy Number", "Policy No.", "Policy No")
INSURED = ("被保险人名称", "被保险人", "The Insured", "Insured")
SIGNED = ("签订日期", "签单日期", "签发日期", "出单日期", "签署日期", "签单时间", "Date of Issue")
TERM = ("保险期间", "保险期限", "承保期间", "保障期间", "Period of Insurance")
STARTS = ("保险起期", "起保日期", "起始日期", "保险起始日", "保险责任开始")
ENDS = ("保险止期", "终保日期", "终止日期", "到期日期", "保险终止日")
PREMIUM = (
    "价税合计",
    "含税保险费",
    "含税保费",
    "保险费合计",
    "保费合计",
    "总保险费",
    "总保费",
    "保险费",
    "保费",
    "Total Premium",
    "Premium",
)
LIMIT = ("累计责任限额", "累计赔偿限额", "总责任限额", "责任限额", "赔偿限额", "保险金额", "Limit of Liability")
TERRITORY = ("承保区域", "承保地域", "承保地区", "保险区域", "地域范围", "Territory")
LABELS = NUMBER + INSURED + SIGNED + TERM + STARTS + ENDS + PREMIUM + LIMIT + TERRITORY

DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
BY_NUMBER = r"(?P<y>(?:19|20)\d\d)\s*(?:[-/.]|年)\s*(?P<m>\d{1,2})\s*(?:[-/.]|月)\s*(?P<d>\d{1,2})(?!\d)\s*[日号]?"
IN_A_ROW = r"(?<!\d)(?P<ry>20\d\d)(?P<rm>[01]\d)(?P<rd>[0-3]\d)(?!\d)"
IN_WORDS = (
    r"(?P<cy>[〇○零一二三四五六七八九]{4})\s*年\s*(?P<cm>[一二三四五六七八九十]{1,2})\s*月\s*(?P<cd>[一二三四五六七八九十廿]{1,3})\s*[日号]"
)
DAY = re.compile(f"{BY_NUMBER}|{IN_A_ROW}|{IN_WORDS}")
MIDNIGHT = re.compile(
    r"\s*(?:(?P<end>二十四\s*[时点]|24\s*(?:[时点]|[:：]\s*00)|23\s*[时点:：]\s*59)|(?P<start>零\s*[时点]|0{1,2}\s*(?:[时点]|[:：]\s*00)))"
)
FIGURE = re.compile(
    r"(?P<figure>\d{1,3}(?:[,，]\s?\d{3})+(?:\.\d{1,2})?|\d{1,12}(?:\.\d{1,6})?)(?!\d|\s*[%‰％年月日天])\s*(?P<unit>亿|百万|万)?"
)
NAME = re.compile(r"[\u4e00-\u9fffA-Za-z0-9()·&.\- ]{2,80}")


@dataclass(frozen=True)
class Reading:
    """A value, the line of the paper it comes from, and whether the paper leaves no doubt of it."""

    value: object
    line: str
    certain: bool = True


@dataclass(frozen=True)
class Known:
    """An insurer or a product that a paper may name: `words` are its names, `exact` what nothing else is called."""

    key: int
    words: tuple[str, ...]
    exact: tuple[str, ...] = ()
    insurer: int | None = None


def read_policy(text: str, insurers: Iterable[Known] = (), products: Iterable[Known] = ()) -> dict[str, Reading]:
    """Readings by column of the policy form (amounts in CNY), and `insured`; what the text does not say is not in it."""
    text = _plain(text)
    found = {
        "number": _first(_numbers(text)),
        "insured": _first(_words(text, INSURED)),
        "signed_on": _first(_days(text, SIGNED)),
        "premium": _first(_amounts(text, PREMIUM)),
        "liability_limit": _first(_amounts(text, LIMIT)),
        "territory": _first(_words(text, TERRITORY)),
        "insurer": _named(text, insurers),
        **_term(text),
    }
    insurer = found["insurer"]
    offered = [product for product in products if insurer is None or product.insurer == insurer.value]
    found["product"] = _named(text, offered)
    return {name: reading for name, reading in found.items() if reading is not None}


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name: width, blanks and dashes do not count."""
    return compact(one) == compact(other)


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in text if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Co"))


def _first(readings: Iterable[Reading]) -> Reading | None:
    """The first; in doubt when the same label says something else elsewhere."""
    found = list(readings)
    if not found:
        return None
    alike = all(reading.value == found[0].value for reading in found)
    return found[0] if alike else Reading(found[0].value, found[0].line, certain=False)


def _after(text: str, labels: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Where each label's value may begin, and the text there up to the next label. The first label that occurs is the one that counts."""
    for label in labels:
        spaced = r"[^\S\n]*".join(re.escape(char) for char in label if not char.isspace())
        before = r"(?<![\u4e00-\u9fff])" if not label.isascii() else r"(?<![A-Za-z])"
        pattern = re.compile(before + spaced + r"(?![率种类]|条款)\s*(?P<note>\([^()\n]{1,20}\))?\s*[::=]?\s*", re.IGNORECASE)
        places = [match for match in islice(pattern.finditer(text), MOST_PLACES) if "不含税" not in (match["note"] or "")]
        if places:
            yield from ((match.end(), _until_next_label(text[match.end() : match.end() + 160])) for match in places)
            return


def _until_next_label(text: str) -> str:
    """What stands before the next label, so that an empty cell does not take its neighbour's value."""
    ends = [place.start() for label in LABELS for place in re.finditer(rf"(?:^|(?<=[\s;,])){re.escape(label)}", text)]
    return text[: min(ends, default=len(text))]


def _line(text: str, at: int) -> str:
    """The line of the paper around this place, with its label when that stands on the line above."""
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    if start == at:
        start = text.rfind("\n", 0, max(start - 1, 0)) + 1
    line = " ".join(text[start : end if end >= 0 else None].split())
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "…"


def _numbers(text: str) -> Iterator[Reading]:
    for at, rest in _after(text, NUMBER):
        number = re.match(r"[A-Za-z0-9][A-Za-z0-9/\-]{4,59}", rest)
        if number and any(char.isdigit() for char in number[0]):
            yield Reading(number[0], _line(text, at))


def _words(text: str, labels: Iterable[str]) -> Iterator[Reading]:
    for at, rest in _after(text, labels):
        line = re.split(r"\n|[,;。]|\s{2,}|\s(?:统一社会|社会信用|证件|地址|住所|联系)", rest.strip(), maxsplit=1)[0]
        if labels is TERRITORY:
            words = rest.strip().split("\n")[0].strip(" 。;")
        else:
            match = NAME.match(line)
            words = match[0].strip() if match else ""
        if len(words) >= 2 and not words.startswith(("的", "应", "是", "在", "向")):
            yield Reading(words[:200], _line(text, at))


def _amounts(text: str, labels: Iterable[str]) -> Iterator[Reading]:
    for at, rest in _after(text, labels):
        if re.match(r"\s*(?:美元|欧元|USD|US\$|EUR|\$|€)", rest):
            continue  # the form asks for yuan; no rate is guessed
        figure = FIGURE.search(rest[:90])
        if (
            figure
            and not re.search(r"(?:美元|欧元|USD|US\$|EUR|€|。)", rest[: figure.start()])
            and not re.match(r"\s*(?:美元|欧元)", rest[figure.end() :])
        ):
            amount = _amount(figure)
            if amount:
                yield Reading(amount, _line(text, at))


def _amount(figure: re.Match[str]) -> Decimal | None:
    """CNY to the fen; None for nothing, or for what is no whole number of fen."""
    times = {"万": 10_000, "百万": 1_000_000, "亿": 100_000_000}.get(figure["unit"] or "", 1)
    try:
        amount = Decimal(re.sub(r"[,，\s]", "", figure["figure"])) * times
    except InvalidOperation:
        return None
    return amount.quantize(FEN) if amount > 0 and amount == amount.quantize(FEN) else None


def _days(text: str, labels: Iterable[str]) -> Iterator[Reading]:
    for at, rest in _after(text, labels):
        for match in DAY.finditer(rest[:60]):
            day = _day(match)
            if day:
                yield Reading(day, _line(text, at))
                break


def _day(match: re.Match[str]) -> date | None:
    if match["cy"]:
        parts = [int("".join(str(DIGITS[char]) for char in match["cy"])), _small(match["cm"]), _small(match["cd"])]
    else:
        parts = [int(match[a] or match[b]) for a, b in (("y", "ry"), ("m", "rm"), ("d", "rd"))]
    try:
        return date(*parts)
    except ValueError:
        return None


def _small(words: str) -> int:
    """Up to 39, as days and months are written: 十二, 二十, 三十一, 廿五."""
    words = words.replace("廿", "二十")
    if "十" not in words:
        return DIGITS[words[-1]]
    tens, ones = words.split("十", 1)
    return (DIGITS[tens[-1]] if tens else 1) * 10 + (DIGITS[ones[-1]] if ones else 0)


def _term(text: str) -> dict[str, Reading | None]:
    """Start, last day and moment of the end; each in doubt where the paper does not say at what moment it begins and ends."""
    for at, rest in _after(text, TERM):
        days = [(match, day) for match in DAY.finditer(rest) if (day := _day(match))]
        if len(days) >= 2:
            (first, starts), (last, ends) = days[:2]
            line = _line(text, at)
            return _between(starts, MIDNIGHT.match(rest, first.end()), ends, MIDNIGHT.match(rest, last.end()), line, line)
    start, end = _moment(text, STARTS), _moment(text, ENDS)
    if start and end:
        return _between(start[0], start[1], end[0], end[1], start[2], end[2])
    return {
        "starts_on": Reading(start[0], start[2]) if start else None,
        "last_day": Reading(end[0], end[2], certain=False) if end else None,
    }


def _moment(text: str, labels: Iterable[str]) -> tuple[date, re.Match[str] | None, str] | None:
    for at, rest in _after(text, labels):
        match = DAY.search(rest[:60])
        day = _day(match) if match else None
        if match and day:
            return day, MIDNIGHT.match(rest, match.end()), _line(text, at)
    return None


def _between(
    starts: date, opens: re.Match[str] | None, ends: date, closes: re.Match[str] | None, first: str, last: str
) -> dict[str, Reading | None]:
    if opens and opens["end"]:
        starts += timedelta(days=1)  # 24:00 of a day is 0:00 of the next
    likely = START_OF_DAY if ends == one_year_after(starts) else END_OF_DAY
    moment = likely if closes is None else END_OF_DAY if closes["end"] else START_OF_DAY
    return {
        "starts_on": Reading(starts, first, certain=starts < ends),
        "last_day": Reading(ends, last, certain=starts < ends),
        "end_time": Reading(moment, last, certain=closes is not None),
    }


def _named(text: str, candidates: Iterable[Known]) -> Reading | None:
    """The one that the text names; whatever is called by its exact name goes before one whose other name occurs."""
    squeezed = compact(text)
    known = list(candidates)
    exact = [(one, word) for one in known for word in one.exact if compact(word) in squeezed]
    loose = [(one, word) for one in known for word in one.words if len(compact(word)) >= 3 and compact(word) in squeezed]
    for found, certain in ((exact, True), (loose, False)):
        if len({one.key for one, _ in found}) == 1:
            one, word = found[0]
            return Reading(one.key, word, certain=certain)
    return None
