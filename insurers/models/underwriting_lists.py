"""承保清单: the policies of a period as their insurer reports them to the centre."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pilot_portal.accounts.roles import CENTRE, CUSTODIANS, Role
from pilot_portal.files.models import StoredFile
from pilot_portal.reference.fields import money

USER = settings.AUTH_USER_MODEL


class UnderwritingListQuerySet(models.QuerySet):
    def visible_to(self, user):
        """People of its insurer, the centre and the custodians."""
        if user.role in CENTRE | CUSTODIANS:
            return self
        return self.filter(insurer__staff__user=user) if user.role == Role.INSURER else self.none()


class UnderwritingList(models.Model):
    """What was reported stays as it was; a later list of the same period stands beside it. Both days are inclusive."""

    insurer = models.ForeignKey("insurers.Insurer", models.PROTECT, related_name="underwriting_lists", verbose_name="保险公司")
    signed_from = models.DateField("签订日期自")
    signed_to = models.DateField("签订日期至")
    policy_count = models.PositiveIntegerField("保单数")
    premium_total = money("保费合计（元）")
    paper = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="清单文件")
    digest = models.CharField("内容摘要（SHA-256）", max_length=64)
    reported_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="报送人")
    reported_at = models.DateTimeField("报送时间")

    objects = UnderwritingListQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "承保清单"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(signed_to__gte=F("signed_from")), name="underwriting_list_period_in_order"),
            models.CheckConstraint(condition=Q(policy_count__gt=0, premium_total__gt=0), name="underwriting_list_holds_something"),
            models.UniqueConstraint(
                fields=["insurer", "signed_from", "signed_to", "digest"], name="one_underwriting_list_per_period_and_content"
            ),
        ]

    def __str__(self):
        return f"承保清单 {self.signed_from} 至 {self.signed_to}"
