"""投保意向: an enterprise asks several insurers and compares their answers; an insurer answers those that it was asked."""

from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import quote

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from enterprises.acting import acting, for_writers, standing_for
from insurers import reports, services
from insurers import underwriting_forms as forms
from insurers.models import UnderwritingAnswer, UnderwritingRequest
from insurers.states import AnswerAction, AnswerState
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.services import last_day
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from .finding import PAGE, for_filers, of_insurer

TONES = {
    AnswerState.WAITING: "wait",
    AnswerState.OFFERED: "todo",
    AnswerState.CHOSEN: "done",
    AnswerState.REFUSED: "stop",
    AnswerState.EXPIRED: "stop",
}


class Line(NamedTuple):
    """An answer as lists show it: the tone of its tag, the days it took or has been waited for, and until when it is due."""

    answer: UnderwritingAnswer
    tone: str
    days: int
    due: date | None
    is_late: bool


def lines_of(answers) -> list[Line]:
    return [_line(answer, timezone.now()) for answer in answers]


def _line(answer: UnderwritingAnswer, at: datetime) -> Line:
    waits = answer.state == AnswerState.WAITING
    due = last_day(answer.due_at) if waits else None
    return Line(answer, TONES.get(answer.state, ""), answer.days_waited(at), due, waits and answer.due_at <= at)


@never_cache
@acting
@require_safe
def requests(request, entity):
    mine = entity.underwriting_requests.prefetch_related("answers__insurer")
    page = reports.page_of(mine, before=request.GET.get("before"), size=PAGE)
    registration = services.registration_for(entity, timezone.localdate())
    return render(request, "insurers/requests.html", {"entity": entity, "registration": registration, **page})


@for_writers
@require_http_methods(["GET", "POST"])
def request_new(request, entity):
    registration = services.registration_for(entity, timezone.localdate())
    form = forms.RequestForm(*sent(request), initial=_suggested(registration) if registration else {})
    if form.is_valid():
        try:
            made = services.send_request(entity, list(form.cleaned_data["insurers"]), by=request.user, at=timezone.now(), facts=form.facts)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "投保意向已发送。保险公司应在 5 个工作日内答复，答复会通知您。")
            return redirect(made)
    return render(request, "insurers/request_new.html", {"form": form, "entity": entity}, status=form_status(form))


def _suggested(registration) -> dict:
    limit = registration.expected_limit
    return {"products_abroad": registration.products_abroad, "territory": registration.countries, "liability_limit": limit}


@never_cache
@only(Role.ENTERPRISE)
@require_safe
def request_page(request, pk):
    return _show_request(request, pk)


def _show_request(request, pk, refusal=None):
    mine = UnderwritingAnswer.objects.visible_to(request.user).filter(request=pk)
    answers = list(mine.select_related("insurer", "request__legal_entity"))
    if not answers:
        raise Http404
    entity = answers[0].request.legal_entity
    if answer := standing_for(request, entity):
        return answer
    context = {
        "wanted": answers[0].request,
        "entity": entity,
        "lines": lines_of(answers),
        "chosen": any(answer.state == AnswerState.CHOSEN for answer in answers),
        "today": timezone.localdate(),
        "refusal": refusal,
    }
    return render(request, "insurers/request.html", context, status=refusal.status if refusal else 200)


def _decide(request, pk, answer, verb, done):
    found = get_object_or_404(UnderwritingAnswer.objects.visible_to(request.user), pk=answer, request=pk)
    form = forms.VersionForm(request.POST)
    try:
        verb(found, by=request.user, at=timezone.now(), version=form.cleaned_data["version"] if form.is_valid() else None)
    except Refusal as refusal:
        return _show_request(request, pk, refusal)
    messages.success(request, done)
    return redirect("insurers:request", pk)


@only(Role.ENTERPRISE)
@require_POST
def offer_choose(request, pk, answer):
    return _decide(request, pk, answer, services.choose_offer, "已选定这份报价，保险公司会收到通知并与您联系。签订保单后请登记保单。")


@only(Role.ENTERPRISE)
@require_POST
def request_withdraw(request, pk, answer):
    return _decide(request, pk, answer, services.withdraw_request, "已撤回，保险公司会收到通知。")


@of_insurer
@require_safe
def insurer_requests(request, insurer):
    """Requests that wait for the insurer's answer, or those of one state."""
    state = request.GET.get("state", AnswerState.WAITING)
    mine = UnderwritingAnswer.objects.visible_to(request.user)
    rows = mine.filter(state=state) if state in AnswerState.values else mine
    page = reports.page_of(rows.select_related("request__legal_entity"), before=request.GET.get("before"), size=PAGE)
    if page["older"]:
        page["older"] = f"state={quote(state)}&{page['older']}"
    context = {"insurer": insurer, "state": state, "counts": reports.counts_by_state(mine, AnswerState), **page}
    return render(request, "insurers/insurer_requests.html", {**context, "lines": lines_of(page["rows"])})


def _find_asked(request, pk) -> UnderwritingAnswer:
    mine = UnderwritingAnswer.objects.visible_to(request.user).select_related("request__legal_entity", "insurer", "answered_by")
    return get_object_or_404(mine, pk=pk)


@of_insurer
@require_safe
def insurer_request(request, pk, insurer):
    return _show_asked(request, _find_asked(request, pk))


def _show_asked(request, answer, **refused_forms):
    version = {"version": answer.version}
    open_to = {edge.action for edge in answer.LIFE.open_to(answer.state, Role.INSURER)}
    wanted: UnderwritingRequest = answer.request
    context = {
        "answer": answer,
        "wanted": wanted,
        "entity": wanted.legal_entity,
        "line": _line(answer, timezone.now()),
        "open_to": open_to - _over(answer),
        "offer_form": forms.OfferForm(initial={"liability_limit": wanted.liability_limit, **version}),
        "refuse_form": forms.RefuseForm(initial=version),
        **refused_forms,
    }
    status = next((form_status(form) for form in refused_forms.values()), 200)
    return render(request, "insurers/insurer_request.html", context, status=status)


def _over(answer: UnderwritingAnswer) -> set[str]:
    """What an insurer is not asked for any more: anything, once another one was chosen."""
    chosen = answer.request.answers.filter(state=AnswerState.CHOSEN).exists()
    return {AnswerAction.OFFER, AnswerAction.REFUSE} if chosen else set()


@for_filers
@require_POST
def offer(request, pk, insurer):
    answer, form = _find_asked(request, pk), forms.OfferForm(request.POST)
    if form.is_valid():
        try:
            services.offer_cover(answer, by=request.user, at=timezone.now(), facts=form.facts, version=form.cleaned_data["version"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "报价已发给企业。")
            return redirect("insurers:insurer_request", pk)
    return _show_asked(request, answer, offer_form=form)


@for_filers
@require_POST
def refuse(request, pk, insurer):
    answer, form = _find_asked(request, pk), forms.RefuseForm(request.POST)
    if form.is_valid():
        try:
            services.refuse_cover(answer, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "已答复不承保，企业会看到理由。")
            return redirect("insurers:insurer_request", pk)
    return _show_asked(request, answer, refuse_form=form)
