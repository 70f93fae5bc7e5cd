from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models

from .roles import ADMIN_ROLES, Role

SYSTEM_USERNAME = "system"


class PortalUserManager(UserManager):
    def system(self) -> "User":
        """The non-login user that stands behind what the portal does by itself."""
        return self.get(username=SYSTEM_USERNAME)

    def active_with_role(self, *roles: Role):
        return self.filter(role__in=roles, is_active=True)


class User(AbstractUser):
    role = models.CharField("角色", max_length=20, choices=Role, default=Role.ENTERPRISE)
    display_name = models.CharField("姓名", max_length=60, blank=True)
    phone = models.CharField("手机号", max_length=20, blank=True)

    objects = PortalUserManager()

    class Meta(AbstractUser.Meta):
        verbose_name = verbose_name_plural = "用户"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(role=Role.SYSTEM) | models.Q(is_active=False),
                name="system_user_never_logs_in",
            ),
        ]

    @property
    def works_in_admin(self) -> bool:
        return self.is_active and self.role in ADMIN_ROLES

    def get_full_name(self) -> str:
        return self.display_name or self.username
