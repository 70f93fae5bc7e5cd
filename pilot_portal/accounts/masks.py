"""How personal data is shown: enough to recognise, not enough to use. What does not look as expected is hidden whole."""

import re

MOBILE = re.compile(r"[0-9]{11}")
LANDLINE = re.compile(r"(0[0-9]{2,3}-)([0-9]{7,8})")
IDENTITY = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")
ACCOUNT = re.compile(r"[0-9]{8,32}")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def mask_phone(text: str) -> str:
    """138****8000; a landline keeps its area code: 010-****1234."""
    if MOBILE.fullmatch(text):
        return _middle(text, 3, 4)
    if landline := LANDLINE.fullmatch(text):
        return landline[1] + _middle(landline[2], 0, 4)
    return _all(text)


def mask_identity(text: str) -> str:
    """110***********1234, for 15 and 18 characters."""
    return _middle(text, 3, 4) if IDENTITY.fullmatch(text) else _all(text)


def mask_account(text: str) -> str:
    """Only the last four digits of a bank account."""
    return _middle(text, 0, 4) if ACCOUNT.fullmatch(text) else _all(text)


def mask_name(text: str) -> str:
    """The first character of a person's name; a single one is hidden."""
    return text[0] + _all(text[1:]) if len(text) > 1 else _all(text)


def mask_email(text: str) -> str:
    """z***@example.com: the number of stars tells nothing of the length."""
    return f"{text[0]}***@{text.split('@')[1]}" if EMAIL.fullmatch(text) else _all(text)


def _middle(text: str, head: int, tail: int) -> str:
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]


def _all(text: str) -> str:
    return "*" * len(text)
