"""A window's allocations looked at: other terms side by side, a run beside the one before it, everything reckoned again."""

from decimal import Decimal
from itertools import islice

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from pilot_portal.accounts.roles import Role
from pilot_portal.files.forms import PaperField, PaperForm
from pilot_portal.files.services import serve
from pilot_portal.reference.forms import AmountField, DayField
from pilot_portal.workflow.forms import form_status, refused, sent
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import AllocationRun, Window
from subsidies.payment_files.tables import write_table
from subsidies.replay import Deviation, replay
from subsidies.reports import allocations, variants
from subsidies.rules import SCHEME_CAP, SCHEME_RATE, Terms
from subsidies.services import publicity

PAGE = 50
CODES = frozenset({"申报编号"})
REPLAYERS = {Role.AUDITOR, Role.HEAD}


class VariantForm(forms.Form):
    """Terms to try. Never above the scheme."""

    rate = forms.DecimalField(
        label="补贴比例",
        max_digits=4,
        decimal_places=2,
        validators=[
            MinValueValidator(Decimal("0.01"), "补贴比例须大于 0。"),
            MaxValueValidator(SCHEME_RATE, "补贴比例不能超过 0.80（试点方案 六（二）1）。"),
        ],
    )
    cap = AmountField(label="补贴上限（元）", positive=True)
    method = forms.ChoiceField(label="预算不足时", choices=variants.Method.choices)
    budget = AmountField(label="可分配预算（元）")

    def clean_cap(self):
        cap = self.cleaned_data["cap"]
        if cap is not None and cap > SCHEME_CAP:
            raise forms.ValidationError("补贴上限不能超过 800,000.00 元（试点方案 六（二）1）。")
        return cap


