"""投保意向: what an enterprise asks of several insurers at once, and what each of them answers."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from enterprises.models import LegalEntity, MembershipState, PreRegistration
from insurers.states import ANSWER_LIFE, AnswerState
from pilot_portal.accounts.roles import CENTRE, CUSTODIANS, Role
from pilot_portal.reference.fields import money

USER = settings.AUTH_USER_MODEL
OFFERS = [AnswerState.OFFERED, AnswerState.CHOSEN]


class UnderwritingRequest(models.Model):
    """投保意向: the cover that is wanted. It goes to each insurer of its answers."""

    legal_entity = models.ForeignKey(LegalEntity, models.PROTECT, related_name="underwriting_requests", verbose_name="企业")
    preregistration = models.ForeignKey(PreRegistration, models.PROTECT, related_name="underwriting_requests", verbose_name="预申报")
    products_abroad = models.CharField("要保障的产品", max_length=300)
    territory = models.CharField("保障区域", max_length=200)
    liability_limit = money("期望责任限额（元）")
    starts_on = models.DateField("期望起保日期")
    remark = models.CharField("其他要求", max_length=1000, blank=True)
    sent_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name="发送人")
    sent_at = models.DateTimeField("发送时间")

    class Meta:
        verbose_name = verbose_name_plural = "投保意向"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=Q(liability_limit__gt=0), name="wanted_limit_positive")]

    def __str__(self):
        return f"{self.legal_entity} 投保意向 {self.pk}"

    def get_absolute_url(self):
        return reverse("insurers:request", args=[self.pk])


class AnswerQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Members of the enterprise, people of the insurer that was asked, the centre and the custodians."""
        if user.role in CENTRE | CUSTODIANS:
            return self
        if user.role == Role.ENTERPRISE:
            members = {"request__legal_entity__memberships__user": user}
            return self.filter(**members, request__legal_entity__memberships__state=MembershipState.ACTIVE)
        if user.role == Role.INSURER:
            return self.filter(insurer__staff__user=user)
        return self.none()

    def overdue(self, now):
        return self.filter(state=AnswerState.WAITING, due_at__lte=now)

    def over(self, day):
        """Offers whose last day is before this one, and what is open with an insurer that is not in the pilot on it."""
        selected = Q(insurer__selections__selected_from__lte=day, insurer__selections__selected_until__gte=day)
        in_pilot = Exists(self.model.objects.filter(selected, pk=OuterRef("pk")))
        return self.filter(
            Q(state=AnswerState.OFFERED, valid_until__lt=day) | Q(~in_pilot, state__in=[AnswerState.WAITING, AnswerState.OFFERED])
        )


class UnderwritingAnswer(models.Model):
    """承保答复: one insurer's word on a request, an offer or a refusal with its reason."""

    LIFE = ANSWER_LIFE
    MOVES_WITH = ("insurer", "request")

    request = models.ForeignKey(UnderwritingRequest, models.PROTECT, related_name="answers", verbose_name="投保意向")
    insurer = models.ForeignKey("insurers.Insurer", models.PROTECT, related_name="answers", verbose_name="保险公司")
    state = models.CharField("状态", max_length=20, choices=AnswerState, default=AnswerState.WAITING)
    due_at = models.DateTimeField("应答复时间")
    premium = money("报价保费（元，含税）", null=True, blank=True)
    liability_limit = money("可承保责任限额（元）", null=True, blank=True)
    conditions = models.CharField("承保条件", max_length=1000, blank=True)
    valid_until = models.DateField("报价有效期至", null=True, blank=True)
    reason = models.CharField("不承保的理由", max_length=300, blank=True)
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="答复人")
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "承保答复"
        ordering = ["pk"]
        indexes = [models.Index(fields=["due_at"], condition=Q(state=AnswerState.WAITING), name="answer_to_remind")]
        constraints = [
            models.UniqueConstraint(fields=["request", "insurer"], name="one_answer_per_request_and_insurer"),
            models.UniqueConstraint(fields=["request"], condition=Q(state=AnswerState.CHOSEN), name="one_chosen_offer_per_request"),
            models.CheckConstraint(
                condition=~Q(state__in=OFFERS)
                | Q(premium__isnull=False, premium__gt=0, liability_limit__isnull=False, liability_limit__gt=0, valid_until__isnull=False),
                name="offer_is_complete",
            ),
            models.CheckConstraint(condition=~Q(state=AnswerState.REFUSED) | ~Q(reason=""), name="refusal_to_insure_has_reason"),
            models.CheckConstraint(
                condition=~Q(state__in=[*OFFERS, AnswerState.REFUSED]) | Q(answered_by__isnull=False, answered_at__isnull=False),
                name="answer_has_actor_and_time",
            ),
        ]

    def __str__(self):
        return f"{self.request.legal_entity} · {self.insurer}"

    def days_waited(self, now: datetime) -> int:
        """Calendar days from the request to the answer, or until now."""
        return (timezone.localdate(self.answered_at or now) - timezone.localdate(self.request.sent_at)).days
