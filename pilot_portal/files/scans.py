"""Text of scans and photographs, where the optional extra `ocr` is installed. Slow: a job does it, never a request."""

import importlib.util
import logging
from collections.abc import Iterable, Iterator

import pypdfium2
from PIL import Image

from .inspect import PDF
from .models import StoredFile
from .reading import MOST_TEXT, PDFIUM, text_of

MOST_SCANNED_PAGES = 3  # the facts of a policy stand on its first pages
DOTS_PER_INCH, POINTS_PER_INCH = 200, 72
LONGEST_SIDE = 3_000  # pixels; a photograph holds more than is needed
SURE = 0.6  # below it, what was recognised is a guess


def is_installed() -> bool:
    return importlib.util.find_spec("rapidocr") is not None


def is_scan(stored: StoredFile) -> bool:
    """Whether a paper has no text of its own."""
    return stored.content_type != PDF or not text_of(stored)


def recognise(stored: StoredFile) -> str:
    """The text of its first pages, a line of the paper a line; "" where they cannot be drawn. Takes seconds a page."""
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.WARNING)  # it tells of its models at each start
    engine = RapidOCR()
    try:
        return "\f".join("\n".join(lines_of(engine(page))) for page in _pages(stored))[:MOST_TEXT]
    except (pypdfium2.PdfiumError, OSError):
        return ""


def _pages(stored: StoredFile) -> Iterator[Image.Image]:
    with stored.file.open("rb") as file:
        if stored.content_type != PDF:
            picture = Image.open(file).convert("RGB")
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            yield picture
            return
        data = file.read()
    with PDFIUM, pypdfium2.PdfDocument(data) as pdf:
        pages = [_drawn(pdf[number]) for number in range(min(len(pdf), MOST_SCANNED_PAGES))]
    yield from pages


def _drawn(page) -> Image.Image:
    scale = min(DOTS_PER_INCH / POINTS_PER_INCH, LONGEST_SIDE / max(page.get_size()))
    bitmap = page.render(scale=scale)
    try:
        return bitmap.to_pil().convert("RGB")
    finally:
        bitmap.close()
        page.close()


def lines_of(found) -> Iterable[str]:
    """What stands side by side on the paper is one line of text, from left to right."""
    if found.boxes is None:
        return []
    pieces = [(box, text) for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True) if score >= SURE]
    rows: list[list[tuple[float, str]]] = []
    middle = height = 0.0
    for box, text in sorted(pieces, key=lambda piece: _middle(piece[0])):
        if not rows or _middle(box) - middle > height / 2:
            rows.append([])
            height = float(box[:, 1].max() - box[:, 1].min())
        middle = _middle(box)
        rows[-1].append((float(box[:, 0].min()), text))
    return ["  ".join(text for _, text in sorted(row)) for row in rows]


def _middle(box) -> float:
    return float(box[:, 1].mean())
