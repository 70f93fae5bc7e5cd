"""Keys for the insurer's own systems. A secret stands on one page, once."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from insurers import key_forms, services
from insurers.models import ApiKey, Insurer, Scope
from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.refusals import Refusal

from .finding import for_managers, of_insurer

SHOWN = 100
SOON = 14  # days


@of_insurer
@require_safe
def keys(request, insurer):
    return _keys_page(request, insurer)


def _keys_page(request, insurer: Insurer, refusal: Refusal | None = None) -> HttpResponse:
    at = timezone.now()
    rows = [(key, *_standing(key, at)) for key in insurer.api_keys.select_related("created_by")[:SHOWN]]
    context = {"insurer": insurer, "rows": rows, "refusal": refusal}
    return render(request, "insurers/keys.html", context, status=refusal.status if refusal else 200)


def _standing(key: ApiKey, at) -> tuple[bool, str, str]:
    """Whether it works, and its tag."""
    if not key.is_live(at):
        return False, "", "已停用" if key.revoked_at else "已到期"
    days = (key.expires_at - at).days
    return (True, "done", "有效") if days >= SOON else (True, "todo", f"{days} 天后到期" if days else "24 小时内到期")


@for_managers
@require_http_methods(["GET", "POST"])
def key_new(request, insurer):
    form = key_forms.KeyForm(request.POST if request.method == "POST" else None, initial={"scopes": [Scope.READ.value]})
    if form.is_valid():
        try:
            key, secret = services.make_key(insurer, by=request.user, at=timezone.now(), **form.facts)
        except Refusal as refusal:
            refused(form, refusal)
        else:
            return _secret_page(request, key, secret)
    return render(request, "insurers/key_new.html", {"form": form}, status=form_status(form))


def _secret_page(request, key: ApiKey, secret: str, old: ApiKey | None = None) -> HttpResponse:
    """The one page on which the secret stands, with the first thing to try."""
    root = request.build_absolute_uri(reverse("api:api-root"))
    return render(request, "insurers/key_secret.html", {"key": key, "secret": secret, "old": old, "root": root})


@for_managers
@require_http_methods(["GET", "POST"])
def key_rotate(request, pk, insurer):
    key = get_object_or_404(insurer.api_keys.select_related("insurer"), pk=pk)
    form = key_forms.RotateForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "insurers/key_rotate.html", {"key": key, "form": form}, status=form_status(form))
    try:
        made, secret = services.rotate_key(key, by=request.user, at=timezone.now(), overlap=form.overlap)
    except Refusal as refusal:
        return _keys_page(request, insurer, refusal)
    key.refresh_from_db()
    return _secret_page(request, made, secret, old=key)


@for_managers
@require_http_methods(["GET", "POST"])
def key_revoke(request, pk, insurer):
    key = get_object_or_404(insurer.api_keys.select_related("insurer"), pk=pk)
    if request.method != "POST":
        return render(request, "insurers/key_end.html", {"key": key})
    try:
        services.revoke_key(key, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return _keys_page(request, insurer, refusal)
    return redirect("insurers:keys")
