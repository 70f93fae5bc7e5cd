"""Pages on which an enterprise says who it is."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role
from pilot_portal.files.services import serve
from pilot_portal.reference.models import Pilot
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from . import forms, reports, rules, services
from .acting import acting, choose, choosing, current_entity, entities_of, for_writers, not_allowed
from .models import WRITERS, EntityCategory, LegalEntity, MembershipState
from .states import ChangeState, EntityAction, PreRegistrationAction

__all__ = ["acting", "current_entity"]  # for the pages of higher apps, too


@only(Role.ENTERPRISE)
@require_http_methods(["GET", "POST"])
def register(request):
    user = request.user
    contact = {"contact_name": user.display_name, "contact_phone": user.phone, "contact_email": user.email}
    form = forms.RegistrationForm(*sent(request), by=user, initial=contact)
    if form.is_valid():
        try:
            membership = services.register(by=user, at=timezone.now(), facts=form.facts, licence=form.cleaned_data["licence"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            if membership.state == MembershipState.ACTIVE:
                choose(request, membership.legal_entity)
                messages.success(request, "登记信息已提交。中心将在 5 个工作日内核验，结果会发站内消息和邮件。")
            return redirect("enterprises:profile")
    return render(request, "enterprises/register.html", {"form": form}, status=form_status(form))


@only(Role.ENTERPRISE)
@require_safe
def check_code(request):
    """What is to be said of a credit code while it is typed; a fragment."""
    code = rules.check_credit_code(request.GET.get("credit_code", "")[:100])
    return render(request, "enterprises/code_said.html", _said_of(code))


def _said_of(code: rules.CreditCode) -> dict:
    return {"code": code, "typed": len(code.normalised), "whole": rules.CODE_LENGTH, "doubt": rules.ORGANISATION_CODE_SENTENCE}


@never_cache
@choosing
@require_safe
def profile(request, entity):
    claims = request.user.memberships.exclude(state=MembershipState.ACTIVE).select_related("legal_entity")
    takeovers = request.user.takeovers.open().select_related("legal_entity")
    if entity is None and not claims and not takeovers:
        return redirect("enterprises:register")
    return render(
        request, "enterprises/profile.html", {"claims": claims, "takeovers": takeovers, **(_profile_of(entity) if entity else {})}
    )


def _profile_of(entity: LegalEntity) -> dict:
    pilot = Pilot.objects.first()
    account = entity.bank_accounts.open().select_related("proof").first()
    return {
        "entity": entity,
        "editable": EntityAction.RESUBMIT in {edge.action for edge in entity.LIFE.open_to(entity.state, Role.ENTERPRISE)},
        "former_names": entity.former_names.order_by("-until"),
        "branches": entity.branches.order_by("pk"),
        "changes": entity.changes.select_related("evidence")[:20],
        "changes_waiting": entity.changes.filter(state=ChangeState.SUBMITTED).count(),
        "categories": entity.categories.select_related("category", "evidence"),
        "account": account,
        "account_waits": account is not None and account.waits(timezone.now()),
        "returns": reports.returns_of(entity, EntityAction.RETURN),
        "pilot": pilot,
        "preregistration": entity.preregistrations.filter(pilot=pilot).first() if pilot else None,
    }


@for_writers
@require_http_methods(["GET", "POST"])
def profile_edit(request, entity):
    form = forms.CorrectionForm(*sent(request), by=request.user, initial=_columns(entity, forms.CorrectionForm))
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.resubmit_entity(
                entity, by=request.user, at=timezone.now(), facts=form.facts, licence=typed["licence"], version=typed["version"]
            )
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "已重新提交核验。中心将在 5 个工作日内处理，结果会发站内消息和邮件。")
            return redirect("enterprises:profile")
    return render(request, "enterprises/profile_edit.html", {"form": form, "entity": entity}, status=form_status(form))


def _columns(row, form_class) -> dict:
    return {name: getattr(row, name) for name in form_class.base_fields}


@only(Role.ENTERPRISE)
@require_http_methods(["GET", "POST"])
def switch(request):
    entities = entities_of(request.user)
    asked = request.GET.get("to", "")
    wanted = entities.filter(pk=asked).first() if asked.isdecimal() else None
    form = forms.SwitchForm(*sent(request), entities=entities, initial={"legal_entity": wanted or current_entity(request)})
    back = request.POST.get("next") or request.GET.get("next", "")
    if form.is_valid():
        choose(request, form.cleaned_data["legal_entity"])
        return redirect(_inside(request, back) or "accounts:landing")
    context = {"form": form, "entities": entities, "wanted": wanted, "next": back}
    return render(request, "enterprises/switch.html", context, status=form_status(form))


def _inside(request, address: str) -> str:
    """The address, if it leads nowhere else than into this portal."""
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return address if safe else ""


@acting
@require_safe
def licence(request, entity):
    return _paper(entity.licence)


def _paper(stored):
    if stored is None:
        raise Http404
    return serve(stored)


@for_writers
@require_http_methods(["GET", "POST"])
def category(request, entity):
    form = forms.CategoryForm(*sent(request), by=request.user)
    if form.is_valid():
        try:
            services.add_category(entity, by=request.user, at=timezone.now(), facts=form.facts, evidence=form.cleaned_data["evidence"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "企业类别已保存。")
            return redirect(_inside(request, request.GET.get("next", "")) or "enterprises:profile")
    return render(request, "enterprises/category.html", {"form": form, "entity": entity}, status=form_status(form))


@only(Role.ENTERPRISE)
@require_safe
def category_paper(request, pk):
    mine = EntityCategory.objects.filter(legal_entity__in=entities_of(request.user))
    return _paper(get_object_or_404(mine.select_related("evidence"), pk=pk).evidence)


@never_cache
@for_writers
@require_http_methods(["GET", "POST"])
def account(request, entity):
    form = forms.AccountForm(*sent(request), by=request.user, initial={"holder": entity.name})
    if form.is_valid():
        try:
            opened = services.set_bank_account(entity, by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, _account_saved(opened))
            if not rules.check_cnaps(opened.cnaps):
                messages.warning(request, "联行号的校验位不符，可能有一位填错。请对照开户证明再核对一遍；确认无误可以不理会。")
            return redirect(_inside(request, request.GET.get("next", "")) or "enterprises:profile")
    current = entity.bank_accounts.open().first()
    return render(request, "enterprises/account.html", {"form": form, "entity": entity, "current": current}, status=form_status(form))


def _account_saved(opened) -> str:
    if not opened.waits_until:
        return f"收款账户已保存：{opened}。拨付时使用这个账户。"
    until = f"{timezone.localtime(opened.waits_until):%Y-%m-%d %H:%M}"
    return f"收款账户已保存：{opened}。请另一位同事登录确认；没有人确认的，{until} 起生效。在此之前不拨付。"


@never_cache
@acting
@require_http_methods(["GET", "POST"])
def account_change(request, entity):
    """The changed account beside the former one, for another member to confirm or for any to take back."""
    opened = entity.bank_accounts.open().select_related("created_by", "confirmed_by", "proof").first()
    form = forms.AccountDecisionForm(*sent(request), initial={"account": opened})
    form.fields["account"].queryset = entity.bank_accounts.all()
    if form.is_valid():
        confirmed = form.cleaned_data["confirmed"]
        decide = services.confirm_bank_account if confirmed else services.decline_bank_account
        try:
            decide(form.cleaned_data["account"], by=request.user, at=timezone.now())
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "已确认，以后的拨付使用这个账户。" if confirmed else "更换已取消，仍使用原账户。")
            return redirect("enterprises:profile")
    context = {"form": form, "entity": entity, **reports.account_change(entity, opened, request.user, at=timezone.now())}
    return render(request, "enterprises/account_change.html", context, status=form_status(form))


@never_cache
@acting
@require_POST
def reveal_account(request, entity):
    """The full number, once, on this page alone; the look is recorded."""
    opened = get_object_or_404(entity.bank_accounts.open())
    number = services.reveal_account(opened, by=request.user, at=timezone.now())
    return render(request, "enterprises/account_revealed.html", {"entity": entity, "account": opened, "number": number})


@acting
@require_safe
def account_paper(request, entity):
    return _paper(get_object_or_404(entity.bank_accounts.open().select_related("proof")).proof)


@acting
@require_http_methods(["GET", "POST"])
def preregistration(request, entity, year):
    """The year's pre-registration: a form as long as there is none, then what was said and what became of it."""
    pilot = get_object_or_404(Pilot, year=year)
    existing = entity.preregistrations.filter(pilot=pilot).select_related("pilot").first()
    if existing and request.method == "GET":
        return render(request, "enterprises/preregistration.html", _preregistration_context(entity, existing))
    if answer := not_allowed(request, entity, WRITERS):
        return answer
    form = forms.PreRegistrationForm(*sent(request), initial={"countries": entity.export_regions})
    if form.is_valid():
        try:
            services.preregister(entity, pilot, by=request.user, at=timezone.now(), facts=form.facts)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"{year} 年预申报已提交。中心确认后，试点保险公司会与您联系。")
            return redirect("enterprises:preregistration", year)
    context = {"form": form, "entity": entity, "pilot": pilot}
    return render(request, "enterprises/preregister.html", context, status=form_status(form))


def _preregistration_context(entity, existing) -> dict:
    edges = existing.LIFE.open_to(existing.state, Role.ENTERPRISE)
    return {
        "entity": entity,
        "pilot": existing.pilot,
        "registration": existing,
        "editable": PreRegistrationAction.RESUBMIT in {edge.action for edge in edges},
        "returns": reports.returns_of(existing, PreRegistrationAction.RETURN),
    }


@for_writers
@require_http_methods(["GET", "POST"])
def preregistration_edit(request, entity, year):
    existing = get_object_or_404(entity.preregistrations.select_related("pilot"), pilot__year=year)
    form = forms.PreRegistrationForm(*sent(request), initial=_columns(existing, forms.PreRegistrationForm))
    if form.is_valid():
        try:
            services.resubmit_preregistration(
                existing, by=request.user, at=timezone.now(), facts=form.facts, version=form.cleaned_data["version"]
            )
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "修改已提交，请等待中心确认。")
            return redirect(existing)
    context = {"form": form, "entity": entity, "pilot": existing.pilot, "registration": existing}
    return render(request, "enterprises/preregister.html", context, status=form_status(form))
