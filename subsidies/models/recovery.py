from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from insurers.models import Endorsement
from pilot_portal.files.models import StoredFile
from pilot_portal.reference.fields import money
from subsidies.states import RECOVERY_LIFE, RecoveryState

from .applications import Application, stamp_actor, stamp_time
from .papers import PaperQuerySet

USER = settings.AUTH_USER_MODEL


class RecoveryQuerySet(PaperQuerySet):
    OWED: ClassVar = {"recovery": Q(ordered_at__isnull=False)}


class Recovery(models.Model):
    """追回: money to come back after an endorsement, a surrender or a fault. The IP office orders it."""

    LIFE = RECOVERY_LIFE

    application = models.ForeignKey(Application, models.PROTECT, related_name="recoveries", verbose_name="申报")
    amount = money("应退回（元）")
    reason = models.CharField("事由", max_length=300)
    endorsement = models.OneToOneField(
        Endorsement, models.PROTECT, null=True, blank=True, related_name="recovery", verbose_name="依据的批单"
    )
    state = models.CharField("状态", max_length=20, choices=RecoveryState, default=RecoveryState.PROPOSED)
    version = models.PositiveIntegerField(default=1, editable=False)
    proposed_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="提请人")
    proposed_at = models.DateTimeField("提请时间")
    ordered_at, ordered_by = stamp_time("责令"), stamp_actor("责令")
    due_on = models.DateField("退回期限", null=True, blank=True)
    repaid_at, repaid_by = stamp_time("到账确认"), stamp_actor("到账确认")
    bank_reference = models.CharField("银行流水", max_length=60, blank=True)
    proof = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="退款凭证")
    dropped_at, dropped_by = stamp_time("不予追回"), stamp_actor("不予追回")
    drop_reason = models.CharField("不予追回理由", max_length=300, blank=True)

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "追回"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="recovery_positive"),
            models.CheckConstraint(
                condition=Q(ordered_by__isnull=True) | ~Q(ordered_by=F("proposed_by")), name="recovery_ordered_by_another_person"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[RecoveryState.PROPOSED, RecoveryState.DROPPED])
                | Q(ordered_at__isnull=False, ordered_by__isnull=False, due_on__isnull=False),
                name="recovery_has_ordered_stamp",
            ),
            models.CheckConstraint(
                condition=~Q(state=RecoveryState.REPAID) | (Q(repaid_at__isnull=False, repaid_by__isnull=False) & ~Q(bank_reference="")),
                name="recovery_has_repaid_stamp",
            ),
            models.CheckConstraint(
                condition=~Q(state=RecoveryState.DROPPED) | (Q(dropped_at__isnull=False, dropped_by__isnull=False) & ~Q(drop_reason="")),
                name="recovery_has_dropped_stamp",
            ),
        ]

    def __str__(self):
        return f"{self.application} 追回 {self.amount}"
