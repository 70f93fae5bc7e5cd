"""补正: the one list, each item with what was and what is, mended here or where the data stand, then handed in as a whole."""

from functools import wraps

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pilot_portal.reference.services import last_day
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies import forms, reports
from subsidies.models import Part
from subsidies.services import corrections as services
from subsidies.states import Action, State

from .finding import not_now, of_case, say_no, show


def of_correction(view):
    """A page of an open correction. Elsewhere, going there shows the case, and sending it says so."""

    @of_case
    @wraps(view)
    def guarded(request, application, **rest):
        if application.state == State.CORRECTION:
            return view(request, application, **rest)
        return redirect(application) if request.method != "POST" else not_now(request, application, "补正")

    return guarded


@of_correction
@require_safe
def correction(request, application):
    return correction_page(request, application)


def correction_page(request, application, *, form=None, problems=(), status: int = 200):
    """The list; `form` is the one of an item whose answer was refused, `problems` all that stands in the way of handing it in."""
    now = timezone.now()
    sheet = reports.sheet_of(application, at=now)
    may_mend = reports.may_mend(application, request.user, at=now)
    context = {
        "sheet": sheet,
        "until": last_day(sheet.correction.due_at),
        "items": [(item, _form_of(item.item, form, request.user) if may_mend else None) for item in sheet.items],
        "refused_form": form,
        "problems": problems,
        "submit_form": forms.VersionForm(initial={"version": application.version}),
        "may_mend": may_mend,
        "may_submit": Action.RESUBMIT in reports.actions_of(application, request.user, at=now),
        "letter": application.documents.filter(correction=sheet.correction).first(),
    }
    return show(request, "correction", application, status=form_status(form) if form else status, **context)


def _form_of(item, sent_form, user):
    return sent_form if sent_form and sent_form.item.pk == item.pk else forms.AnswerForm(by=user, item=item)


@of_correction
@require_POST
def answer(request, application, item):
    """Keep the word or the paper for one item."""
    correction = services.open_correction(application)
    found = get_object_or_404(correction.items.select_related("correction__application"), pk=item)
    form = forms.AnswerForm(*sent(request), by=request.user, item=found)
    if form.is_valid():
        try:
            services.answer(found, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"“{found.get_part_display()}”已保存，还没有提交。")
            return _back_to(application, found.pk)
    return correction_page(request, application, form=form)


def _back_to(application, item: int):
    return redirect(f"{reverse('subsidies:correction', args=[application.pk])}#item-{item}")


@of_correction
@require_POST
def take_back(request, application, attachment):
    row = get_object_or_404(application.attachments.select_related("application", "file", "item__correction"), pk=attachment)
    try:
        services.take_back(row, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return say_no(request, refusal, application)
    messages.success(request, f"已移除“{row.file.name}”。")
    return _back_to(application, row.item_id)


@of_correction
@require_http_methods(["GET", "POST"])
def category(request, application):
    """Choose another category of the enterprise, where the list asks for it."""
    if request.method == "GET" and not application.asks_for(Part.CATEGORY):
        return redirect("subsidies:correction", application.pk)
    form = forms.CategoryForm(*sent(request), application=application)
    if form.is_valid():
        try:
            services.change_category(application, form.cleaned_data["category"], by=request.user, at=timezone.now())
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "企业类别已更换，还没有提交。")
            return redirect("subsidies:correction", application.pk)
    return show(request, "correction_category", application, status=form_status(form), form=form)


@of_case
@require_POST
def resubmit(request, application):
    """Hand in the whole list; what is still open is shown all at once. Pressed twice, it leads to the same confirmation."""
    if application.state == State.SUBMITTED and application.corrections.exists():
        return redirect("subsidies:resubmitted", application.pk)
    form = forms.VersionForm(request.POST)
    seen = form.cleaned_data["version"] if form.is_valid() else None
    try:
        services.resubmit(application, by=request.user, at=timezone.now(), version=seen)
    except Refusal as refusal:
        return _not_handed_in(request, application, refusal)
    return redirect("subsidies:resubmitted", application.pk)


def _not_handed_in(request, application, refusal: Refusal):
    application.refresh_from_db()
    problems = services.open_problems(application, at=timezone.now())
    if application.state == State.CORRECTION and (refusal.code == "moved_on" or refusal.code in {found.code for found in problems}):
        shown = [refusal, *problems] if refusal.code == "moved_on" else problems
        return correction_page(request, application, problems=shown, status=refusal.status)
    return say_no(request, refusal, application)


@of_case
@require_safe
def resubmitted(request, application):
    """补正已提交: the number stays, and what happens next."""
    handed_in = application.corrections.filter(closed_at__isnull=False).select_related("closed_by").first()
    if application.state != State.SUBMITTED or handed_in is None:
        return redirect(application)
    filed = f"{application.legal_entity.name}，{timezone.localtime(handed_in.closed_at):%Y-%m-%d %H:%M} 提交补正"
    return show(request, "resubmitted", application, filed=filed, coming=reports.coming(application))
