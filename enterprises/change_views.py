"""Pages on which a verified enterprise says what has changed: name and seat, former names, branches, whom to call."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pilot_portal.files.services import serve
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from . import change_forms, services
from .acting import acting, for_writers
from .models import ChangeKind


@for_writers
@require_http_methods(["GET", "POST"])
def change_new(request, entity, kind):
    if kind not in ChangeKind.values:
        raise Http404
    if not entity.is_verified:
        return redirect("enterprises:profile")
    form_class = change_forms.FORMS[ChangeKind(kind)]
    form = form_class(*sent(request), by=request.user, initial=form_class.initial_of(entity))
    if form.is_valid():
        try:
            evidence = form.cleaned_data["evidence"]
            services.ask_change(entity, by=request.user, at=timezone.now(), kind=kind, facts=form.facts, evidence=evidence)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "已提交，中心核实后生效，结果会发站内消息和邮件。")
            return redirect("enterprises:profile")
    context = {"form": form, "entity": entity, "kind": ChangeKind(kind)}
    return render(request, "enterprises/change_new.html", context, status=form_status(form))


@acting
@require_safe
def change_paper(request, entity, pk):
    return serve(get_object_or_404(entity.changes.select_related("evidence"), pk=pk).evidence)


@acting
@require_POST
def change_withdraw(request, entity, pk):
    try:
        services.withdraw_change(get_object_or_404(entity.changes, pk=pk), by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "已撤回，登记信息没有变化。")
    return redirect("enterprises:profile")


@for_writers
@require_http_methods(["GET", "POST"])
def contact(request, entity):
    initial = {name: getattr(entity, name) for name in change_forms.ContactForm.base_fields}
    form = change_forms.ContactForm(*sent(request), initial=initial)
    if form.is_valid():
        try:
            services.update_contact(entity, by=request.user, at=timezone.now(), facts=form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "联系人和海外业务已保存。")
            return redirect("enterprises:profile")
    return render(request, "enterprises/contact.html", {"form": form, "entity": entity}, status=form_status(form))
