"""What pages of an enterprise show beyond one row."""

from datetime import datetime

from enterprises.models import BankAccount, LegalEntity, MembershipState
from enterprises.services import WRITERS
from pilot_portal.accounts.models import User
from pilot_portal.audit.models import Event


def returns_of(obj, action) -> list[Event]:
    """Every time the centre sent this object back, newest first; the reason is in `data`."""
    return list(Event.objects.filter(object_type=obj._meta.label_lower, object_id=obj.pk, action=action.value).order_by("-pk"))


def account_change(entity: LegalEntity, opened: BankAccount | None, user: User, *, at: datetime) -> dict:
    """The account, the one in force before it, and what this person may do while it waits."""
    waits = opened is not None and opened.waits(at)
    member = entity.memberships.filter(user=user, state=MembershipState.ACTIVE, role__in=WRITERS).first()
    former = None
    if opened is not None and opened.waits_until:
        former = entity.bank_accounts.exclude(pk=opened.pk).once_in_force().order_by("-pk").first()
    own = opened is not None and opened.created_by_id == user.pk
    return {
        "account": opened,
        "former": former,
        "waits": waits,
        "own": own,
        "may_decline": waits and member is not None,
        "may_confirm": waits and member is not None and not own and member.created_at < opened.created_at,
    }
