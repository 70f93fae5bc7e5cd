from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Collate
from django.urls import reverse

from pilot_portal.accounts.roles import CENTRE, CUSTODIANS, Role
from pilot_portal.files.models import StoredFile
from pilot_portal.reference.models import Entry, Kind, Pilot

from ..states import ENTITY_LIFE, PREREGISTRATION_LIFE, EntityState, PreRegistrationState

USER = settings.AUTH_USER_MODEL


class EntityKind(models.TextChoices):
    """主体类型, as on the business licence. Only 企业法人 is a legal person."""

    LEGAL_PERSON = "legal_person", "企业法人"
    BRANCH = "branch", "分支机构"
    PARTNERSHIP = "partnership", "合伙企业"
    SOLE_PROPRIETORSHIP = "sole_proprietorship", "个人独资企业"
    SELF_EMPLOYED = "self_employed", "个体工商户"


class LegalEntityQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Its active members; the centre and the custodians; an insurer through policies, by `insurers`."""
        if user.role in CENTRE | CUSTODIANS:
            return self
        if user.role == Role.ENTERPRISE:
            return self.filter(memberships__user=user, memberships__state=MembershipState.ACTIVE)
        return self.none()


class LegalEntity(models.Model):
    """法人主体: whoever may apply. Everything below the name is as on the business licence."""

    LIFE = ENTITY_LIFE

    credit_code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    name = models.CharField("企业名称", max_length=120)
    kind = models.CharField("主体类型", max_length=20, choices=EntityKind, default=EntityKind.LEGAL_PERSON)
    registered_address = models.CharField("住所（注册地址）", max_length=200)
    district = models.ForeignKey(Entry, models.PROTECT, limit_choices_to={"kind": Kind.DISTRICT}, related_name="+", verbose_name="注册区")
    in_beijing = models.BooleanField("注册地址在本市", null=True, blank=True, help_text="核验时按营业执照住所认定")
    legal_representative = models.CharField("法定代表人", max_length=60)
    established_on = models.DateField("成立日期")
    industry = models.ForeignKey(
        Entry, models.PROTECT, null=True, blank=True, limit_choices_to={"kind": Kind.INDUSTRY}, related_name="+", verbose_name="所属产业"
    )
    export_value = models.DecimalField("上年出口额（万元）", max_digits=14, decimal_places=2, null=True, blank=True)
    export_regions = models.CharField("主要出口国家和地区", max_length=200, blank=True)
    contact_name = models.CharField("联系人", max_length=60)
    contact_phone = models.CharField("联系电话", max_length=20)
    contact_email = models.EmailField("联系邮箱")
    licence = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+", verbose_name="营业执照")
    state = models.CharField("核验状态", max_length=20, choices=EntityState, default=EntityState.UNVERIFIED)
    state_reason = models.CharField("核验意见", max_length=300, blank=True)
    verified_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="核验人")
    verified_at = models.DateTimeField("核验时间", null=True, blank=True)
    registered_at = models.DateTimeField("登记时间")
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = LegalEntityQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "企业"
        ordering = ["-pk"]
        indexes = [
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="entity_name_search"),
            models.Index(fields=["name"], opclasses=["varchar_pattern_ops"], name="entity_name_prefix"),
            models.Index(Collate("name", "C"), F("id"), name="entity_name_order"),
            models.Index(fields=["state", "id"], name="entity_queue"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=EntityState.VERIFIED)
                | Q(verified_by__isnull=False, verified_at__isnull=False, licence__isnull=False, in_beijing__isnull=False),
                name="verified_entity_has_officer_time_licence_and_place",
            ),
            models.CheckConstraint(condition=Q(credit_code__regex=r"^[0-9A-HJ-NP-RT-UW-Y]{18}$"), name="credit_code_normalised"),
        ]

    def __str__(self):
        return self.name

    @property
    def is_verified(self) -> bool:
        return self.state == EntityState.VERIFIED


class FormerName(models.Model):
    """曾用名: the same code is the same legal person under every name."""

    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="former_names", verbose_name="企业")
    name = models.CharField("曾用名", max_length=120)
    until = models.DateField("变更日期")

    class Meta:
        verbose_name = verbose_name_plural = "曾用名"
        indexes = [models.Index(fields=["name"], opclasses=["varchar_pattern_ops"], name="former_name_prefix")]

    def __str__(self):
        return self.name


class Branch(models.Model):
    """分支机构: has a credit code of its own, which no arithmetic ties to its legal person."""

    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="branches", verbose_name="所属法人")
    credit_code = models.CharField("统一社会信用代码", max_length=18, unique=True)
    name = models.CharField("名称", max_length=120)
    place = models.CharField("所在地", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "分支机构"

    def __str__(self):
        return self.name


class EntityCategory(models.Model):
    """企业类别 with its evidence and validity; judged on the filing date."""

    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="categories", verbose_name="企业")
    category = models.ForeignKey(Entry, models.PROTECT, limit_choices_to={"kind": Kind.CATEGORY}, related_name="+", verbose_name="企业类别")
    certificate_number = models.CharField("证书或公告文号", max_length=100, blank=True)
    valid_from = models.DateField("有效期起", null=True, blank=True)
    valid_until = models.DateField("有效期止", null=True, blank=True)
    evidence = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="证明材料")

    class Meta:
        verbose_name = verbose_name_plural = "企业类别"

    def __str__(self):
        return str(self.category)

    def holds_on(self, day) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_until is None or self.valid_until >= day)


class MembershipRole(models.TextChoices):
    OWNER = "owner", "管理员"
    SUBMITTER = "submitter", "提交人"
    PREPARER = "preparer", "填报人"
    VIEWER = "viewer", "查看人"


WRITERS = (MembershipRole.OWNER, MembershipRole.SUBMITTER, MembershipRole.PREPARER)  # write facts, policies, drafts
SUBMITTERS = (MembershipRole.OWNER, MembershipRole.SUBMITTER)  # bind the enterprise: file, answer, confirm, entrust
OWNERS = (MembershipRole.OWNER,)  # decide who is a member


class MembershipState(models.TextChoices):
    PENDING = "pending", "待中心核实"
    ACTIVE = "active", "有效"
    REMOVED = "removed", "已移除"


class Membership(models.Model):
    """Who acts for a legal entity. A second claim to a code stays pending until the centre has looked."""

    user = models.ForeignKey(USER, models.PROTECT, related_name="memberships", verbose_name="用户")
    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="memberships", verbose_name="企业")
    role = models.CharField("身份", max_length=20, choices=MembershipRole, default=MembershipRole.OWNER)
    state = models.CharField("状态", max_length=20, choices=MembershipState, default=MembershipState.ACTIVE)
    created_at = models.DateTimeField("时间")
    proof = models.ForeignKey(StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="证明")

    class Meta:
        verbose_name = verbose_name_plural = "企业成员"
        constraints = [models.UniqueConstraint(fields=["user", "legal_entity"], name="one_membership_per_user_and_entity")]

    def __str__(self):
        return f"{self.user} · {self.legal_entity}"

    @property
    def writes(self) -> bool:
        """Whether this member may prepare: facts, papers, policies, drafts."""
        return self.role in WRITERS

    @property
    def submits(self) -> bool:
        """Whether this member may bind the enterprise: file, answer, confirm, entrust, give up."""
        return self.role in SUBMITTERS

    @property
    def owns(self) -> bool:
        """Whether this member decides who acts for the enterprise."""
        return self.role in OWNERS


class PreRegistration(models.Model):
    """预申报: an enterprise says that it wants to insure. One a year."""

    LIFE = PREREGISTRATION_LIFE

    pilot = models.ForeignKey(Pilot, models.PROTECT, related_name="preregistrations", verbose_name="试点年度")
    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="preregistrations", verbose_name="企业")
    products_abroad = models.CharField("海外销售的主要产品", max_length=300)
    countries = models.CharField("主要销售国家和地区", max_length=200)
    expected_limit = models.DecimalField("期望责任限额（元）", max_digits=14, decimal_places=2, null=True, blank=True)
    known_disputes = models.BooleanField("已知海外纠纷", default=False)
    remark = models.TextField("其他说明", blank=True)
    state = models.CharField("状态", max_length=20, choices=PreRegistrationState, default=PreRegistrationState.SUBMITTED)
    state_reason = models.CharField("处理意见", max_length=300, blank=True)
    submitted_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="提交人")
    submitted_at = models.DateTimeField("提交时间")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="处理人")
    decided_at = models.DateTimeField("处理时间", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "预申报"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["pilot", "legal_entity"], name="one_preregistration_per_pilot_and_entity"),
            models.CheckConstraint(
                condition=Q(state=PreRegistrationState.SUBMITTED) | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="decided_preregistration_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return f"{self.legal_entity} {self.pilot.year} 年预申报"

    def get_absolute_url(self):
        return reverse("enterprises:preregistration", args=[self.pilot.year])
