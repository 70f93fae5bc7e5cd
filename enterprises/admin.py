"""企业核验 and 预申报, for the handler."""

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q

from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import DeskLine, list_url
from pilot_portal.audit.workbench import Act, ActForm, ByState, Choice, ReasonForm, ScreenAdmin, along, name_actions, name_values
from pilot_portal.files.workbench import PapersAdmin

from . import reports, rules, services
from .models import ChangeKind, EntityChange, FormerOwners, LegalEntity, Membership, MembershipState, PreRegistration, Takeover
from .states import (
    ChangeAction,
    ChangeState,
    EntityAction,
    EntityState,
    PreRegistrationAction,
    PreRegistrationState,
    TakeoverAction,
    TakeoverState,
)

name_values(ChangeState, EntityState, PreRegistrationState, TakeoverState)
name_actions(
    EntityAction,
    PreRegistrationAction,
    TakeoverAction,
    ChangeAction,
    ask_change="申请变更",
    change_entity="变更登记信息",
    update_contact="修改联系人和海外业务",
    ask_takeover="申请接管",
    take_over="变更管理员",
    register="登记企业",
    claim_entity="主张代表企业",
    decide_membership="核实成员",
    invite="邀请成员",
    accept_invitation="接受邀请",
    withdraw_invitation="收回邀请",
    hand_over="移交管理员",
    withdraw_handover="收回移交",
    change_member_role="修改成员身份",
    remove_member="移除成员",
    set_bank_account="填写收款账户",
    confirm_bank_account="确认更换收款账户",
    decline_bank_account="取消更换收款账户",
    reveal_account="查看完整账号",
    add_category="填写企业类别",
    register_client="保险公司登记客户",
    preregister="预申报",
)
HANDLER = frozenset({Role.HANDLER})


class ByClaim(Choice):
    title, parameter_name = "成员", "claim"

    def lookups(self, request, model_admin):
        return [("pending", "有待核实的成员"), ("client", "没有账号，由保险公司登记")]

    def queryset(self, request, queryset):
        members = Membership.objects.filter(legal_entity=OuterRef("pk"))
        if self.value() == "client":
            return queryset.exclude(Exists(members))
        return queryset.filter(Exists(members.filter(state=MembershipState.PENDING))) if self.value() else queryset


ADDRESS_SAYS = {
    True: "所填住所像在本市。",
    False: "所填住所像在外省市。",
    None: "从所填住所看不出是否在本市。",
}


