"""追回: what has to be paid back, why and until when, and the proof that it has been."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from pilot_portal.files.services import serve
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.rules import rmb_capitals
from subsidies.services import recovery as services
from subsidies.states import RecoveryState

from .finding import of_case, show

OWED = (RecoveryState.ORDERED, RecoveryState.OVERDUE)


@of_case
@require_http_methods(["GET", "POST"])
def recovery(request, application, recovery):
    found = get_object_or_404(application.recoveries.select_related("proof", "endorsement"), pk=recovery)
    form = forms.RepaymentForm(*sent(request), by=request.user, initial={"version": found.version})
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.prove_repayment(found, by=request.user, at=timezone.now(), paper=typed["paper"], version=typed["version"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "退款凭证已上传。财务核对到账后，结果会发站内消息和邮件。")
            return redirect("subsidies:recovery", application.pk, found.pk)
    context = {
        "recovery": found,
        "capitals": rmb_capitals(found.amount),
        "form": form,
        "owed": found.state in OWED,
        "may_prove": found.state in OWED and reports.may_act(application, request.user, at=timezone.now()),
        "letter": application.documents.filter(recovery=found).first(),
    }
    return show(request, "recovery", application, status=form_status(form), **context)


@of_case
@require_safe
def proof(request, application, recovery):
    paper = get_object_or_404(application.recoveries.select_related("proof"), pk=recovery).proof
    if paper is None:
        raise Http404
    return serve(paper)