class SendForm(PaperForm):
    """The centre's minutes, with which a list goes to the IP office."""

    minutes_number = forms.CharField(label="中心会议纪要号", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    minutes_on = DayField(label="会议日期")
    minutes_paper = PaperField(label="会议纪要（扫描件或 PDF）")

    refused_fields = {"minutes_missing": "minutes_number", "minutes_later": "minutes_on"}


class WindowRuns:
    """Pages about allocations, for WindowAdmin."""

    def get_urls(self):
        return [
            self.page_path("<path:object_id>/what-if/", self.variants_view, "variants"),
            self.page_path("<path:object_id>/what-if.csv", self.variants_csv, "variants_csv"),
            self.page_path("<path:object_id>/runs/<int:run_id>/", self.run_view, "run"),
            self.page_path("<path:object_id>/runs/<int:run_id>/differences.csv", self.run_csv, "run_csv"),
            self.page_path("<path:object_id>/runs/<int:run_id>/minutes/", self.minutes_view, "run_minutes"),
            self.page_path("<path:object_id>/replay/", self.replay_view, "replay"),
            *super().get_urls(),
        ]

    def variants_view(self, request, object_id):
        """试算: at least two variants beside the terms in force."""
        window, forms_of, claims, found = self._variants(request, object_id)
        lines = variants.lines_of(claims, found)
        page = _page(request, len(lines))
        context = {
            "forms": forms_of,
            "variants": found,
            "changed": [
                [sum(line.changes[n] > 0 for line in lines), sum(line.changes[n] < 0 for line in lines)] for n in range(len(found) - 1)
            ],
            "lines": lines[(page - 1) * PAGE : page * PAGE],
            "asked": request.GET.urlencode(),
            **_pager(request, page, len(lines)),
        }
        return self._shown(request, window, "window_variants", "比较分配方案", context, 422 if any(f.errors for f in forms_of) else 200)

    def variants_csv(self, request, object_id):
        window, _, claims, found = self._variants(request, object_id)
        columns = [
            "申报编号",
            "企业名称",
            "情形",
            "认定保费",
            *(f"{one.name}（元）" for one in found),
            *(f"{one.name}增减（元）" for one in found[1:]),
        ]
        rows = [
            (line.claim.number, line.claim.entity, _situation(line.claim), *map(_text, (line.claim.premium, *line.amounts, *line.changes)))
            for line in variants.lines_of(claims, found)
        ]
        return _csv(columns, rows, f"{window.name} 分配方案比较.csv")

    def _variants(self, request, object_id):
        window = self.found(request, object_id)
        if request.user.role != Role.HEAD:
            raise PermissionDenied
        if window.published_at is None:
            raise Http404
        budget = window.draw - window.awarded_total - window.reserved_total
        in_force = {"rate": window.rate, "cap": window.cap, "method": window.method, "budget": budget}
        claims = variants.claims_of(window, timezone.now())
        found = [variants.compute("现行条款", claims, window.terms, window.method, budget)]
        forms_of = []
        for name, prefix in (("方案一", "a"), ("方案二", "b")):
            form = VariantForm(request.GET if f"{prefix}-rate" in request.GET else None, prefix=prefix, initial=in_force)
            form.title = name
            forms_of.append(form)
            asked = form.cleaned_data if form.is_valid() else in_force
            found.append(variants.compute(name, claims, Terms(asked["rate"], asked["cap"]), asked["method"], asked["budget"]))
        return window, forms_of, claims, found

    def run_view(self, request, object_id, run_id):
        """A run with what changed since the last one; a POST of the head sends its list to the IP office."""
        window, run, before = self._run(request, object_id, run_id)
        may_send = request.user.role == Role.HEAD and run.sent_at is None
        if request.method == "POST" and request.user.role != Role.HEAD:
            raise PermissionDenied
        data, files = sent(request)
        form = SendForm(data, files, by=request.user) if may_send or data is not None else None
        if form is not None and form.is_valid():
            try:
                publicity.send_list(run, by=request.user, at=timezone.now(), **form.cleaned_data)
            except Refusal as refusal:
                refused(form, refusal)
            else:
                messages.success(request, "名单和会议纪要已报送市知识产权局审定。")
                return redirect(self.page_url("run", window.pk, run.pk))
        every = list(allocations.differences(run, before))
        page = _page(request, len(every))
        kinds = (allocations.CAME, allocations.LEFT, allocations.CHANGED, allocations.SAME)
        context = {
            "run": run,
            "form": form,
            "before": before,
            "kinds": [(kind, sum(one.kind == kind for one in every)) for kind in kinds],
            "differences": every[(page - 1) * PAGE : page * PAGE],
            **_pager(request, page, len(every)),
        }
        return self._shown(request, window, "window_run", f"第 {run.sequence} 次核定", context, form_status(form) if form else 200)

    def minutes_view(self, request, object_id, run_id):
        _, run, _ = self._run(request, object_id, run_id)
        if run.minutes_paper is None:
            raise Http404
        return serve(run.minutes_paper)

    def run_csv(self, request, object_id, run_id):
        window, run, before = self._run(request, object_id, run_id)
        columns = ["申报编号", "企业名称", "变化", "上次（元）", "本次（元）", "增减（元）", "现在状态"]
        rows = [
            (one.number, one.entity, one.kind, _text(one.before), _text(one.after), _text(one.change), one.now)
            for one in allocations.differences(run, before)
        ]
        return _csv(columns, rows, f"{window.name} 第{run.sequence}次核定与上次相比.csv")

    def _run(self, request, object_id, run_id) -> tuple[Window, AllocationRun, AllocationRun | None]:
        window = self.found(request, object_id)
        run = get_object_or_404(window.allocation_runs.select_related("run_by", "sent_by", "minutes_paper", "window"), pk=run_id)
        return window, run, allocations.previous_of(run)

    def replay_view(self, request, object_id):
        """Reckoned now, from what is stored; the same as manage.py replay."""
        window = self.found(request, object_id)
        if request.user.role not in REPLAYERS:
            raise PermissionDenied
        outcomes, faults = [], []
        for one in replay(window):
            if isinstance(one, Deviation):
                faults.append(one)
            else:
                outcomes.append(one)
                faults += one.deviations
        page = _page(request, len(outcomes))
        context = {
            "faults": list(islice(faults, PAGE)),
            "fault_count": len(faults),
            "count": len(outcomes),
            "outcomes": outcomes[(page - 1) * PAGE : page * PAGE],
            "at": timezone.now(),
            **_pager(request, page, len(outcomes)),
        }
        return self._shown(request, window, "window_replay", "重放核对", context)

    def _shown(self, request, window, template, title, context, status=200):
        shared = {**self.admin_site.each_context(request), "opts": self.opts, "object": window, "title": title}
        return TemplateResponse(request, f"admin/subsidies/{template}.html", shared | context, status=status)


def _page(request, count: int) -> int:
    asked = request.GET.get("page", "1")
    page = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
    return min(max(page, 1), max((count - 1) // PAGE + 1, 1))


def _pager(request, page: int, count: int) -> dict:
    def to(number: int) -> str:
        query = request.GET.copy()
        query["page"] = str(number)
        return query.urlencode()

    return {"newer": to(page - 1) if page > 1 else "", "older": to(page + 1) if page * PAGE < count else ""}


def _situation(claim: variants.Claim) -> str:
    return "预留" if claim.waits else "从预留核定" if claim.reserved else "本次核定"


def _text(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:.2f}"


def _csv(columns, rows, name: str) -> HttpResponse:
    response = HttpResponse(write_table(columns, rows, codes=CODES), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response
