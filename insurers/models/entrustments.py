"""委托: who lets whom file."""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from enterprises.models import LegalEntity, MembershipState
from insurers.states import ENTRUSTMENT_LIFE, EntrustmentState
from pilot_portal.accounts.roles import CENTRE, CUSTODIANS, Role
from pilot_portal.files.models import StoredFile

from .market import Insurer

USER = settings.AUTH_USER_MODEL


class EntrustmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Both sides, the centre and the custodians."""
        if user.role in CENTRE | CUSTODIANS:
            return self
        if user.role == Role.ENTERPRISE:
            return self.filter(legal_entity__memberships__user=user, legal_entity__memberships__state=MembershipState.ACTIVE)
        if user.role == Role.INSURER:
            return self.filter(insurer__staff__user=user)
        return self.none()

    def in_force(self, now):
        return self.filter(state=EntrustmentState.CONFIRMED, starts_at__lte=now, ends_at__gt=now)


class Entrustment(models.Model):
    """委托: an enterprise lets its policy's insurer file for it, for a stated period."""

    LIFE = ENTRUSTMENT_LIFE

    insurer = models.ForeignKey(Insurer, models.PROTECT, related_name="entrustments", verbose_name="受托保险公司")
    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="entrustments", verbose_name="委托企业")
    starts_at = models.DateTimeField("委托期起")
    ends_at = models.DateTimeField("委托期止（不含）")
    includes_submission = models.BooleanField("含提交", default=True)
    includes_correction = models.BooleanField("含补正", default=True)
    paper = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="委托书")
    state = models.CharField("状态", max_length=20, choices=EntrustmentState, default=EntrustmentState.PROPOSED)
    proposed_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="发起人")
    proposed_at = models.DateTimeField("发起时间")
    confirmed_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    state_reason = models.CharField("说明", max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EntrustmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "委托"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="entrustment_ends_after_it_starts"),
            models.CheckConstraint(
                condition=~Q(state=EntrustmentState.CONFIRMED) | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="confirmed_entrustment_has_actor_and_time",
            ),
            models.UniqueConstraint(
                fields=["insurer", "legal_entity"],
                condition=Q(state__in=[EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED]),
                name="one_live_entrustment_per_insurer_and_entity",
            ),
        ]

    def __str__(self):
        return f"{self.legal_entity} → {self.insurer}"

    @property
    def number(self) -> str:
        """By which the name of a scanned paper may tell it."""
        return f"WT{self.pk:06d}"

    @property
    def last_day(self) -> date:
        """The last day of the period, until 24:00 of which it runs."""
        return timezone.localdate(self.ends_at - timedelta(microseconds=1))

    def is_in_force(self, now) -> bool:
        return self.state == EntrustmentState.CONFIRMED and self.starts_at <= now < self.ends_at
