from django.conf import settings
from django.db import models
from django.db.models import Q

from pilot_portal.accounts.roles import CENTRE, CUSTODIANS
from pilot_portal.files.models import StoredFile
from pilot_portal.reference.fields import money


class ListKind(models.TextChoices):
    CREDIT = "credit", "失信名单"
    SUBSIDY = "subsidy", "其他资金支持名单"


class MatchListQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The centre and the custodians."""
        return self if user.role in CENTRE | CUSTODIANS else self.none()

    def newest(self, kind: str):
        """Of each issuer the list of the latest day."""
        latest = self.filter(kind=kind).order_by("source", "-listed_on", "-pk").distinct("source")
        return self.filter(pk__in=latest.values("pk"))


class MatchList(models.Model):
    """比对名单: a list of others, as it stood on its day. A later one stands beside it; no version is ever changed."""

    kind = models.CharField("名单", max_length=10, choices=ListKind)
    source = models.CharField("发布单位", max_length=100)
    listed_on = models.DateField("名单日期")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="名单文件")
    sha256 = models.CharField("SHA-256", max_length=64)
    row_count = models.PositiveIntegerField("行数")
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="导入人")
    imported_at = models.DateTimeField("导入时间")

    objects = MatchListQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "比对名单"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "source", "listed_on", "sha256"], name="one_match_list_per_day_and_content"),
            models.CheckConstraint(condition=Q(row_count__gt=0), name="match_list_holds_rows"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.source} {self.listed_on}"


class MatchRow(models.Model):
    """比对名单的行: whom the list names by credit code, for what, since when."""

    match_list = models.ForeignKey(MatchList, models.PROTECT, related_name="rows", verbose_name="比对名单")
    credit_code = models.CharField("统一社会信用代码", max_length=18)
    name = models.CharField("名称", max_length=120, blank=True)
    happened_on = models.DateField("日期", null=True, blank=True)
    matter = models.CharField("事项", max_length=200, blank=True)
    amount = money("金额（元）", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "比对名单的行"
        ordering = ["pk"]
        indexes = [models.Index(fields=["credit_code", "match_list"], name="match_row_by_code")]

    def __str__(self):
        return f"{self.name or self.credit_code} {self.matter}".strip()
