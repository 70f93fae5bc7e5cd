"""保单台账: an insurer's policies narrowed by what a person asks for, and as lists to take away."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django import forms
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from pilot_portal.files.tables import Book

from .models import EndorsementKind, Insurer, Policy
from .rules import normalise_policy_number
from .states import PROVEN, PolicyState

CHUNK = 500
POLICY = ["保单号", "被保险人", "统一社会信用代码", "产品", "签订日期", "起期", "止期", "保费", "责任限额", "状态"]
HEAD = [*POLICY, "发票合计", "实付合计", "批单数", "批改后保费", "退保"]
UNDERWRITTEN = [*POLICY[:4], "备案号", *POLICY[4:], "批改后保费", "退保生效日期", "已缴保费", "缴费情况"]
PAYMENTS = ["保单号", "付款户名", "付款日期", "金额", "银行流水号"]
ENDORSEMENTS = ["保单号", "批单号", "类型", "生效日期", "批改后保费", "报送时间", "报送期限", "逾期报送"]


class RegisterForm(forms.Form):
    """What narrows the register. Nothing is required."""

    state = forms.ChoiceField(label="状态", required=False, choices=[("all", "全部"), *PolicyState.choices])
    signed_from = forms.DateField(label="签订日期自", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    signed_to = forms.DateField(label="至", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    q = forms.CharField(label="保单号或企业名称", required=False, max_length=120)

    def clean(self):
        typed = super().clean()
        if typed.get("signed_from") and typed.get("signed_to") and typed["signed_to"] < typed["signed_from"]:
            self.add_error("signed_to", "止日不能早于起日。")
        return typed


def narrowed(policies: QuerySet, asked: dict) -> QuerySet:
    """`asked` is what RegisterForm has cleaned."""
    if asked.get("state") in PolicyState.values:
        policies = policies.filter(state=asked["state"])
    if asked.get("signed_from"):
        policies = policies.filter(signed_on__gte=asked["signed_from"])
    if asked.get("signed_to"):
        policies = policies.filter(signed_on__lte=asked["signed_to"])
    if term := asked.get("q", "").strip():
        number = normalise_policy_number(term)
        policies = policies.filter(Q(number_normalised__contains=number) | Q(legal_entity__name__contains=term))
    return policies


def in_chunks(policies: QuerySet) -> Iterator[Policy]:
    """With all that hangs on them, a few hundred at a time."""
    read = policies.select_related("legal_entity", "product").prefetch_related("invoices", "premium_payments", "endorsements")
    return read.order_by("-pk").iterator(chunk_size=CHUNK)


def line(policy: Policy) -> list:
    entity, endorsements = policy.legal_entity, list(policy.endorsements.all())
    surrender = next((one for one in endorsements if one.kind == EndorsementKind.SURRENDER), None)
    return [
        *(policy.number, entity.name, entity.credit_code, policy.product.name, policy.signed_on, policy.starts_on, policy.ends_on),
        *(policy.premium, policy.liability_limit, policy.get_state_display()),
        sum((row.amount for row in policy.invoices.all()), start=policy.premium * 0),
        sum((row.amount for row in policy.premium_payments.all()), start=policy.premium * 0),
        len(endorsements),
        endorsements[-1].premium_after if endorsements else None,
        surrender.effective_on if surrender else None,
    ]


def underwritten(insurer: Insurer, signed_from: date, signed_to: date) -> QuerySet:
    """Policies signed on these days, both inclusive, that their insurer or the centre stands by, surrendered ones too."""
    return insurer.policies.filter(signed_on__range=(signed_from, signed_to), state__in=[*PROVEN, PolicyState.SURRENDERED])


def totals(policies: QuerySet) -> dict:
    """`count`, and `premium` in CNY as signed."""
    return policies.aggregate(count=Count("pk"), premium=Coalesce(Sum("premium"), Decimal("0.00")))


def underwriting_line(policy: Policy) -> list:
    endorsements = list(policy.endorsements.all())
    surrender = next((one for one in endorsements if one.kind == EndorsementKind.SURRENDER), None)
    owed = endorsements[-1].premium_after if endorsements else policy.premium
    paid = sum((row.amount for row in policy.premium_payments.all()), start=policy.premium * 0)
    head = line(policy)[: len(POLICY)]
    return [
        *(*head[:4], policy.product.filing_number, *head[4:]),
        *(endorsements[-1].premium_after if endorsements else None, surrender.effective_on if surrender else None),
        *(paid, "已缴清" if paid >= owed else "部分缴纳" if paid else "未缴纳"),
    ]


def book_of(policies: QuerySet) -> Book:
    """A sheet of policies, one of payments, one of endorsements."""
    book = Book(保单=HEAD, 缴费=PAYMENTS, 批单=ENDORSEMENTS)
    for policy in in_chunks(policies):
        book.add("保单", line(policy))
        for paid in policy.premium_payments.all():
            book.add("缴费", [policy.number, paid.payer, paid.paid_on, paid.amount, paid.reference])
        for made in policy.endorsements.all():
            row = [policy.number, made.number, made.get_kind_display(), made.effective_on, made.premium_after, made.reported_at]
            book.add("批单", [*row, made.report_due_on, "逾期" if made.is_late else ""])
    return book
