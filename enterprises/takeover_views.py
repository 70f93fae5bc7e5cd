"""Pages on which somebody asks for the account of an enterprise whose owner has left, and waits for the answer."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from . import forms, services
from .models import Takeover
from .states import OPEN_TAKEOVER


@only(Role.ENTERPRISE)
@require_http_methods(["GET", "POST"])
def takeover_ask(request):
    user = request.user
    initial = {"contact_name": user.display_name, "contact_phone": user.phone, "credit_code": request.GET.get("code", "")[:40]}
    form = forms.TakeoverForm(*sent(request), by=user, initial=initial)
    if form.is_valid():
        try:
            asked = services.ask_takeover(by=user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "接管申请已提交。结果会发站内消息和邮件。")
            return redirect(asked)
    return render(request, "enterprises/takeover_ask.html", {"form": form}, status=form_status(form))


@never_cache
@only(Role.ENTERPRISE)
@require_safe
def takeover(request, pk):
    found = get_object_or_404(_mine(request), pk=pk)
    return render(request, "enterprises/takeover.html", {"takeover": found, "open": found.state in OPEN_TAKEOVER})


@only(Role.ENTERPRISE)
@require_POST
def takeover_withdraw(request, pk):
    found = get_object_or_404(_mine(request), pk=pk)
    try:
        services.withdraw_takeover(found, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "接管申请已撤回。")
    return redirect(found)


def _mine(request):
    return Takeover.objects.visible_to(request.user).select_related("legal_entity")
