from django.conf import settings
from django.db import models
from django.db.models import Q

from enterprises.models import LegalEntity

USER = settings.AUTH_USER_MODEL


class DeclaredInterest(models.Model):
    """回避: an officer who has an interest in an enterprise does nothing on its cases, from this moment on. It stays."""

    officer = models.ForeignKey(USER, models.PROTECT, related_name="declared_interests", verbose_name="回避人")
    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="+", verbose_name="企业")
    reason = models.CharField("回避事由", max_length=300)
    declared_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="提出人")
    declared_at = models.DateTimeField("提出时间")

    class Meta:
        verbose_name = verbose_name_plural = "回避"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["officer", "legal_entity"], name="one_interest_per_officer_and_entity"),
            models.CheckConstraint(condition=~Q(reason=""), name="declared_interest_has_reason"),
        ]

    def __str__(self):
        return f"{self.officer} {self.legal_entity}"
