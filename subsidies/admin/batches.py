"""拨付批次: approval, papers, the payment file, the bank's result."""

import io
import zipfile
from dataclasses import dataclass
from urllib.parse import quote

from django import forms
from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from enterprises.models import BankAccount
from pilot_portal.accounts.roles import Role
from pilot_portal.admin_site import OTHERS, DeskLine, list_url
from pilot_portal.audit.workbench import Act, ActForm, ByState, Choice, ReasonForm, ScreenAdmin, along, name_actions, name_values
from pilot_portal.files.services import serve
from subsidies import rules
from subsidies.models import Batch, Payment
from subsidies.services import payments
from subsidies.services.documents import documents_left
from subsidies.states import BatchAction, BatchState, PaymentAction, PaymentState, State

name_actions(BatchAction, PaymentAction, import_bank_result="导入银行回单", render_batch="生成文书")
name_values(BatchState, PaymentState)
AWAITS_RESULT = {BatchState.EXPORTED, BatchState.SETTLED}


class ResultForm(ActForm):
    result = forms.FileField(
        label="银行回单（CSV）",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv", "data-max-bytes": 5 * 1024 * 1024}),
        max_length=150,
    )

    def clean_result(self):
        content = self.cleaned_data["result"].read(5 * 1024 * 1024 + 1)
        if len(content) > 5 * 1024 * 1024:
            raise forms.ValidationError("回单文件超过 5 MB。请确认是本批次的回单。")
        return content


def _approve(batch, *, by, at, version=None):
    payments.approve_batch(batch, by=by, at=at, version=version)


def _export(batch, *, by, at, version=None):
    content = payments.export_batch(batch, by=by, at=at)
    return _download(content, f"付款文件 {batch.number}.csv", "text/csv; charset=utf-8")


def _import(batch, *, by, at, result, version=None):
    payments.import_bank_result(batch, result, by=by, at=at)


def _void(batch, *, by, at, reason, version=None):
    payments.void_batch(batch, by=by, at=at, reason=reason, version=version)


def _download(content: bytes, name: str, content_type: str) -> HttpResponse:
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
    )


class ByReturn(Choice):
    title, parameter_name = "退票", "bank"

    def lookups(self, request, model_admin):
        return [("returned", "有退票待重新制单")]

    def queryset(self, request, queryset):
        return queryset.filter(payments__in=_unpaid_returns()).distinct() if self.value() == "returned" else queryset


