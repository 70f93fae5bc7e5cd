"""委托: which insurer files for which enterprise; a handler verifies the sealed 委托书 of a client that confirms nothing online."""

from django.contrib import admin

from enterprises.rules import normalise_credit_code
from insurers import services
from insurers.models import Entrustment
from insurers.states import EntrustmentAction, EntrustmentState
from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import DeskLine, list_url
from pilot_portal.audit.workbench import ByState, Choice, ReasonForm, along, name_actions, name_values
from pilot_portal.files.workbench import PapersAdmin

name_values(EntrustmentState)
name_actions(EntrustmentAction, propose_entrustment="发起委托", add_entrustment_paper="上传委托书")


class ByPaper(Choice):
    title, parameter_name = "委托书", "paper"

    def lookups(self, request, model_admin):
        return [("waiting", "已交委托书，待核实"), ("none", "待企业在线确认")]

    def queryset(self, request, queryset):
        if self.value() == "waiting":
            return queryset.filter(state=EntrustmentState.PROPOSED, paper__isnull=False)
        return queryset.filter(state=EntrustmentState.PROPOSED, paper__isnull=True) if self.value() == "none" else queryset


def _has_paper(entrustment) -> bool:
    return entrustment.paper_id is not None


class RevokeForm(ReasonForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "双方都会看到，例如：委托书没有盖章，请重新提交。"


@admin.register(Entrustment)
class EntrustmentAdmin(PapersAdmin):
    nav_position = 4
    intro = "企业委托承保的保险公司代为申报。企业可以在线确认；交盖章委托书的，由经办核实。"
    screen_template = "admin/insurers/entrustment.html"
    list_display = ["legal_entity", "insurer_name", "state", "starts_at", "ends_at", "has_paper", "proposed_at"]
    list_select_related = ["legal_entity", "insurer"]
    list_filter = [ByState, ByPaper]
    tones = {
        EntrustmentState.PROPOSED: "wait",
        EntrustmentState.CONFIRMED: "done",
        EntrustmentState.REVOKED: "stop",
        EntrustmentState.EXPIRED: "",
    }
    search_fields = ["legal_entity__name__startswith"]
    search_placeholder = "企业或保险公司名称的开头，或统一社会信用代码"
    ordering = ["-pk"]
    acts = (
        along(
            EntrustmentAction.CONFIRM,
            services.confirm_entrustment,
            label="核实并确认委托",
            done="委托已生效，保险公司会收到通知。",
            tone="btn-primary",
            when=_has_paper,
            hint="核对双方名称、印章、委托期限和范围都与左边一致。",
        ),
        along(
            EntrustmentAction.REVOKE,
            services.revoke_entrustment,
            form=RevokeForm,
            done="委托已撤销，保险公司会收到通知。",
            tone="btn-outline-secondary",
            hint="已提交的申报继续有效，由企业跟进。",
        ),
    )

    @admin.display(description="保险公司")
    def insurer_name(self, entrustment):
        return entrustment.insurer.short_name

    @admin.display(description="委托书")
    def has_paper(self, entrustment):
        return "已交" if entrustment.paper_id else None

    def get_search_results(self, request, queryset, search_term):
        if not (term := search_term.strip()):
            return queryset, False
        found = [
            Entrustment.objects.filter(legal_entity__name__startswith=term),
            Entrustment.objects.filter(legal_entity__credit_code=normalise_credit_code(term)),
            Entrustment.objects.filter(insurer__name__startswith=term),
            Entrustment.objects.filter(insurer__short_name__startswith=term),
        ]
        first, *others = (matches.order_by().values("pk") for matches in found)
        return queryset.filter(pk__in=first.union(*others)), False

    def desk(self, request):
        if request.user.role == Role.HANDLER:
            waiting = Entrustment.objects.filter(state=EntrustmentState.PROPOSED, paper__isnull=False)
            yield DeskLine("待核实委托", waiting, list_url(Entrustment, paper="waiting"), "对照盖章的委托书")

    def get_object(self, request, object_id, from_field=None):
        related = ["legal_entity", "insurer", "paper", "proposed_by", "confirmed_by"]
        found = self.get_queryset(request).select_related(*related)
        return found.filter(pk=object_id).first() if str(object_id).isdigit() else None

    def papers(self, obj):
        if obj.paper:
            yield "委托书", obj.paper

    def screen(self, request, obj, *, now, bound, seen):
        return {
            "papers": self.paper_links(obj),
            "in_force": obj.is_in_force(now),
            "may_see_insurer": request.user.has_perm("insurers.view_insurer"),
            "policies": obj.legal_entity.policies.filter(insurer=obj.insurer),
            "has_account": obj.legal_entity.memberships.filter(state="active").exists(),
            "others": obj.legal_entity.entrustments.exclude(pk=obj.pk).select_related("insurer"),
        }
