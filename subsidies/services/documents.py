"""Issuing papers: number, bytes and hash are fixed once, whatever is killed or asked twice."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from pilot_portal.accounts.masks import mask_name
from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.files.inspect import PDF
from pilot_portal.files.services import store
from pilot_portal.workflow.moving import lock
from subsidies import documents, rules
from subsidies.documents import Clauses, FiledFile, Issue, NoticeData, Paper, ReceiptData
from subsidies.models import Application, Batch, Correction, Document, DocumentKind, Payment, PublicNotice, Recovery
from subsidies.states import BatchState

from . import paper_facts
from .batch_data import batch_data
from .numbering import unguessable
from .paper_facts import CENTRE

IP_OFFICE = "北京市知识产权局"
ARRIVAL_DAYS = REPORT_DAYS = 5  # working days, as the notice tells its reader


def _issue(number: str, at: datetime, issuer: str = CENTRE) -> Issue:
    code = unguessable(f"document {number}", 8)
    return Issue(number=number, verify_code=f"{code[:4]}-{code[4:]}", issued_at=at, issuer=issuer, site_url=settings.SITE_URL)


def _about(**owners) -> dict[str, Any]:
    """What a paper belongs to, every column said: a receipt and a correction of one case are told apart by what they lack."""
    return dict.fromkeys(("application", "batch", "payment", "correction", "recovery", "public_notice")) | owners


def _keep(kind: DocumentKind, data, issue: Issue, draw: Callable, at: datetime, **about) -> Document:
    """Draw a paper and keep row and bytes together; the paper that stands already, if another process was first."""
    if standing := Document.objects.filter(kind=kind, **about).first():
        return standing
    content, system = draw(data, issue), User.objects.system()
    try:
        with transaction.atomic():
            stored = store(content, name=f"{kind.label} {issue.number}.pdf", content_type=PDF, by=system, at=issue.issued_at)
            document = Document.objects.create(
                kind=kind,
                number=issue.number,
                verify_code=issue.verify_code,
                facts_sha256=documents.facts_sha256(Paper(kind.value).value, data, issue),
                sha256=stored.sha256,
                file=stored,
                wording=data.clauses.version if hasattr(data, "clauses") else "",
                issued_by=system,
                issued_at=issue.issued_at,
                **about,
            )
            record("issue_document", document, by=system, at=at, sha256=stored.sha256)
    except IntegrityError:
        return Document.objects.get(kind=kind, **about)
    return document


def issue_receipt(application: Application, *, at: datetime) -> Document:
    """申报回执, dated by the filing and saying what was filed then."""
    issue = _issue(f"HZ-{application.number}", application.submitted_at)
    return _keep(DocumentKind.RECEIPT, _receipt_data(application), issue, documents.receipt, at, **_about(application=application))


def _receipt_data(application: Application) -> ReceiptData:
    filed, window = application.snapshot, application.window
    promised = filed["answer_by"] and datetime.fromisoformat(filed["answer_by"])
    due = promised or application.submitted_at + timedelta(days=window.acceptance_days * 2)
    basis = filed_basis(application)
    return ReceiptData(
        application_number=application.number,
        applicant=filed["applicant"],
        credit_code=filed["credit_code"],
        window=window.name,
        channel=application.get_channel_display(),
        filed_by=mask_name(application.submitted_by.get_full_name()),
        filed_at=application.submitted_at,
        insurer=filed["insurer"],
        product=filed["product"],
        policy_number=filed["policy"],
        signed_on=_date(filed["signed_on"]),
        starts_on=_date(filed["starts_on"]),
        ends_on=_date(filed["ends_on"]) - timedelta(days=1),
        lines=tuple(rules.explain(basis, window.terms)),
        estimate=rules.entitlement(rules.recognised_premium(basis), window.terms),
        files=tuple(FiledFile(kind=kind, name=name, size=size, sha256=sha256) for kind, name, size, sha256 in filed["files"]),
        promised_on=timezone.localdate(due - timedelta(microseconds=1)),
    )


def _date(text: str):
    return datetime.fromisoformat(text).date()


def filed_basis(application: Application) -> rules.Basis:
    """The figures as they stood at submission."""
    filed = application.snapshot
    amounts = {
        name: None if filed[name] == "None" else rules.parse_amount(filed[name])
        for name in ("policy_total", "non_pilot_cover", "coinsured_share", "invoices_total", "paid_cny")
    }
    return rules.Basis(**amounts)


def render_batch(batch: Batch, *, at: datetime) -> int:
    """Make what is missing of a batch's papers; how many were made. May be killed and run again, also beside itself."""
    if batch.state in (BatchState.DRAFT, BatchState.VOID):
        return 0
    data = batch_data(batch)
    made = _render_sheets(batch, data, at) + render_notices(batch, list(missing_notices(batch).values_list("pk", flat=True)), at=at)
    _close_rendering(batch, at)
    return made


def _render_sheets(batch: Batch, data, at: datetime) -> int:
    about = _about(batch=batch)
    before = Document.objects.filter(batch=batch, payment__isnull=True).count()
    _keep(DocumentKind.APPROVAL_SHEET, data, _issue(f"SP-{batch.number}", batch.approved_at), documents.approval_sheet, at, **about)
    _keep(DocumentKind.PAYMENT_DETAIL, data, _issue(f"MX-{batch.number}", batch.approved_at), documents.payment_detail, at, **about)
    return 2 - before


def missing_notices(batch: Batch):
    return batch.payments.filter(documents__isnull=True).order_by("serial")


