"""Papers and files: none missing, none changed."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count, F, QuerySet
from django.utils import timezone

from pilot_portal.files.models import StoredFile
from subsidies.models import Application, Batch, Document, DocumentKind
from subsidies.services.documents import DECISIONS
from subsidies.states import UNFILED

CHUNK = 1024 * 1024
GRACE = timedelta(hours=2)  # a worker that was away has caught up by then


def documents() -> Iterator[str]:
    """The bytes of every issued paper against its own SHA-256; the papers of a batch that counts as rendered."""
    for document in Document.objects.select_related("file").order_by("pk").iterator():
        if problem := _bytes_differ(document.file, document.sha256):
            yield f"文书 {document} {problem}"
    rendered = Batch.objects.filter(rendered_at__isnull=False).annotate(papers=Count("documents"))
    for batch in rendered.exclude(papers=F("count") + 2).order_by("pk"):
        yield f"批次 {batch} 应有文书 {batch.count + 2} 份，实有 {batch.papers} 份"


def missing_papers() -> Iterator[str]:
    """Whoever is owed a paper has it: a receipt for each filing, and the paper of each decision."""
    before = timezone.now() - GRACE
    owed = Application.objects.exclude(state__in=UNFILED).filter(submitted_at__lt=before)
    yield from _without(DocumentKind.RECEIPT, owed.exclude(documents__kind=DocumentKind.RECEIPT))
    for kind, decision in DECISIONS.items():
        yield from _without(kind, decision.model.objects.without_paper(kind).filter(**{f"{decision.moment}__lt": before}))


def _without(kind: DocumentKind, rows: QuerySet) -> Iterator[str]:
    for row in rows.order_by("pk"):
        yield f"{row._meta.verbose_name} {row} 缺{kind.label}"


def files() -> Iterator[str]:
    """The bytes of every uploaded file against size and SHA-256; issued papers are read by `documents`."""
    uploaded = StoredFile.objects.exclude(pk__in=Document.objects.values("file"))
    for stored in uploaded.order_by("pk").iterator():
        if problem := _bytes_differ(stored, stored.sha256):
            yield f"文件 {stored.pk}“{stored}”{problem}"


def _bytes_differ(stored: StoredFile, sha256: str) -> str:
    """What is wrong with the stored bytes; empty when they are those of `sha256`."""
    digest, size = hashlib.sha256(), 0
    try:
        with stored.file.open("rb") as content:
            while chunk := content.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except FileNotFoundError:
        return "的文件不见了"
    except OSError as error:
        return f"的文件读不出来（{error.strerror}）"
    return "" if (digest.hexdigest(), size) == (sha256, stored.size) else "的内容与登记的 SHA-256 不符"
