"""保单 with its invoices, payments and endorsements."""

from datetime import date, timedelta

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone

from enterprises.models import LegalEntity, MembershipState
from insurers.states import POLICY_LIFE, PolicyState
from pilot_portal.accounts.roles import CENTRE, CUSTODIANS, Role
from pilot_portal.files.models import StoredFile
from pilot_portal.reference.fields import money

from .market import Insurer, Product

USER = settings.AUTH_USER_MODEL


class PolicyQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Members of the insured, people of its insurer, the centre and the custodians."""
        if user.role in CENTRE | CUSTODIANS:
            return self
        if user.role == Role.ENTERPRISE:
            return self.filter(legal_entity__memberships__user=user, legal_entity__memberships__state=MembershipState.ACTIVE)
        if user.role == Role.INSURER:
            return self.filter(insurer__staff__user=user)
        return self.none()

    def with_totals(self):
        """Each policy with `invoice_count` and `payment_count`."""
        return self.select_related("insurer").annotate(
            invoice_count=Count("invoices", distinct=True), payment_count=Count("premium_payments", distinct=True)
        )


class Policy(models.Model):
    """保单. The term is half-open: `ends_on` is the first day without cover."""

    LIFE = POLICY_LIFE
    MOVES_WITH = ("insurer", "product", "paper")

    insurer = models.ForeignKey(Insurer, models.PROTECT, related_name="policies", verbose_name="保险公司")
    product = models.ForeignKey(Product, models.PROTECT, related_name="policies", verbose_name="保险产品")
    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="policies", verbose_name="被保险人")
    number = models.CharField("保单号", max_length=60)
    number_normalised = models.CharField(max_length=60, editable=False)
    signed_on = models.DateField("签订日期")
    starts_on = models.DateField("保险起期")
    ends_on = models.DateField("保险止期（不含）")
    liability_limit = money("责任限额（元）")
    territory = models.CharField("承保区域", max_length=200)
    premium = money("保费（元，含税）")
    non_pilot_premium = money("其中非试点责任保费（元）", default=0)
    coinsured_premium = money("其中非试点共保人保费（元）", default=0)
    paper = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="保单文件")
    state = models.CharField("状态", max_length=20, choices=PolicyState, default=PolicyState.REGISTERED)
    state_reason = models.CharField("说明", max_length=300, blank=True)
    registered_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="登记人")
    registered_at = models.DateTimeField("登记时间")
    proven_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人")
    proven_at = models.DateTimeField("确认时间", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "保单"
        ordering = ["-pk"]
        indexes = [
            GinIndex(fields=["number_normalised"], opclasses=["gin_trgm_ops"], name="policy_number_search"),
            models.Index(fields=["number_normalised"], opclasses=["varchar_pattern_ops"], name="policy_number_prefix"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["insurer", "number_normalised"], name="one_policy_per_insurer_and_number"),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="policy_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(premium__gt=0, non_pilot_premium__gte=0, coinsured_premium__gte=0)
                & Q(premium__gte=F("non_pilot_premium") + F("coinsured_premium")),
                name="policy_premium_covers_its_parts",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[PolicyState.CONFIRMED, PolicyState.VERIFIED]) | Q(proven_by__isnull=False, proven_at__isnull=False),
                name="proven_policy_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("insurers:policy", args=[self.pk])

    @property
    def last_day(self) -> date:
        """The last day of cover, until 24:00 of which the paper says it runs."""
        return self.ends_on - timedelta(days=1)


class Invoice(models.Model):
    """保费发票, tax included."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="invoices", verbose_name="保单")
    number = models.CharField("发票号码", max_length=30)
    buyer = models.CharField("购买方名称", max_length=120)
    amount = money("价税合计（元）")
    issued_on = models.DateField("开票日期")
    paper = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="发票文件")

    class Meta:
        verbose_name = verbose_name_plural = "发票"
        indexes = [models.Index(fields=["number"], name="invoice_number")]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_invoice_row_per_policy_and_number"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="invoice_amount_positive"),
        ]

    def __str__(self):
        return self.number


class PremiumPayment(models.Model):
    """缴费: what the policyholder really paid, in CNY."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="premium_payments", verbose_name="保单")
    payer = models.CharField("付款户名", max_length=120)
    amount = money("金额（元）")
    paid_on = models.DateField("付款日期")
    reference = models.CharField("银行流水号", max_length=60)
    paper = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="付款回单")

    class Meta:
        verbose_name = verbose_name_plural = "缴费"
        constraints = [
            models.UniqueConstraint(fields=["policy", "reference"], name="one_payment_row_per_policy_and_reference"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="premium_payment_positive"),
        ]

    def __str__(self):
        return self.reference


class EndorsementKind(models.TextChoices):
    REDUCTION = "reduction", "批减保费"
    INCREASE = "increase", "批增保费"
    SURRENDER = "surrender", "退保"


class EndorsementQuerySet(models.QuerySet):
    def to_follow(self, day):
        """In effect, but what it means for the cases on its policy has not been worked out yet."""
        return self.filter(followed_at__isnull=True, effective_on__lte=day)


class Endorsement(models.Model):
    """批单: the premium after it is what counts from then on."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="endorsements", verbose_name="保单")
    kind = models.CharField("类型", max_length=20, choices=EndorsementKind)
    number = models.CharField("批单号", max_length=60)
    effective_on = models.DateField("生效日期")
    premium_after = money("批改后保费（元）")
    reported_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="报送人")
    reported_at = models.DateTimeField("报送时间")
    report_due_on = models.DateField("报送期限", null=True, blank=True, editable=False)  # none: the calendar of that year is missing
    paper = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="批单文件")
    followed_at = models.DateTimeField("影响处理时间", null=True, blank=True, editable=False)

    objects = EndorsementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "批单"
        ordering = ["effective_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_endorsement_per_policy_and_number"),
            models.CheckConstraint(condition=Q(premium_after__gte=0), name="premium_after_not_negative"),
        ]
        indexes = [models.Index(fields=["effective_on"], condition=Q(followed_at__isnull=True), name="endorsement_to_follow")]

    def __str__(self):
        return self.number

    @property
    def is_late(self) -> bool:
        """Reported after the working days that its insurer has for it."""
        return self.report_due_on is not None and timezone.localdate(self.reported_at) > self.report_due_on
