from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from enterprises.models import BankAccount, EntityCategory, LegalEntity, MembershipState
from insurers.models import Entrustment, Insurer, Policy
from pilot_portal.accounts.roles import CENTRE, CUSTODIANS, OVERSIGHT, Role
from pilot_portal.files.models import StoredFile
from pilot_portal.reference.fields import money
from pilot_portal.reference.models import Pilot
from pilot_portal.workflow.refusals import Refusal
from subsidies.rules import SCHEME_CAP, SCHEME_RATE, Terms
from subsidies.states import APPLICATION_LIFE, AWARDED, ENDED, SLOT_FREE, STAMPS, UNFILED, State

from .papers import PaperQuerySet
from .windows import Window

USER = settings.AUTH_USER_MODEL


class Channel(models.TextChoices):
    SELF = "self", "企业自行申报"
    INSURER = "insurer", "保险公司代申报"


def stamp_time(verb: str) -> models.DateTimeField:
    return models.DateTimeField(f"{verb}时间", null=True, blank=True)


def stamp_actor(verb: str) -> models.ForeignKey:
    return models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=f"{verb}人")


class ApplicationQuerySet(PaperQuerySet):
    OWED: ClassVar = {
        "acceptance": Q(accepted_at__isnull=False),
        "refusal": Q(state=State.NOT_ACCEPTED),
        "rejection": Q(state=State.REJECTED),
    }

    def visible_to(self, user):
        """Its applicant's members, the insurer that files it, the centre and the custodians; oversight what came to determination."""
        if user.role in CENTRE | CUSTODIANS:
            return self.exclude(state__in=UNFILED) if user.role in CENTRE else self
        if user.role == Role.ENTERPRISE:
            return self.filter(legal_entity__memberships__user=user, legal_entity__memberships__state=MembershipState.ACTIVE)
        if user.role == Role.INSURER:
            return self.filter(insurer__staff__user=user)
        if user.role in OVERSIGHT:
            return self.filter(Q(allocated_at__isnull=False) | Q(determined_at__isnull=False) | Q(state=State.REJECTION_PROPOSED))
        return self.none()

    def holding_slot(self):
        return self.exclude(state__in=SLOT_FREE)

    def unfiled(self):
        return self.filter(state__in=UNFILED)

    def under_way(self):
        return self.exclude(state__in=(*UNFILED, *ENDED))

    def standing_on(self, policies):
        """Filed cases whose amount rests on one of these policies."""
        return self.holding_slot().filter(policy__in=policies)

    def unscreened(self):
        return self.filter(state__in=[State.SUBMITTED, State.ACCEPTED], findings__isnull=True)

    def without_receipt(self):
        return self.under_way().exclude(documents__kind="receipt")


