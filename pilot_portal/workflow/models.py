from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Proposal(models.Model):
    """A decision that awaits another person: refusal, rejection, role change."""

    action = models.CharField("事项", max_length=40)
    object_type = models.CharField("对象类型", max_length=60)
    object_id = models.BigIntegerField("对象编号")
    reason = models.TextField("理由")
    data = models.JSONField("内容", default=dict)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="提请人")
    proposed_at = models.DateTimeField("提请时间")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人")
    decided_at = models.DateTimeField("确认时间", null=True, blank=True)
    confirmed = models.BooleanField("已确认", null=True, blank=True)
    remark = models.TextField("意见", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "提请"
        constraints = [
            models.UniqueConstraint(
                fields=["object_type", "object_id"], condition=Q(confirmed__isnull=True), name="one_open_proposal_per_object"
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")), name="proposal_decided_by_another_person"
            ),
            models.CheckConstraint(
                condition=Q(confirmed__isnull=True, decided_by__isnull=True, decided_at__isnull=True)
                | Q(confirmed__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
                name="proposal_decision_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return f"{self.action} {self.object_type} {self.object_id}"
