from django.conf import settings
from django.db import models
from django.db.models import Q

from pilot_portal.files.models import StoredFile

from .applications import Application

USER = settings.AUTH_USER_MODEL


class Side(models.TextChoices):
    APPLICANT = "applicant", "申请人"
    CENTRE = "centre", "中心"


class CaseMessageQuerySet(models.QuerySet):
    def unread_by(self, side: str):
        """What the other side has said and nobody of this side has marked as read."""
        return self.filter(read_at__isnull=True).exclude(side=side)


class CaseMessage(models.Model):
    """往来留言: what one side of a case said to the other. It stays as it was written; only that it was read is added, once."""

    application = models.ForeignKey(Application, models.PROTECT, related_name="conversation", verbose_name="申报")
    side = models.CharField("一方", max_length=10, choices=Side)
    author = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="留言人")
    text = models.TextField("内容")
    paper = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="附件")
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True, blank=True)
    read_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="已读人")

    objects = CaseMessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "往来留言"
        ordering = ["pk"]
        indexes = [models.Index(fields=["application", "side"], condition=Q(read_at__isnull=True), name="case_message_unread")]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="case_message_says_something"),
            models.CheckConstraint(
                condition=Q(read_at__isnull=True, read_by__isnull=True) | Q(read_at__isnull=False, read_by__isnull=False),
                name="read_case_message_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return f"{self.application} {self.get_side_display()}留言"
