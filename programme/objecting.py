"""公示异议 on the public site: the form beside a published list, its receipt, and how far it is. Nobody logs in."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pilot_portal.accounts.masks import mask_email, mask_identity, mask_name, mask_phone
from pilot_portal.accounts.models import User
from pilot_portal.accounts.throttle import allowed
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Objection
from subsidies.services import objections
from subsidies.services.objections import ANSWERS

from . import reports
from .forms import plain
from .objection_forms import ObjectionForm, ObjectionProgressForm
from .views import HOUR, TEN_MINUTES, find_list, too_many


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def object_to(request, pk):
    """提出异议, within the days of the publication by server time; outside of them a sentence says so."""
    notice, running = find_list(pk)
    if not running and request.method != "POST":
        return render(request, "programme/object.html", {"notice": notice, "running": running})
    if request.method == "POST" and not allowed("objection", request, most=20, seconds=HOUR):
        return too_many(request)
    data, files = sent(request)
    form = ObjectionForm(data, files, by=User.objects.system(), notice=notice, initial={"enterprise": request.GET.get("enterprise", "")})
    if form.is_valid():
        now = timezone.now()
        try:
            made = objections.receive_objection(form.case, by=User.objects.system(), at=now, **form.facts())
        except Refusal as refusal:
            refused(form, refusal)
        else:
            address = reverse("programme:objection", args=[made.number, objections.receipt_code(made)])
            return redirect(f"{address}?filed")
    context = {"notice": notice, "running": running, "form": form, "title": reports.list_title(notice)}
    return render(request, "programme/object.html", context, status=form_status(form))


@login_not_required
@never_cache
@require_safe
def objection(request, number, code):
    """Receipt, state and answer on one page, to print, for whoever has number and 查询码; every miss gets the same answer."""
    if not allowed("objection_page", request, most=60, seconds=TEN_MINUTES):
        return too_many(request)
    found = objections.find_objection(plain(number), plain(code))
    if found is None:
        context = {"form": ObjectionProgressForm(initial={"number": number}), "missed": True}
        return render(request, "programme/objection_progress.html", context, status=404)
    return render(request, "programme/objection.html", receipt_of(found) | {"just_filed": "filed" in request.GET})


def receipt_of(found: Objection) -> dict:
    """What the page says; who raised it is masked here too, since a receipt is passed on."""
    return {
        "objection": found,
        "code": objections.receipt_code(found),
        "entity": found.application.legal_entity,
        "files": [paper.file for paper in found.papers.select_related("file")],
        "answer": ANSWERS.get(found.state),
        "masked_objector": mask_name(found.objector),
        "masked_identity": mask_identity(found.identity),
        "masked_contact": mask_email(found.contact) if "@" in found.contact else mask_phone(found.contact),
        "masked_mail": found.mail and mask_email(found.mail),
    }


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def progress(request):
    """Ask by number and 查询码, then go to the page."""
    form = ObjectionProgressForm(request.POST or None)
    if form.is_valid():
        return redirect("programme:objection", form.cleaned_data["number"], form.cleaned_data["code"])
    return render(request, "programme/objection_progress.html", {"form": form}, status=422 if form.errors else 200)
