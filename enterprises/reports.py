"""What pages of an enterprise show beyond one row."""

from datetime import datetime

from enterprises.models import BankAccount, ChangeKind, EntityChange, LegalEntity, MembershipState
from enterprises.services import WRITERS
from pilot_portal.accounts.models import User
from pilot_portal.audit.models import Event
from pilot_portal.reference.models import Entry


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


WORDS = {
    "credit_code": "信用代码",
    "name": "名称",
    "registered_address": "住所",
    "district": "注册区",
    "legal_representative": "法定代表人",
    "changed_on": "变更日期",
    "until": "更名日期",
    "place": "所在地",
}


def lines_of(change: EntityChange) -> list[tuple[str, str, str]]:
    """(what, as it is registered now or nothing, as it is said), in the order in which an officer compares."""
    facts = {name: change.facts[name] for name in WORDS if name in change.facts}
    if "district" in facts:
        facts["district"] = str(Entry.objects.filter(pk=facts["district"]).first() or "")
    entity = change.legal_entity if change.kind == ChangeKind.FACTS and change.state == "submitted" else None
    return [(WORDS[name], str(getattr(entity, name, "")) if entity else "", str(said)) for name, said in facts.items()]


def rival_of(change: EntityChange) -> LegalEntity | None:
    """Another enterprise that is registered here under the code or the name that is claimed."""
    others = LegalEntity.objects.exclude(pk=change.legal_entity_id)
    if change.kind == ChangeKind.BRANCH:
        return others.filter(credit_code=change.facts["credit_code"]).first()
    return others.filter(name=change.facts["name"]).first()
