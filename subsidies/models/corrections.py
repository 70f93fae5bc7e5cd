from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .applications import Application, stamp_actor, stamp_time
from .papers import PaperQuerySet

USER = settings.AUTH_USER_MODEL


class Part(models.TextChoices):
    """What a correction may ask for; only parts on the list may be mended."""

    POLICY = "policy", "保单信息"
    INVOICES = "invoices", "保费发票"
    PAYMENTS = "payments", "付款凭证"
    CATEGORY = "category", "企业类别证明"
    ACCOUNT = "account", "收款账户"
    PLEDGE = "pledge", "承诺书"
    OTHER = "other", "其他材料或说明"


class CorrectionQuerySet(PaperQuerySet):
    OWED: ClassVar = {"correction": Q()}


class Correction(models.Model):
    """补正: one complete list, told once. `stopped_due_at` is the promised deadline whose clock it stopped."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="corrections", verbose_name="申报")
    sequence = models.PositiveSmallIntegerField("次序")
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="告知人")
    asked_at = models.DateTimeField("告知时间")
    due_at = models.DateTimeField("补正期限")
    stopped_due_at = models.DateTimeField("停止的受理期限", null=True, blank=True)
    extended_at, extended_by = stamp_time("延期"), stamp_actor("延期")
    extension_reason = models.CharField("延期理由", max_length=300, blank=True)
    closed_at, closed_by = stamp_time("办结"), stamp_actor("办结")

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "补正"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["application"], condition=Q(closed_at__isnull=True), name="one_open_correction_per_application"
            ),
            models.UniqueConstraint(fields=["application", "sequence"], name="one_correction_per_application_and_sequence"),
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="correction_due_after_it_is_asked"),
            models.CheckConstraint(
                condition=Q(extended_at__isnull=True) | (Q(extended_by__isnull=False) & ~Q(extension_reason="")),
                name="extended_correction_has_actor_and_reason",
            ),
        ]

    def __str__(self):
        return f"{self.application} 第 {self.sequence} 次补正"


class CorrectionItem(models.Model):
    """补正事项: what is wrong and what to do; `before` and `after` show the part as (label, value) rows when asked and when answered."""

    correction = models.ForeignKey(Correction, models.PROTECT, related_name="items", verbose_name="补正")
    part = models.CharField("事项", max_length=20, choices=Part)
    sentence = models.CharField("需补正的内容", max_length=400)
    before = models.JSONField("补正前", default=list)
    after = models.JSONField("补正后", default=list)
    answer = models.TextField("说明", blank=True)
    answered_at, answered_by = stamp_time("说明"), stamp_actor("说明")

    class Meta:
        verbose_name = verbose_name_plural = "补正事项"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(sentence=""), name="correction_item_says_what_is_wrong")]

    def __str__(self):
        return f"{self.get_part_display()}：{self.sentence}"


class Reply(models.Model):
    """陈述申辩: what the applicant says to a proposed rejection, with its papers."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="replies", verbose_name="申报")
    text = models.TextField("陈述申辩")
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="提交人")
    made_at = models.DateTimeField("提交时间")

    class Meta:
        verbose_name = verbose_name_plural = "陈述申辩"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="reply_says_something")]

    def __str__(self):
        return f"{self.application} 陈述申辩"
