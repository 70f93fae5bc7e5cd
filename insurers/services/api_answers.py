"""A deed asked for by a system is done once, however often it is asked for: what it answered is kept under its Idempotency-Key."""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from insurers.models import ApiAnswer, ApiKey
from pilot_portal.audit.services import record
from pilot_portal.workflow.refusals import Refusal

KEPT = timedelta(days=30)


@transaction.atomic
def once(key: ApiKey, name: str, *, asked: str, at: datetime, act: Callable[[], dict]) -> dict:
    """What `act` answers, or has answered under this name of the key's insurer.

    Of two at once the second waits at the unique constraint for the first and gets its answer. The name is taken in the transaction of
    the deed: what is refused, fails or is killed leaves neither. Raises Refusal: idempotency_key_reused (for something else), `act`'s own.
    """
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    taken = {"fingerprint": fingerprint, "made_at": at}
    answer, is_new = ApiAnswer.objects.get_or_create(insurer_id=key.insurer_id, name=name, defaults=taken)
    if not is_new:
        if answer.fingerprint != fingerprint:
            raise Refusal("idempotency_key_reused")
        return answer.body
    answer.body = act()
    answer.save(update_fields=["body"])
    record("ask_by_api", key, by=key.created_by, at=at, asked=asked.partition("\n")[0], idempotency_key=name)
    return answer.body


def forget_api_answers(*, at: datetime) -> int:
    """Delete the answers that have been kept long enough; how many."""
    return ApiAnswer.objects.filter(made_at__lt=at - KEPT).delete()[0]
