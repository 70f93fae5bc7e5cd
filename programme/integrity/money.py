"""Money: sums, batches, payments and entitlements against each other and against the scheme."""

from collections.abc import Iterator
from decimal import Decimal

from cryptography.fernet import InvalidToken
from django.db.models import Count, F, OuterRef, Q, Subquery, Sum

from subsidies import rules
from subsidies.models import Application, Batch, Payment, Review, Window
from subsidies.services.batch_data import batch_data
from subsidies.states import ENDED, UNFILED, BatchState, PaymentState, State

ZERO = Decimal("0.00")
LINE_OUT_OF_STEP = Q(state=PaymentState.PLANNED, batch__state__in=[BatchState.EXPORTED, BatchState.SETTLED, BatchState.VOID]) | Q(
    state=PaymentState.SENT
) & ~Q(batch__state=BatchState.EXPORTED)


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


def live_payments() -> Iterator[str]:
    """What is planned or sent is the award of an approved case, and stands where its batch says."""
    live = Payment.objects.filter(state__in=[PaymentState.PLANNED, PaymentState.SENT]).select_related("application", "batch")
    for payment in live.exclude(amount=F("application__awarded")).order_by("pk"):
        yield f"付款 {payment} 为 {payment.amount}，申报 {payment.application} 核定 {payment.application.awarded}"
    for payment in live.exclude(application__state=State.APPROVED).order_by("pk"):
        yield f"付款 {payment} 尚未办结，申报 {payment.application} 却为“{payment.application.get_state_display()}”"
    for payment in live.filter(LINE_OUT_OF_STEP).order_by("pk"):
        yield f"付款 {payment} 为“{payment.get_state_display()}”，批次 {payment.batch} 却为“{payment.batch.get_state_display()}”"


def reservations() -> Iterator[str]:
    """Only a case that waits for its award reserves anything."""
    idle = Q(awarded__isnull=False) | Q(state__in=(*UNFILED, *ENDED))
    for case in Application.objects.filter(idle, reserved__gt=0).order_by("pk"):
        yield f"申报 {case} 为“{case.get_state_display()}”，仍预留 {case.reserved}"


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
