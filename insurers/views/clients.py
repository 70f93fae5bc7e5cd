"""An insurer enters a client, and writes under its mandate what a filing needs. Pages that show cases belong to `subsidies`."""

from functools import wraps

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from enterprises import services as enterprises
from enterprises.forms import AccountForm, CategoryForm
from enterprises.models import LegalEntity
from enterprises.rules import check_cnaps, check_credit_code
from insurers import client_forms, reports
from pilot_portal.files.services import serve
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from .finding import find_client, for_filers, of_insurer
from .registering import register


def show(request, template: str, form, entity: LegalEntity | None = None, **context):
    return render(request, f"insurers/{template}.html", {"form": form, "entity": entity, **context}, status=form_status(form))


@for_filers
@require_safe
def client_new(request, insurer):
    """Which client: one that the portal knows is used as it is, another one is registered first."""
    form = client_forms.CodeForm(request.GET or None)
    if not form.is_valid():
        return show(request, "client_new", form)
    code = form.cleaned_data["credit_code"]
    known = LegalEntity.objects.filter(credit_code=code).exists()
    return redirect("insurers:mandate_new" if known else "insurers:client_register", code)


@for_filers
@require_http_methods(["GET", "POST"])
def client_register(request, code, insurer):
    if not check_credit_code(code).ok:
        raise Http404
    form = client_forms.ClientForm(*sent(request), by=request.user)
    if LegalEntity.objects.filter(credit_code=code).exists():
        return redirect("insurers:mandate_new", code)
    if form.is_valid():
        facts = form.facts | {"credit_code": code}
        try:
            made = enterprises.register_client(by=request.user, at=timezone.now(), facts=facts, licence=form.cleaned_data["licence"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"“{made}”的登记信息已提交，中心将在 5 个工作日内核验。接下来请发起委托。")
            return redirect("insurers:mandate_new", code)
    return show(request, "client_register", form, code=code)


@for_filers
@require_http_methods(["GET", "POST"])
def client_edit(request, pk, insurer):
    """Mend what the centre has not verified yet, for a client that nobody acts for here."""
    entity = find_client(insurer, pk)
    if entity.is_verified or not enterprises.mended_by_insurer(entity, request.user):
        raise Http404
    initial = {name: getattr(entity, name) for name in client_forms.ClientCorrectionForm.base_fields}
    form = client_forms.ClientCorrectionForm(*sent(request), by=request.user, initial=initial)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            enterprises.resubmit_entity(
                entity, by=request.user, at=timezone.now(), facts=form.facts, licence=typed["licence"], version=typed["version"]
            )
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "已重新提交核验，中心将在 5 个工作日内处理。")
            return redirect("subsidies:client", pk)
    return show(request, "client_edit", form, entity)


@of_insurer
@require_safe
def client_licence(request, pk, insurer):
    entity = find_client(insurer, pk)
    if entity.licence is None or not enterprises.mended_by_insurer(entity, request.user):
        raise Http404
    return serve(entity.licence)


def under_mandate(view):
    """A page on which a client's own things are written: the view gets `entity`. Without a mandate in force the page says so."""

    @for_filers
    @wraps(view)
    def guarded(request, pk, insurer):
        entity = find_client(insurer, pk)
        if entity.entrustments.in_force(timezone.now()).filter(insurer=insurer).exists():
            return view(request, entity)
        latest = entity.entrustments.filter(insurer=insurer).order_by("-pk").first()
        refusal = Refusal("no_mandate", entity=entity)
        sentence = reports.standing_of(latest, at=timezone.now())[1] if latest else refusal.sentence
        return render(request, "insurers/not_entrusted.html", {"entity": entity, "sentence": sentence}, status=refusal.status)

    return guarded


@under_mandate
@require_http_methods(["GET", "POST"])
def client_policy_new(request, entity):
    return register(request, entity, done="保单已登记并确认。接下来请添加发票和付款回单。")


@under_mandate
@require_http_methods(["GET", "POST"])
def client_category(request, entity):
    form = CategoryForm(*sent(request), by=request.user)
    if form.is_valid():
        try:
            enterprises.add_category(entity, by=request.user, at=timezone.now(), facts=form.facts, evidence=form.cleaned_data["evidence"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "企业类别已保存。")
            return redirect("subsidies:client", entity.pk)
    return show(request, "client_category", form, entity)


def _in_force_from(account) -> str:
    if not account.waits_until:
        return "拨付时使用这个账户。"
    until = f"{timezone.localtime(account.waits_until):%Y-%m-%d %H:%M}"
    return f"企业的成员确认后，或自 {until} 起生效。在此之前不拨付。"


@under_mandate
@require_http_methods(["GET", "POST"])
def client_account(request, entity):
    form = AccountForm(*sent(request), by=request.user, initial={"holder": entity.name})
    if form.is_valid():
        try:
            opened = enterprises.set_bank_account(entity, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"收款账户已保存：{opened}。{_in_force_from(opened)}")
            if not check_cnaps(opened.cnaps):
                messages.warning(request, "联行号的校验位不符，可能有一位填错。请对照开户证明再核对一遍；确认无误可以不理会。")
            return redirect("subsidies:client", entity.pk)
    current = entity.bank_accounts.open().first()
    return show(request, "client_account", form, entity, current=current)
