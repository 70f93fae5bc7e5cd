from django.conf import settings
from django.db import models
from django.db.models import Q

from .kinds import Kind


class Channel(models.TextChoices):
    INBOX = "inbox", "站内信"
    MAIL = "mail", "邮件"
    SMS = "sms", "短信"


class Delivery(models.TextChoices):
    WAITING = "waiting", "待发送"
    SENT = "sent", "已发送"
    DEAD = "dead", "发送失败"


class MessageQuerySet(models.QuerySet):
    def inbox_of(self, user):
        return self.filter(recipient=user, channel=Channel.INBOX).order_by("-pk")

    def due(self, now):
        return self.filter(delivery=Delivery.WAITING, next_try_at__lte=now).order_by("pk")


class Message(models.Model):
    """One letter over one channel: a row of the outbox, and of the inbox where the channel is the inbox."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="messages", verbose_name="收件人"
    )
    address = models.CharField("地址", max_length=254, blank=True)
    channel = models.CharField("渠道", max_length=10, choices=Channel)
    event = models.CharField("事件", max_length=40)
    key = models.CharField("去重键", max_length=200, unique=True)
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("正文")
    wording = models.CharField("函件文字", max_length=60, blank=True)  # which version of its words, where they have versions
    link = models.CharField("链接", max_length=200, blank=True)
    created_at = models.DateTimeField("时间")
    delivery = models.CharField("发送状态", max_length=10, choices=Delivery, default=Delivery.WAITING)
    attempts = models.PositiveSmallIntegerField("尝试次数", default=0)
    next_try_at = models.DateTimeField("下次发送时间")
    sent_at = models.DateTimeField("发送时间", null=True, blank=True)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "消息"
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(delivery="waiting"), name="message_due"),
            models.Index(fields=["recipient", "-id"], condition=Q(channel="inbox"), name="message_inbox"),
        ]

    def __str__(self):
        return self.subject


class MailOptOut(models.Model):
    """停发邮件: a person's wish to read this kind of letters in the inbox only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="mail_opt_outs", verbose_name="用户")
    kind = models.CharField("消息类别", max_length=20, choices=Kind)
    since = models.DateTimeField("开始时间")

    class Meta:
        verbose_name = verbose_name_plural = "停发邮件"
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="one_mail_opt_out_per_person_and_kind"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="only_optional_letters_stay_out_of_mail"),
        ]

    def __str__(self):
        return f"{self.user} {self.get_kind_display()}"
