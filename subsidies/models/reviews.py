from django.conf import settings
from django.db import models
from django.db.models import Q

from pilot_portal.reference.fields import money

from .applications import Application

USER = settings.AUTH_USER_MODEL


class Verdict(models.TextChoices):
    OPEN = "open", "待处理"
    PASSED = "passed", "通过"
    FAILED = "failed", "不符合"


class Finding(models.Model):
    """核查事项: one check of one case, with what the machine saw and what an officer decided."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="findings", verbose_name="申报")
    code = models.CharField("事项", max_length=60)
    sentence = models.CharField("说明", max_length=400)
    clause = models.CharField("依据", max_length=200, blank=True)
    evidence = models.JSONField("证据", default=dict)
    verdict = models.CharField("结论", max_length=10, choices=Verdict, default=Verdict.OPEN)
    note = models.CharField("处理意见", max_length=400, blank=True)
    found_at = models.DateTimeField("核查时间")
    judged_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="处理人")
    judged_at = models.DateTimeField("处理时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "核查事项"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["application", "code"], name="one_finding_per_application_and_code"),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.OPEN) | Q(judged_by__isnull=False, judged_at__isnull=False),
                name="judged_finding_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return self.sentence


class Opinion(models.TextChoices):
    GRANT = "grant", "建议补贴"
    REJECT = "reject", "建议不予补贴"


class Review(models.Model):
    """初审: the figures an officer recognised, and why. A later review is a new row."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="reviews", verbose_name="申报")
    policy_premium = money("保单保费（元）")
    invoiced = money("发票合计（元）")
    paid = money("实付合计（元）")
    correction_reason = models.CharField("更正理由及材料页码", max_length=300, blank=True)
    recognised_premium = money("认定保费（元）")
    computed = money("计算应补（元）")
    entitled = money("应补金额（元）")
    lowered_reason = models.CharField("调低理由", max_length=300, blank=True)
    opinion = models.CharField("初审意见", max_length=10, choices=Opinion, default=Opinion.GRANT)
    opinion_reason = models.TextField("不予补贴的理由", blank=True)
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="初审人")
    made_at = models.DateTimeField("初审时间")

    class Meta:
        verbose_name = verbose_name_plural = "初审"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(entitled__lte=models.F("computed")), name="review_only_lowers"),
            models.CheckConstraint(condition=Q(entitled=models.F("computed")) | ~Q(lowered_reason=""), name="lowered_review_has_reason"),
            models.CheckConstraint(condition=Q(opinion=Opinion.GRANT) | ~Q(opinion_reason=""), name="rejecting_review_has_reason"),
        ]

    def __str__(self):
        return f"{self.application} {self.entitled}"
