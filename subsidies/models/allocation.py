from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pilot_portal.files.models import StoredFile
from pilot_portal.reference.fields import money

from .windows import AllocationMethod, Window

USER = settings.AUTH_USER_MODEL


class AllocationRun(models.Model):
    """分配: one locked, reproducible run over a window. `input_hash` is SHA-256 over method, budget and each case's entitlement."""

    window = models.ForeignKey(Window, models.PROTECT, related_name="allocation_runs", verbose_name="申报周期")
    sequence = models.PositiveSmallIntegerField("次序")
    method = models.CharField("方式", max_length=20, choices=AllocationMethod)
    rules_version = models.CharField("规则版本", max_length=20, blank=True)
    budget = money("可用预算（元）")
    entitled_total = money("应补合计（元）")
    awarded_total = money("核定合计（元）")
    reserved_total = money("预留合计（元）")
    count = models.PositiveIntegerField("件数")
    rejected_count = models.PositiveIntegerField("拟不予补贴件数", default=0)
    input_hash = models.CharField("输入哈希", max_length=64)
    list_hash = models.CharField("名单哈希", max_length=64)
    reason = models.CharField("说明", max_length=300, blank=True)
    run_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="核定人")
    run_at = models.DateTimeField("核定时间")
    minutes_number = models.CharField("中心会议纪要号", max_length=60, blank=True)
    minutes_on = models.DateField("中心会议日期", null=True, blank=True)
    minutes_paper = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="中心会议纪要")
    sent_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="报送人")
    sent_at = models.DateTimeField("报送时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "分配"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["window", "sequence"], name="one_allocation_run_per_window_and_sequence"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True, sent_by__isnull=True)
                | Q(sent_at__isnull=False, sent_by__isnull=False, minutes_on__isnull=False, minutes_paper__isnull=False)
                & ~Q(minutes_number=""),
                name="sent_list_has_minutes_of_the_centre",
            ),
        ]

    def __str__(self):
        return f"{self.window} 第 {self.sequence} 次分配"


class LineKind(models.TextChoices):
    AWARD = "award", "核定"
    LATE = "late", "从预留核定"
    WAITING = "waiting", "预留"
    REJECTION = "rejection", "拟不予补贴"


AWARDING = (LineKind.AWARD, LineKind.LATE)


class AllocationLine(models.Model):
    """分配明细: with what a case took part in a run, and what came of it. Written by the run, never changed: a run can be done again."""

    run = models.ForeignKey(AllocationRun, models.PROTECT, related_name="lines", db_index=False, verbose_name="分配")
    application = models.ForeignKey("Application", models.PROTECT, related_name="allocation_lines", verbose_name="申报")
    kind = models.CharField("参加方式", max_length=10, choices=LineKind)
    entitled = money("应补（元）")
    reserved = money("先前预留（元）")
    result = money("核定或预留（元）")

    class Meta:
        verbose_name = verbose_name_plural = "分配明细"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "application"], name="one_line_per_allocation_run_and_case"),
            models.CheckConstraint(condition=Q(result__gte=0, result__lte=F("entitled")), name="allocation_result_within_entitlement"),
        ]

    def __str__(self):
        return f"{self.run} {self.application}"


class Determination(models.Model):
    """审定: the IP office's word on a list, identified by its hash."""

    window = models.ForeignKey(Window, models.PROTECT, related_name="determinations", verbose_name="申报周期")
    allocation = models.ForeignKey(AllocationRun, models.PROTECT, related_name="determinations", verbose_name="分配")
    list_hash = models.CharField("名单哈希", max_length=64)
    minutes_number = models.CharField("会议纪要号", max_length=60)
    count = models.PositiveIntegerField("件数")
    rejected_count = models.PositiveIntegerField("不予补贴件数", default=0)
    total = money("合计（元）")
    determined_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="审定人")
    determined_at = models.DateTimeField("审定时间")

    class Meta:
        verbose_name = verbose_name_plural = "审定"
        ordering = ["-pk"]

    def __str__(self):
        return self.minutes_number
