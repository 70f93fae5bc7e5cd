"""内部备注: what officers note on a case for each other."""

from datetime import datetime

from django.db import transaction

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import CENTRE
from pilot_portal.audit.services import record
from pilot_portal.workflow.moving import lock
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application, CaseNote


@transaction.atomic
def note(application: Application, *, by: User, at: datetime, text: str, version: int | None = None) -> CaseNote:
    """Add a note; it is no step of the case. The same twice in a row is once. Raises Refusal: wrong_role, moved_on, reason_missing."""
    locked = lock(application)
    if by.role not in CENTRE:
        raise Refusal("wrong_role", action="写内部备注")
    if version is not None and locked.version != version:
        raise Refusal("moved_on", object=locked)
    locked.require_free(by)
    if not text.strip():
        raise Refusal("reason_missing", field="text")
    if (last := locked.notes.first()) and (last.author_id, last.text) == (by.pk, text.strip()):
        return last
    made = CaseNote.objects.create(application=locked, author=by, text=text.strip(), at=at)
    record("case_note", locked, by=by, at=at, case_note=made.pk)  # the words stand in the note alone
    return made
