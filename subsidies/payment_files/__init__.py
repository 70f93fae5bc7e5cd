"""The batch's payment file for the bank or the treasury, and the result that comes back: data ↔ bytes, nothing guessed."""

from .payments import FiledPayment, PaymentFile, read_payment_file, write_payment_file
from .results import (
    RETURN_REASONS,
    BankResult,
    Outcome,
    check_against,
    read_bank_result,
    write_bank_result,
    write_bank_result_template,
)
from .tables import Fault, FileRefused

__all__ = [
    "RETURN_REASONS",
    "BankResult",
    "Fault",
    "FileRefused",
    "FiledPayment",
    "Outcome",
    "PaymentFile",
    "check_against",
    "read_bank_result",
    "read_payment_file",
    "write_bank_result",
    "write_bank_result_template",
    "write_payment_file",
]
