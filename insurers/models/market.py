"""Who insures in the pilot, from when to when, with which products."""

from django.db import models
from django.db.models import F, Q

from insurers.rules import REPORT_DAYS
from pilot_portal.reference.models import Pilot


class InsurerQuerySet(models.QuerySet):
    def in_pilot(self):
        """Insurers that were ever selected; whether one was on the signing date, a rule judges."""
        return self.filter(selections__isnull=False).distinct()

    def selected_on(self, day):
        """Insurers that are in the pilot on this day."""
        return self.filter(selections__in=Selection.objects.covering(day)).distinct()


class Insurer(models.Model):
    """试点保险公司; often the Beijing branch of one."""

    credit_code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    name = models.CharField("名称", max_length=120)
    short_name = models.CharField("简称", max_length=40)
    contact_phone = models.CharField("客户电话", max_length=20, blank=True)

    objects = InsurerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "保险公司"
        ordering = ["pk"]

    def __str__(self):
        return self.name


class SelectionQuerySet(models.QuerySet):
    def covering(self, day):
        return self.filter(selected_from__lte=day, selected_until__gte=day)


class Selection(models.Model):
    """入选: an insurer is in the pilot on the days from `selected_from` to `selected_until`, both inclusive."""

    pilot = models.ForeignKey(Pilot, models.PROTECT, related_name="selections", verbose_name="试点年度")
    insurer = models.ForeignKey(Insurer, models.PROTECT, related_name="selections", verbose_name="保险公司")
    selected_from = models.DateField("资格起")
    selected_until = models.DateField("资格止")
    basis = models.CharField("依据（中标公告）", max_length=200)
    report_days = models.PositiveSmallIntegerField("批单报送期限（工作日）", default=REPORT_DAYS)

    objects = SelectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "入选保险公司"
        constraints = [
            models.UniqueConstraint(fields=["pilot", "insurer"], name="one_selection_per_pilot_and_insurer"),
            models.CheckConstraint(condition=Q(selected_until__gte=F("selected_from")), name="selection_ends_after_it_starts"),
        ]

    def __str__(self):
        return f"{self.insurer} {self.pilot.year}"


class Product(models.Model):
    """试点保险产品 with its filing number 备案号."""

    insurer = models.ForeignKey(Insurer, models.PROTECT, related_name="products", verbose_name="保险公司")
    name = models.CharField("产品名称", max_length=120)
    filing_number = models.CharField("备案号", max_length=80, unique=True)
    filed_on = models.DateField("备案日期")
    withdrawn_on = models.DateField("停售日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "保险产品"
        ordering = ["insurer", "name"]

    def __str__(self):
        return self.name

    @property
    def label(self) -> str:
        return f"{self.name} · {self.filing_number}"

    def on_sale(self, day) -> bool:
        return self.filed_on <= day and (self.withdrawn_on is None or day < self.withdrawn_on)
