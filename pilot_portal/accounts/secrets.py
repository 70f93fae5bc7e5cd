"""Bank accounts and identity numbers: ciphertext to read back, a keyed HMAC to match by. Two values are never compared as text."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def _fernet() -> MultiFernet:
    """FIELD_KEY holds one key, or several split by commas: the first encrypts, all decrypt (rotation)."""
    return MultiFernet([Fernet(key.strip()) for key in settings.FIELD_KEY.split(",")])


def encrypt(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def decrypt(ciphertext: str) -> str:
    return _fernet().decrypt(ciphertext.encode()).decode()


def fingerprint(text: str) -> str:
    """HMAC-SHA-256, hex. Keyed by the oldest FIELD_KEY, so that a rotation leaves old fingerprints valid."""
    key = base64.urlsafe_b64decode(settings.FIELD_KEY.split(",")[-1].strip())
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
