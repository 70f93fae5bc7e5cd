"""往来留言 on the applicant's side: what was said, and words for the centre."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import reports
from subsidies.forms.conversation import ConversationForm
from subsidies.models import Side
from subsidies.services import conversation as services

from .finding import of_case, say_no, show


@of_case
@require_http_methods(["GET", "POST"])
def conversation(request, application):
    form = ConversationForm(*sent(request), by=request.user)
    now = timezone.now()
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.say(application, by=request.user, at=now, text=typed["text"], paper=typed["paper"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "留言已发出，中心会收到通知。")
            return redirect("subsidies:conversation", application.pk)
    elif request.method == "GET" and not application.is_filed:
        return redirect(application)
    context = {
        "form": form,
        "said": application.conversation.select_related("author", "paper"),
        "unread": application.conversation.unread_by(Side.APPLICANT).count(),
        "may_act": reports.may_act(application, request.user, at=now),
    }
    return show(request, "conversation", application, status=form_status(form), **context)


@of_case
@require_POST
def read(request, application):
    """Opening the page only shows what was said; this says that it was read."""
    try:
        services.mark_read(application, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return say_no(request, refusal, application)
    messages.success(request, "留言已标为已读。")
    return redirect("subsidies:conversation", application.pk)
