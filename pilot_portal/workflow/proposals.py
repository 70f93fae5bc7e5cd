"""Proposing and deciding: two persons, always."""

from datetime import datetime

from django.db import transaction

from pilot_portal.accounts.models import User
from pilot_portal.audit.services import record

from .models import Proposal
from .moving import CONSTRAINT_REFUSALS, lock, refusing_constraints
from .refusals import Refusal

CONSTRAINT_REFUSALS["one_open_proposal_per_object"] = "proposal_open"


@transaction.atomic
def propose(action: str, obj, *, by: User, at: datetime, reason: str, **data) -> Proposal:
    """Ask another person to confirm `action` on `obj`. Raises Refusal: reason_missing, proposal_open."""
    if not reason.strip():
        raise Refusal("reason_missing", field="reason")
    with refusing_constraints(object=obj):
        proposal = Proposal.objects.create(
            action=action,
            object_type=obj._meta.label_lower,
            object_id=obj.pk,
            reason=reason,
            data=data,
            proposed_by=by,
            proposed_at=at,
        )
    record("propose", obj, by=by, at=at, what=action, reason=reason)
    return proposal


@transaction.atomic
def decide(proposal: Proposal, *, by: User, at: datetime, confirmed: bool, remark: str = "") -> Proposal:
    """Confirm or decline. Raises Refusal: already_decided, same_person."""
    proposal = lock(proposal)
    if proposal.confirmed is not None:
        raise Refusal("already_decided")
    if proposal.proposed_by_id == by.pk:
        raise Refusal("same_person")
    proposal.confirmed, proposal.decided_by, proposal.decided_at, proposal.remark = confirmed, by, at, remark
    proposal.save()
    record("decide", proposal, by=by, at=at, what=proposal.action, confirmed=confirmed)
    return proposal


def settle(obj, *, at: datetime, remark: str) -> None:
    """Close what is still proposed on an object that has gone another way; nobody needs to decide it any more."""
    if proposal := open_proposal(obj):
        decide(proposal, by=User.objects.system(), at=at, confirmed=False, remark=remark)


def require_none_open(obj) -> None:
    """Raises Refusal proposal_open while another person has still to decide something on the object."""
    if open_proposal(obj):
        raise Refusal("proposal_open", object=obj)


def open_proposal(obj) -> Proposal | None:
    return Proposal.objects.filter(object_type=obj._meta.label_lower, object_id=obj.pk, confirmed__isnull=True).first()
