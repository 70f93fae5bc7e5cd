"""Recording, sealing, anchoring and verifying. Only this module writes audit tables."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone

from .models import Anchor, Event, Seal, SealedEvent

GENESIS = "0" * 64
BATCH = 5000
SEALER_LOCK = 0x5EA1  # one sealer at a time, for the length of its transaction


def record(action: str, obj=None, *, by, at: datetime, **data) -> Event:
    """Write one event in the running transaction. `data` holds plain JSON values; a Decimal is written as text."""
    if not connection.in_atomic_block:
        raise RuntimeError("record() belongs in the transaction it describes")
    return Event.objects.create(
        at=at,
        actor_id=by.pk,
        actor=by.get_username(),
        role=by.role,
        action=action,
        object_type=obj._meta.label_lower if obj is not None else "",
        object_id=obj.pk if obj is not None and isinstance(obj.pk, int) else None,  # a calendar day is known by its label
        object_label=str(obj)[:200] if obj is not None else "",
        data=json.loads(json.dumps(data, default=str)),
    )


def _digest(previous: str, events) -> str:
    digest = hashlib.sha256(previous.encode())
    for event in events:
        digest.update(json.dumps(event.canonical(), sort_keys=True, ensure_ascii=False).encode())
    return digest.hexdigest()


def seal_pending(*, at: datetime) -> int:
    """Chain every committed event that no seal covers yet; how many were sealed. One still uncommitted waits for the next run."""
    sealed = 0
    while count := _seal_batch(at):
        sealed += count
    return sealed


@transaction.atomic
def _seal_batch(at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])
    events = list(Event.objects.filter(sealed__isnull=True).order_by("pk")[:BATCH])
    if not events:
        return 0
    last = Seal.objects.order_by("-pk").first()
    previous = last.hash if last else GENESIS
    seal = Seal.objects.create(previous_hash=previous, hash=_digest(previous, events), count=len(events), at=at)
    SealedEvent.objects.bulk_create([SealedEvent(event=event, seal=seal) for event in events])
    return len(events)


def publish_anchor(*, at: datetime) -> Anchor | None:
    """Fix the newest seal as the day's anchor; the same one when called twice; None while nothing is sealed."""
    seal = Seal.objects.order_by("-pk").first()
    if seal is None:
        return None
    anchor, _ = Anchor.objects.get_or_create(day=timezone.localdate(at), defaults={"seal": seal, "hash": seal.hash})
    return anchor


@dataclass(frozen=True)
class Verdict:
    """Result of a verification: seals and events read, and each fault as one sentence."""

    seals: int
    events: int
    faults: list[str]


def verify_chain() -> Verdict:
    """Recompute every link and compare with seals and anchors."""
    faults, previous, events_read, seals_read = [], GENESIS, 0, 0
    for seal in Seal.objects.order_by("pk").iterator():
        events = list(Event.objects.filter(sealed__seal=seal).order_by("pk"))
        if seal.previous_hash != previous:
            faults.append(f"封存 {seal.pk} 与前一封存不相连")
        if len(events) != seal.count:
            faults.append(f"封存 {seal.pk} 应有 {seal.count} 条事件，实有 {len(events)} 条")
        if _digest(seal.previous_hash, events) != seal.hash:
            faults.append(f"封存 {seal.pk} 的内容已被改动")
        previous, events_read, seals_read = seal.hash, events_read + len(events), seals_read + 1
    anchors = Anchor.objects.select_related("seal")
    faults += [f"{anchor.day} 的锚点与封存不符" for anchor in anchors if anchor.hash != anchor.seal.hash]
    return Verdict(seals_read, events_read, faults)


def unsealed_age(*, now: datetime) -> timedelta:
    """Age of the oldest event that no seal covers; zero when all are sealed."""
    oldest = Event.objects.filter(sealed__isnull=True).aggregate(oldest=Min("at"))["oldest"]
    newest_seal = Seal.objects.aggregate(at=Max("at"))["at"]
    return max(now - max(oldest, newest_seal or oldest), timedelta()) if oldest else timedelta()
