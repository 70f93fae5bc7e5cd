"""One module a stage of a case, by the names that services, views and admin use too."""

from .allocation import AWARDING, AllocationLine, AllocationRun, Determination, LineKind
from .applications import Application, Attachment, AttachmentKind, Channel
from .conversation import CaseMessage, Side
from .corrections import Correction, CorrectionItem, Part, Reply
from .documents import Counter, Document, DocumentKind
from .imports import Import, ImportRow, RowResult
from .interests import DeclaredInterest
from .letters import LetterVersion
from .match_lists import ListKind, MatchList, MatchRow
from .notes import CaseNote
from .payments import Batch, Payment
from .publicity import IdentityKind, Objection, ObjectionPaper, PublicNotice
from .recovery import Recovery
from .reviews import Finding, Opinion, Review, Verdict
from .windows import BASIS_COLUMNS, AllocationMethod, Appropriation, DrawChange, Window

__all__ = [
    "AWARDING",
    "AllocationLine",
    "AllocationMethod",
    "AllocationRun",
    "Application",
    "Appropriation",
    "Attachment",
    "AttachmentKind",
    "BASIS_COLUMNS",
    "Batch",
    "CaseMessage",
    "CaseNote",
    "Channel",
    "Correction",
    "CorrectionItem",
    "Counter",
    "DeclaredInterest",
    "Determination",
    "Document",
    "DocumentKind",
    "DrawChange",
    "Finding",
    "IdentityKind",
    "Import",
    "ImportRow",
    "LetterVersion",
    "ListKind",
    "MatchList",
    "MatchRow",
    "Objection",
    "LineKind",
    "ObjectionPaper",
    "Opinion",
    "Part",
    "Payment",
    "PublicNotice",
    "Recovery",
    "Reply",
    "Review",
    "RowResult",
    "Side",
    "Verdict",
    "Window",
]
