from django.conf import settings
from django.db import models
from django.db.models import Q

from pilot_portal.files.models import StoredFile
from subsidies.states import PaymentState

from .applications import Application
from .corrections import Correction
from .payments import Batch, Payment
from .publicity import PublicNotice
from .recovery import Recovery

USER = settings.AUTH_USER_MODEL


class DocumentKind(models.TextChoices):
    RECEIPT = "receipt", "申报回执"
    ACCEPTANCE = "acceptance", "受理通知书"
    CORRECTION = "correction", "补正告知书"
    REFUSAL = "refusal", "不予受理通知书"
    REJECTION = "rejection", "不予补贴决定书"
    PUBLIC_NOTICE = "public_notice", "拟补贴企业名单公示"
    RECOVERY = "recovery", "退回补贴资金通知书"
    APPROVAL_SHEET = "approval_sheet", "保费补贴资金拨付审批表"
    PAYMENT_DETAIL = "payment_detail", "拨付明细表"
    PAYMENT_NOTICE = "payment_notice", "保费补贴资金拨付通知书"


class Counter(models.Model):
    """The last running number of a series and year. Locked while the next one is taken, so that no number is lost or given twice."""

    series = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    value = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "year"], name="one_counter_per_series_and_year")]

    def __str__(self):
        return f"{self.series} {self.year}"


class DocumentQuerySet(models.QuerySet):
    def for_applicant(self):
        """Receipts, letters and decisions about a case, and the notice of a payment once that payment is on its way."""
        on_its_way = Q(payment__isnull=True) | Q(payment__state__in=[PaymentState.SENT, PaymentState.PAID])
        return self.filter(on_its_way, application__isnull=False)


class Document(models.Model):
    """An issued paper. Its row and bytes never change (trigger); `verify_code` opens the public check page."""

    kind = models.CharField("文书", max_length=20, choices=DocumentKind)
    number = models.CharField("文号", max_length=60, unique=True)
    application = models.ForeignKey(Application, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name="申报")
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name="批次")
    payment = models.ForeignKey(Payment, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name="付款")
    correction = models.ForeignKey(Correction, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name="补正")
    public_notice = models.ForeignKey(PublicNotice, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name="公示")
    recovery = models.ForeignKey(Recovery, models.PROTECT, null=True, blank=True, related_name="documents", verbose_name="追回")
    verify_code = models.CharField("核验码", max_length=20, unique=True)
    facts_sha256 = models.CharField("内容 SHA-256", max_length=64)
    sha256 = models.CharField("文件 SHA-256", max_length=64)
    wording = models.CharField("函件文字", max_length=60, blank=True)  # which version of its words; empty where the centre has none
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="文件")
    issued_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="签发人")
    issued_at = models.DateTimeField("签发时间")

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "文书"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "application"],
                condition=Q(batch__isnull=True, correction__isnull=True, recovery__isnull=True),
                name="one_document_per_kind_and_application",
            ),
            models.UniqueConstraint(
                fields=["kind", "batch"], condition=Q(batch__isnull=False, payment__isnull=True), name="one_document_per_kind_and_batch"
            ),
            models.UniqueConstraint(
                fields=["kind", "payment"], condition=Q(payment__isnull=False), name="one_document_per_kind_and_payment"
            ),
            models.UniqueConstraint(
                fields=["kind", "correction"], condition=Q(correction__isnull=False), name="one_document_per_kind_and_correction"
            ),
            models.UniqueConstraint(
                fields=["kind", "recovery"], condition=Q(recovery__isnull=False), name="one_document_per_kind_and_recovery"
            ),
            models.UniqueConstraint(
                fields=["kind", "public_notice"], condition=Q(public_notice__isnull=False), name="one_document_per_kind_and_notice"
            ),
            models.CheckConstraint(
                condition=Q(application__isnull=False, batch__isnull=True, payment__isnull=True, public_notice__isnull=True)
                | Q(batch__isnull=False, application__isnull=True, payment__isnull=True, correction__isnull=True)
                & Q(recovery__isnull=True, public_notice__isnull=True)
                | Q(batch__isnull=False, application__isnull=False, payment__isnull=False, correction__isnull=True)
                & Q(recovery__isnull=True, public_notice__isnull=True)
                | Q(public_notice__isnull=False, application__isnull=True, batch__isnull=True, payment__isnull=True)
                & Q(correction__isnull=True, recovery__isnull=True),
                name="document_belongs_to_something",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.number}"
