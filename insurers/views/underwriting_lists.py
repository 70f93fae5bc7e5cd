"""承保清单: chosen by signing dates, looked through, reported; those reported before."""

from datetime import timedelta
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from insurers import register, reports, services
from insurers.models import Insurer, UnderwritingList
from insurers.states import PolicyState
from pilot_portal.files.services import serve
from pilot_portal.reference.forms import DayField
from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.refusals import Refusal

from .finding import PAGE, of_insurer


class PeriodForm(forms.Form):
    signed_from = DayField(label="签订日期自")
    signed_to = DayField(label="至（含当日）")

    def clean(self):
        typed = super().clean()
        if typed.get("signed_from") and typed.get("signed_to") and typed["signed_to"] < typed["signed_from"]:
            self.add_error("signed_to", "止日不能早于起日。")
        return typed


def last_month() -> dict:
    """The month that a list is usually about."""
    last = timezone.localdate().replace(day=1) - timedelta(days=1)
    return {"signed_from": last.replace(day=1), "signed_to": last}


@of_insurer
@require_http_methods(["GET", "POST"])
def underwriting_lists(request, insurer):
    """What a list of the period would hold, with the button that reports it, and the lists reported before."""
    asked = request.POST if request.method == "POST" else request.GET
    form = PeriodForm(asked if "signed_from" in asked else last_month())
    if request.method == "POST" and form.is_valid():
        try:
            made = services.report_underwriting_list(insurer, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"承保清单已报送：{made.policy_count} 份保单。中心可以看到，您也可以在下面下载。")
            return redirect(f"{request.path}?{urlencode(form.cleaned_data)}")
    context = {"insurer": insurer, "form": form, **_preview(request, insurer, form), **_reported(insurer)}
    return render(request, "insurers/underwriting_lists.html", context, status=form_status(form))


def _preview(request, insurer: Insurer, form: PeriodForm) -> dict:
    if not {"signed_from", "signed_to"} <= getattr(form, "cleaned_data", {}).keys() and not form.is_valid():
        return {}
    period = form.cleaned_data
    listed = register.underwritten(insurer, **period)
    page = reports.page_of(listed.select_related("legal_entity"), before=request.GET.get("before"), size=PAGE)
    days = (period["signed_from"], period["signed_to"])
    waiting = insurer.policies.filter(signed_on__range=days, state__in=[PolicyState.REGISTERED, PolicyState.DISPUTED])
    older = f"{urlencode(period)}&{page['older']}" if page["older"] else ""
    return {**page, "older": older, "period": period, "totals": register.totals(listed), "waiting": waiting.count()}


def _reported(insurer: Insurer) -> dict:
    return {"reported": insurer.underwriting_lists.select_related("paper", "reported_by")[:PAGE]}


@require_safe
def underwriting_list_file(request, pk):
    found = get_object_or_404(UnderwritingList.objects.visible_to(request.user).select_related("paper"), pk=pk)
    return serve(found.paper, download=True)
