"""Keys with which an insurer's own systems speak to the portal."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

USER = settings.AUTH_USER_MODEL


class Scope(models.TextChoices):
    READ = "read", "查询"
    POLICIES = "policies", "登记保单"
    ENTRUSTMENTS = "entrustments", "发起委托"
    FILES = "files", "上传文件"
    APPLICATIONS = "applications", "代客户申报"


class ApiKeyQuerySet(models.QuerySet):
    def live_at(self, now):
        return self.filter(revoked_at__isnull=True, expires_at__gt=now)


class ApiKey(models.Model):
    """接口密钥: acts as the person who made it. The secret is shown once; its SHA-256 and its prefix are kept."""

    insurer = models.ForeignKey("insurers.Insurer", models.PROTECT, related_name="api_keys", verbose_name="保险公司")
    name = models.CharField("用途", max_length=60)
    prefix = models.CharField("前缀", max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), verbose_name="权限")
    created_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="创建人")
    created_at = models.DateTimeField("创建时间")
    expires_at = models.DateTimeField("到期时间")
    revoked_at = models.DateTimeField("停用时间", null=True, blank=True)
    last_used_at = models.DateTimeField("最近使用", null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "接口密钥"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="api_key_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="api_key_opens_something"),
        ]

    def __str__(self):
        return f"{self.name}（{self.prefix}…）"

    @property
    def scope_labels(self) -> list[str]:
        return [Scope(scope).label for scope in self.scopes]

    @property
    def opens_all(self) -> bool:
        return set(self.scopes) == set(Scope.values)

    def is_live(self, now) -> bool:
        return self.revoked_at is None and now < self.expires_at


class ApiAnswer(models.Model):
    """接口答复: what was done under an Idempotency-Key of an insurer, so that asking again does nothing and gets the same answer."""

    insurer = models.ForeignKey("insurers.Insurer", models.PROTECT, related_name="+", verbose_name="保险公司")
    name = models.CharField("Idempotency-Key", max_length=64)
    fingerprint = models.CharField("请求指纹", max_length=64)
    body = models.JSONField("答复", default=dict)
    made_at = models.DateTimeField("答复时间", db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "接口答复"
        constraints = [models.UniqueConstraint(fields=["insurer", "name"], name="one_api_answer_per_insurer_and_name")]

    def __str__(self):
        return self.name
