"""How papers write dates and amounts: 2026年10月12日, 26,666.66, 80万元. Filters of the templates."""

import re
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.template import Library

from subsidies.rules import rmb_capitals

BEIJING = ZoneInfo("Asia/Shanghai")
BLANK_BESIDE_CHINESE = re.compile(r"(?<=[\u2e80-\uffef×])[ \u00a0]+|[ \u00a0]+(?=[\u2e80-\uffef])")
register = Library()
register.filter("capitals", rmb_capitals)


@register.filter
def day(value: date) -> str:
    """No padding. A moment counts as its day in Beijing."""
    if isinstance(value, datetime):
        value = value.astimezone(BEIJING)
    return f"{value.year}年{value.month}月{value.day}日"


@register.filter
def moment(value: datetime) -> str:
    return f"{day(value)}{value.astimezone(BEIJING):%H:%M:%S}"


@register.filter
def w3c(value: datetime) -> str:
    return value.astimezone(BEIJING).isoformat(timespec="seconds")


@register.filter
def money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


@register.filter
def percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f}%"


@register.filter
def round_sum(amount: Decimal) -> str:
    """80万元 where it comes out even, 765,432.10元 where not."""
    return f"{int(amount) // 10_000}万元" if amount and amount % 10_000 == 0 else f"{money(amount)}元"


@register.filter
def close_up(text: str) -> str:
    """No blank between Chinese and figures, as on screen; blanks between Latin words stay."""
    return BLANK_BESIDE_CHINESE.sub("", text)


@register.filter
def full_stop(text: str) -> str:
    """What a person typed as the end of a sentence of ours, with one full stop."""
    return f"{text.strip().rstrip('。．.；;，,、')}。"


@register.filter
def file_size(size: int) -> str:
    """Whole KB, rounded up, MB with one decimal from a megabyte on."""
    return f"{-(-size // 1024)}KB" if size < 1_048_576 else f"{Decimal(size) / 1_048_576:.1f}MB"
