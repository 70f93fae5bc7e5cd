"""Colleagues whom an owner has asked to join."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .entities import LegalEntity, MembershipRole

INVITABLE = (MembershipRole.SUBMITTER, MembershipRole.PREPARER, MembershipRole.VIEWER)
USER = settings.AUTH_USER_MODEL


class InvitationQuerySet(models.QuerySet):
    def unanswered(self):
        """Neither accepted nor taken back; some of them may have expired."""
        return self.filter(accepted_at__isnull=True, withdrawn_at__isnull=True)


class AbstractInvitation(models.Model):
    """A letter with a link that lets its reader join, once and before it expires. What is joined, and in which role, each kind says."""

    email = models.EmailField("邮箱")
    invited_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="邀请人")
    invited_at = models.DateTimeField("邀请时间")
    expires_at = models.DateTimeField("有效期至")
    accepted_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="接受人")
    accepted_at = models.DateTimeField("接受时间", null=True, blank=True)
    withdrawn_at = models.DateTimeField("收回时间", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        abstract = True

    def is_open(self, at) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and at < self.expires_at


class Invitation(AbstractInvitation):
    """邀请: a link by mail that makes its reader a member, once and before it expires."""

    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="invitations", verbose_name="企业")
    role = models.CharField("身份", max_length=20, choices=[(role.value, role.label) for role in INVITABLE])

    class Meta:
        verbose_name = verbose_name_plural = "成员邀请"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity", "email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_invitation_per_entity_and_address",
            ),
            models.CheckConstraint(condition=Q(role__in=INVITABLE), name="invitation_makes_no_owner"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("invited_at")), name="invitation_expires_after_it_is_made"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, withdrawn_at__isnull=True, accepted_at__lt=F("expires_at")),
                name="invitation_accepted_once_in_time",
            ),
        ]

    def __str__(self):
        return f"{self.email} · {self.legal_entity}"
