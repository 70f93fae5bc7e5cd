"""追回 on the oversight desk: the IP office orders a proposed one or drops it; everybody else reads."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import OVERSIGHT, Role
from pilot_portal.files.services import serve
from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Recovery
from subsidies.services import recovery as services
from subsidies.states import RecoveryState

from . import forms, recoveries, reports

ROWS = ("application__policy__invoices", "application__policy__premium_payments", "application__policy__endorsements")


@never_cache
@only(*OVERSIGHT)
@require_safe
def overview(request):
    """Every recovery by where it stands."""
    rows = recoveries.visible_to(request.user)
    context = {
        "proposed": rows.filter(state=RecoveryState.PROPOSED).order_by("proposed_at", "pk"),
        "owed": rows.filter(state__in=recoveries.OWED).order_by("due_on", "pk"),
        "closed": reports.page_of(rows.filter(state__in=recoveries.CLOSED), "page", request.GET.get("page", "")),
        "counts": recoveries.counts(),
    }
    return render(request, "programme/oversight/recoveries.html", context)


@never_cache
@only(*OVERSIGHT)
@require_safe
def recovery(request, pk):
    found = find(request, pk)
    may_act = request.user.role == Role.IP_OFFICE and found.state == RecoveryState.PROPOSED
    return render(request, "programme/oversight/recovery.html", {**facts(request, found), "may_act": may_act})


def find(request, pk: int) -> Recovery:
    return get_object_or_404(recoveries.visible_to(request.user).select_related("application__policy").prefetch_related(*ROWS), pk=pk)


def facts(request, found: Recovery) -> dict:
    return {
        "recovery": found,
        "case": found.application,
        "figures": recoveries.figures_of(found),
        "tone": recoveries.TONES[found.state],
        "papers": list(recoveries.papers_of(found)),
        "may_open": request.user.role == Role.IP_OFFICE,
    }


@never_cache
@only(Role.IP_OFFICE)
@require_safe
def paper(request, pk, file):
    """A paper of a recovery, by its key; any other file is not found."""
    for _, stored in recoveries.papers_of(find(request, pk)):
        if stored.pk == file:
            return serve(stored)
    raise Http404


@never_cache
@only(Role.IP_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def order(request, pk):
    """责令退回: a page that says what it means, then the act itself."""

    def act(found: Recovery, said: dict) -> str:
        made = services.order_recovery(found, by=request.user, at=timezone.now(), version=said["version"])
        return f"已责令退回，期限到 {made.due_on:%Y-%m-%d}。系统出具退回补贴资金通知书并通知申请人。"

    return decide(request, find(request, pk), forms.OrderForm, "order", act)


@never_cache
@only(Role.IP_OFFICE)
@require_http_methods(["GET", "HEAD", "POST"])
def drop(request, pk):
    """不予追回, with the reason, in the same two steps."""

    def act(found: Recovery, said: dict) -> str:
        services.drop_recovery(found, by=request.user, at=timezone.now(), reason=said["reason"], version=said["version"])
        return "已决定不予追回，理由已告知促进中心负责人。"

    return decide(request, find(request, pk), forms.DropForm, "drop", act)


def decide(request, found: Recovery, form_class: type, template: str, act: Callable[[Recovery, dict], str]):
    if request.method != "POST" and found.state != RecoveryState.PROPOSED:
        messages.warning(request, f"这一笔现在是“{found.get_state_display()}”，不需要再决定。")
        return redirect("programme:recovery", found.pk)
    form = form_class(request.POST or None, initial={"version": found.version})
    if form.is_valid():
        try:
            messages.success(request, act(found, form.cleaned_data))
        except Refusal as refusal:
            refused(form, refusal)
        else:
            return redirect("programme:recovery", found.pk)
    context = {**facts(request, found), "form": form}
    return render(request, f"programme/oversight/{template}_recovery.html", context, status=form_status(form))
