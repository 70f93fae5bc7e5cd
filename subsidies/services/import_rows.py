"""One row of an insurer's sheet, filed through the same verbs as a filing made page by page."""

from collections.abc import Iterable
from datetime import datetime
from zipfile import ZipFile

from django.core.files.base import ContentFile
from django.db.models import Prefetch

from enterprises.models import BankAccount, EntityCategory, LegalEntity
from enterprises.services import add_category, set_bank_account
from insurers.models import Entrustment, Policy
from insurers.services import add_invoice, add_premium_payment, register_policy
from pilot_portal.accounts.models import User
from pilot_portal.reference.models import Entry, Kind
from pilot_portal.reference.rules import compact
from pilot_portal.workflow.refusals import Refusal
from subsidies.filing_sheets import PaperKind, SheetRow, read_paper
from subsidies.filing_sheets.columns import YES
from subsidies.models import Application, AttachmentKind, Import, RowResult

from .applications import propose, submit
from .drafts import attach, start

FIGURES = ("number", "signed_on", "starts_on", "liability_limit", "territory", "premium")


def clients_of(codes: Iterable[str]) -> dict[str, LegalEntity]:
    """The enterprises of some rows by code, with their categories and accounts; whether they may file is asked of each again."""
    newest = EntityCategory.objects.select_related("category").order_by("-pk")
    found = LegalEntity.objects.filter(credit_code__in=set(codes)).prefetch_related("bank_accounts", Prefetch("categories", newest))
    return {entity.credit_code: entity for entity in found}


class _Row:
    """A row on its way: of whom, who files it when, and where its papers are."""

    def __init__(self, batch: Import, row: SheetRow, entity: LegalEntity, archive: ZipFile | None, by: User, at: datetime):
        self.batch, self.row, self.values, self.archive, self.by, self.at = batch, row, row.values, archive, by, at
        self.entity = entity

    def paper(self, kind: PaperKind) -> ContentFile | None:
        """The row's paper of this kind, under a name that says whose and what it is."""
        if self.archive is None or (name := self.row.papers.get(kind.value)) is None:
            return None
        return ContentFile(read_paper(self.archive, name), name=f"{self.row.policy}_{kind.value}.{name.rsplit('.', 1)[-1].lower()}")

    def needed(self, kind: PaperKind) -> ContentFile:
        paper = self.paper(kind)
        if paper is None:
            raise Refusal("incomplete", what=f"保单 {self.values['number']} 的材料")
        return paper


def file_row(
    batch: Import, row: SheetRow, clients: dict[str, LegalEntity], archive: ZipFile | None, *, by: User, at: datetime
) -> tuple[Application, RowResult]:
    """Register the policy with its papers, open a draft with them, and submit it or ask the enterprise for its word, as the mandate says.

    `clients` as `clients_of` read them. Call it in a transaction. Raises the Refusals of every verb on the way.
    """
    entity = clients.get(row.values["credit_code"])
    mandate = Entrustment.objects.in_force(at).filter(insurer=batch.insurer, legal_entity=entity).first()
    if entity is None or mandate is None:
        raise Refusal("no_mandate", entity=entity or row.values["name"])
    work = _Row(batch, row, entity, archive, by, at)
    rows = {"policy": _policy(work), "category": _category(work), "bank_account": _account(work)}
    words = {"pledged": row.values["pledged"] == YES, "other_subsidies": row.values["other_subsidies"] or ""}
    draft = start(entity, batch.window, by=by, at=at, **rows, **words)
    if paper := work.paper(PaperKind.PLEDGE):
        attach(draft, AttachmentKind.PLEDGE, paper, by=by, at=at)
    if mandate.includes_submission:
        return submit(draft, by=by, at=at), RowResult.FILED
    return propose(draft, by=by, at=at), RowResult.PROPOSED


def _policy(work: _Row) -> Policy:
    """The policy, with the row's invoice and payment."""
    known = Policy.objects.filter(insurer=work.batch.insurer, number_normalised=work.row.policy, legal_entity=work.entity).first()
    if known is not None:
        _rows(work, known)
        return known
    facts = {key: work.values[key] for key in FIGURES}
    facts |= {key: work.values[key] or 0 for key in ("non_pilot_premium", "coinsured_premium")}
    product = next(one for one in work.batch.insurer.products.all() if compact(one.filing_number) == compact(work.values["product"]))
    facts |= {"insurer": work.batch.insurer, "product": product, "ends_on": work.row.ends_on}
    papers = {"paper": work.needed(PaperKind.POLICY), "invoices": [_invoice(work)], "payments": [_payment(work)]}
    return register_policy(work.entity, by=work.by, at=work.at, facts=facts, **papers)


def _rows(work: _Row, policy: Policy) -> None:
    """Add to a policy that is registered what it does not have yet."""
    if not policy.invoices.filter(number=work.values["invoice_number"]).exists():
        facts, paper = _invoice(work)
        add_invoice(policy, by=work.by, at=work.at, facts=facts, paper=paper)
    if not policy.premium_payments.filter(reference=work.values["reference"]).exists():
        facts, paper = _payment(work)
        add_premium_payment(policy, by=work.by, at=work.at, facts=facts, paper=paper)


def _invoice(work: _Row) -> tuple[dict, ContentFile]:
    values = work.values
    facts = {"number": values["invoice_number"], "buyer": work.entity.name, "amount": values["invoice_amount"]}
    return facts | {"issued_on": values["issued_on"]}, work.needed(PaperKind.INVOICE)


def _payment(work: _Row) -> tuple[dict, ContentFile]:
    values = work.values
    facts = {"reference": values["reference"], "payer": work.entity.name, "amount": values["paid_amount"]}
    return facts | {"paid_on": values["paid_on"]}, work.needed(PaperKind.PAYMENT)


def _category(work: _Row) -> EntityCategory | None:
    """The category that the row names, else the one the enterprise has."""
    held, name = work.entity.categories.all(), work.values["category"]
    known = next((one for one in held if not name or one.category.name == name), None)
    if known is not None or not name:
        return known
    entry = Entry.objects.of(Kind.CATEGORY).get(name=name)
    return add_category(work.entity, by=work.by, at=work.at, facts={"category": entry}, evidence=work.needed(PaperKind.CATEGORY))


def _account(work: _Row) -> BankAccount | None:
    current = next((account for account in work.entity.bank_accounts.all() if account.closed_at is None), None)
    number = work.values["account"]
    if not number or (current is not None and current.number == number):
        return current
    facts = {"holder": work.entity.name, "bank_name": work.values["bank_name"], "cnaps": work.values["cnaps"], "number": number}
    return set_bank_account(work.entity, by=work.by, at=work.at, proof=work.paper(PaperKind.ACCOUNT), **facts)
