from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from insurers.models import Insurer
from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile
from subsidies.states import IMPORT_LIFE, ImportState

from .applications import Application, stamp_actor, stamp_time
from .windows import Window

USER = settings.AUTH_USER_MODEL
STALLED = timedelta(minutes=5)  # a worker that has done nothing for so long is gone


class ImportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """People of the insurer that has sent it."""
        return self.filter(insurer__staff__user=user) if user.role == Role.INSURER else self.none()

    def stalled(self, now):
        """Those that a worker should be at, and none is."""
        return self.filter(state__in=[ImportState.CHECKING, ImportState.FILING], progressed_at__lt=now - STALLED)


class Import(models.Model):
    """批量申报: an insurer's sheet of filings for one window, with the ZIP of its papers. The same files are the same import."""

    LIFE = IMPORT_LIFE
    MOVES_WITH = ("file", "window")

    insurer = models.ForeignKey(Insurer, models.PROTECT, related_name="imports", verbose_name="保险公司")
    window = models.ForeignKey(Window, models.PROTECT, related_name="imports", verbose_name="申报周期")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="Excel")
    zip = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="材料包")
    sha256 = models.CharField("SHA-256", max_length=64, editable=False)
    state = models.CharField("状态", max_length=20, choices=ImportState, default=ImportState.CHECKING)
    version = models.PositiveIntegerField(default=1, editable=False)
    total = models.PositiveIntegerField("行数")
    checked = models.PositiveIntegerField("已检查", default=0)
    good = models.PositiveIntegerField("没有问题", default=0)
    handled = models.PositiveIntegerField("已处理", default=0)
    filed = models.PositiveIntegerField("已提交或提请", default=0)
    strangers = models.JSONField("没有用上的材料", default=list, editable=False)
    created_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="上传人")
    created_at = models.DateTimeField("上传时间")
    committed_at, committed_by = stamp_time("开始办理"), stamp_actor("办理")
    progressed_at = models.DateTimeField("最近处理时间", editable=False)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "批量申报"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["insurer", "window", "sha256"], name="one_import_per_insurer_window_and_files"),
            models.CheckConstraint(
                condition=Q(total__gte=F("checked"), checked__gte=F("good"), good__gte=F("handled"), handled__gte=F("filed")),
                name="import_counts_within_total",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[ImportState.FILING, ImportState.DONE]) | Q(committed_by__isnull=False, committed_at__isnull=False),
                name="committed_import_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return self.file.name

    def get_absolute_url(self):
        return reverse("subsidies:import", args=[self.pk])

    @property
    def under_way(self) -> bool:
        return self.state in (ImportState.CHECKING, ImportState.FILING)

    @property
    def to_mend(self) -> int:
        """Rows with a fault, and rows that were refused when their turn came."""
        return self.checked - self.good + self.handled - self.filed

    @property
    def to_file(self) -> int:
        return self.good - self.handled


class RowResult(models.TextChoices):
    BAD = "bad", "须修改"
    GOOD = "good", "可以办理"
    FILED = "filed", "已提交"
    PROPOSED = "proposed", "已提请企业确认"
    REFUSED = "refused", "未能办理"


class ImportRow(models.Model):
    """A row of the sheet: what was written, what is wrong with it, what has come of it. An account number stands in it as ciphertext."""

    batch = models.ForeignKey(Import, models.PROTECT, related_name="rows", verbose_name="批量申报")
    number = models.PositiveIntegerField("行号")
    data = models.JSONField("内容")
    papers = models.JSONField("材料", default=dict)
    errors = models.JSONField("问题", default=list)
    result = models.CharField("处理结果", max_length=10, choices=RowResult)
    remark = models.CharField("说明", max_length=500, blank=True)
    application = models.ForeignKey(Application, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="申报")

    class Meta:
        verbose_name = verbose_name_plural = "批量申报的行"
        ordering = ["number"]
        indexes = [models.Index(fields=["batch", "result", "number"], name="import_row_queue")]
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_row_per_import_and_number"),
            models.CheckConstraint(condition=~Q(result=RowResult.FILED) | Q(application__isnull=False), name="filed_row_has_application"),
            models.CheckConstraint(condition=~Q(result=RowResult.BAD) | ~Q(errors=[]), name="bad_row_says_why"),
        ]

    def __str__(self):
        return f"第 {self.number} 行"
