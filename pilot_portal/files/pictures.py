"""Uploaded papers as pictures, which run nothing: pages for an officer, a small one for who uploaded it."""

import io

import pypdfium2
from django.http import Http404
from PIL import Image

from .inspect import PDF
from .models import StoredFile
from .reading import PDFIUM

WIDTH, SMALL = 1100, 160  # pixels: readable on a screen beside the facts; enough to see that it is the right paper
MOST_PAGES = 200


def page_count(stored: StoredFile) -> int:
    """Pages of a PDF; a picture is one."""
    if stored.content_type != PDF:
        return 1
    with PDFIUM, stored.file.open("rb") as file, pypdfium2.PdfDocument(file.read()) as pdf:
        return min(len(pdf), MOST_PAGES)


def page_picture(stored: StoredFile, number: int, width: int = WIDTH) -> bytes:
    """A page of a PDF as PNG, numbered from 1. Raises Http404 for a page that it has not."""
    with PDFIUM, stored.file.open("rb") as file, pypdfium2.PdfDocument(file.read()) as pdf:
        if not 1 <= number <= min(len(pdf), MOST_PAGES):
            raise Http404
        page = pdf[number - 1]
        picture = page.render(scale=width / max(page.get_width(), 1)).to_pil()
        page.close()
    return _png(picture)


def small_picture(stored: StoredFile) -> bytes:
    """The first page, small, as PNG. Raises Http404 where it cannot be drawn."""
    try:
        if stored.content_type == PDF:
            return page_picture(stored, 1, SMALL)
        with stored.file.open("rb") as file, Image.open(file) as picture:
            picture.thumbnail((SMALL, SMALL * 2))
            return _png(picture)
    except (pypdfium2.PdfiumError, OSError) as error:
        raise Http404 from error


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.convert("L" if picture.mode == "L" else "RGB").save(buffer, "PNG")
    return buffer.getvalue()
