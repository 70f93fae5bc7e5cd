"""Keys for the insurer's own systems. A secret stands on one page, once."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from insurers import key_forms, services
from insurers.api_keys import ApiKey, Scope
from insurers.models import Insurer
from pilot_portal.workflow.forms import form_status, refused
from pilot_portal.workflow.refusals import Refusal

from .finding import for_managers, of_insurer

SHOWN = 100


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
    if key.is_live(at):
        return True, "done", "有效"
    return False, "", "已停用" if key.revoked_at else "已到期"


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
            return render(request, "insurers/key_secret.html", {"key": key, "secret": secret})
    return render(request, "insurers/key_new.html", {"form": form}, status=form_status(form))


@for_managers
@require_http_methods(["GET", "POST"])
def key_rotate(request, pk, insurer):
    key = get_object_or_404(insurer.api_keys.select_related("insurer"), pk=pk)
    if request.method != "POST":
        return render(request, "insurers/key_end.html", {"key": key, "rotates": True})
    try:
        made, secret = services.rotate_key(key, by=request.user, at=timezone.now())
    except Refusal as refusal:
        return _keys_page(request, insurer, refusal)
    key.refresh_from_db()
    return render(request, "insurers/key_secret.html", {"key": made, "secret": secret, "old": key})


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