class Application(models.Model):
    """申报: one case, from draft to archive. What must never be false stands in its constraints."""

    LIFE = APPLICATION_LIFE
    MOVES_WITH = (  # what nearly every verb reads of it
        "window__pilot",
        "legal_entity__licence",
        "policy__insurer",
        "policy__product",
        "policy__paper",
        "category__category",
        "category__evidence",
        "bank_account__proof",
        "insurer",
    )

    number = models.CharField("申报编号", max_length=24, unique=True, null=True, blank=True, editable=False)
    pilot = models.ForeignKey(Pilot, models.PROTECT, related_name="applications", verbose_name="试点年度")
    window = models.ForeignKey(Window, models.PROTECT, related_name="applications", verbose_name="申报周期")
    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="applications", verbose_name="申请人")
    policy = models.ForeignKey(Policy, models.PROTECT, null=True, blank=True, related_name="applications", verbose_name="保单")
    category = models.ForeignKey(EntityCategory, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="企业类别")
    bank_account = models.ForeignKey(BankAccount, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="收款账户")
    channel = models.CharField("申报方式", max_length=10, choices=Channel, default=Channel.SELF)
    insurer = models.ForeignKey(Insurer, models.PROTECT, null=True, blank=True, related_name="applications", verbose_name="代申报保险公司")
    entrustment = models.ForeignKey(Entrustment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="委托")
    pledged = models.BooleanField("已承诺", default=False)
    other_subsidies = models.TextField("已获其他资金支持", blank=True)
    snapshot = models.JSONField("提交时的内容", default=dict, editable=False)
    state = models.CharField("状态", max_length=20, choices=State, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1, editable=False)
    handler = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="handled_applications", verbose_name="承办人")
    due_at = models.DateTimeField("本环节期限", null=True, blank=True)

    created_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="创建人")
    created_at = models.DateTimeField("创建时间")
    saved_at = models.DateTimeField("保存时间")
    proposed_at, proposed_by = stamp_time("提请"), stamp_actor("提请")
    submitted_at, submitted_by = stamp_time("提交"), stamp_actor("提交")
    correction_asked_at, correction_asked_by = stamp_time("告知补正"), stamp_actor("告知补正")
    accepted_at, accepted_by = stamp_time("受理"), stamp_actor("受理")
    reviewed_at, reviewed_by = stamp_time("初审"), stamp_actor("初审")
    rejection_proposed_at, rejection_proposed_by = stamp_time("提请不予补贴"), stamp_actor("提请不予补贴")
    checked_at, checked_by = stamp_time("复核"), stamp_actor("复核")
    allocated_at, allocated_by = stamp_time("核定"), stamp_actor("核定")
    determined_at, determined_by = stamp_time("审定"), stamp_actor("审定")
    publicised_at, publicised_by = stamp_time("公示"), stamp_actor("公示")
    approved_at, approved_by = stamp_time("批准"), stamp_actor("批准")
    paid_at, paid_by = stamp_time("拨付"), stamp_actor("拨付")
    ended_at, ended_by = stamp_time("结束"), stamp_actor("结束")
    held_at, held_by = stamp_time("暂停"), stamp_actor("暂停")
    held_reason = models.CharField("暂停原因", max_length=300, blank=True)
    rejection_reason = models.TextField("拟不予补贴的理由", blank=True)
    ended_reason = models.TextField("结束原因", blank=True)

    rate = models.DecimalField("比例", max_digits=4, decimal_places=2, null=True, blank=True)
    cap = money("上限（元）", null=True, blank=True)
    recognised_premium = money("认定保费（元）", null=True, blank=True)
    entitled = money("应补金额（元）", null=True, blank=True)
    awarded = money("核定补贴（元）", null=True, blank=True)
    reserved = money("预留（元）", default=Decimal(0))

    allocation = models.ForeignKey("AllocationRun", models.PROTECT, null=True, blank=True, related_name="applications", verbose_name="分配")
    determination = models.ForeignKey(
        "Determination", models.PROTECT, null=True, blank=True, related_name="applications", verbose_name="审定"
    )
    public_notice = models.ForeignKey(
        "PublicNotice", models.PROTECT, null=True, blank=True, related_name="applications", verbose_name="公示"
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "申报"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["state", "due_at", "id"], name="application_queue"),
            models.Index(fields=["window", "state", "id"], name="application_window"),
            models.Index(fields=["handler", "state", "due_at"], name="application_desk"),
            models.Index(fields=["legal_entity", "-id"], name="application_of_entity"),
            models.Index(fields=["policy"], name="application_of_policy"),
            models.Index(fields=["due_at", "id"], name="application_due"),
            models.Index(fields=["held_at"], condition=Q(held_at__isnull=False), name="application_held"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["window", "legal_entity"],
                condition=~Q(state__in=SLOT_FREE),
                name="one_application_per_window_and_entity",
            ),
            models.UniqueConstraint(fields=["policy"], condition=~Q(state__in=SLOT_FREE), name="one_application_per_policy"),
            models.UniqueConstraint(fields=["pilot", "legal_entity"], condition=Q(awarded__gt=0), name="one_award_per_pilot_and_entity"),
            models.UniqueConstraint(
                fields=["window", "legal_entity", "insurer"],
                condition=Q(state__in=UNFILED),
                nulls_distinct=False,
                name="one_draft_per_window_entity_and_channel",
            ),
            models.CheckConstraint(
                condition=Q(channel=Channel.SELF, insurer__isnull=True) | Q(channel=Channel.INSURER, insurer__isnull=False),
                name="insurer_channel_names_the_insurer",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[State.REJECTION_PROPOSED, State.REJECTED]) | ~Q(rejection_reason=""),
                name="rejection_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(rejection_proposed_by__isnull=True) | ~Q(rejection_proposed_by=F("reviewed_by")),
                name="rejection_proposed_by_another_person",
            ),
            models.CheckConstraint(
                condition=Q(rate__isnull=True) | Q(rate__gt=0, rate__lte=SCHEME_RATE), name="application_rate_within_scheme"
            ),
            models.CheckConstraint(condition=Q(cap__isnull=True) | Q(cap__gt=0, cap__lte=SCHEME_CAP), name="application_cap_within_scheme"),
            models.CheckConstraint(
                condition=Q(entitled__isnull=True)
                | Q(
                    entitled__gte=0,
                    rate__isnull=False,
                    cap__isnull=False,
                    recognised_premium__isnull=False,
                    entitled__lte=F("recognised_premium") * F("rate"),
                ),
                name="entitled_within_rate",
            ),
            models.CheckConstraint(condition=Q(entitled__isnull=True) | Q(entitled__lte=F("cap")), name="entitled_within_cap"),
            models.CheckConstraint(
                condition=Q(awarded__isnull=True) | Q(entitled__isnull=False, awarded__gte=0, awarded__lte=F("entitled")),
                name="awarded_within_entitled",
            ),
            models.CheckConstraint(condition=Q(reserved__gte=0, reserved__lte=SCHEME_CAP), name="reserved_within_scheme"),
            models.CheckConstraint(condition=~Q(state__in=ENDED) | Q(reserved=0), name="ended_case_reserves_nothing"),
            models.CheckConstraint(
                condition=Q(awarded__isnull=True) | Q(awarded=0) | Q(state__in=AWARDED), name="award_only_after_allocation"
            ),
            models.CheckConstraint(condition=~Q(state__in=AWARDED) | Q(awarded__isnull=False), name="allocated_case_has_award"),
            models.CheckConstraint(
                condition=Q(state__in=UNFILED) | Q(number__isnull=False, policy__isnull=False, bank_account__isnull=False, pledged=True),
                name="filed_case_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(channel=Channel.SELF) | Q(state__in=UNFILED) | Q(entrustment__isnull=False),
                name="insurer_files_under_entrustment",
            ),
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("reviewed_by")), name="checked_by_another_person"
            ),
            models.CheckConstraint(
                condition=Q(held_at__isnull=True, held_by__isnull=True, held_reason="")
                | (Q(held_at__isnull=False, held_by__isnull=False) & ~Q(held_reason="")),
                name="hold_has_time_actor_and_reason",
            ),
            *(
                models.CheckConstraint(
                    condition=~Q(state__in=states) | Q(**{f"{stamp}_at__isnull": False, f"{stamp}_by__isnull": False}),
                    name=f"state_has_{stamp}_stamp",
                )
                for stamp, states in STAMPS.items()
            ),
        ]

    def __str__(self):
        return self.number or f"草稿 {self.pk}"

    def get_absolute_url(self):
        return reverse("subsidies:application", args=[self.pk])

    @property
    def is_filed(self) -> bool:
        return self.state not in UNFILED

    def asks_for(self, part: str) -> bool:
        """Whether its open correction list names this part, so that it may be mended now."""
        return (
            self.state == State.CORRECTION
            and not self.is_held
            and self.corrections.filter(closed_at__isnull=True, items__part=part).exists()
        )

    @property
    def is_held(self) -> bool:
        return self.held_at is not None

    def require_free(self, user) -> None:
        """Raises Refusal interest_declared for an officer who has declared an interest in the applicant."""
        if (
            user.role in (Role.HANDLER, Role.REVIEWER, Role.HEAD)
            and user.declared_interests.filter(legal_entity=self.legal_entity_id).exists()
        ):
            raise Refusal("interest_declared", entity=self.legal_entity)

    @property
    def terms(self) -> Terms:
        """The case's own terms once they are fixed; the window's until then."""
        return Terms(self.rate, self.cap) if self.rate is not None else self.window.terms


class AttachmentKind(models.TextChoices):
    CATEGORY = "category", "企业类别证明"
    EXPORT = "export", "出口证明"
    QUESTIONNAIRE = "questionnaire", "企业问询表"
    PLEDGE = "pledge", "承诺书（盖章）"
    ACCOUNT = "account", "收款账户证明"
    ENTRUSTMENT = "entrustment", "委托书（盖章）"
    OTHER = "other", "其他材料"


class Attachment(models.Model):
    """A paper that belongs to the application itself; policy, invoices and payments carry their own."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="attachments", verbose_name="申报")
    kind = models.CharField("材料", max_length=20, choices=AttachmentKind)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="文件")
    item = models.ForeignKey(
        "CorrectionItem", models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name="所答补正事项"
    )
    reply = models.ForeignKey("Reply", models.PROTECT, null=True, blank=True, related_name="attachments", verbose_name="所附陈述申辩")
    superseded_at = models.DateTimeField("替换时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "申报材料"
        ordering = ["kind", "pk"]

    def __str__(self):
        return self.get_kind_display()
