"""预算指标: finance enters it from its document, the head confirms it."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import DeskLine, list_url
from pilot_portal.audit.workbench import BenchAdmin, name_actions
from pilot_portal.reference.forms import AmountField
from pilot_portal.reference.models import Pilot
from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.models import Proposal
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Appropriation
from subsidies.services import windows

name_actions(add_appropriation="录入预算指标")


class AppropriationForm(forms.Form):
    pilot = forms.ModelChoiceField(Pilot.objects.all(), label="试点年度", empty_label=None)
    document_number = forms.CharField(label="指标文号", max_length=60)
    amount = AmountField(label="金额（元）", positive=True)
    reason = forms.CharField(
        label="说明", max_length=300, widget=forms.Textarea(attrs={"rows": 2}), help_text="例如：年初预算，或追加指标的原因。"
    )


class DecisionForm(forms.Form):
    remark = forms.CharField(label="意见", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


def waiting():
    return Proposal.objects.filter(action=windows.ADD_APPROPRIATION, confirmed__isnull=True).select_related("proposed_by")


@admin.register(Appropriation)
class AppropriationAdmin(BenchAdmin):
    nav_position = 7
    intro = "由财务录入、负责人确认后生效。各期可用预算合计不能超过预算指标。"
    change_list_template = "admin/subsidies/appropriations.html"
    list_display = ["document_number", "pilot", "amount", "prepared_by", "approved_by", "approved_at"]
    list_select_related = ["pilot", "prepared_by", "approved_by"]
    ordering = ["-pk"]

    def get_urls(self):
        return [
            self.page_path("propose/", self.propose_view, "propose"),
            self.page_path("decide/<int:proposal_id>/", self.decide_view, "decide"),
            *super().get_urls(),
        ]

    def changelist_view(self, request, extra_context=None):
        context = {"waiting": waiting(), "may_propose": request.user.role == Role.FINANCE, "may_decide": request.user.role == Role.HEAD}
        return super().changelist_view(request, context)

    def desk(self, request):
        if request.user.role == Role.HEAD:
            yield DeskLine("待确认预算指标", waiting(), list_url(Appropriation))

    def propose_view(self, request):
        if request.user.role != Role.FINANCE:
            raise PermissionDenied
        form = AppropriationForm(request.POST or None)
        if form.is_valid():
            try:
                windows.propose_appropriation(**form.cleaned_data, by=request.user, at=timezone.now())
            except Refusal as refusal:
                refused(form, refusal)
            else:
                messages.success(request, "已录入，等待负责人确认。")
                return redirect(self.list_url())
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form, "title": "录入预算指标"}
        return TemplateResponse(request, "admin/subsidies/appropriation_new.html", context, status=form_status(form))

    def decide_view(self, request, proposal_id):
        proposal = get_object_or_404(Proposal.objects.filter(action=windows.ADD_APPROPRIATION), pk=proposal_id)
        if request.user.role != Role.HEAD:
            raise PermissionDenied
        if request.method != "POST":
            raise Http404
        form = DecisionForm(request.POST)
        if not form.is_valid():
            messages.error(request, "意见太长，请不超过 300 字。")
            return redirect(self.list_url())
        confirmed = request.POST.get("confirmed") == "yes"
        try:
            windows.decide_appropriation(
                proposal, by=request.user, at=timezone.now(), confirmed=confirmed, remark=form.cleaned_data["remark"]
            )
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            response = self.changelist_view(request)
            response.status_code = refusal.status
            return response
        messages.success(request, "预算指标已生效。" if confirmed else "已退回，指标未生效。")
        return redirect(self.list_url())
