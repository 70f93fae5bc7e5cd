from django.conf import settings
from django.db import models
from django.db.models import Q

from .applications import Application


class CaseNote(models.Model):
    """内部备注: what an officer notes on a case for colleagues. Never shown to applicant or insurer; stays as it was written."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="notes", verbose_name="申报")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="备注人")
    text = models.TextField("内容")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "内部备注"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="case_note_says_something")]

    def __str__(self):
        return f"{self.application} 内部备注"
