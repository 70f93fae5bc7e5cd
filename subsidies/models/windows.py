from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pilot_portal.reference.fields import money
from pilot_portal.reference.models import Pilot
from subsidies.rules import SCHEME_CAP, SCHEME_RATE, Terms

USER = settings.AUTH_USER_MODEL

# Columns that decide about money or time; each carries its basis, a clause of the scheme or of the 申报通知.
BASIS_COLUMNS = (
    "opens_at",
    "closes_at",
    "signed_from",
    "signed_until",
    "paid_until",
    "rate",
    "cap",
    "draw",
    "method",
    "refile_after_withdrawal",
    "refile_after_refusal",
    "acceptance_days",
    "correction_days",
    "publicity_days",
    "reply_days",
    "recovery_days",
    "credit_lookback_years",
    "recovery_rule",
)


class AllocationMethod(models.TextChoices):
    PRO_RATA = "pro_rata", "同比例"


class RecoveryRule(models.TextChoices):
    FULL = "full", "退保全额追回"


class Appropriation(models.Model):
    """指标: money the finance bureau gives to a pilot. An addition is a new row, approved by another person."""

    pilot = models.ForeignKey(Pilot, models.PROTECT, related_name="appropriations", verbose_name="试点年度")
    document_number = models.CharField("指标文号", max_length=60, unique=True)
    amount = money("金额（元）")
    prepared_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="录入人")
    approved_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="批准人")
    approved_at = models.DateTimeField("批准时间")

    class Meta:
        verbose_name = verbose_name_plural = "预算指标"
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="appropriation_positive"),
            models.CheckConstraint(condition=~Q(prepared_by=F("approved_by")), name="appropriation_approved_by_another_person"),
        ]

    def __str__(self):
        return self.document_number


class WindowQuerySet(models.QuerySet):
    def published(self):
        return self.filter(published_at__isnull=False)

    def open_at(self, now):
        """Windows that take applications at this moment of server time."""
        return self.published().filter(opens_at__lte=now, closes_at__gt=now)


class Window(models.Model):
    """申报周期. Open by server time, never by a flag; its terms are locked by a trigger once it is published."""

    pilot = models.ForeignKey(Pilot, models.PROTECT, related_name="windows", verbose_name="试点年度")
    sequence = models.PositiveSmallIntegerField("期次", default=1)
    name = models.CharField("名称", max_length=100)
    notice = models.TextField("申报通知", blank=True)
    opens_at = models.DateTimeField("开始时间")
    closes_at = models.DateTimeField("截止时间（不含）")
    signed_from = models.DateField("保单签订日期起")
    signed_until = models.DateField("保单签订日期止")
    paid_until = models.DateField("保费缴纳截止日")
    rate = models.DecimalField("补贴比例", max_digits=4, decimal_places=2, default=SCHEME_RATE)
    cap = money("补贴上限（元）", default=SCHEME_CAP)
    draw = money("本期可用预算（元）")
    method = models.CharField("预算不足时的分配方式", max_length=20, choices=AllocationMethod, default=AllocationMethod.PRO_RATA)
    refile_after_withdrawal = models.BooleanField("撤回后可再次申报", default=True)
    refile_after_refusal = models.BooleanField("不予受理后可再次申报", default=True)
    acceptance_days = models.PositiveSmallIntegerField("受理期限（工作日）", default=5)
    correction_days = models.PositiveSmallIntegerField("补正期限（工作日）", default=10)
    review_days = models.PositiveSmallIntegerField("初审期限（工作日）", default=15)
    publicity_days = models.PositiveSmallIntegerField("公示期限（工作日）", default=5)
    reply_days = models.PositiveSmallIntegerField("陈述申辩期限（工作日）", default=5)
    recovery_days = models.PositiveSmallIntegerField("退回期限（工作日）", default=15)
    credit_lookback_years = models.PositiveSmallIntegerField("信用记录回溯（年）", default=2)
    start_tolerance_days = models.PositiveSmallIntegerField("起保晚于签订的宽限（天）", default=30)
    recovery_rule = models.CharField("退保追回规则", max_length=20, choices=RecoveryRule, default=RecoveryRule.FULL)
    pay_by = models.DateField("计划拨付完成日")
    planned_close = models.DateTimeField("原定截止时间", null=True, blank=True, editable=False)
    extension_reason = models.CharField("延期原因", max_length=300, blank=True, editable=False)
    basis = models.JSONField("各项依据", default=dict, help_text="列名 → 条款")
    checks = models.JSONField("核查清单", default=dict, blank=True, help_text="事项 → 依据；依据为空的不查，没有写到的按试点方案查")
    published_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="发布人")
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    awarded_total = money("已核定补贴合计（元）", default=Decimal(0), editable=False)
    reserved_total = money("预留合计（元）", default=Decimal(0), editable=False)

    objects = WindowQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "申报周期"
        ordering = ["-opens_at"]
        constraints = [
            models.UniqueConstraint(fields=["pilot", "sequence"], name="one_window_per_pilot_and_sequence"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="window_closes_after_it_opens"),
            models.CheckConstraint(condition=Q(signed_until__gte=F("signed_from")), name="signing_range_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(rate__gt=0, rate__lte=SCHEME_RATE), name="rate_within_scheme"),
            models.CheckConstraint(condition=Q(cap__gt=0, cap__lte=SCHEME_CAP), name="cap_within_scheme"),
            models.CheckConstraint(
                condition=Q(draw__gte=F("awarded_total") + F("reserved_total"), awarded_total__gte=0, reserved_total__gte=0),
                name="awards_within_draw",
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(published_by__isnull=False, basis__has_keys=list(BASIS_COLUMNS)),
                name="published_window_has_every_basis",
            ),
            models.CheckConstraint(
                condition=Q(planned_close__isnull=True, extension_reason="")
                | (Q(planned_close__isnull=False, planned_close__lt=F("closes_at")) & ~Q(extension_reason="")),
                name="extended_window_says_why",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def terms(self) -> Terms:
        return Terms(rate=self.rate, cap=self.cap)

    def is_open(self, now) -> bool:
        return self.published_at is not None and self.opens_at <= now < self.closes_at


class DrawChange(models.Model):
    """预算调整: a version of a window's draw, with its basis, prepared by one person and approved by another."""

    window = models.ForeignKey(Window, models.PROTECT, related_name="draw_changes", verbose_name="申报周期")
    before = money("原可用预算（元）")
    after = money("现可用预算（元）")
    basis = models.CharField("依据", max_length=300)
    prepared_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="提请人")
    approved_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="批准人")
    approved_at = models.DateTimeField("批准时间")

    class Meta:
        verbose_name = verbose_name_plural = "预算调整"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(prepared_by=F("approved_by")), name="draw_change_approved_by_another_person"),
            models.CheckConstraint(condition=~Q(before=F("after")) & Q(after__gt=0), name="draw_change_changes_something"),
        ]

    def __str__(self):
        return f"{self.window} {self.before} → {self.after}"
