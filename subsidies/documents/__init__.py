"""Papers: facts in, PDF bytes out. No database, no clock; the fonts are the only thing read."""

from subsidies.documents.data import (
    BatchData,
    FiledFile,
    Issue,
    NoticeData,
    PaymentLine,
    ReceiptData,
    facts_sha256,
    payments_sha256,
)
from subsidies.documents.papers import Paper, approval_sheet, payment_detail, payment_notice, receipt

__all__ = [
    "BatchData",
    "FiledFile",
    "Issue",
    "NoticeData",
    "Paper",
    "PaymentLine",
    "ReceiptData",
    "approval_sheet",
    "facts_sha256",
    "payment_detail",
    "payment_notice",
    "payments_sha256",
    "receipt",
]