def render_notices(batch: Batch, keys: list[int], *, at: datetime) -> int:
    """The notices of these payments. Numbers were taken as a block at approval, so that any process can draw any notice."""
    first = cast(int, batch.first_notice)  # an approved batch has one, by constraint
    serials = list(batch.payments.order_by("serial").values_list("pk", flat=True))
    position = {pk: index for index, pk in enumerate(serials)}
    clauses = paper_facts.clauses("payment_notice_paper", batch.approved_at)
    payments = Payment.objects.filter(pk__in=keys).select_related(
        "application__window", "application__policy", "application__legal_entity", "application__allocation"
    )
    for payment in payments.order_by("serial"):
        number = f"中知促拨〔{batch.window.pilot.year}〕{first + position[payment.pk]}号"
        about = _about(batch=batch, application=payment.application, payment=payment)
        issue = _issue(number, batch.approved_at)
        _keep(DocumentKind.PAYMENT_NOTICE, notice_data(payment, clauses), issue, documents.payment_notice, at, **about)
    return len(keys)


def notice_data(payment: Payment, clauses: Clauses) -> NoticeData:
    case = payment.application
    return NoticeData(
        application_number=case.number,
        payee=payment.holder,
        window=case.window.name,
        policy_number=case.policy.number,
        premium=case.recognised_premium,
        terms=case.terms,
        awarded=payment.amount,
        why_less=_why_less(case),
        account_tail=payment.account_last_four,
        bank=payment.bank_name,
        arrival_days=ARRIVAL_DAYS,
        report_days=REPORT_DAYS,
        contact=settings.CENTRE_CONTACT,
        clauses=clauses,
    )


def _why_less(case: Application) -> str:
    """Why the award is below what rate and cap allow; empty when it is not."""
    if case.awarded == rules.entitlement(case.recognised_premium, case.terms):
        return ""
    if case.awarded < case.entitled:
        return "本期预算不足，按同比例核定"
    return "经审核调低，理由已另行告知"


@transaction.atomic
def _close_rendering(batch: Batch, at: datetime) -> None:
    """Say that all papers stand, once; a batch with a paper missing stays open for the next run."""
    locked = lock(batch)
    if locked.rendered_at is None and not missing_notices(locked).exists():
        Batch.objects.filter(pk=batch.pk).update(rendered_at=at)
        record("render_batch", locked, by=User.objects.system(), at=at, documents=locked.documents.count())


def documents_left(batch: Batch) -> int:
    """How many of a batch's papers are still to be made, for its progress line."""
    return batch.count + 2 - batch.documents.count()


@dataclass(frozen=True)
class Decision:
    """A paper about one row: where the row stands in its document, when it was decided, and how its paper comes about."""

    owner: str
    model: type[Application] | type[Correction] | type[PublicNotice] | type[Recovery]
    moment: str
    number: Callable[[Any], str]
    facts: Callable
    draw: Callable
    issuer: str = CENTRE


def _in_series(series: str, case: Application, which: int = 1) -> str:
    """文号 with the running number of the case, so that whoever draws a paper finds the same one; `which` tells a second one apart."""
    _, year, running, _ = str(case.number).split("-")
    return f"{series}〔{year}〕{int(running)}{f'-{which}' if which > 1 else ''}号"


DECISIONS = {
    DocumentKind.ACCEPTANCE: Decision(
        "application",
        Application,
        "accepted_at",
        lambda case: _in_series("中知促受", case),
        paper_facts.acceptance,
        documents.acceptance,
    ),
    DocumentKind.CORRECTION: Decision(
        "correction",
        Correction,
        "asked_at",
        lambda asked: _in_series("中知促补", asked.application, asked.sequence),
        paper_facts.correction,
        documents.correction,
    ),
    DocumentKind.REFUSAL: Decision(
        "application",
        Application,
        "ended_at",
        lambda case: _in_series("中知促不受", case),
        paper_facts.refusal,
        documents.refusal,
    ),
    DocumentKind.REJECTION: Decision(
        "application",
        Application,
        "determined_at",
        lambda case: _in_series("中知促决", case),
        paper_facts.rejection,
        documents.rejection,
    ),
    DocumentKind.PUBLIC_NOTICE: Decision(
        "public_notice",
        PublicNotice,
        "published_at",
        lambda notice: f"中知促{notice.number}",
        paper_facts.public_notice,
        documents.public_notice,
    ),
    DocumentKind.RECOVERY: Decision(
        "recovery",
        Recovery,
        "ordered_at",
        lambda ordered: _in_series("京知退", ordered.application, ordered.application.recoveries.filter(pk__lte=ordered.pk).count()),
        paper_facts.recovery,
        documents.recovery,
        issuer=IP_OFFICE,
    ),
}


def issue_paper(kind: str, pk: int, *, at: datetime) -> Document:
    """The paper of this kind about the case, correction, recovery or notice of this key; the one that stands already if there is one.

    Raises DoesNotExist where no such paper is owed.
    """
    kind = DocumentKind(kind)
    decision = DECISIONS[kind]
    row = decision.model.objects.owed(kind).get(pk=pk)
    owners = {decision.owner: row}
    if not isinstance(row, PublicNotice):
        owners["application"] = getattr(row, "application", row)
    issue = _issue(decision.number(row), getattr(row, decision.moment), decision.issuer)
    return _keep(kind, decision.facts(row), issue, decision.draw, at, **_about(**owners))


def unmade() -> Iterator[tuple[str, int]]:
    """Kind and key of every paper that a lost task has left unmade."""
    for kind, decision in DECISIONS.items():
        for pk in decision.model.objects.without_paper(kind).order_by("pk").values_list("pk", flat=True):
            yield kind.value, pk
