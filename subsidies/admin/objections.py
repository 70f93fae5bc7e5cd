"""公示异议: registered from a letter or a call, read beside the case's papers, decided by the head."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from pilot_portal.accounts.masks import mask_email, mask_identity, mask_name, mask_phone
from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import DeskLine, list_url, screen_url
from pilot_portal.audit.workbench import ActForm, ByState, along, name_actions, trail
from pilot_portal.files.forms import KeptPapersField, PaperForm
from pilot_portal.files.workbench import PapersAdmin
from pilot_portal.reference.forms import AmountField
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, Objection
from subsidies.services import objections
from subsidies.services.applications import papers_of
from subsidies.states import ObjectionAction, ObjectionState

from .case_screen import amount_lines

name_actions(reveal_objector="查看异议人")


class ReceiveForm(PaperForm):
    """An objection as it came in; on which case, by its number."""

    number = forms.CharField(label="申报编号", max_length=40, help_text="公示名单上的编号，须在公示期内。")
    objector = forms.CharField(label="异议人", max_length=60, help_text="姓名或单位名称，加密保存。")
    contact = forms.CharField(label="联系方式", max_length=100, help_text="电话、邮箱或地址，加密保存。")
    grounds = forms.CharField(label="异议内容", max_length=4000, widget=forms.Textarea(attrs={"rows": 6}), help_text="不要写异议人的姓名。")
    mail = forms.EmailField(label="接收答复的邮箱", required=False, max_length=100, help_text="选填，加密保存。没有的，办结后打印答复。")
    papers = KeptPapersField(label="来信或证明材料", required=False, most=5)

    refused_fields = {"not_published": "number"}

    def clean_number(self):
        number = self.cleaned_data["number"].strip().upper()
        self.case = Application.objects.holding_slot().filter(number=number).first()
        if self.case is None:
            raise forms.ValidationError("没有这个编号的申报。请照公示名单核对编号。")
        return number

    def facts(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("objector", "contact", "mail", "grounds", "papers")}


class DecisionForm(ActForm):
    decision = forms.CharField(
        label="处理意见",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="写明查了什么、结论和依据。异议人和被异议企业都会收到：不要写异议人是谁，也不要写企业的保费等商业信息。",
    )


class UpholdForm(DecisionForm):
    lowered_to = AmountField(label="应补金额调整为（元）", required=False, help_text="只能低于现在的应补金额。不填就按现有材料重新计算。")


@admin.register(Objection)
class ObjectionAdmin(PapersAdmin):
    nav_position = 6
    nav_label = "公示异议"
    add_label = "登记异议"
    intro = "公示期内在网站提出的异议，以及登记的来信来电。该件暂停办理，由未经办本件的负责人决定。"
    screen_template = "admin/subsidies/objection.html"
    list_display = ["number", "case", "applicant", "state", "notice", "received_at", "decided_at"]
    list_select_related = ["application__legal_entity", "notice"]
    list_filter = [ByState]
    tones = {ObjectionState.OPEN: "todo", ObjectionState.UPHELD: "stop", ObjectionState.DISMISSED: "done"}
    search_fields = ["number__startswith", "application__number__startswith", "application__legal_entity__name__startswith"]
    search_placeholder = "异议编号、申报编号或企业名称的开头"
    ordering = ["-pk"]
    acts = (
        along(ObjectionAction.DISMISS, objections.dismiss_objection, form=DecisionForm, done="异议不成立，该件已恢复办理。"),
        along(ObjectionAction.UPHOLD, objections.uphold, form=UpholdForm, done="异议成立，该件退回复核通过，重新核定、审定和公示。"),
    )

    @admin.display(description="申报编号")
    def case(self, objection):
        return objection.application.number

    @admin.display(description="申请人")
    def applicant(self, objection):
        return objection.application.legal_entity.name

    def desk(self, request):
        if request.user.role == Role.HEAD:
            waiting = Objection.objects.filter(state=ObjectionState.OPEN)
            yield DeskLine("待处理异议", waiting, list_url(Objection, state=ObjectionState.OPEN), "该件暂停，其他照常", True)

    def get_urls(self):
        return [self.page_path("<path:object_id>/objector/", self.objector_view, "objector"), *super().get_urls()]

    def get_object(self, request, object_id, from_field=None):
        if not str(object_id).isdigit():
            return None
        related = ["notice", "received_by", "decided_by"]
        of_the_case = ["window__pilot", "legal_entity__licence", "policy__paper", "category__evidence", "bank_account__proof", "handler"]
        officers = ["accepted_by", "reviewed_by", "checked_by"]
        found = self.get_queryset(request).select_related(*related, *(f"application__{name}" for name in of_the_case + officers))
        return found.filter(pk=object_id).first()

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        data, files = sent(request)
        form = ReceiveForm(data, files, by=request.user, initial={"number": request.GET.get("number", "")})
        if form.is_valid():
            try:
                made = objections.receive_objection(form.case, by=request.user, at=timezone.now(), **form.facts())
            except Refusal as refusal:
                refused(form, refusal)
            else:
                messages.success(request, f"已登记，编号 {made.number}。该件已暂停办理，企业和负责人会收到通知。")
                return redirect(screen_url(made))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "title": "登记异议"}
        return TemplateResponse(request, "admin/subsidies/objection_new.html", context, status=form_status(form))

    def objector_view(self, request, object_id):
        """Name and contact in full, once; the look leaves a trace."""
        obj = self.found(request, object_id)
        if request.method != "POST" or not self._may_reveal(request, obj):
            raise PermissionDenied
        objector = objections.reveal_objector(obj, by=request.user, at=timezone.now())
        response = self.show(request, obj, objector=objector)
        response["Cache-Control"] = "private, no-store"
        return response

    def _may_reveal(self, request, obj) -> bool:
        return request.user.role in objections.READS_OBJECTORS and not objections.has_handled(obj.application, request.user)

    def papers(self, obj):
        """What was sent in, then the papers of the case."""
        for paper in obj.papers.select_related("file"):
            yield "异议材料", paper.file
        yield from papers_of(obj.application)

    def events_of(self, obj):
        return trail(obj, obj.application)

    def screen(self, request, obj, *, now, bound, seen):
        case = obj.application
        review = case.reviews.select_related("made_by").first()
        officers = [(step, person) for step, person in _officers(case) if person]
        return {
            "case": case,
            "papers": self.paper_links(obj),
            "masked_objector": mask_name(obj.objector),
            "masked_contact": mask_email(obj.contact) if "@" in obj.contact else mask_phone(obj.contact),
            "masked_mail": obj.mail and mask_email(obj.mail),
            "masked_identity": mask_identity(obj.identity),
            "may_reveal": self._may_reveal(request, obj),
            "answer": f"/objections/{obj.number}/{objections.receipt_code(obj)}/",
            "lines": amount_lines(case, review, now),
            "figure": case.awarded if case.awarded is not None else case.entitled,
            "officers": officers,
            "is_officer": objections.has_handled(case, request.user),
            "others": case.objections.exclude(pk=obj.pk),
        }


def _officers(case: Application):
    return (("承办", case.handler), ("受理", case.accepted_by), ("初审", case.reviewed_by), ("复核", case.checked_by))