class VerifyForm(ActForm):
    in_beijing = forms.TypedChoiceField(
        label="营业执照的住所在本市",
        choices=[("yes", "在本市"), ("no", "不在本市")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text="按营业执照住所和登记机关认定，不看代码。不在本市的也可通过核验，但不能申报。",
    )

    @property
    def address(self) -> str:
        return self.obj.registered_address

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["in_beijing"]
        field.help_text = f"{ADDRESS_SAYS[rules.is_in_beijing(self.address)]}{field.help_text}"


class ClaimForm(ActForm):
    membership = forms.ModelChoiceField(Membership.objects.none(), widget=forms.HiddenInput)
    accepted = forms.TypedChoiceField(label="是否认可", choices=[("yes", "认可"), ("no", "不认可")], coerce=lambda value: value == "yes")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["membership"].queryset = self.obj.memberships.filter(state=MembershipState.PENDING)
        self.fields["membership"].error_messages["invalid_choice"] = "这位成员已有结论，请看最新名单。"


def _decide_claim(entity, *, by, at, membership, accepted, version=None):
    services.decide_membership(membership, by=by, at=at, accepted=accepted)


@admin.register(LegalEntity)
class LegalEntityAdmin(PapersAdmin):
    nav_position = 2
    screen_template = "admin/enterprises/entity.html"
    list_display = ["name", "credit_code", "state", "district", "registered_at", "verified_at"]
    list_select_related = ["district"]
    list_filter = [ByState, ByClaim]
    tones = {EntityState.UNVERIFIED: "wait", EntityState.VERIFIED: "done", EntityState.RETURNED: "stop"}
    search_fields = ["name", "credit_code"]
    search_placeholder = "企业名称的开头，或统一社会信用代码"
    ordering = ["-pk"]
    acts = (
        along(EntityAction.VERIFY, services.verify, form=VerifyForm, done="已通过核验，企业会收到通知。", tone="btn-primary"),
        along(EntityAction.RETURN, services.return_entity, form=ReasonForm, label="退回修改", done="已退回，企业会收到您写的理由。"),
        Act("claim", "核实成员", _decide_claim, HANDLER, ClaimForm, "成员已核实。", placed="line"),
    )

    def get_search_results(self, request, queryset, search_term):
        term = search_term.strip()
        code = rules.normalise_credit_code(term)
        return (queryset.filter(Q(credit_code=code) | Q(name__startswith=term)) if term else queryset), False

    def desk(self, request):
        if request.user.role != Role.HANDLER:
            return
        waiting = LegalEntity.objects.filter(state=EntityState.UNVERIFIED)
        yield DeskLine("待核验企业", waiting, list_url(LegalEntity, state=EntityState.UNVERIFIED), "对照营业执照")
        claims = Membership.objects.filter(state=MembershipState.PENDING)
        yield DeskLine("待核实成员", claims, list_url(LegalEntity, claim="pending"), "同一代码的另一位用户")

    def get_object(self, request, object_id, from_field=None):
        return (
            self.get_queryset(request)
            .select_related("licence", "district", "industry", "verified_by")
            .filter(pk=object_id if str(object_id).isdigit() else None)
            .first()
        )

    def papers(self, obj):
        if obj.licence:
            yield "营业执照", obj.licence
        for category in obj.categories.select_related("evidence", "category").filter(evidence__isnull=False):
            yield str(category), category.evidence
        for membership in obj.memberships.select_related("proof", "user").filter(proof__isnull=False).exclude(proof=obj.licence_id):
            yield f"证明（{membership.user}）", membership.proof

    def screen(self, request, obj, *, now, bound, seen):
        code = rules.check_credit_code(obj.credit_code)
        claims = list(obj.memberships.select_related("user"))
        return {
            "papers": self.paper_links(obj),
            "code_ok": code.ok,
            "like_branch": rules.looks_like_branch(obj.name),
            "categories": obj.categories.select_related("category"),
            "account": obj.bank_accounts.open().first(),
            "former_names": obj.former_names.order_by("-until"),
            "branches": obj.branches.order_by("pk"),
            "memberships": claims,
            "claims": [one for one in claims if one.state == MembershipState.PENDING],
            "has_owner": any((one.role, one.state) == ("owner", "active") for one in claims),
            "may_decide": request.user.role in HANDLER,
            "entrustments": obj.entrustments.select_related("insurer"),
            "registrations": obj.preregistrations.select_related("pilot"),
        }


@admin.register(PreRegistration)
class PreRegistrationAdmin(ScreenAdmin):
    nav_position = 3
    screen_template = "admin/enterprises/preregistration.html"
    list_display = ["legal_entity", "pilot", "state", "countries", "submitted_at", "decided_at"]
    list_select_related = ["legal_entity", "pilot"]
    list_filter = [ByState]
    tones = {PreRegistrationState.SUBMITTED: "wait", PreRegistrationState.CONFIRMED: "done", PreRegistrationState.RETURNED: "stop"}
    search_fields = ["legal_entity__name__startswith", "legal_entity__credit_code__exact"]
    search_placeholder = "企业名称的开头，或统一社会信用代码"
    ordering = ["-pk"]
    acts = (
        along(PreRegistrationAction.CONFIRM, services.confirm_preregistration, done="已确认，企业会收到通知。", tone="btn-primary"),
        along(PreRegistrationAction.RETURN, services.return_preregistration, form=ReasonForm, done="已退回，企业会收到您写的理由。"),
    )

    def desk(self, request):
        if request.user.role == Role.HANDLER:
            waiting = PreRegistration.objects.filter(state=PreRegistrationState.SUBMITTED)
            yield DeskLine("待确认预申报", waiting, list_url(PreRegistration, state=PreRegistrationState.SUBMITTED))


class ProposeTakeoverForm(ActForm):
    former_owners = forms.ChoiceField(label="原管理员", choices=FormerOwners.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="核查情况",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="例如：公函印章与执照名称一致；已致电登记的联系人核实。",
    )


@admin.register(Takeover)
class TakeoverAdmin(PapersAdmin):
    nav_position = 4
    screen_template = "admin/enterprises/takeover.html"
    list_display = ["legal_entity", "applicant", "state", "submitted_at", "proposed_at", "decided_at"]
    list_select_related = ["legal_entity", "applicant"]
    list_filter = [ByState]
    tones = {TakeoverState.SUBMITTED: "wait", TakeoverState.PROPOSED: "todo", TakeoverState.GRANTED: "done", TakeoverState.REFUSED: "stop"}
    search_fields = ["legal_entity__name__startswith", "legal_entity__credit_code__exact"]
    search_placeholder = "企业名称的开头，或统一社会信用代码"
    ordering = ["-pk"]
    acts = (
        along(
            TakeoverAction.PROPOSE, services.propose_takeover, form=ProposeTakeoverForm, done="已提请，等待另一人复核。", tone="btn-primary"
        ),
        along(TakeoverAction.REFUSE, services.refuse_takeover, form=ReasonForm, done="已答复申请人，对方会收到您写的理由。"),
        along(TakeoverAction.GRANT, services.grant_takeover, done="已同意，申请人成为管理员，相关人员会收到通知。", tone="btn-primary"),
        along(TakeoverAction.SEND_BACK, services.send_back_takeover, form=ReasonForm, done="已退回经办。"),
    )

    def desk(self, request):
        mine = {Role.HANDLER: (TakeoverState.SUBMITTED, "待核查接管申请"), Role.REVIEWER: (TakeoverState.PROPOSED, "待复核接管申请")}
        if request.user.role in mine:
            state, title = mine[request.user.role]
            yield DeskLine(title, Takeover.objects.filter(state=state), list_url(Takeover, state=state), "核对公函和执照")

    def get_object(self, request, object_id, from_field=None):
        rows = self.get_queryset(request).select_related("legal_entity", "applicant", "letter", "licence", "proposed_by", "decided_by")
        return rows.filter(pk=object_id).first() if str(object_id).isdigit() else None

    def papers(self, obj):
        yield "公函", obj.letter
        yield "营业执照", obj.licence
        if obj.legal_entity.licence:
            yield "登记的营业执照", obj.legal_entity.licence

    def screen(self, request, obj, *, now, bound, seen):
        return {
            "papers": self.paper_links(obj),
            "owners": services.owners_of(obj.legal_entity).select_related("user"),
            "others": obj.legal_entity.takeovers.open().exclude(pk=obj.pk).select_related("applicant"),
        }


class ConfirmChangeForm(VerifyForm):
    """Asks where the enterprise is now only where its seat may have changed."""

    @property
    def address(self) -> str:
        return self.obj.facts.get("registered_address", "")

    def __init__(self, *args, obj, **kwargs):
        super().__init__(*args, obj=obj, **kwargs)
        if obj.kind != ChangeKind.FACTS:
            del self.fields["in_beijing"]


@admin.register(EntityChange)
class EntityChangeAdmin(PapersAdmin):
    nav_position = 3
    screen_template = "admin/enterprises/change.html"
    list_display = ["legal_entity", "kind", "state", "submitted_at", "decided_at"]
    list_select_related = ["legal_entity"]
    list_filter = [ByState]
    tones = {ChangeState.SUBMITTED: "wait", ChangeState.CONFIRMED: "done", ChangeState.RETURNED: "stop"}
    search_fields = ["legal_entity__name__startswith", "legal_entity__credit_code__exact"]
    search_placeholder = "企业名称的开头，或统一社会信用代码"
    ordering = ["-pk"]
    acts = (
        along(ChangeAction.CONFIRM, services.confirm_change, form=ConfirmChangeForm, done="已核实，登记信息已更新。", tone="btn-primary"),
        along(ChangeAction.RETURN, services.return_change, form=ReasonForm, done="已退回，企业会收到您写的理由。"),
    )

    def desk(self, request):
        if request.user.role == Role.HANDLER:
            waiting = EntityChange.objects.filter(state=ChangeState.SUBMITTED)
            yield DeskLine("待核实变更", waiting, list_url(EntityChange, state=ChangeState.SUBMITTED), "名称、曾用名、分支机构")

    def get_object(self, request, object_id, from_field=None):
        rows = self.get_queryset(request).select_related("legal_entity__licence", "evidence", "submitted_by", "decided_by")
        return rows.filter(pk=object_id).first() if str(object_id).isdigit() else None

    def papers(self, obj):
        yield "证明材料", obj.evidence
        if obj.legal_entity.licence and obj.legal_entity.licence_id != obj.evidence_id:
            yield "登记的营业执照", obj.legal_entity.licence

    def screen(self, request, obj, *, now, bound, seen):
        return {"papers": self.paper_links(obj), "lines": reports.lines_of(obj), "rival": reports.rival_of(obj)}
