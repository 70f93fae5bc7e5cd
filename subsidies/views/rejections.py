"""陈述申辩: the reasons of a proposed rejection, and what the applicant says to them."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from pilot_portal.reference.services import last_day
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.services import rejections as services
from subsidies.states import Action

from .finding import of_case, show


@of_case
@require_http_methods(["GET", "POST"])
def reply(request, application):
    """The reasons, the deadline, what was said before, and a form as long as it may still be said."""
    form = forms.ReplyForm(*sent(request), by=request.user, initial={"version": application.version})
    now = timezone.now()
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.reply(application, by=request.user, at=now, text=typed["text"], uploads=form.papers, version=typed["version"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "陈述申辩已提交，我们会认真核实。期限内还可以继续补充。")
            return redirect("subsidies:reply", application.pk)
    elif request.method == "GET" and not application.rejection_reason:
        return redirect(application)
    context = {
        "form": form,
        "replies": application.replies.select_related("made_by").prefetch_related("attachments__file"),
        "may_reply": Action.REPLY in reports.actions_of(application, request.user, at=now),
        "until": last_day(application.due_at) if application.due_at else None,
        "left": reports.left_in_words(application.due_at, now) if application.due_at else None,
    }
    return show(request, "reply", application, status=form_status(form), **context)
