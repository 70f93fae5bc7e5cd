"""报送承保清单."""

import hashlib
from datetime import date, datetime

from django.db import transaction

from insurers import register
from insurers.models import Insurer, UnderwritingList
from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record
from pilot_portal.files.services import store
from pilot_portal.files.tables import EXCEL, Book, plain
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, refusing_constraints
from pilot_portal.workflow.refusals import Refusal

from .staff import require_insurer

CONSTRAINT_REFUSALS.update(
    underwriting_list_period_in_order="list_period",
    one_underwriting_list_per_period_and_content="list_unchanged",
)
SHEET = "承保清单"


@transaction.atomic
def report_underwriting_list(insurer: Insurer, *, by: User, at: datetime, signed_from: date, signed_to: date) -> UnderwritingList:
    """Report the policies signed on these days (both inclusive) that the insurer stands by, as they are now; keeps the Excel file.

    Raises Refusal: not_its_insurer, list_period, list_empty, list_unchanged (the same was reported before).
    """
    require_insurer(insurer, by)
    if signed_to < signed_from:
        raise Refusal("list_period", field="signed_to")
    policies = register.underwritten(insurer, signed_from, signed_to)
    totals = register.totals(policies)
    if not totals["count"]:
        raise Refusal("list_empty")
    content, digest = _book(policies)
    name = f"{SHEET} {insurer.short_name} {signed_from} 至 {signed_to}.xlsx"
    with refusing_constraints():
        made = UnderwritingList.objects.create(
            insurer=insurer,
            signed_from=signed_from,
            signed_to=signed_to,
            policy_count=totals["count"],
            premium_total=totals["premium"],
            paper=store(content, name=name, content_type=EXCEL, by=by, at=at),
            digest=digest,
            reported_by=by,
            reported_at=at,
        )
    record("report_underwriting_list", made, by=by, at=at, policies=made.policy_count, premium=made.premium_total, digest=digest)
    return made


def _book(policies) -> tuple[bytes, str]:
    """The file, and a hash of its rows: two files with the same rows differ in the time at which they were written."""
    book, digest = Book(**{SHEET: register.UNDERWRITTEN}), hashlib.sha256()
    for policy in register.in_chunks(policies):
        row = register.underwriting_line(policy)
        book.add(SHEET, row)
        digest.update(("|".join(map(plain, row)) + "\n").encode())
    return book.content(), digest.hexdigest()
