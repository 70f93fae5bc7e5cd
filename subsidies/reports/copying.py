"""What a draft may begin with, and what it began with."""

from dataclasses import dataclass

from pilot_portal.accounts.models import User
from pilot_portal.audit.models import Event
from subsidies.models import Application
from subsidies.states import UNFILED

from .drafts import CHANGED

# Task and sentence of what is to be looked at again, by what the event calls it.
AGAIN = {
    "category": ("category", "企业类别：上次用的证明已过有效期，没有带入，请选择申报日有效的类别。"),
    "account": ("account", "收款账户：上次的账户已停用，没有带入，请确认现在的账户。"),
    "further": ("further", "已获其他资金支持：是上次写的，请按这份保单的情况核对。"),
    "policy": ("policy", "保单：一份保单只能申报一次，请选择本期的保单，并附发票和付款凭证。"),
    "pledge": ("pledge", "承诺书：每次申报都要重新阅读并承诺。"),
    "papers": ("further", "盖章材料和其他材料：没有带入，需要的请按本期重新上传。"),
}


@dataclass(frozen=True)
class Copied:
    earlier: str  # number of the case that was copied from
    taken: list[str]
    again: list[tuple[str, str]]  # task, sentence


def earlier_case(draft: Application, user: User) -> Application | None:
    """The latest case of the same legal person in another window that this person may see, for a draft that is still empty."""
    if draft.category_id or draft.bank_account_id or draft.other_subsidies:
        return None
    cases = Application.objects.visible_to(user).filter(legal_entity=draft.legal_entity_id).exclude(state__in=UNFILED)
    return cases.exclude(window=draft.window_id).select_related("window").order_by("-submitted_at").first()


def copied(draft: Application) -> Copied | None:
    """What the draft was begun with, as the trail keeps it."""
    events = Event.objects.filter(object_type=draft._meta.label_lower, object_id=draft.pk, action="copy_draft")
    event = events.order_by("-pk").first()
    if event is None:
        return None
    return Copied(event.data["earlier"], [CHANGED[name] for name in event.data["columns"]], [AGAIN[name] for name in event.data["again"]])
