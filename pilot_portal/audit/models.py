"""Events and their seals. Triggers refuse UPDATE, DELETE and TRUNCATE on all three tables (migration 0002)."""

from datetime import UTC

from django.db import models


class Event(models.Model):
    """One thing that happened, written in the transaction it describes. Holds keys and codes, never bank or identity numbers."""

    at = models.DateTimeField("时间")
    actor_id = models.BigIntegerField("操作人编号", null=True)
    actor = models.CharField("操作人", max_length=150)
    role = models.CharField("角色", max_length=20, blank=True)
    action = models.CharField("动作", max_length=40)
    object_type = models.CharField("对象类型", max_length=60)
    object_id = models.BigIntegerField("对象编号", null=True)
    object_label = models.CharField("对象", max_length=200, blank=True)
    data = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "审计事件"
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="event_by_object"),
            models.Index(fields=["actor_id", "id"], name="event_by_actor"),
        ]

    def __str__(self):
        return f"{self.action} {self.object_label}"

    def canonical(self) -> dict:
        """The facts that a seal covers, in a form that is the same on every machine."""
        return {
            "id": self.pk,
            "at": self.at.astimezone(UTC).isoformat(),
            "actor_id": self.actor_id,
            "actor": self.actor,
            "role": self.role,
            "action": self.action,
            "object": [self.object_type, self.object_id, self.object_label],
            "data": self.data,
        }


class Seal(models.Model):
    """A link of the chain: SHA-256 over the previous hash and the canonical text of each event it covers, by event id."""

    previous_hash = models.CharField("前一封存值", max_length=64)
    hash = models.CharField("封存值", max_length=64, unique=True)
    count = models.PositiveIntegerField("事件数")
    at = models.DateTimeField("封存时间")

    class Meta:
        verbose_name = verbose_name_plural = "审计封存"

    def __str__(self):
        return f"{self.pk} {self.hash[:12]}"


class SealedEvent(models.Model):
    """Which seal covers an event. Apart from the event, since an event never changes."""

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="sealed")
    seal = models.ForeignKey(Seal, models.PROTECT, related_name="entries")

    class Meta:
        verbose_name = verbose_name_plural = "封存明细"

    def __str__(self):
        return f"{self.event_id} in {self.seal_id}"


class Anchor(models.Model):
    """The day's last seal, mailed to the IP office so that the chain cannot be rewritten in silence."""

    day = models.DateField("日期", unique=True)
    seal = models.ForeignKey(Seal, models.PROTECT, related_name="+")
    hash = models.CharField("封存值", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "每日锚点"

    def __str__(self):
        return f"{self.day} {self.hash}"
