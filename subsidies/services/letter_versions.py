"""函件文字: the head writes how a letter or paper reads from a later day on; what was sent before keeps the words of its day."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies.letter_words import WORDS, Words, check_words
from subsidies.models import LetterVersion

CONSTRAINT_REFUSALS["one_letter_version_per_number"] = "letter_written_meanwhile"


def version_in_force(key: str, at: datetime) -> LetterVersion | None:
    """The version that counts on the day of `at`; None: the words that the portal came with."""
    return LetterVersion.objects.of(key).in_force(timezone.localdate(at)).first()


def words_in_force(key: str, at: datetime) -> tuple[Words, str]:
    """The words of a letter on the day of `at`, and which version they are, e.g. "paid/2"; /0 is what the portal came with."""
    version = version_in_force(key, at)
    return (version.words, f"{key}/{version.sequence}") if version else (WORDS[key], f"{key}/0")


def with_letter(readers: QuerySet[User], key: str, at: datetime) -> tuple[list[Any], Words, str]:
    """Who reads a letter, and what `words_in_force` gives for it, in one query."""
    version = LetterVersion.objects.of(key).in_force(timezone.localdate(at))
    said = version.annotate(said=JSONObject(sequence="sequence", subject="subject", body="body")).values("said")[:1]
    people = list(readers.annotate(letter=Subquery(said)))
    found = people[0].letter if people else None
    if found is None:
        return people, WORDS[key], f"{key}/0"
    return people, Words(found["subject"], found["body"]), f"{key}/{found['sequence']}"


def last_sequence(key: str) -> int:
    """How many versions have been written, withdrawn ones included."""
    return LetterVersion.objects.of(key).aggregate(last=Max("sequence"))["last"] or 0


@transaction.atomic
def write_version(
    key: str, words: Words, *, by: User, at: datetime, effective_on: date, reason: str, seen: int | None = None
) -> LetterVersion:
    """Let a letter read otherwise from a later day on. `seen`: the last version that the writer knew.

    Raises Refusal: wrong_role, reason_missing, letter_starts_too_early, letter_written_meanwhile, and those of `check_words`.
    """
    _require_head(by)
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    if effective_on <= timezone.localdate(at):
        raise Refusal("letter_starts_too_early", field="effective_on")
    check_words(key, words)
    last = last_sequence(key)
    if seen is not None and seen != last:
        raise Refusal("letter_written_meanwhile")
    with refusing_constraints():
        version = LetterVersion.objects.create(
            key=key,
            sequence=last + 1,
            subject=words.subject,
            body=words.body,
            effective_on=effective_on,
            reason=reason,
            written_by=by,
            written_at=at,
        )
    record("write_letter_version", version, by=by, at=at, version=version.sequence, reason=reason, until=str(effective_on))
    return version


@transaction.atomic
def withdraw_version(version: LetterVersion, *, by: User, at: datetime) -> LetterVersion:
    """Take a version back before its day. Raises Refusal: wrong_role, letter_version_in_force."""
    _require_head(by)
    version = lock(version)
    if version.withdrawn_at or version.effective_on <= timezone.localdate(at):
        raise Refusal("letter_version_in_force")
    version.withdrawn_by, version.withdrawn_at = by, at
    version.save(update_fields=["withdrawn_by", "withdrawn_at"])
    record("withdraw_letter_version", version, by=by, at=at, version=version.sequence)
    return version


def _require_head(by: User) -> None:
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="修改函件文字")
