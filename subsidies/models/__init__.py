"""One module a stage of a case, by the names that services, views and admin use too."""

from .allocation import AllocationRun, Determination
from .applications import Application, Attachment, AttachmentKind, Channel
from .documents import Counter, Document, DocumentKind
from .payments import Batch, Payment
from .publicity import PublicNotice
from .recovery import Recovery
from .reviews import Finding, Review, Verdict
from .windows import BASIS_COLUMNS, AllocationMethod, Appropriation, Window

__all__ = [
    "AllocationMethod",
    "AllocationRun",
    "Application",
    "Appropriation",
    "Attachment",
    "AttachmentKind",
    "BASIS_COLUMNS",
    "Batch",
    "Channel",
    "Counter",
    "Determination",
    "Document",
    "DocumentKind",
    "Finding",
    "Payment",
    "PublicNotice",
    "Recovery",
    "Review",
    "Verdict",
    "Window",
]