@admin.register(Batch)
class BatchAdmin(ScreenAdmin):
    nav_position = 6
    screen_template = "admin/subsidies/batch.html"
    list_display = ["number", "window", "state", "count", "total", "prepared_at", "approved_at", "settled_at"]
    list_select_related = ["window"]
    list_filter = [ByState, ByReturn]
    tones = {
        BatchState.DRAFT: "wait",
        BatchState.APPROVED: "todo",
        BatchState.EXPORTED: "wait",
        BatchState.SETTLED: "done",
        BatchState.VOID: "stop",
    }
    search_fields = ["number__startswith"]
    search_placeholder = "批次号的开头"
    ordering = ["-pk"]
    acts = (
        along(
            BatchAction.APPROVE,
            _approve,
            done="已批准，明细已固定，正在生成文书。",
            tone="btn-primary",
            hint="批准后笔数、金额和明细不能再改。",
        ),
        along(BatchAction.EXPORT, _export, tone="btn-primary", downloads=True),
        Act(
            "import",
            "导入银行回单",
            _import,
            frozenset({Role.FINANCE}),
            ResultForm,
            "回单已导入，各笔结果见下表。",
            "btn-primary",
            lambda batch: batch.state in AWAITS_RESULT,
        ),
        along(BatchAction.VOID, _void, form=ReasonForm, done="批次已作废，申报件可以重新制单。", tone="btn-outline-secondary"),
    )

    def desk(self, request):
        lines = {
            Role.HEAD: [("待批准批次", BatchState.DRAFT, "须由制单以外的人批准")],
            Role.FINANCE: [
                ("待导出批次", BatchState.APPROVED, "下载付款文件送银行"),
                ("待导入回单", BatchState.EXPORTED, "银行已处理的批次"),
            ],
        }
        for title, state, note in lines.get(request.user.role, []):
            yield DeskLine(title, Batch.objects.filter(state=state), list_url(Batch, state=state), note)
        if request.user.role == Role.FINANCE:
            draft = Batch.objects.filter(state=BatchState.DRAFT)
            yield DeskLine("待批准批次", draft, list_url(Batch, state=BatchState.DRAFT), "等待负责人批准", group=OTHERS)
            returned = Batch.objects.filter(payments__in=_unpaid_returns()).distinct()
            yield DeskLine("有退票的批次", returned, list_url(Batch, bank="returned"), "企业更正账户后重新制单", True)

    def get_urls(self):
        pk = "<path:object_id>/"
        return [
            self.page_path(f"{pk}progress/", self.progress_view, "progress"),
            self.page_path(f"{pk}papers.zip", self.archive_view, "archive"),
            self.page_path(f"{pk}document/<int:document_id>/", self.document_view, "document"),
            *super().get_urls(),
        ]

    def get_object(self, request, object_id, from_field=None):
        batches = self.get_queryset(request).select_related(
            "window__pilot", "appropriation", "prepared_by", "approved_by", "exported_by", "voided_by"
        )
        return batches.filter(pk=object_id).first() if str(object_id).isdigit() else None

    def screen(self, request, obj, *, now, bound, seen):
        accounts = payments.open_accounts("application__legal_entity__")
        of_case = ("application__legal_entity", "application__bank_account")
        lines = obj.payments.select_related(*of_case).prefetch_related("documents", accounts).order_by("serial")
        unsent = obj.state in (BatchState.DRAFT, BatchState.APPROVED)
        return {
            "lines": lines,
            "accounts_left": {line.pk for line in lines if unsent and payments.account_left(line, now)},
            "not_as_reviewed": {line.pk for line in lines if not line.went_to(line.application.bank_account)},
            "returned": _returned(lines, now),
            "capitals": rules.rmb_capitals(obj.total),
            "sheets": obj.documents.filter(payment__isnull=True),
            **self._progress(obj),
        }

    def _progress(self, obj) -> dict:
        rendering = obj.state not in (BatchState.DRAFT, BatchState.VOID)
        left = documents_left(obj) if rendering else 0
        return {
            "rendering": rendering,
            "left": left,
            "made": obj.count + 2 - left,
            "wanted": obj.count + 2,
            "progress_url": self.page_url("progress", obj.pk),
        }

    def progress_view(self, request, object_id):
        """The progress line alone, which htmx asks for until the papers stand."""
        obj = self.found(request, object_id)
        return TemplateResponse(request, "admin/subsidies/progress.html", {"object": obj, **self._progress(obj)})

    def document_view(self, request, object_id, document_id):
        document = get_object_or_404(self.found(request, object_id).documents.select_related("file"), pk=document_id)
        return serve(document.file, download=True)

    def archive_view(self, request, object_id):
        """All papers of the batch in one archive, by kind and number."""
        obj, buffer = self.found(request, object_id), io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
            for document in obj.documents.select_related("file").order_by("pk"):
                with document.file.file.open("rb") as paper:
                    archive.writestr(document.file.name, paper.read())
        return _download(buffer.getvalue(), f"批次 {obj.number} 文书.zip", "application/zip")


@dataclass(frozen=True)
class Returned:
    """A line that the bank sent back, and what has become of its case."""

    line: Payment
    account: BankAccount | None  # to which the case would be paid now
    account_waits: bool
    again: Payment | None  # the payment that has taken its place

    @property
    def is_same_account(self) -> bool:
        return self.account is not None and self.line.went_to(self.account)

    @property
    def is_payable(self) -> bool:
        case = self.line.application
        return case.state == State.APPROVED and not case.is_held and self.again is None


def _returned(lines, now) -> list[Returned]:
    back = [line for line in lines if line.state == PaymentState.RETURNED]
    live = Payment.objects.filter(application__in=[line.application_id for line in back], state__in=payments.LIVE_PAYMENT)
    again = {payment.application_id: payment for payment in live.select_related("batch")} if back else {}
    accounts = ((line, payments.account_now(line.application)) for line in back)
    return [Returned(line, one, one is not None and one.waits(now), again.get(line.application_id)) for line, one in accounts]


def _unpaid_returns():
    """Returned payments whose case may still be paid and has no live payment yet."""
    replaced = Payment.objects.filter(state__in=payments.LIVE_PAYMENT).values("application")
    return Payment.objects.filter(state=PaymentState.RETURNED, application__state=State.APPROVED).exclude(application__in=replaced)
