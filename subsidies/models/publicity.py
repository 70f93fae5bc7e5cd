from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from pilot_portal.accounts.secrets import decrypt, encrypt, fingerprint
from pilot_portal.files.models import StoredFile
from pilot_portal.reference.fields import money
from subsidies.states import OBJECTION_LIFE, ObjectionState

from .papers import PaperQuerySet
from .windows import Window

USER = settings.AUTH_USER_MODEL


class PublicNoticeQuerySet(PaperQuerySet):
    OWED: ClassVar = {"public_notice": Q()}


class PublicNotice(models.Model):
    """公示: from the day after publication over the window's working days; `ends_at` is 24:00 of the last one."""

    window = models.ForeignKey(Window, models.PROTECT, related_name="public_notices", verbose_name="申报周期")
    number = models.CharField("公示编号", max_length=40, unique=True)
    starts_on = models.DateField("公示起")
    ends_on = models.DateField("公示止")
    ends_at = models.DateTimeField("公示届满时间")
    count = models.PositiveIntegerField("件数")
    total = money("合计（元）")
    published_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="发布人")
    published_at = models.DateTimeField("发布时间")

    objects = PublicNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公示"
        ordering = ["-pk"]

    def __str__(self):
        return self.number

    def is_running(self, now) -> bool:
        return self.published_at <= now < self.ends_at


class IdentityKind(models.TextChoices):
    ID_CARD = "id_card", "居民身份证"
    CREDIT_CODE = "credit_code", "统一社会信用代码"
    PASSPORT = "passport", "护照"
    OTHER = "other", "其他证件"


class Objection(models.Model):
    """异议 on one case of a public notice. It freezes the case until it is decided; who raised it is kept encrypted.

    `submission_hmac` is there where it was filed on the public site: the same filing sent twice is one objection.
    """

    LIFE = OBJECTION_LIFE

    notice = models.ForeignKey(PublicNotice, models.PROTECT, related_name="objections", verbose_name="公示")
    application = models.ForeignKey("Application", models.PROTECT, related_name="objections", verbose_name="申报")
    number = models.CharField("异议编号", max_length=40, unique=True)
    objector_ciphertext = models.TextField()
    contact_ciphertext = models.TextField()
    mail_ciphertext = models.TextField(blank=True)
    identity_kind = models.CharField("证件类型", max_length=20, choices=IdentityKind, blank=True)
    identity_ciphertext = models.TextField(blank=True)
    identity_hmac = models.CharField(max_length=64, blank=True)
    submission_hmac = models.CharField(max_length=64, null=True, blank=True)
    grounds = models.TextField("异议内容")
    state = models.CharField("状态", max_length=20, choices=ObjectionState, default=ObjectionState.OPEN)
    version = models.PositiveIntegerField(default=1, editable=False)
    received_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="登记人")
    received_at = models.DateTimeField("收到时间")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="决定人")
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    decision = models.TextField("处理意见", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "公示异议"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ObjectionState.OPEN) | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decision="")),
                name="decided_objection_has_actor_time_and_ground",
            ),
            models.CheckConstraint(
                condition=Q(submission_hmac__isnull=True) | ~(Q(identity_kind="") | Q(identity_ciphertext="") | Q(identity_hmac="")),
                name="objection_filed_in_public_names_its_objector",
            ),
            models.UniqueConstraint(fields=["submission_hmac"], name="one_objection_per_submission"),
        ]

    def __str__(self):
        return self.number

    @property
    def is_from_the_site(self) -> bool:
        return self.submission_hmac is not None

    @property
    def is_open(self) -> bool:
        return self.state == ObjectionState.OPEN

    @property
    def objector(self) -> str:
        return decrypt(self.objector_ciphertext)

    @objector.setter
    def objector(self, value: str) -> None:
        self.objector_ciphertext = encrypt(value)

    @property
    def contact(self) -> str:
        return decrypt(self.contact_ciphertext)

    @contact.setter
    def contact(self, value: str) -> None:
        self.contact_ciphertext = encrypt(value)

    @property
    def mail(self) -> str:
        return decrypt(self.mail_ciphertext) if self.mail_ciphertext else ""

    @mail.setter
    def mail(self, value: str) -> None:
        self.mail_ciphertext = encrypt(value) if value else ""

    @property
    def identity(self) -> str:
        return decrypt(self.identity_ciphertext) if self.identity_ciphertext else ""

    @identity.setter
    def identity(self, value: str) -> None:
        self.identity_ciphertext, self.identity_hmac = (encrypt(value), fingerprint(value)) if value else ("", "")


class ObjectionPaper(models.Model):
    """异议材料: a paper that came with an objection."""

    objection = models.ForeignKey(Objection, models.PROTECT, related_name="papers", verbose_name="公示异议")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="文件")

    class Meta:
        verbose_name = verbose_name_plural = "异议材料"
        ordering = ["pk"]

    def __str__(self):
        return self.file.name
