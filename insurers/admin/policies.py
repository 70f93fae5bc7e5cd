"""Policies for the centre: verified by other means than the insurer's word, endorsed and surrendered on paper."""

from decimal import Decimal

from django import forms
from django.contrib import admin

from enterprises.rules import normalise_credit_code
from insurers import services
from insurers.comparison import paper_differs
from insurers.models import EndorsementKind, Policy
from insurers.rules import normalise_policy_number
from insurers.states import IN_FORCE, PolicyAction, PolicyState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.workbench import Act, ActForm, ByState, ReasonForm, along, name_actions, name_values
from pilot_portal.files.forms import PaperField
from pilot_portal.files.workbench import PapersAdmin
from pilot_portal.reference.forms import AmountField, DayField

name_values(PolicyState, EndorsementKind)
name_actions(
    PolicyAction,
    register_policy="登记保单",
    change_policy="修改保单",
    add_invoice="添加发票",
    add_premium_payment="添加付款",
    remove_invoice="移除发票",
    remove_premiumpayment="移除付款",
    endorse="登记批单",
)


class VerifyPolicyForm(ReasonForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "核实方式和结果"
        self.fields["reason"].help_text = "例如：9 月 3 日致电示例财险客服核实，保单有效、保费一致。"


class SurrenderForm(ActForm):
    """退保 as its paper says."""

    number = forms.CharField(label="批单号", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    effective_on = DayField(label="生效日期", help_text="批单上写的日期。")
    paper = PaperField(label="批单文件")

    def facts(self):
        given = super().facts()
        paper, version = given.pop("paper"), given.pop("version")
        return {"facts": given, "paper": paper, "version": version}


class EndorseForm(SurrenderForm):
    """批改: another premium from a day on."""

    kind = forms.ChoiceField(
        label="类型",
        choices=[(kind.value, kind.label) for kind in (EndorsementKind.REDUCTION, EndorsementKind.INCREASE)],
        widget=forms.RadioSelect,
    )
    premium_after = AmountField(label="批改后保费（元，含税）", help_text="批改以后的总保费，不是增减的数。")
    field_order = ["kind", "number", "effective_on", "premium_after", "paper"]

    def clean_premium_after(self) -> Decimal:
        """A policy without any premium left is a surrender."""
        premium = self.cleaned_data["premium_after"]
        if premium == 0:
            raise forms.ValidationError("保费全部退还的，请办理“登记退保”。")
        return premium


def _endorse(policy, *, by, at, facts, paper, version=None):
    services.endorse(policy, by=by, at=at, facts=facts, paper=paper)


def _in_force(policy) -> bool:
    return policy.state in IN_FORCE


@admin.register(Policy)
class PolicyAdmin(PapersAdmin):
    nav_position = 4
    screen_template = "admin/insurers/policy.html"
    list_display = ["number", "legal_entity", "insurer_name", "state", "signed_on", "starts_on", "premium"]
    list_select_related = ["legal_entity", "insurer"]
    list_filter = [ByState]
    tones = {
        PolicyState.REGISTERED: "wait",
        PolicyState.CONFIRMED: "done",
        PolicyState.VERIFIED: "done",
        PolicyState.DISPUTED: "stop",
        PolicyState.SURRENDERED: "stop",
    }
    search_fields = ["number"]
    search_placeholder = "保单号或企业名称的开头，或统一社会信用代码"
    ordering = ["-pk"]
    acts = (
        along(PolicyAction.VERIFY, services.verify_policy, form=VerifyPolicyForm, done="保单已核实。", tone="btn-primary"),
        Act(
            "endorse",
            "登记批单",
            _endorse,
            frozenset({Role.HANDLER}),
            EndorseForm,
            "批单已登记。已申报或已获补贴的，系统随后重新核算。",
            when=_in_force,
        ),
        along(
            PolicyAction.SURRENDER,
            services.surrender,
            form=SurrenderForm,
            done="退保已登记。已申报或已获补贴的，系统随后处理。",
            tone="btn-outline-danger",
        ),
    )

    @admin.display(description="保险公司")
    def insurer_name(self, policy):
        return policy.insurer.short_name

    def get_search_results(self, request, queryset, search_term):
        if not (term := search_term.strip()):
            return queryset, False
        found = [
            Policy.objects.filter(number_normalised__startswith=normalise_policy_number(term)),
            Policy.objects.filter(legal_entity__name__startswith=term),
            Policy.objects.filter(legal_entity__credit_code=normalise_credit_code(term)),
        ]
        first, *others = (matches.order_by().values("pk") for matches in found)
        return queryset.filter(pk__in=first.union(*others)), False

    def get_object(self, request, object_id, from_field=None):
        policies = self.get_queryset(request).select_related("legal_entity", "insurer", "product", "paper", "registered_by", "proven_by")
        return policies.filter(pk=object_id).first() if str(object_id).isdigit() else None

    def papers(self, obj):
        yield "保险单", obj.paper
        for invoice in obj.invoices.select_related("paper"):
            yield f"发票 {invoice.number}", invoice.paper
        for payment in obj.premium_payments.select_related("paper"):
            yield f"回单 {payment.reference}", payment.paper
        for endorsement in obj.endorsements.select_related("paper").filter(paper__isnull=False):
            yield f"批单 {endorsement.number}", endorsement.paper

    def screen(self, request, obj, *, now, bound, seen):
        return {
            "papers": self.paper_links(obj),
            "paper_differs": paper_differs(obj),
            "invoices": obj.invoices.all(),
            "payments": obj.premium_payments.all(),
            "endorsements": obj.endorsements.select_related("reported_by"),
            "filed": services.filed_on(obj),
        }
