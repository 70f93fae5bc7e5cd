from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from pilot_portal.accounts.secrets import decrypt
from pilot_portal.reference.fields import money
from subsidies.states import BATCH_LIFE, LIVE_PAYMENT, PAYMENT_LIFE, BatchState, PaymentState

from .applications import Application, stamp_actor, stamp_time
from .windows import Appropriation, Window

USER = settings.AUTH_USER_MODEL


class BatchQuerySet(models.QuerySet):
    def unrendered(self):
        """Approved batches whose papers are not all made yet."""
        return self.exclude(state__in=[BatchState.DRAFT, BatchState.VOID]).filter(rendered_at__isnull=True)


class Batch(models.Model):
    """拨付批次. Once approved, count, total and hash of its lines are frozen by a trigger."""

    LIFE = BATCH_LIFE

    number = models.CharField("批次号", max_length=20, unique=True)
    window = models.ForeignKey(Window, models.PROTECT, related_name="batches", verbose_name="申报周期")
    appropriation = models.ForeignKey(Appropriation, models.PROTECT, related_name="batches", verbose_name="指标文号")
    state = models.CharField("状态", max_length=20, choices=BatchState, default=BatchState.DRAFT)
    version = models.PositiveIntegerField(default=1, editable=False)
    count = models.PositiveIntegerField("笔数", default=0)
    total = money("合计（元）", default=0)
    sha256 = models.CharField("明细哈希", max_length=64, blank=True)
    prepared_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="制单人")
    prepared_at = models.DateTimeField("制单时间")
    approved_at, approved_by = stamp_time("批准"), stamp_actor("批准")
    exported_at, exported_by = stamp_time("导出"), stamp_actor("导出")
    settled_at, settled_by = stamp_time("办结"), stamp_actor("办结")
    voided_at, voided_by = stamp_time("作废"), stamp_actor("作废")
    void_reason = models.CharField("作废原因", max_length=300, blank=True)
    first_notice = models.PositiveIntegerField("首张通知书序号", null=True, blank=True, editable=False)
    rendered_at = models.DateTimeField("文书生成时间", null=True, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "拨付批次"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("prepared_by")), name="batch_approved_by_another_person"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[BatchState.DRAFT, BatchState.VOID])
                | (
                    Q(approved_at__isnull=False, approved_by__isnull=False, count__gt=0, total__gt=0, first_notice__isnull=False)
                    & ~Q(sha256="")
                ),
                name="approved_batch_is_frozen",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[BatchState.EXPORTED, BatchState.SETTLED]) | Q(exported_at__isnull=False, exported_by__isnull=False),
                name="batch_has_exported_stamp",
            ),
            models.CheckConstraint(
                condition=~Q(state=BatchState.SETTLED) | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="batch_has_settled_stamp",
            ),
            models.CheckConstraint(
                condition=~Q(state=BatchState.VOID) | (Q(voided_at__isnull=False, voided_by__isnull=False) & ~Q(void_reason="")),
                name="batch_has_voided_stamp",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("admin:subsidies_batch_change", args=[self.pk])


class Payment(models.Model):
    """付款: a line of a batch. Payee and amount are copied when it is planned and never change; a returned one is replaced by a new one."""

    LIFE = PAYMENT_LIFE

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="payments", verbose_name="批次")
    application = models.ForeignKey(Application, models.PROTECT, related_name="payments", verbose_name="申报")
    serial = models.CharField("明细流水号", max_length=30, unique=True)
    holder = models.CharField("收款人全称", max_length=120)
    bank_name = models.CharField("开户行", max_length=120)
    cnaps = models.CharField("联行号", max_length=12)
    account_ciphertext = models.TextField()
    account_hmac = models.CharField(max_length=64, db_index=True)
    account_last_four = models.CharField("账号后四位", max_length=4)
    amount = money("金额（元）")
    state = models.CharField("状态", max_length=20, choices=PaymentState, default=PaymentState.PLANNED)
    version = models.PositiveIntegerField(default=1, editable=False)
    paid_on = models.DateField("到账日期", null=True, blank=True)
    bank_reference = models.CharField("银行流水", max_length=60, blank=True)
    return_code = models.CharField("退票原因码", max_length=20, blank=True)
    return_reason = models.CharField("退票原因", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "付款"
        ordering = ["batch", "serial"]
        constraints = [
            models.UniqueConstraint(fields=["application"], condition=Q(state__in=LIVE_PAYMENT), name="one_live_payment_per_application"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_positive"),
            models.CheckConstraint(
                condition=~Q(state=PaymentState.PAID) | (Q(paid_on__isnull=False) & ~Q(bank_reference="")),
                name="paid_payment_has_day_and_reference",
            ),
            models.CheckConstraint(condition=~Q(state=PaymentState.RETURNED) | ~Q(return_reason=""), name="returned_payment_has_reason"),
        ]

    def __str__(self):
        return self.serial

    @property
    def account(self) -> str:
        return decrypt(self.account_ciphertext)

    def went_to(self, account) -> bool:
        """Whether a BankAccount is the one to which this payment goes, digit by digit and bank by bank."""
        return (self.account_hmac, self.bank_name, self.cnaps) == (account.number_hmac, account.bank_name, account.cnaps)
