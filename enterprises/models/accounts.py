"""Where the money goes. A change waits for a second person, or a day; until then nothing is paid."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from pilot_portal.accounts.secrets import decrypt, encrypt, fingerprint
from pilot_portal.files.models import StoredFile

from .entities import LegalEntity

USER = settings.AUTH_USER_MODEL


class BankAccountQuerySet(models.QuerySet):
    def open(self):
        """Those that an enterprise has now: one each at most."""
        return self.filter(closed_at__isnull=True)

    def once_in_force(self):
        """Those to which money could be paid at some time before they were closed."""
        return self.filter(Q(waits_until__isnull=True) | Q(confirmed_at__isnull=False) | Q(closed_at__gte=F("waits_until")))


class BankAccount(models.Model):
    """收款账户: the number only as ciphertext, a keyed HMAC for matching, and the last four digits for showing."""

    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="bank_accounts", verbose_name="企业")
    holder = models.CharField("户名", max_length=120)
    bank_name = models.CharField("开户行", max_length=120)
    cnaps = models.CharField("联行号", max_length=12)
    number_ciphertext = models.TextField()
    number_hmac = models.CharField(max_length=64, db_index=True)
    last_four = models.CharField("账号后四位", max_length=4)
    proof = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="账户证明")
    created_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="填写人")
    created_at = models.DateTimeField("填写时间")
    waits_until = models.DateTimeField("无人确认时生效时间", null=True, blank=True, help_text="更换的账户才有；首个账户即时生效")
    confirmed_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="确认人")
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    closed_at = models.DateTimeField("停用时间", null=True, blank=True)

    objects = BankAccountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "收款账户"
        constraints = [
            models.UniqueConstraint(fields=["legal_entity"], condition=Q(closed_at__isnull=True), name="one_open_account_per_entity"),
            models.CheckConstraint(
                condition=Q(waits_until__isnull=True) | Q(waits_until__gt=F("created_at")), name="changed_account_waits_after_it_is_written"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("created_by")), name="account_confirmed_by_another_person"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, waits_until__isnull=False),
                name="account_confirmation_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return f"{self.bank_name} 尾号 {self.last_four}"

    @property
    def number(self) -> str:
        return decrypt(self.number_ciphertext)

    @number.setter
    def number(self, value: str):
        self.number_ciphertext, self.number_hmac, self.last_four = encrypt(value), fingerprint(value), value[-4:]

    @property
    def masked(self) -> str:
        return f"**** **** {self.last_four}"

    def waits(self, at: datetime) -> bool:
        """Whether nobody else has confirmed a changed account yet and its day is not over: nothing is paid to it."""
        return self.waits_until is not None and self.confirmed_at is None and at < self.waits_until

    def is_same_as(self, other: "BankAccount") -> bool:
        """Whether money for the one would arrive where money for the other does."""
        return (self.number_hmac, self.bank_name, self.cnaps) == (other.number_hmac, other.bank_name, other.cnaps)
