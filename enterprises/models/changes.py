"""What an enterprise says has changed since it was verified; it counts once a handler has compared it with its evidence."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from pilot_portal.files.models import StoredFile

from ..states import CHANGE_LIFE, ChangeState
from .entities import LegalEntity

USER = settings.AUTH_USER_MODEL


class ChangeKind(models.TextChoices):
    FACTS = "facts", "登记信息变更"
    FORMER_NAME = "former_name", "曾用名"
    BRANCH = "branch", "分支机构"


class EntityChange(models.Model):
    """变更申请.

    `facts` by kind: name, registered_address, district, legal_representative, changed_on · name, until · credit_code, name, place.
    """

    LIFE = CHANGE_LIFE

    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="changes", verbose_name="企业")
    kind = models.CharField("事项", max_length=20, choices=ChangeKind)
    facts = models.JSONField("内容")
    evidence = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="证明材料")
    state = models.CharField("状态", max_length=20, choices=ChangeState, default=ChangeState.SUBMITTED)
    state_reason = models.CharField("处理意见", max_length=300, blank=True)
    submitted_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="提交人")
    submitted_at = models.DateTimeField("提交时间")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="处理人")
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "变更申请"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["legal_entity"],
                condition=Q(kind=ChangeKind.FACTS, state=ChangeState.SUBMITTED),
                name="one_open_change_of_facts_per_entity",
            ),
            models.CheckConstraint(
                condition=Q(state=ChangeState.SUBMITTED) | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="decided_change_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return f"{self.legal_entity} {self.get_kind_display()}"

    @property
    def said(self) -> str:
        """What is said, in a line."""
        facts = self.facts
        if self.kind == ChangeKind.BRANCH:
            return f"{facts['name']}（{facts['credit_code']}，{facts['place']}）"
        if self.kind == ChangeKind.FORMER_NAME:
            return f"{facts['name']}，{facts['until']} 更名"
        return f"{facts['name']}，{facts['registered_address']}，法定代表人{facts['legal_representative']}"
