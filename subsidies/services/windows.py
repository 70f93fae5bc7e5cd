"""Publishing a window and adding to its budget."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.reference.models import Pilot
from pilot_portal.workflow import proposals
from pilot_portal.workflow.models import Proposal
from pilot_portal.workflow.moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from pilot_portal.workflow.refusals import Refusal
from subsidies.models import BASIS_COLUMNS, Appropriation, Window

CONSTRAINT_REFUSALS["draws_within_appropriations"] = "draws_exceed_appropriations"
CONSTRAINT_REFUSALS["subsidies_appropriation_document_number_key"] = "appropriation_known"
ADD_APPROPRIATION = "add_appropriation"


@transaction.atomic
def publish(window: Window, *, by: User, at: datetime) -> Window:
    """Make a window public; its terms are locked from now on.

    Raises Refusal: wrong_role, already_published, basis_missing, draws_exceed_appropriations.
    """
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="发布申报周期")
    locked = lock(window)
    if locked.published_at is not None:
        raise Refusal("already_published", window=locked)
    missing = [column for column in BASIS_COLUMNS if not str(locked.basis.get(column, "")).strip()]
    if missing:
        raise Refusal("basis_missing", count=len(missing), columns=missing)
    locked.published_by, locked.published_at = by, at
    with refusing_constraints():
        locked.save()
    record("publish_window", locked, by=by, at=at, rate=locked.rate, cap=locked.cap, draw=locked.draw)
    return locked


def propose_appropriation(pilot: Pilot, *, by: User, at: datetime, document_number: str, amount: Decimal, reason: str) -> Proposal:
    """Finance enters an appropriation; it counts once the head has confirmed it. Raises Refusal: wrong_role, proposal_open."""
    if by.role != Role.FINANCE:
        raise Refusal("wrong_role", action="录入预算指标")
    return proposals.propose(
        ADD_APPROPRIATION, pilot, by=by, at=at, reason=reason, document_number=document_number.strip(), amount=str(amount)
    )


@transaction.atomic
def decide_appropriation(proposal: Proposal, *, by: User, at: datetime, confirmed: bool, remark: str = "") -> Appropriation | None:
    """The head's word on it. Raises Refusal: wrong_role, already_decided, same_person, appropriation_known."""
    if by.role != Role.HEAD:
        raise Refusal("wrong_role", action="确认预算指标")
    decided = proposals.decide(proposal, by=by, at=at, confirmed=confirmed, remark=remark)
    if not confirmed:
        return None
    with refusing_constraints(number=decided.data["document_number"]):
        made = Appropriation.objects.create(
            pilot_id=decided.object_id,
            document_number=decided.data["document_number"],
            amount=Decimal(decided.data["amount"]),
            prepared_by=decided.proposed_by,
            approved_by=by,
            approved_at=at,
        )
    record("add_appropriation", made, by=by, at=at, amount=made.amount)
    return made
