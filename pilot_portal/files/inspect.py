"""What a file really is, by its content. Nothing here trusts a name or a browser's word."""

import io
import warnings

import pikepdf
from PIL import Image, ImageFile

from pilot_portal.workflow.refusals import Refusal

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 60_000_000
PDF, JPEG, PNG = "application/pdf", "image/jpeg", "image/png"
NAMES = {PDF: "PDF", JPEG: "JPG 图片", PNG: "PNG 图片"}
PAPERS = frozenset({PDF, JPEG, PNG})
ACTIVE_KEYS = {"/JavaScript", "/JS", "/Launch", "/EmbeddedFiles", "/EF", "/RichMedia", "/XFA", "/SubmitForm", "/ImportData"}


def inspect(data: bytes, name: str, allowed: frozenset[str] = PAPERS) -> str:
    """The content type of `data`.

    Raises Refusal: file_empty, file_too_large, file_type, file_broken, file_encrypted, file_active, image_too_large.
    """
    if not data:
        raise Refusal("file_empty", name=name)
    if len(data) > MAX_BYTES:
        raise Refusal("file_too_large", name=name, limit=MAX_BYTES // 1024 // 1024)
    content_type = _sniff(data)
    if content_type not in allowed:
        raise Refusal("file_type", name=name, allowed="、".join(NAMES[kind] for kind in sorted(allowed)))
    _inspect_pdf(data, name) if content_type == PDF else _inspect_image(data, name)
    return content_type


def _sniff(data: bytes) -> str | None:
    if data[:5] == b"%PDF-":
        return PDF
    if data[:3] == b"\xff\xd8\xff":
        return JPEG
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return PNG
    return None


def _inspect_image(data: bytes, name: str) -> None:
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint switches it on for itself; half a picture is no evidence
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Refusal("image_too_large", name=name, limit=MAX_PIXELS // 10_000)
                image.load()
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Refusal("image_too_large", name=name, limit=MAX_PIXELS // 10_000) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise Refusal("file_broken", name=name) from error


def _inspect_pdf(data: bytes, name: str) -> None:
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if not len(pdf.pages):
                raise Refusal("file_broken", name=name)
            if pdf.is_encrypted:
                raise Refusal("file_encrypted", name=name)
            if _is_active(pdf):
                raise Refusal("file_active", name=name)
    except pikepdf.PasswordError as error:
        raise Refusal("file_encrypted", name=name) from error
    except (pikepdf.PdfError, RecursionError, ValueError, RuntimeError) as error:
        raise Refusal("file_broken", name=name) from error


def _is_active(pdf: pikepdf.Pdf) -> bool:
    """Whether any object carries a script, a launcher, an embedded file or a form that sends itself."""
    waiting = list(pdf.objects)
    while waiting:
        item = waiting.pop()
        if isinstance(item, pikepdf.Array):
            inside = list(item)
        elif isinstance(item, (pikepdf.Dictionary, pikepdf.Stream)):
            if ACTIVE_KEYS & set(item.keys()) or str(item.get("/S", "")) in ACTIVE_KEYS:
                return True
            inside = [value for _, value in item.items()]
        else:
            continue
        waiting += [value for value in inside if isinstance(value, pikepdf.Object) and not value.is_indirect]
    return False
