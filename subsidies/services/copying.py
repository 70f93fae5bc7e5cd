"""A new draft begins with what an earlier case of the same legal person said: never its policy, its pledge or its papers."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import Application

from .drafts import locked_draft, save_draft

ALWAYS_AGAIN = ["policy", "pledge", "papers"]  # a policy is filed once; a pledge and sealed papers are of one filing


@transaction.atomic
def copy_earlier(application: Application, earlier: Application, *, by: User, at: datetime) -> Application:
    """Take over what may hold again into what is still empty; the event keeps what was taken and what is to be looked at again.

    Pressed twice it is done once. Raises Refusal: nothing_to_copy, wrong_state, not_a_member, and those of a mandate.
    """
    draft = locked_draft(application, by, at)
    if earlier.legal_entity_id != draft.legal_entity_id or earlier.window_id == draft.window_id or not earlier.is_filed:
        raise Refusal("nothing_to_copy")
    columns, again = _what_holds(draft, earlier, at)
    if not columns:
        return draft
    saved = save_draft(application, by=by, at=at, **columns)
    record("copy_draft", saved, by=by, at=at, earlier=earlier.number, columns=sorted(columns), again=[*again, *ALWAYS_AGAIN])
    return saved


def _what_holds(draft: Application, earlier: Application, at: datetime) -> tuple[dict, list[str]]:
    """The columns to take over, and what of them, or instead of them, is to be looked at."""
    columns: dict = {}
    again: list[str] = []
    if draft.category is None and (category := earlier.category):
        if category.valid_until is None or category.valid_until >= timezone.localdate(at):
            columns["category"] = category
        else:
            again.append("category")
    if draft.bank_account is None and (account := earlier.bank_account):
        if account.closed_at is None:
            columns["bank_account"] = account
        else:
            again.append("account")
    if not draft.other_subsidies and earlier.other_subsidies:
        columns["other_subsidies"] = earlier.other_subsidies
        again.append("further")
    return columns, again
