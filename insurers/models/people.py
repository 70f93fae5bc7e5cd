"""Who works for an insurer, in which role, and who has been asked to."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from enterprises.models import AbstractInvitation

USER = settings.AUTH_USER_MODEL


class StaffRole(models.TextChoices):
    MANAGER = "manager", "管理员"
    FILER = "filer", "填报人"
    VIEWER = "viewer", "查看人"


class InsurerStaff(models.Model):
    """A user of role insurer works for exactly one insurer. The first person of an insurer manages it."""

    user = models.OneToOneField(USER, models.PROTECT, related_name="insurer_staff", verbose_name="用户")
    insurer = models.ForeignKey("insurers.Insurer", models.PROTECT, related_name="staff", verbose_name="保险公司")
    role = models.CharField("身份", max_length=20, choices=StaffRole, default=StaffRole.MANAGER)

    class Meta:
        verbose_name = verbose_name_plural = "保险公司人员"

    def __str__(self):
        return f"{self.user} · {self.insurer}"

    @property
    def files(self) -> bool:
        """Whether this person may do what the insurer does: answer, confirm, file."""
        return self.role in (StaffRole.MANAGER, StaffRole.FILER)

    @property
    def manages(self) -> bool:
        """Whether this person decides who works for the insurer, and makes its keys."""
        return self.role == StaffRole.MANAGER


class StaffInvitation(AbstractInvitation):
    """人员邀请: a link by mail that opens an account with an insurer, once and before it expires."""

    insurer = models.ForeignKey("insurers.Insurer", models.PROTECT, related_name="invitations", verbose_name="保险公司")
    role = models.CharField("身份", max_length=20, choices=StaffRole)

    class Meta:
        verbose_name = verbose_name_plural = "保险公司人员邀请"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["insurer", "email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="one_open_invitation_per_insurer_and_address",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("invited_at")), name="staff_invitation_expires_after_it_is_made"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, withdrawn_at__isnull=True, accepted_at__lt=F("expires_at")),
                name="staff_invitation_accepted_once_in_time",
            ),
        ]

    def __str__(self):
        return f"{self.email} · {self.insurer}"
