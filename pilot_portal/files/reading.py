"""The text layer of an uploaded PDF."""

import threading

import pypdfium2

from .inspect import PDF
from .models import StoredFile

PDFIUM = threading.Lock()  # the library works for one thread at a time
MOST_TEXT_PAGES, MOST_TEXT = 12, 60_000  # what a reader wants of a policy stands on its first pages


def text_of(stored: StoredFile) -> str:
    """The text of the first pages, a form feed between two of them; "" for a picture or a scan, and where the text cannot be read."""
    if stored.content_type != PDF:
        return ""
    try:
        with stored.file.open("rb") as file:
            data = file.read()
        with PDFIUM, pypdfium2.PdfDocument(data) as pdf:
            pages = [_text(pdf[number]) for number in range(min(len(pdf), MOST_TEXT_PAGES))]
    except (pypdfium2.PdfiumError, OSError):
        return ""
    return "\f".join(pages)[:MOST_TEXT].strip()


def _text(page) -> str:
    layer = page.get_textpage()
    try:
        return layer.get_text_bounded()
    finally:
        layer.close()
        page.close()
