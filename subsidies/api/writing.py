"""What an insurer's system may do about files, policies and mandates: the web's own verbs."""

from typing import Annotated

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import File, Status, UploadedFile

from enterprises.models import LegalEntity
from insurers import client_forms, forms, services
from insurers import models as insurers
from insurers.models import Scope
from insurers.rules import END_OF_DAY
from pilot_portal.accounts.models import User
from pilot_portal.files.models import StoredFile
from pilot_portal.files.services import digest_of, store_upload
from pilot_portal.workflow.refusals import Refusal

from . import bodies, schemas, shapes
from .doing import MADE, Once, file_of, filled, once
from .keys import BearerKey
from .problems import REFUSED
from .reading import find_entrustments, find_policies, router

FILES, POLICIES, ENTRUSTMENTS = (
    {"auth": BearerKey(scope), "tags": [scope.label]} for scope in (Scope.FILES, Scope.POLICIES, Scope.ENTRUSTMENTS)
)
POLICY_MADE, POLICY = {201: schemas.PolicyInFull, **REFUSED}, {200: schemas.PolicyInFull, **REFUSED}
MANDATE_MADE, MANDATE = {201: schemas.Entrustment, **REFUSED}, {200: schemas.Entrustment, **REFUSED}


@router.post("/files", **FILES, response={201: schemas.Paper, **REFUSED}, summary="上传文件")
def upload(request: HttpRequest, idempotency_key: Once, file: Annotated[UploadedFile, File(description="PDF、JPG 或 PNG，不超过 20 MB")]):
    def act(by: User, at) -> dict:
        services.require_insurer(request.auth.insurer, by)
        return shapes.paper(store_upload(file, by=by, at=at))

    return once(request, idempotency_key, {"name": file.name, "sha256": digest_of(file)}, act, MADE)


@router.get("/files/{int:pk}", response={200: schemas.Paper, **REFUSED}, summary="上传过的一份文件")
def file(request: HttpRequest, pk: int):
    return shapes.paper(get_object_or_404(StoredFile, pk=pk, added_by=request.auth.created_by))


@router.post("/policies", **POLICIES, response=POLICY_MADE, summary="为已委托的客户登记保单，同时确认")
def register_policy(request: HttpRequest, idempotency_key: Once, asked: bodies.NewPolicy):
    def act(by: User, at) -> dict:
        product = request.auth.insurer.products.filter(filing_number=asked.product).first()
        if product is None:
            raise Refusal("product_unknown", field="product", number=asked.product)
        entity = _known(asked.credit_code)
        data = asked.model_dump(exclude={"credit_code", "product", "paper", "invoices", "payments"})
        paper = {"paper": file_of(by, asked.paper, "paper")}
        form = filled(forms.InsurerPolicyForm(data | {"product": product.pk, "end_time": END_OF_DAY}, paper, by=by))
        made = services.register_policy(entity, by=by, at=at, facts=form.facts, paper=paper["paper"])
        for index, row in enumerate(asked.invoices):
            _add_invoice(made, row, by, at, under=f"invoices.{index}.")
        for index, row in enumerate(asked.payments):
            _add_payment(made, row, by, at, under=f"payments.{index}.")
        return _policy_now(request, made.pk)

    return once(request, idempotency_key, asked, act, MADE)


def _known(code: str) -> LegalEntity:
    entity = LegalEntity.objects.filter(credit_code=code).first()
    if entity is None:
        raise Refusal("client_unknown", field="credit_code", credit_code=code)
    return entity


def _add_invoice(policy: insurers.Policy, row: bodies.NewInvoice, by: User, at, under: str = "") -> None:
    _add_row(policy, row, forms.InvoiceForm, services.add_invoice, by, at, under)


def _add_payment(policy: insurers.Policy, row: bodies.NewPayment, by: User, at, under: str = "") -> None:
    _add_row(policy, row, forms.PaymentForm, services.add_premium_payment, by, at, under)


def _add_row(policy, row, form, add, by: User, at, under: str) -> None:
    paper = {"paper": file_of(by, row.paper, f"{under}paper")}
    typed = filled(form(row.model_dump(exclude={"paper"}), paper, by=by), under=under)
    try:
        add(policy, by=by, at=at, facts=typed.facts, paper=paper["paper"])
    except Refusal as refusal:
        beside = form.refused_fields.get(refusal.code)
        refusal.field = f"{under}{beside}" if beside else refusal.field
        raise


def _policy_now(request: HttpRequest, pk: int) -> dict:
    return shapes.policy_in_full(find_policies(request).get(pk=pk))


