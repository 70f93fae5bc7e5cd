"""追回 at the centre: what has to come back, the applicant's proof, and finance's confirmation that it has."""

from django import forms
from django.contrib import admin

from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import DeskLine, list_url
from pilot_portal.audit.workbench import ActForm, ByState, Choice, along
from pilot_portal.files.workbench import PapersAdmin
from pilot_portal.reference.forms import AmountField
from subsidies.models import Recovery
from subsidies.services import recovery
from subsidies.states import RecoveryAction, RecoveryState

OUTSTANDING = (RecoveryState.ORDERED, RecoveryState.OVERDUE)


class ByProof(Choice):
    title, parameter_name = "凭证", "proof"

    def lookups(self, request, model_admin):
        return [("waiting", "已传凭证，待确认到账"), ("none", "尚未传凭证")]

    def queryset(self, request, queryset):
        if self.value() == "waiting":
            return queryset.filter(state__in=OUTSTANDING, proof__isnull=False)
        return queryset.filter(state__in=OUTSTANDING, proof__isnull=True) if self.value() == "none" else queryset


class RepaidForm(ActForm):
    amount = AmountField(label="到账金额（元）", positive=True, help_text="照银行回单填写，须一次足额。")
    bank_reference = forms.CharField(
        label="银行流水号", max_length=60, help_text="收款账户的入账流水。", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


@admin.register(Recovery)
class RecoveryAdmin(PapersAdmin):
    nav_position = 6
    intro = "保单退保、批减或发现差错后应退回的补贴。由市知识产权局责令退回，企业上传退款凭证，财务核对到账。"
    screen_template = "admin/subsidies/recovery.html"
    list_display = ["case", "applicant", "state", "amount", "due_on", "has_proof", "repaid_at"]
    list_select_related = ["application__legal_entity"]
    list_filter = [ByState, ByProof]
    tones = {
        RecoveryState.PROPOSED: "wait",
        RecoveryState.ORDERED: "todo",
        RecoveryState.OVERDUE: "stop",
        RecoveryState.REPAID: "done",
        RecoveryState.DROPPED: "",
    }
    search_fields = ["application__number__startswith", "application__legal_entity__name__startswith"]
    search_placeholder = "申报编号或企业名称的开头"
    ordering = ["-pk"]
    acts = (
        along(
            RecoveryAction.REPAY,
            recovery.confirm_repayment,
            form=RepaidForm,
            label="确认退款到账",
            done="已确认到账，追回办结，企业会收到通知。",
            tone="btn-primary",
        ),
    )

    @admin.display(description="申报编号")
    def case(self, obj):
        return obj.application.number

    @admin.display(description="企业")
    def applicant(self, obj):
        return obj.application.legal_entity.name

    @admin.display(description="退款凭证")
    def has_proof(self, obj):
        return "已上传" if obj.proof_id else None

    def desk(self, request):
        if request.user.role == Role.FINANCE:
            proven = Recovery.objects.filter(state__in=OUTSTANDING, proof__isnull=False)
            yield DeskLine("待确认退款", proven, list_url(Recovery, proof="waiting"), "企业已上传凭证，核对到账")
        if request.user.role in (Role.FINANCE, Role.HEAD):
            late = Recovery.objects.filter(state=RecoveryState.OVERDUE)
            yield DeskLine("退款逾期", late, list_url(Recovery, state=RecoveryState.OVERDUE), "请催办", True)

    def get_object(self, request, object_id, from_field=None):
        if not str(object_id).isdigit():
            return None
        people = ["proposed_by", "ordered_by", "repaid_by", "dropped_by"]
        related = ["application__legal_entity", "application__window", "application__policy", "endorsement__paper", "proof"]
        return self.get_queryset(request).select_related(*people, *related).filter(pk=object_id).first()

    def papers(self, obj):
        """The proof first: it is what finance compares."""
        if obj.proof:
            yield "退款凭证", obj.proof
        for document in obj.documents.select_related("file"):
            yield document.get_kind_display(), document.file
        if obj.endorsement and obj.endorsement.paper:
            yield "批单", obj.endorsement.paper

    def screen(self, request, obj, *, now, bound, seen):
        case = obj.application
        return {
            "case": case,
            "papers": self.paper_links(obj),
            "recovered": recovery.recovered(case),
            "payment": case.payments.filter(paid_on__isnull=False).first(),
            "others": case.recoveries.exclude(pk=obj.pk),
        }
