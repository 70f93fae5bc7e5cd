"""An enterprise whose owner has left asks the centre for another one, on its sealed letter."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.files.models import StoredFile

from ..states import OPEN_TAKEOVER, TAKEOVER_LIFE, TakeoverState
from .entities import LegalEntity

USER = settings.AUTH_USER_MODEL


class FormerOwners(models.TextChoices):
    """What becomes of those who owned the account."""

    REMOVE = "remove", "移除（已离职或不再负责）"
    REDUCE = "reduce", "改为提交人（仍在企业办理）"


class TakeoverQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Their applicants; the centre's officers who decide, and those who watch over them."""
        if user.role in (Role.HANDLER, Role.REVIEWER, Role.HEAD, Role.AUDITOR):
            return self
        return self.filter(applicant=user)

    def open(self):
        return self.filter(state__in=OPEN_TAKEOVER)


class Takeover(models.Model):
    """接管申请: a handler compares letter and licence and proposes, a reviewer confirms; then the applicant owns the account."""

    LIFE = TAKEOVER_LIFE

    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="takeovers", verbose_name="企业")
    applicant = models.ForeignKey(USER, models.PROTECT, related_name="takeovers", verbose_name="申请人")
    reason = models.CharField("情况说明", max_length=300)
    contact_name = models.CharField("联系人", max_length=60)
    contact_phone = models.CharField("联系电话", max_length=20)
    letter = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="公函")
    licence = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="营业执照")
    state = models.CharField("状态", max_length=20, choices=TakeoverState, default=TakeoverState.SUBMITTED)
    state_reason = models.CharField("处理意见", max_length=300, blank=True)
    former_owners = models.CharField("原管理员", max_length=20, choices=FormerOwners, blank=True)
    submitted_at = models.DateTimeField("申请时间")
    proposed_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="核查人")
    proposed_at = models.DateTimeField("核查时间", null=True, blank=True)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="决定人")
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = TakeoverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "接管申请"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "applicant"],
                condition=Q(state__in=OPEN_TAKEOVER),
                name="one_open_takeover_per_entity_and_applicant",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[TakeoverState.PROPOSED, TakeoverState.GRANTED])
                | (Q(proposed_by__isnull=False, proposed_at__isnull=False) & ~Q(former_owners="")),
                name="proposed_takeover_has_actor_time_and_outcome",
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_TAKEOVER) | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="decided_takeover_has_actor_and_time",
            ),
            models.CheckConstraint(
                condition=~Q(state=TakeoverState.GRANTED) | ~Q(decided_by=F("proposed_by")), name="takeover_granted_by_another_person"
            ),
        ]

    def __str__(self):
        return f"{self.legal_entity} 接管申请"

    def get_absolute_url(self):
        return reverse("enterprises:takeover", args=[self.pk])
