"""The filing that stands in the way of another: what this person may know of it, and what can be done. 试点方案 六（二）2."""

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from subsidies.models import Application, Channel
from subsidies.states import Action, State

from .rights import actions_of, mandate_of, role_in


@dataclass(frozen=True)
class Way:
    """Something that can be done about it."""

    text: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Rival:
    case: Application
    filed_by: str
    is_visible: bool  # whether this person may open the case itself
    ways: list[Way]


def rival_of(draft: Application, user: User, *, at: datetime) -> Rival | None:
    """Who holds the slot that a draft wants, told to the enterprise and to an insurer with its mandate; a stranger is told nothing."""
    other = Application.objects.holding_slot().filter(window=draft.window_id, legal_entity=draft.legal_entity_id).first()
    if other is None or not _may_know(draft, user, at):
        return None
    return as_seen_by(other, user, at=at)


def _may_know(draft: Application, user: User, at: datetime) -> bool:
    return bool(mandate_of(draft, user, at) if user.role == Role.INSURER else role_in(draft, user))


def as_seen_by(other: Application, user: User, *, at: datetime) -> Rival:
    """The case that stands in the way, for somebody whom a service has told its number."""
    visible = Application.objects.visible_to(user).filter(pk=other.pk).exists()
    ways = list(_own_ways(other, user, at) if visible else _ways_from_outside(other))
    return Rival(other, _filed_by(other, user, visible=visible), visible, ways)


def _filed_by(other: Application, user: User, *, visible: bool) -> str:
    """In words; another insurer's name is the enterprise's to tell."""
    if not visible:
        return "企业自行申报" if other.channel == Channel.SELF else "保险公司代申报（由另一家保险公司提交）"
    who = other.submitted_by.get_full_name() if other.channel == Channel.SELF else other.insurer
    return f"{other.get_channel_display()}，{who}提交" if who else other.get_channel_display()


def _own_ways(other: Application, user: User, at: datetime):
    if Action.WITHDRAW in actions_of(other, user, at=at):
        yield Way(_after_withdrawal(other, at), reverse("subsidies:withdraw", args=[other.pk]), "撤回这份申报")
    elif other.state == State.SUBMITTED:
        yield Way("这份申报还没有受理，可以由有提交权限的人员撤回。")
    else:
        words = "这份申报已经过了可以撤回的环节。要更正或说明的，请给中心留言。"
        yield Way(words, reverse("subsidies:conversation", args=[other.pk]), "给中心留言")
    if user.role == Role.ENTERPRISE and other.channel == Channel.INSURER:
        words = "补正、撤回等后续事项，贵企业可以直接办理；不再由保险公司办理的，可以撤销委托，已提交的申报不受影响。"
        yield Way(words, reverse("insurers:entrustment", args=[other.entrustment_id]), "查看委托")


def _after_withdrawal(other: Application, at: datetime) -> str:
    if other.window.is_open(at) and other.window.refile_after_withdrawal:
        return "这份申报还没有受理，可以撤回；撤回后名额空出，截止前可以重新申报。"
    return "这份申报还没有受理，可以撤回；但撤回后本期不能再申报。"


def _ways_from_outside(other: Application):
    if other.state == State.SUBMITTED:
        yield Way("请与企业核对。受理前企业可以撤回；撤回后名额空出，截止前贵公司可以继续提交这份草稿。")
    else:
        yield Way("请与企业核对。这份申报已经过了可以撤回的环节，本期不能再代为申报。")
    yield Way("办理到哪一步，可以用申报编号和统一社会信用代码后四位查询。", reverse("programme:progress"), "查询进度")
