"""Which letters a person may keep out of the mail. Every event that nobody names here goes to inbox and mail, always."""

from dataclasses import dataclass

from django.db.models import TextChoices

from pilot_portal.accounts.roles import APPLICANTS, Role


class Kind(TextChoices):
    """A kind of letter that may stay out of the mail; the inbox always has it."""

    PROGRESS = "progress", "办理进展"
    RECORDS = "records", "企业、保单和委托的变动"
    CONVERSATION = "conversation", "往来留言"
    WORK = "work", "新的待办"


@dataclass(frozen=True)
class Offer:
    """A line of the preference page: what the letters say, and to which roles they go."""

    kind: Kind
    says: str
    roles: frozenset[Role]


EVERY_DAY = frozenset(set(Role) - set(APPLICANTS) - {Role.SYSTEM})
OFFERS = [
    Offer(Kind.PROGRESS, "已核定、已公示、已归档等，不需要您办理。", frozenset(APPLICANTS)),
    Offer(Kind.RECORDS, "批单、委托和客户核验等登记事项的变动。", frozenset(APPLICANTS)),
    Offer(Kind.CONVERSATION, "申报页面上的往来留言。", frozenset({*APPLICANTS, Role.HANDLER})),
    Offer(Kind.WORK, "有新的事项等您办理；工作台上随时可以看到。", EVERY_DAY),
]
# What cannot be switched off, and why.
ALWAYS = [
    ("有期限的通知", "补正、陈述申辩、确认申报、退款等，错过期限会影响您的权利。"),
    ("决定和结果", "提交、受理、审定、不予补贴、终止、到账等，送达之日起计算救济期限。"),
    ("安全和告警", "登录、账户变更和系统告警，须立即知道。"),
]

_events: dict[str, Kind] = {}


def may_stay_out_of_mail(kind: Kind, *events: str) -> None:
    """Say that these events are of this kind. None of them carries a deadline or a decision."""
    _events.update(dict.fromkeys(events, kind))


def kind_of(event: str) -> Kind | None:
    """None: the letter carries a deadline, a decision or an alarm, and is always mailed."""
    return _events.get(event)


def offers_for(role: str) -> list[Offer]:
    return [offer for offer in OFFERS if role in offer.roles]
