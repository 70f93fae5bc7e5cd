from django.conf import settings
from django.db import models
from django.db.models import Q

from subsidies.letter_words import Words

USER = settings.AUTH_USER_MODEL


class LetterVersionQuerySet(models.QuerySet):
    def of(self, key: str):
        return self.filter(key=key)

    def in_force(self, day):
        """What holds on a day, the one that counts first."""
        return self.filter(effective_on__lte=day, withdrawn_at__isnull=True).order_by("-effective_on", "-sequence")


class LetterVersion(models.Model):
    """函件文字: how a letter or paper reads from a day on. A row never changes (trigger); before its day it can be withdrawn."""

    key = models.CharField("函件", max_length=40)
    sequence = models.PositiveSmallIntegerField("版本")
    subject = models.CharField("标题", max_length=100, blank=True)
    body = models.TextField("正文", max_length=2000)
    effective_on = models.DateField("启用日")
    reason = models.CharField("修改理由", max_length=300)
    written_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="起草人")
    written_at = models.DateTimeField("起草时间")
    withdrawn_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="撤下人")
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)

    objects = LetterVersionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "函件文字"
        ordering = ["key", "-sequence"]
        constraints = [
            models.UniqueConstraint(fields=["key", "sequence"], name="one_letter_version_per_number"),
            models.CheckConstraint(
                condition=Q(withdrawn_by__isnull=True, withdrawn_at__isnull=True)
                | Q(withdrawn_by__isnull=False, withdrawn_at__isnull=False),
                name="letter_version_withdrawal_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return f"{self.key} 第 {self.sequence} 版"

    @property
    def words(self) -> Words:
        return Words(self.subject, self.body)
