"""How a letter or paper would read, with the facts of a real case. Nothing is kept or sent."""

from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from subsidies import documents
from subsidies.documents import Clauses, Issue
from subsidies.letter_words import BLANKS, WORDS, Words
from subsidies.models import Application, Document, DocumentKind

from . import paper_facts
from .documents import DECISIONS, notice_data

PAPER = "_paper"
UNKNOWN = "〔{}〕"  # what this case has no fact for


def paper_kind(key: str) -> DocumentKind | None:
    """Which paper a key stands for; None: a letter."""
    return DocumentKind(key.removesuffix(PAPER)) if key.endswith(PAPER) else None


def title(key: str) -> str:
    """What people call a letter or paper."""
    kind = paper_kind(key)
    return kind.label if kind else WORDS[key].subject.split("：")[0]


def preview_letter(words: Words, case: Application | None) -> Words:
    """Subject and body with the facts of a case; what it has no fact for stays in brackets."""
    facts = {name: UNKNOWN.format(meaning) for name, meaning in BLANKS.items()}
    return words.filled(facts | (_facts_of(case) if case else {}))


def _facts_of(case: Application) -> dict[str, str]:
    facts = {
        "number": case.number,
        "entity": case.legal_entity.name,
        "window": case.window.name,
        "awarded": f"{case.awarded:,.2f}" if case.awarded is not None else "",
        "entitled": f"{case.entitled:,.2f}" if case.entitled is not None else "",
        "due": f"{timezone.localdate(case.due_at):%Y-%m-%d}" if case.due_at else "",
        "until": f"{case.public_notice.ends_on}" if case.public_notice else "",
        "why": case.rejection_reason or case.ended_reason or case.held_reason,
    }
    return {name: value for name, value in facts.items() if value}


def preview_paper(kind: DocumentKind, text: str, *, at: datetime) -> bytes | None:
    """The latest paper of this kind as it would look with these clauses; None while there is none."""
    latest = Document.objects.filter(kind=kind).select_related("application", "correction", "recovery", "payment").first()
    if latest is None:
        return None
    clauses = Clauses(version="", text=text)
    issue = Issue(
        number="预览，未签发", verify_code="0000-0000", issued_at=at, issuer=paper_facts.CENTRE, site_url="https://preview.invalid"
    )
    if kind == DocumentKind.PAYMENT_NOTICE:
        return documents.payment_notice(notice_data(latest.payment, clauses), issue)
    decision = DECISIONS[kind]
    row = getattr(latest, decision.owner)
    return decision.draw(replace(decision.facts(row), clauses=clauses), replace(issue, issuer=decision.issuer))
