"""One row of an insurer's sheet, filed through the same verbs as a filing made page by page."""

from datetime import datetime
from zipfile import ZipFile

from django.core.files.base import ContentFile

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
from .drafts import attach, save_draft, start

FIGURES = ("number", "signed_on", "starts_on", "liability_limit", "territory", "premium")


class _Row:
    """A row on its way: who files it when, and where its papers are."""

    def __init__(self, batch: Import, row: SheetRow, archive: ZipFile | None, by: User, at: datetime):
        self.batch, self.row, self.values, self.archive, self.by, self.at = batch, row, row.values, archive, by, at
        self.entity = LegalEntity.objects.get(credit_code=row.values["credit_code"])

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


def file_row(batch: Import, row: SheetRow, archive: ZipFile | None, *, by: User, at: datetime) -> tuple[Application, RowResult]:
    """Register the policy with its papers, fill a draft, and submit it or ask the enterprise for its word, as the mandate says.

    Call it in a transaction. Raises the Refusals of every verb on the way.
    """
    work = _Row(batch, row, archive, by, at)
    mandate = Entrustment.objects.in_force(at).filter(insurer=batch.insurer, legal_entity=work.entity).first()
    if mandate is None:
        raise Refusal("no_mandate", entity=work.entity)
    policy = _policy(work)
    _rows(work, policy)
    category, account = _category(work), _account(work)
    draft = start(work.entity, batch.window, by=by, at=at)
    columns = {"policy": policy, "category": category, "bank_account": account, "pledged": row.values["pledged"] == YES}
    draft = save_draft(draft, by=by, at=at, other_subsidies=row.values["other_subsidies"] or "", **columns)
    if paper := work.paper(PaperKind.PLEDGE):
        attach(draft, AttachmentKind.PLEDGE, paper, by=by, at=at)
    if mandate.includes_submission:
        return submit(draft, by=by, at=at), RowResult.FILED
    return propose(draft, by=by, at=at), RowResult.PROPOSED


def _policy(work: _Row) -> Policy:
    known = Policy.objects.filter(insurer=work.batch.insurer, number_normalised=work.row.policy, legal_entity=work.entity).first()
    if known is not None:
        return known
    facts = {key: work.values[key] for key in FIGURES}
    facts |= {key: work.values[key] or 0 for key in ("non_pilot_premium", "coinsured_premium")}
    product = next(one for one in work.batch.insurer.products.all() if compact(one.filing_number) == compact(work.values["product"]))
    facts |= {"insurer": work.batch.insurer, "product": product, "ends_on": work.row.ends_on}
    return register_policy(work.entity, by=work.by, at=work.at, facts=facts, paper=work.needed(PaperKind.POLICY))


def _rows(work: _Row, policy: Policy) -> None:
    values, who = work.values, {"by": work.by, "at": work.at}
    if not policy.invoices.filter(number=values["invoice_number"]).exists():
        invoice = {"number": values["invoice_number"], "buyer": work.entity.name, "amount": values["invoice_amount"]}
        invoice["issued_on"] = values["issued_on"]
        add_invoice(policy, facts=invoice, paper=work.needed(PaperKind.INVOICE), **who)
    if not policy.premium_payments.filter(reference=values["reference"]).exists():
        payment = {"reference": values["reference"], "payer": work.entity.name, "amount": values["paid_amount"]}
        payment["paid_on"] = values["paid_on"]
        add_premium_payment(policy, facts=payment, paper=work.needed(PaperKind.PAYMENT), **who)


def _category(work: _Row) -> EntityCategory | None:
    """The category that the row names, else the one the enterprise has."""
    held = work.entity.categories.order_by("-pk")
    name = work.values["category"]
    if not name:
        return held.first()
    known = held.filter(category__name=name).first()
    if known is not None:
        return known
    entry = Entry.objects.of(Kind.CATEGORY).get(name=name)
    return add_category(work.entity, by=work.by, at=work.at, facts={"category": entry}, evidence=work.needed(PaperKind.CATEGORY))


def _account(work: _Row) -> BankAccount | None:
    current = work.entity.bank_accounts.filter(closed_at__isnull=True).first()
    number = work.values["account"]
    if not number or (current is not None and current.number == number):
        return current
    facts = {"holder": work.entity.name, "bank_name": work.values["bank_name"], "cnaps": work.values["cnaps"], "number": number}
    return set_bank_account(work.entity, by=work.by, at=work.at, proof=work.paper(PaperKind.ACCOUNT), **facts)
