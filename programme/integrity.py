"""Faults in what is stored, one generator a check: each yields a sentence for every fault and nothing for clean data."""

import hashlib
import re
from collections.abc import Iterator
from decimal import Decimal

from cryptography.fernet import InvalidToken
from django.db.models import Count, F, OuterRef, Q, Subquery, Sum

from pilot_portal.audit.services import verify_chain
from pilot_portal.files.models import StoredFile
from subsidies import rules
from subsidies.models import Application, Batch, Counter, Document, DocumentKind, Payment, PublicNotice, Review, Window
from subsidies.services.batch_data import batch_data
from subsidies.services.numbering import unguessable
from subsidies.states import STAMPS, UNFILED, PaymentState, State

ZERO = Decimal("0.00")
CHUNK = 1024 * 1024
SHOWN = 20  # missing numbers named one by one
APPLICATION_NUMBER = re.compile(r"(BJIP-(\d{4})-(\d{6,}))-([A-Z2-9]{4})", re.ASCII)
NOTICE_NUMBER = re.compile(r"公示〔(\d{4})〕(\d+)号", re.ASCII)
PAYMENT_NOTICE_NUMBER = re.compile(r"中知促拨〔(\d{4})〕(\d+)号", re.ASCII)


def faults() -> Iterator[str]:
    """Every fault that any check finds."""
    for check in CHECKS:
        yield from check()


def window_totals() -> Iterator[str]:
    """A window's kept totals against the sums of its cases."""
    windows = Window.objects.annotate(
        awards=Sum("applications__awarded", default=ZERO), reservations=Sum("applications__reserved", default=ZERO)
    )
    for window in windows.exclude(awarded_total=F("awards"), reserved_total=F("reservations")).order_by("pk"):
        if window.awarded_total != window.awards:
            yield f"申报周期 {window}（{window.pk}）已核定合计为 {window.awarded_total}，各件之和为 {window.awards}"
        if window.reserved_total != window.reservations:
            yield f"申报周期 {window}（{window.pk}）预留合计为 {window.reserved_total}，各件之和为 {window.reservations}"


def batches() -> Iterator[str]:
    """Count, total and hash of a batch against its lines."""
    for batch in Batch.objects.select_related("window", "appropriation", "prepared_by").order_by("pk").iterator():
        lines = batch.payments.aggregate(count=Count("pk"), total=Sum("amount", default=ZERO))
        if batch.count != lines["count"]:
            yield f"批次 {batch} 记有 {batch.count} 笔，明细为 {lines['count']} 笔"
        if batch.total != lines["total"]:
            yield f"批次 {batch} 合计为 {batch.total}，明细之和为 {lines['total']}"
        if batch.sha256:
            yield from _batch_hash(batch)


def _batch_hash(batch: Batch) -> Iterator[str]:
    try:
        if batch_data(batch).sha256 != batch.sha256:
            yield f"批次 {batch} 的明细与批准时的哈希不符"
    except InvalidToken:
        yield f"批次 {batch} 有账号无法解密，密文被改动或密钥不对"


def paid_cases() -> Iterator[str]:
    """A paid case has exactly one paid payment, of its award."""
    paid = Q(payments__state=PaymentState.PAID)
    cases = Application.objects.filter(Q(state=State.PAID) | Q(state=State.ARCHIVED, awarded__gt=0)).annotate(
        count=Count("payments", filter=paid), sum=Sum("payments__amount", filter=paid, default=ZERO)
    )
    for case in cases.exclude(count=1, sum=F("awarded")).order_by("pk").iterator():
        yield f"申报 {case} 为“{case.get_state_display()}”，核定 {case.awarded}，已到账付款 {case.count} 笔共 {case.sum}"


def paid_payments() -> Iterator[str]:
    """A payment that arrived belongs to a case that is paid."""
    payments = Payment.objects.filter(state=PaymentState.PAID).exclude(application__state__in=[State.PAID, State.ARCHIVED])
    for payment in payments.select_related("application").order_by("pk").iterator():
        yield f"付款 {payment} 已到账，申报 {payment.application} 却为“{payment.application.get_state_display()}”"


