"""Policies for the centre; insurers, their selection, products and people as reference data."""

from django.contrib import admin

from enterprises.rules import normalise_credit_code
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.workbench import ByState, ReasonForm, RecordedAdmin, along, name_actions, name_values
from pilot_portal.files.workbench import PapersAdmin

from . import services
from .models import Insurer, InsurerStaff, Policy, Product, Selection
from .rules import normalise_policy_number
from .states import EntrustmentAction, EntrustmentState, PolicyAction, PolicyState

name_values(PolicyState, EntrustmentState)
name_actions(
    PolicyAction,
    EntrustmentAction,
    register_policy="登记保单",
    change_policy="修改保单",
    add_invoice="添加发票",
    add_premium_payment="添加付款",
    remove_invoice="移除发票",
    remove_premiumpayment="移除付款",
    propose_entrustment="发起委托",
    add_entrustment_paper="上传委托书",
)


class VerifyPolicyForm(ReasonForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].label = "核实方式和结果"
        self.fields["reason"].help_text = "例如：9 月 3 日致电示例财险客服核实，保单有效、保费一致。"


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
    acts = (along(PolicyAction.VERIFY, services.verify_policy, form=VerifyPolicyForm, done="保单已核实。", tone="btn-primary"),)

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
            "invoices": obj.invoices.all(),
            "payments": obj.premium_payments.all(),
            "endorsements": obj.endorsements.all(),
        }


@admin.register(Insurer)
class InsurerAdmin(RecordedAdmin):
    nav_position = 9
    list_display = ["name", "short_name", "credit_code", "contact_phone"]


@admin.register(Selection)
class SelectionAdmin(RecordedAdmin):
    intro = "签订日在资格期内的保单才能补贴。"
    list_display = ["insurer", "pilot", "selected_from", "selected_until", "basis"]
    list_select_related = ["insurer", "pilot"]
    ordering = ["-pk"]


@admin.register(Product)
class ProductAdmin(RecordedAdmin):
    list_display = ["name", "insurer", "filing_number", "filed_on", "withdrawn_on"]
    list_select_related = ["insurer"]


@admin.register(InsurerStaff)
class InsurerStaffAdmin(RecordedAdmin):
    intro = "保险公司账号由安全管理员开通，在这里归到所属公司。"
    list_display = ["user", "insurer"]
    list_select_related = ["user", "insurer"]
    ordering = ["pk"]

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.active_with_role(Role.INSURER)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
