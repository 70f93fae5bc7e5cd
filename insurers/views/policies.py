"""Policies as their insured sees them: registered with their papers, changed until they are filed, also by the entrusted insurer."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from enterprises.acting import acting, for_writers
from insurers import forms, reports, services
from insurers.models import Insurer, Policy, Product
from pilot_portal.accounts.access import only
from pilot_portal.accounts.roles import Role
from pilot_portal.files.services import serve
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal

from .finding import PAGE, find, of_policy, to_change_a_policy
from .registering import register

ROWS = {"invoices": "invoices", "payments": "premium_payments"}  # part of the address → rows of a policy


@acting
@require_safe
def policies(request, entity):
    page = reports.page_of(entity.policies.with_totals(), before=request.GET.get("before"), size=PAGE)
    return render(request, "insurers/policies.html", {"entity": entity, **page})


@for_writers
@require_http_methods(["GET", "POST"])
def policy_new(request, entity):
    return register(request, entity, done="保单已登记，等待保险公司确认。接下来请添加发票和付款回单。")


@only(Role.ENTERPRISE)
@require_safe
def products(request):
    """The choice of products once an insurer is chosen; a fragment of options."""
    chosen = request.GET.get("insurer", "")
    offered = Product.objects.filter(insurer__in=Insurer.objects.in_pilot())
    if chosen.isdecimal():
        offered = offered.filter(insurer=chosen)
    return render(request, "insurers/product_options.html", {"products": offered.select_related("insurer")})


@never_cache
@of_policy
@require_safe
def policy(request, policy):
    """Its page for the insured; its insurer is led to its own."""
    if request.user.role == Role.INSURER:
        return redirect("insurers:insurer_policy", policy.pk)
    context = reports.policy_page(policy, request.user, at=timezone.now(), member=request.member)
    return render(request, "insurers/policy.html", context)


@to_change_a_policy
@require_http_methods(["GET", "POST"])
def policy_edit(request, policy):
    form = forms.policy_form_of(request.user).of(policy, *sent(request), by=request.user)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.change_policy(
                policy, by=request.user, at=timezone.now(), facts=form.facts, paper=typed["paper"], version=typed["version"]
            )
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, "保单信息已修改。")
            return redirect(policy)
    context = {"form": form, "policy": policy, "entity": policy.legal_entity}
    return render(request, "insurers/policy_form.html", context, status=form_status(form))


@to_change_a_policy
@require_http_methods(["GET", "POST"])
def invoice_new(request, policy):
    form = forms.InvoiceForm(*sent(request), by=request.user, initial={"buyer": policy.legal_entity.name})
    return _add_row(request, policy, form, services.add_invoice, "发票")


@to_change_a_policy
@require_http_methods(["GET", "POST"])
def payment_new(request, policy):
    form = forms.PaymentForm(*sent(request), by=request.user, initial={"payer": policy.legal_entity.name})
    return _add_row(request, policy, form, services.add_premium_payment, "付款凭证")


def _add_row(request, policy, form, add, what):
    if form.is_valid():
        try:
            add(policy, by=request.user, at=timezone.now(), facts=form.facts, paper=form.cleaned_data["paper"])
        except Refusal as refusal:
            refused(form, refusal)
        else:
            messages.success(request, f"{what}已保存。")
            return redirect(policy)
    context = {"form": form, "policy": policy, "entity": policy.legal_entity, "what": what}
    return render(request, "insurers/row_form.html", context, status=form_status(form))


def _row(policy: Policy, kind: str, pk: int, rows: dict[str, str] = ROWS):
    if kind not in rows:
        raise Http404
    return get_object_or_404(getattr(policy, rows[kind]).select_related("paper", "policy__legal_entity"), pk=pk)


@to_change_a_policy
@require_http_methods(["GET", "POST"])
def row_delete(request, policy, kind, row):
    found = _row(policy, kind, row)
    refusal = None
    if request.method == "POST":
        try:
            services.remove_row(found, by=request.user, at=timezone.now())
        except Refusal as reason:
            refusal = reason
        else:
            messages.success(request, "已删除。")
            return redirect(policy)
    context = {"policy": policy, "entity": policy.legal_entity, "row": found, "kind": kind, "refusal": refusal}
    return render(request, "insurers/row_delete.html", context, status=refusal.status if refusal else 200)


@require_safe
def policy_paper(request, pk):
    return serve(find(request, pk).paper)


@require_safe
def row_paper(request, pk, kind, row):
    paper = _row(find(request, pk), kind, row, ROWS | {"endorsements": "endorsements"}).paper
    if paper is None:
        raise Http404
    return serve(paper)
