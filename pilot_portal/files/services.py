"""Keeping and handing out private bytes."""

import hashlib
from datetime import datetime
from urllib.parse import quote

from django.core.files.base import ContentFile
from django.db import transaction
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase

from pilot_portal.accounts.models import User
from pilot_portal.workflow.after_commit import after_commit

from . import scans
from .inspect import MAX_BYTES, PAPERS, PDF, inspect
from .models import ScanText, StoredFile, private_storage, stored_path


def store_upload(upload, *, by: User, at: datetime, allowed: frozenset[str] = PAPERS) -> StoredFile:
    """Check and keep an uploaded file; one that a form has kept already passes. Raises the Refusals of `inspect`."""
    if isinstance(upload, StoredFile):
        return upload
    data = upload.read(MAX_BYTES + 1)
    return store(data, name=upload.name, content_type=inspect(data, upload.name, allowed), by=by, at=at)


def digest_of(upload) -> str:
    """SHA-256 of an upload, which is read from its beginning afterwards as before."""
    digest = hashlib.file_digest(upload, "sha256").hexdigest()
    upload.seek(0)
    return digest


def store(data: bytes, *, name: str, content_type: str, by: User, at: datetime) -> StoredFile:
    """Keep bytes that are known to be good: an upload after inspection, or a document of ours."""
    stored = StoredFile(
        name=clean_name(name),
        content_type=content_type,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        added_by=by,
        added_at=at,
    )
    path = stored_path(stored, name)
    _keep(path, data)
    stored.file.name = path
    stored.save()
    return stored


def _keep(path: str, data: bytes) -> None:
    """Put the bytes under their hash. A writer that was killed may have left a part of them there."""
    storage = private_storage()
    if storage.exists(path):
        if storage.size(path) == len(data):
            return
        storage.delete(path)
    storage.save(path, ContentFile(data))


def clean_name(name: str) -> str:
    """A name that is safe in a header and a list: no path, no control characters, the ending kept."""
    base = "".join(char for char in name.replace("\\", "/").split("/")[-1] if char.isprintable()) or "文件"
    return base if len(base) <= 150 else f"{base[:140]}…{base[-9:]}"


@transaction.atomic
def ask_to_read(stored: StoredFile, *, at: datetime) -> None:
    """Let a job recognise the text of a scan, where that is installed. Nobody has to wait for it."""
    if not scans.is_installed() or not scans.is_scan(stored):
        return
    asked, is_new = ScanText.objects.get_or_create(paper=stored, defaults={"asked_at": at})
    if is_new:
        after_commit("pilot_portal.files.tasks.read_scan", asked.pk)


def read_scan(asked: ScanText, *, at: datetime) -> None:
    """Recognise and keep the text. A second call changes nothing."""
    if asked.read_at is None:
        ScanText.objects.filter(pk=asked.pk, read_at__isnull=True).update(text=scans.recognise(asked.paper), read_at=at)


def serve(stored: StoredFile, *, download: bool = False) -> FileResponse:
    """A response with the file; the caller has checked that this person may see it."""
    response = FileResponse(stored.file.open("rb"), content_type=stored.content_type)
    _guard(response, stored.name, "attachment" if download else "inline")
    return response


def serve_made(content: bytes, name: str) -> HttpResponse:
    """A response with a PDF that was made for this request and is not kept."""
    response = HttpResponse(content, content_type=PDF)
    _guard(response, clean_name(name), "inline")
    return response


def _guard(response: HttpResponseBase, name: str, disposition: str) -> None:
    response["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "private, no-store"
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Content-Security-Policy"] = "frame-ancestors 'self'; default-src 'none'; style-src 'unsafe-inline'; sandbox"
