"""Amounts in words, 《支付结算办法》附一 (银发〔1997〕393号): the form that we print and all forms that others may write."""

import re
from decimal import Decimal
from itertools import product

import cn2an

from pilot_portal.reference.rules import FEN

PREFIX = "人民币"
DIGITS = "零壹贰叁肆伍陆柒捌玖"
UNITS = {"拾": 10, "佰": 100, "仟": 1000}
TRADITIONAL = str.maketrans("圓圆萬億貳陸", "元元万亿贰陆")  # 附一 一: traditional characters are accepted too
LIMIT = 10**12
SPOKEN = re.compile(rf"((?P<yuan>[^元角分]*)元)?((?P<jiao>[{DIGITS}])角)?((?P<fen>[{DIGITS}])分)?")


def rmb_capitals(amount: Decimal) -> str:
    """The canonical form, as in the first column of the examples of 附一 五. CNY, to the fen; ValueError for anything else."""
    return _forms(amount)[0]


def permitted_capitals(amount: Decimal) -> frozenset[str]:
    """Every way in which 附一 lets this amount be written, in today's characters."""
    return frozenset(_forms(amount))


def is_permitted_capitals(text: str) -> bool:
    """Whether a text is a permitted way to write some amount. Nothing is trimmed: 附一 三 allows no blank."""
    text = text.translate(TRADITIONAL)
    amount = read_capitals(text)
    return amount is not None and text in permitted_capitals(amount)


def read_capitals(text: str) -> Decimal | None:
    """The amount that a text tries to say, in CNY; None where it says none. Lenient: `is_permitted_capitals` is the check."""
    spoken = SPOKEN.fullmatch(text.translate(TRADITIONAL).removeprefix(PREFIX).rstrip("整正").replace("零", ""))
    yuan = _read_integer(spoken["yuan"] or "") if spoken else None
    if spoken is None or yuan is None:
        return None
    jiao, fen = (DIGITS.index(spoken[unit] or "零") for unit in ("jiao", "fen"))
    return Decimal(yuan) + Decimal(jiao * 10 + fen) * FEN


def _read_integer(text: str) -> int | None:
    total = section = digit = 0
    for char in text:
        if char in DIGITS:
            digit = DIGITS.index(char)
        elif char in UNITS:
            section, digit = section + digit * UNITS[char], 0
        elif char == "万":
            total, section, digit = total + (section + digit) * 10_000, 0, 0
        elif char == "亿":
            total, section, digit = (total + section + digit) * 100_000_000, 0, 0
        else:
            return None
    value = total + section + digit
    return value if value < LIMIT else None


def _forms(amount: Decimal) -> list[str]:
    """All permitted forms, the canonical one first."""
    total = int(amount * 100)
    if not 0 <= total < LIMIT * 100 or amount != Decimal(total) / 100:
        raise ValueError(f"no amount of money to the fen: {amount}")
    yuan, jiao, fen = total // 100, total // 10 % 10, total % 10
    heads = [f"{whole}元" for whole in _integer_forms(yuan)]
    if yuan == 0 and (jiao or fen):
        heads = ["", "零元"]
    return [PREFIX + head + tail for head in heads for tail in _tails(head, yuan, jiao, fen)]


def _tails(head: str, yuan: int, jiao: int, fen: int) -> list[str]:
    """What follows 元: 附一 二 (整) and 五 (零 before 角 and 分)."""
    if not jiao and not fen:
        return ["整", "正"]
    words = (f"{DIGITS[jiao]}角" if jiao else "") + (f"{DIGITS[fen]}分" if fen else "")
    if jiao:
        zeros = ["零", ""] if yuan and yuan % 10 == 0 else [""]
    elif yuan:
        zeros = ["零"]
    else:
        zeros = ["", "零"] if head else [""]
    return [zero + words + end for zero in zeros for end in ([""] if fen else ["", "整", "正"])]


def _integer_forms(number: int) -> list[str]:
    """附一 五（一）至（三）: 零 stands where a section of four is skipped or begins with 0, and may stand after a section ending in 0."""
    if number == 0:
        return ["零"]
    pieces: list[list[str]] = []
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        section = number // size % (10**4)
        if section:
            words = cn2an.an2cn(section, "up") + unit
            before = number // size // 10**4
            pieces.append([zero + words for zero in _zeros(before, section)])
    return ["".join(choice) for choice in product(*pieces)]


def _zeros(before: int, section: int) -> list[str]:
    if not before:
        return [""]
    if section < 1000:
        return ["零"]
    return ["", "零"] if before % 10 == 0 else [""]
