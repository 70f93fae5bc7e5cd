from django.db import models
from django.db.models import F, Q


class Pilot(models.Model):
    """A year of the scheme. One award per legal person belongs to it."""

    year = models.PositiveSmallIntegerField("年度", unique=True)
    name = models.CharField("名称", max_length=100)
    basis = models.CharField("依据", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "试点年度"
        ordering = ["-year"]

    def __str__(self):
        return self.name


class Kind(models.TextChoices):
    CATEGORY = "category", "企业类别"
    INDUSTRY = "industry", "高精尖产业"
    DISTRICT = "district", "注册区"
    AGENCY = "agency", "机构名称"


class EntryQuerySet(models.QuerySet):
    def valid_on(self, day):
        return self.filter(Q(valid_from__isnull=True) | Q(valid_from__lte=day), Q(valid_until__isnull=True) | Q(valid_until__gte=day))

    def of(self, kind: Kind):
        return self.filter(kind=kind)


class Entry(models.Model):
    """A word of a dictionary, with the days on which it holds (both inclusive)."""

    kind = models.CharField("字典", max_length=20, choices=Kind)
    code = models.SlugField("代码", max_length=40)
    name = models.CharField("名称", max_length=100)
    valid_from = models.DateField("起用日", null=True, blank=True)
    valid_until = models.DateField("停用日", null=True, blank=True)
    basis = models.CharField("依据", max_length=200, blank=True)
    position = models.PositiveSmallIntegerField("排序", default=0)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "字典项"
        ordering = ["kind", "position", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code", "valid_from"], name="one_dictionary_entry_per_code_and_start", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="dictionary_entry_ends_after_it_starts",
            ),
        ]

    def __str__(self):
        return self.name


class CalendarDay(models.Model):
    """Whether offices work on a day. Official rows follow the State Council's yearly notice; 暂定 rows are the demo's alone."""

    day = models.DateField("日期", primary_key=True)
    is_working = models.BooleanField("工作日")
    provisional = models.BooleanField("暂定", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "工作日历"
        ordering = ["day"]

    def __str__(self):
        return f"{self.day}{'（暂定）' if self.provisional else ''}"
