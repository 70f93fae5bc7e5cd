"""How an applicant's page finds its case: only what the person may see, and a draft's page only as long as it is a draft."""

from functools import wraps

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from enterprises.acting import standing_for
from enterprises.models import WRITERS
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import APPLICANTS, Role
from pilot_portal.workflow.refusals import Refusal
from subsidies import reports
from subsidies.models import Application
from subsidies.services import drafts
from subsidies.states import State

from .doors import doors_of

RELATED = (
    "window__pilot",
    "legal_entity__licence",
    "policy__insurer",
    "policy__product",
    "policy__paper",
    "category__category",
    "category__evidence",
    "bank_account__proof",
    "allocation",
    "insurer",
    "entrustment",
)
ROWS = ("policy__invoices__paper", "policy__premium_payments__paper", "policy__endorsements")
TITLES = {
    "already_filed": "本期已经申报过了",
    "already_awarded": "本年度已获补贴",
    "policy_already_filed": "这份保单已用于另一份申报",
    "no_refiling": "本期不能再次申报",
    "window_closed": "现在不在申报期内",
    "not_a_member": "您没有办理权限",
    "correction_over": "补正期限已过",
    "reply_late": "陈述申辩期限已过",
    "on_hold": "本件已暂停办理",
}


def of_case(view):
    """A page about one case: the view gets the case, a stranger gets 404; nothing of it stays in the browser's cache."""

    @never_cache
    @only(*APPLICANTS)
    @wraps(view)
    def guarded(request, pk, **rest):
        application = find(request, pk)
        return standing_for(request, application.legal_entity) or view(request, application, **rest)

    return guarded


def of_case_alone(view):
    """The same for a view that hands the case to a service, which reads its rows itself."""

    @never_cache
    @only(*APPLICANTS)
    @wraps(view)
    def guarded(request, pk, **rest):
        return view(request, get_object_or_404(Application.objects.visible_to(request.user).select_related(*RELATED), pk=pk), **rest)

    return guarded


def of_draft(view):
    """A page of a draft. Once it is filed, going back shows its confirmation, later the case; sending it says so."""

    @of_case
    @wraps(view)
    def guarded(request, application, **rest):
        if application.state == State.DRAFT:
            return view(request, application, **rest)
        if request.method == "POST":
            return not_now(request, application, "修改")
        return redirect("subsidies:submitted", application.pk) if application.state == State.SUBMITTED else redirect(application)

    return guarded


def of_own_draft(view):
    """The same for a page that changes the draft: who may not is told so, and who may, before typing anything."""

    @of_draft
    @wraps(view)
    def guarded(request, application, **rest):
        if request.method == "GET" and request.user.role == Role.INSURER:
            try:
                drafts.require_author(application, request.user, timezone.now())
            except Refusal as refusal:
                return say_no(request, refusal, application)
        elif answer := standing_for(request, application.legal_entity, WRITERS):
            return answer
        return view(request, application, **rest)

    return guarded


def not_now(request, application: Application, action: str) -> HttpResponse:
    """A page that was sent although the case stands elsewhere by now."""
    refusal = Refusal("wrong_state", object=application, state=application.get_state_display(), action=action)
    return say_no(request, refusal, application)


def find(request, pk: int) -> Application:
    return get_object_or_404(Application.objects.visible_to(request.user).select_related(*RELATED).prefetch_related(*ROWS), pk=pk)


def show(request, template: str, application: Application, *, status: int = 200, **context) -> HttpResponse:
    """A page about a case; its head names the enterprise, `is_open` is whether the window takes it now; `doors`: see there."""
    about = {
        "application": application,
        "entity": application.legal_entity,
        "is_open": application.window.is_open(timezone.now()),
        "doors": doors_of(request.user, application),
    }
    return render(request, f"subsidies/{template}.html", about | context, status=status)


def say_no(request, refusal: Refusal, application: Application | None = None) -> HttpResponse:
    """A refusal as a page of its own: what stands in the way, the case it names and what can be done, and the way back."""
    context = {
        "title": _title(refusal, application),
        "refusal": refusal,
        "application": application,
        "entity": application.legal_entity if application else None,
        "rival": named_rival(request, refusal),
    }
    return render(request, "subsidies/refused.html", context, status=refusal.status)


def _title(refusal: Refusal, application: Application | None) -> str:
    if refusal.code == "wrong_state" and application and application.state == State.SUBMITTED:
        return "这份申报已经提交"
    return TITLES.get(refusal.code, "现在不能这样办理")


def named_rival(request, refusal: Refusal) -> reports.Rival | None:
    """The case that a refusal names, as far as this person may know it."""
    found = Application.objects.select_related("window", "insurer", "submitted_by").filter(pk=refusal.facts.get("application", 0)).first()
    return reports.as_seen_by(found, request.user, at=timezone.now()) if found else None
