"""Figures and lists of the public site, read from several apps. Nothing here writes."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal

import structlog
from django.core.cache import cache
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import RedisError

from enterprises.models import PreRegistration
from insurers.models import Insurer, Selection
from subsidies.models import BASIS_COLUMNS, Application, Document, PublicNotice, Window
from subsidies.rules import SCHEME, Basis, Line, Terms, entitlement, explain, recognised_premium, rmb_capitals
from subsidies.states import BatchState

logger = structlog.get_logger(__name__)
WAN, YI = Decimal(10_000), Decimal(100_000_000)
EXAMPLE_PREMIUM = Decimal("1200000.00")
FIGURES_LIVE = 60  # seconds


@dataclass(frozen=True)
class Calculation:
    """What a premium would bring, in CNY, and how."""

    premium: Decimal
    amount: Decimal
    capitals: str
    lines: list[Line]


@dataclass(frozen=True)
class Figure:
    label: str
    value: str


@dataclass(frozen=True)
class NoticeLine:
    title: str
    at: datetime
    url: str
    remark: str = ""


@dataclass(frozen=True)
class Term:
    """One column of a window in words, with the clause it stands on."""

    label: str
    value: str
    basis: str


def open_window(now: datetime) -> Window | None:
    """The window that takes applications now; of several the one that closes first."""
    return Window.objects.open_at(now).order_by("closes_at").first()


def next_window(now: datetime) -> Window | None:
    return Window.objects.published().filter(opens_at__gt=now).order_by("opens_at").first()


def calculate(premium: Decimal, terms: Terms = SCHEME) -> Calculation:
    """For a premium that is paid, invoiced and owed in full."""
    basis = Basis(paid_cny=premium)
    amount = entitlement(recognised_premium(basis), terms)
    return Calculation(premium, amount, rmb_capitals(amount), explain(basis, terms))


def short_amount(amount: Decimal) -> str:
    """Cut, never rounded up: 12345678.90 → 1,234.56 万."""
    for unit, name in ((YI, " 亿"), (WAN, " 万")):
        if amount >= unit:
            return f"{(amount / unit).quantize(Decimal('0.01'), ROUND_DOWN):,}{name}"
    return f"{amount:,.2f}"


def plain_number(value: Decimal) -> str:
    """80.00 → 80, 12.50 → 12.5."""
    return format(value.normalize(), "f")


def headline(terms: Terms) -> dict[str, str]:
    """`percent` and `wan` for a sentence: 不超过保费 80%、最高 80 万元."""
    return {"percent": plain_number(terms.rate * 100), "wan": plain_number(terms.cap / WAN)}


def figures() -> list[Figure]:
    """Counted at most once a minute; counted anew while Redis is away."""
    try:
        return cache.get_or_set("programme:figures", _count_figures, FIGURES_LIVE)
    except RedisError as error:
        logger.warning("figures_not_cached", error=type(error).__name__)
        return _count_figures()


def _count_figures() -> list[Figure]:
    awarded = Window.objects.published().aggregate(total=Sum("awarded_total"))["total"] or Decimal(0)
    return [
        Figure("预申报企业（家）", f"{PreRegistration.objects.count():,}"),
        Figure("已提交申报（件）", f"{Application.objects.filter(submitted_at__isnull=False).count():,}"),
        Figure("已核定补贴（元）", short_amount(awarded)),
        Figure("已拨付（件）", f"{Application.objects.filter(paid_at__isnull=False).count():,}"),
    ]


def notices(now: datetime, most: int) -> list[NoticeLine]:
    """Newest first: 申报通知 of published windows and 公示 of lists."""
    windows = Window.objects.published().filter(published_at__lte=now).order_by("-published_at")[:most]
    lists = PublicNotice.objects.filter(published_at__lte=now).select_related("window").order_by("-published_at")[:most]
    lines = [NoticeLine(notice_title(w), w.published_at, reverse("programme:notice", args=[w.pk]), extension(w)) for w in windows]
    lines += [NoticeLine(list_title(p), p.published_at, reverse("programme:list", args=[p.pk])) for p in lists]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:most]


def notice_title(window: Window) -> str:
    return f"{window.name}通知"


def extension(window: Window) -> str:
    """That everyone has longer, until when; why stands in the notice itself."""
    if window.planned_close is None:
        return ""
    return f"申报期已延长至 {timezone.localtime(window.closes_at):%Y-%m-%d %H:%M}"


def list_title(notice: PublicNotice) -> str:
    return f"{notice.window.name}拟补贴企业名单公示"


def insurers_on(day: date) -> list[Insurer]:
    """试点保险公司 whose selection holds on a day."""
    return list(Insurer.objects.filter(pk__in=Selection.objects.covering(day).values("insurer")))


def terms_in_words(window: Window) -> list[Term]:
    """Every column that decides about money or time, with its basis."""
    return [
        Term(Window._meta.get_field(column).verbose_name, _in_words(window, column), window.basis.get(column, ""))
        for column in BASIS_COLUMNS
    ]


def _in_words(window: Window, column: str) -> str:
    if display := getattr(window, f"get_{column}_display", None):
        return display()
    value = getattr(window, column)
    if column == "rate":
        return f"{plain_number(value * 100)}%"
    words = {
        bool: lambda: "是" if value else "否",
        datetime: lambda: f"{timezone.localtime(value):%Y-%m-%d %H:%M}",
        Decimal: lambda: f"{value:,.2f}",
    }
    return words.get(type(value), lambda: str(value))()


def genuine_document(code: str) -> tuple[Document | None, bool]:
    """The issued paper of a verify code, with or without its hyphen, and whether it has been made void since."""
    document = Document.objects.select_related("batch").filter(verify_code__in=[code, f"{code[:4]}-{code[4:]}"]).first()
    return document, bool(document and document.batch and document.batch.state == BatchState.VOID)