@router.post("/policies/{int:pk}/invoices", **POLICIES, response=POLICY_MADE, summary="添加发票")
def add_invoice(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.NewInvoice):
    found = get_object_or_404(find_policies(request), pk=pk)
    return _row_added(request, found, idempotency_key, asked, _add_invoice)


@router.post("/policies/{int:pk}/payments", **POLICIES, response=POLICY_MADE, summary="添加缴费")
def add_payment(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.NewPayment):
    found = get_object_or_404(find_policies(request), pk=pk)
    return _row_added(request, found, idempotency_key, asked, _add_payment)


def _row_added(request, policy, idempotency_key, asked, add) -> Status:
    def act(by: User, at) -> dict:
        add(policy, asked, by, at)
        return _policy_now(request, policy.pk)

    return once(request, idempotency_key, asked, act, MADE)


@router.post("/policies/{int:pk}/confirm", **POLICIES, response=POLICY, summary="确认企业登记的保单")
def confirm_policy(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.Seen):
    found = get_object_or_404(find_policies(request), pk=pk)

    def act(by: User, at) -> dict:
        services.confirm_policy(found, by=by, at=at, version=asked.version)
        return _policy_now(request, pk)

    return once(request, idempotency_key, asked, act)


@router.post("/policies/{int:pk}/dispute", **POLICIES, response=POLICY, summary="对企业登记的保单提出异议")
def dispute_policy(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.Reasoned):
    found = get_object_or_404(find_policies(request), pk=pk)

    def act(by: User, at) -> dict:
        services.dispute_policy(found, by=by, at=at, reason=asked.reason, version=asked.version)
        return _policy_now(request, pk)

    return once(request, idempotency_key, asked, act)


@router.post("/policies/{int:pk}/endorsements", **POLICIES, response=POLICY_MADE, summary="登记批单")
def endorse(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.NewEndorsement):
    return _reported(request, pk, idempotency_key, asked, forms.EndorsementForm, services.endorse)


@router.post("/policies/{int:pk}/surrender", **POLICIES, response=POLICY_MADE, summary="登记退保，保单终止")
def surrender(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.NewSurrender):
    return _reported(request, pk, idempotency_key, asked, forms.SurrenderForm, services.surrender)


def _reported(request: HttpRequest, pk: int, idempotency_key: str, asked, form, verb) -> Status:
    found = get_object_or_404(find_policies(request), pk=pk)

    def act(by: User, at) -> dict:
        paper = file_of(by, asked.paper, "paper")
        typed = filled(form(asked.model_dump(exclude={"paper"}), {"paper": paper}, by=by))
        verb(found, by=by, at=at, facts=typed.facts, paper=paper)
        return _policy_now(request, pk)

    return once(request, idempotency_key, asked, act, MADE)


@router.post("/entrustments", **ENTRUSTMENTS, response=MANDATE_MADE, summary="发起委托，由企业或中心确认")
def propose_entrustment(request: HttpRequest, idempotency_key: Once, asked: bodies.NewEntrustment):
    def act(by: User, at) -> dict:
        entity = _known(asked.credit_code)
        data = asked.model_dump(include={"starts_on", "includes_submission", "includes_correction"}) | {"ends_on": asked.last_day}
        paper = file_of(by, asked.paper, "paper")
        form = filled(client_forms.MandateForm(data, {"paper": paper} if paper else {}, by=by), {"ends_on": "last_day"})
        made = services.propose_entrustment(entity, request.auth.insurer, by=by, at=at, facts=form.facts, paper=paper)
        return shapes.entrustment(made, at)

    return once(request, idempotency_key, asked, act, MADE)


@router.post("/entrustments/{int:pk}/paper", **ENTRUSTMENTS, response=MANDATE, summary="交盖章的委托书，由中心核实后生效")
def add_entrustment_paper(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.EntrustmentPaper):
    found = get_object_or_404(find_entrustments(request), pk=pk)

    def act(by: User, at) -> dict:
        paper = file_of(by, asked.paper, "paper")
        return shapes.entrustment(services.add_entrustment_paper(found, by=by, at=at, paper=paper, version=asked.version), at)

    return once(request, idempotency_key, asked, act)


@router.post("/entrustments/{int:pk}/revoke", **ENTRUSTMENTS, response=MANDATE, summary="撤回或终止委托")
def revoke_entrustment(request: HttpRequest, pk: int, idempotency_key: Once, asked: bodies.Reasoned):
    found = get_object_or_404(find_entrustments(request), pk=pk)

    def act(by: User, at) -> dict:
        return shapes.entrustment(services.revoke_entrustment(found, by=by, at=at, reason=asked.reason, version=asked.version), at)

    return once(request, idempotency_key, asked, act)
