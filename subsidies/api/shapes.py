"""Rows as the API tells them: what `schemas` asks for, by the same names."""

from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from enterprises.models import EntityCategory, LegalEntity
from insurers import models as insurers
from insurers.reports import is_known_to
from pilot_portal.files.models import StoredFile
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, Correction, CorrectionItem, Window
from subsidies.reports import next_step
from subsidies.reports.timeline import Step
from subsidies.services import drafts
from subsidies.states import Action, State

STATUS = {"past": "done", "here": "current", "stop": "stopped", "": "coming"}


def columns(row, *names: str) -> dict:
    """These columns of a row, as the API writes them."""
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value):
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return timezone.localtime(value) if isinstance(value, datetime) else value


def enterprise(entity: LegalEntity) -> dict:
    return columns(entity, "credit_code", "name", "is_verified")


def window(row: Window, at: datetime) -> dict:
    terms = "id name opens_at closes_at signed_from signed_until paid_until rate cap pay_by".split()
    return {**columns(row, *terms), "year": row.pilot.year, "is_open": row.is_open(at)}


def product(row: insurers.Product, at: datetime) -> dict:
    on_sale = row.on_sale(timezone.localdate(at))
    return {**columns(row, "id", "name", "filing_number", "filed_on", "withdrawn_on"), "on_sale": on_sale}


def paper(stored: StoredFile) -> dict:
    return columns(stored, "id", "name", "content_type", "size", "sha256", "added_at")


POLICY = (
    "id number signed_on starts_on last_day liability_limit territory premium non_pilot_premium coinsured_premium "
    "state state_reason registered_at proven_at version"
).split()


def policy(row: insurers.Policy) -> dict:
    return {
        **columns(row, *POLICY),
        "enterprise": enterprise(row.legal_entity),
        "product": row.product.filing_number,
        "state_label": row.get_state_display(),
    }


def policy_in_full(row: insurers.Policy) -> dict:
    return {
        **policy(row),
        "invoices": [columns(each, "number", "buyer", "amount", "issued_on") for each in row.invoices.order_by("pk")],
        "payments": [columns(each, "payer", "amount", "paid_on", "reference") for each in row.premium_payments.order_by("pk")],
        "endorsements": [columns(each, "kind", "number", "effective_on", "premium_after") for each in row.endorsements.all()],
    }


def entrustment(row: insurers.Entrustment, at: datetime) -> dict:
    return {
        **columns(row, "id", "last_day", "includes_submission", "includes_correction", "state", "state_reason", "version"),
        "enterprise": enterprise(row.legal_entity),
        "starts_on": timezone.localdate(row.starts_at),
        "has_paper": row.paper_id is not None,
        "state_label": row.get_state_display(),
        "in_force": row.is_in_force(at),
    }


def application(row: Application) -> dict:
    return {
        **columns(row, "id", "number", "state", "is_held", "created_at", "submitted_at", "due_at", "awarded"),
        "enterprise": enterprise(row.legal_entity),
        "window": row.window_id,
        "policy": row.policy_id,
        "state_label": row.get_state_display(),
        "next": next_step(row),
    }


def application_in_full(row: Application, at: datetime) -> dict:
    """With all that a draft still lacks; the pledge is the enterprise's where its insurer may only propose."""
    return {**application(row), "version": row.version, "problems": _problems(row, at) if row.state == State.DRAFT else []}


def _problems(row: Application, at: datetime) -> list[dict]:
    found = drafts.problems(row, at=at, pledge=way_of(row, at) == Action.SUBMIT)
    return [_missing(each) for each in found]


def way_of(row: Application, at: datetime) -> Action:
    """How its insurer hands a draft in: it files itself, or proposes where the mandate leaves filing to the enterprise."""
    mandate = insurers.Entrustment.objects.filter(insurer=row.insurer_id, legal_entity=row.legal_entity_id).in_force(at).first()
    return Action.PROPOSE if mandate and not mandate.includes_submission else Action.SUBMIT


def client(entity: LegalEntity, insurer: insurers.Insurer, at: datetime) -> dict:
    """Its categories and account as far as the insurer's pages show them."""
    known = is_known_to(entity, insurer, at=at)
    account = entity.bank_accounts.filter(closed_at__isnull=True).first() if known else None
    return {
        "enterprise": enterprise(entity),
        "entrusted": entity.entrustments.in_force(at).filter(insurer=insurer).exists(),
        "categories": [_category(each) for each in entity.categories.select_related("category").order_by("pk")] if known else [],
        "bank_account": {"id": account.pk, "holder": account.holder, "bank": str(account)} if account else None,
    }


def _category(row: EntityCategory) -> dict:
    return {**columns(row, "id", "valid_until"), "name": row.category.name, "has_evidence": row.evidence_id is not None}


def correction(case: Application, found: Correction | None, problems: list[Refusal]) -> dict:
    return {
        "application": case.pk,
        "version": case.version,
        "due_at": _plain(found.due_at) if found else None,
        "items": [_item(each) for each in found.items.all()] if found else [],
        "problems": [_missing(each) for each in problems],
    }


def _item(row: CorrectionItem) -> dict:
    papers = [paper(each.file) for each in row.attachments.all()]
    return {**columns(row, "id", "part", "sentence", "answer"), "part_label": row.get_part_display(), "papers": papers}


def _missing(refusal: Refusal) -> dict:
    return {"code": refusal.code, "detail": refusal.sentence, "clause": refusal.clause}


def step(each: Step) -> dict:
    return {"title": each.title, "text": each.text, "when": each.when, "status": STATUS[each.tone]}