def documents() -> Iterator[str]:
    """The bytes of every issued paper against its own SHA-256; the papers of a batch that counts as rendered."""
    for document in Document.objects.select_related("file").order_by("pk").iterator():
        if problem := _bytes_differ(document.file, document.sha256):
            yield f"文书 {document} {problem}"
    rendered = Batch.objects.filter(rendered_at__isnull=False).annotate(papers=Count("documents"))
    for batch in rendered.exclude(papers=F("count") + 2).order_by("pk"):
        yield f"批次 {batch} 应有文书 {batch.count + 2} 份，实有 {batch.papers} 份"


def files() -> Iterator[str]:
    """The bytes of every uploaded file against size and SHA-256; issued papers are read by `documents`."""
    uploaded = StoredFile.objects.exclude(pk__in=Document.objects.values("file"))
    for stored in uploaded.order_by("pk").iterator():
        if problem := _bytes_differ(stored, stored.sha256):
            yield f"文件 {stored.pk}“{stored}”{problem}"


def _bytes_differ(stored: StoredFile, sha256: str) -> str:
    """What is wrong with the stored bytes; empty when they are those of `sha256`."""
    digest, size = hashlib.sha256(), 0
    try:
        with stored.file.open("rb") as content:
            while chunk := content.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except FileNotFoundError:
        return "的文件不见了"
    except OSError as error:
        return f"的文件读不出来（{error.strerror}）"
    return "" if (digest.hexdigest(), size) == (sha256, stored.size) else "的内容与登记的 SHA-256 不符"


def audit_chain() -> Iterator[str]:
    """The chain of the audit trail, recomputed."""
    yield from (f"审计链：{fault}" for fault in verify_chain().faults)


def entitlements() -> Iterator[str]:
    """What a case is entitled to, recomputed from its own terms; less only where its last review lowered it, with a reason."""
    reviewed = Review.objects.filter(application=OuterRef("pk")).order_by("-pk")
    cases = Application.objects.filter(entitled__isnull=False).annotate(
        lowered_to=Subquery(reviewed.exclude(lowered_reason="").values("entitled")[:1]), last=Subquery(reviewed.values("entitled")[:1])
    )
    for case in cases.order_by("pk").iterator():
        try:
            allowed = rules.entitlement(case.recognised_premium, case.terms)
        except ValueError:
            yield f"申报 {case} 的比例 {case.rate} 或上限 {case.cap} 超过试点方案"
            continue
        lowered = case.entitled < allowed and case.entitled == case.lowered_to == case.last
        if case.entitled != allowed and not lowered:
            yield f"申报 {case} 应补 {case.entitled}，按认定保费 {case.recognised_premium} 和本件条款应为 {allowed}"
        if case.awarded is not None and case.awarded > case.entitled:
            yield f"申报 {case} 核定 {case.awarded}，超过应补 {case.entitled}"


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
    found: dict[int, list[int]] = {}
    for number in PublicNotice.objects.order_by("pk").values_list("number", flat=True):
        if match := NOTICE_NUMBER.fullmatch(number):
            found.setdefault(int(match[1]), []).append(int(match[2]))
        else:
            yield f"公示编号 {number} 不是本系统编制的"
    yield from _not_continuous("notice", "公示编号", found)


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


def stamps() -> Iterator[str]:
    """A case stands in no state without time and actor of the steps that lead there."""
    for stamp, states in STAMPS.items():
        missing = Q(**{f"{stamp}_at__isnull": True}) | Q(**{f"{stamp}_by__isnull": True})
        name = Application._meta.get_field(f"{stamp}_at").verbose_name.removesuffix("时间")
        for case in Application.objects.filter(missing, state__in=states).order_by("pk"):
            yield f"申报 {case} 为“{case.get_state_display()}”，却缺“{name}”的时间或人员"


CHECKS = (
    window_totals,
    batches,
    paid_cases,
    paid_payments,
    documents,
    files,
    audit_chain,
    entitlements,
    application_numbers,
    notice_numbers,
    payment_notice_numbers,
    stamps,
)
