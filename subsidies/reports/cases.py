"""The way of a case: what was done, when and by which role; where it stands; what comes next, by when."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from enterprises.models import MembershipState
from enterprises.services import SUBMITTERS
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from pilot_portal.reference.services import last_day
from subsidies.models import Application
from subsidies.states import ENDED, Action, State

from .words import day_in_words, stamp

PATH = [
    ("submitted", State.SUBMITTED, "提交申报"),
    ("accepted", State.ACCEPTED, "受理"),
    ("reviewed", State.REVIEWED, "初审"),
    ("checked", State.CHECKED, "复核"),
    ("allocated", State.ALLOCATED, "核定拟补贴额"),
    ("determined", State.DETERMINED, "审定"),
    ("publicised", State.PUBLICIZED, "公示"),
    ("approved", State.APPROVED, "批准拨付"),
    ("paid", State.PAID, "拨付到账"),
]
STATES = [state for _, state, _ in PATH]
BESIDE = {State.CORRECTION: State.SUBMITTED, State.REJECTION_PROPOSED: State.REVIEWED}


@dataclass(frozen=True)
class Step:
    title: str
    text: str = ""
    when: str = ""
    tone: str = ""


def timeline(application: Application) -> list[Step]:
    """The steps of a filed case: what was done, when and by which role; where it stands; what comes, with its date."""
    reached = _reached(application)
    roles = _roles_of(application)
    steps = [
        Step(title, roles.get(getattr(application, f"{verb}_by_id"), ""), stamp(getattr(application, f"{verb}_at")), "past")
        for verb, _, title in PATH[: reached + 1]
    ]
    if application.state in ENDED and application.state != State.ARCHIVED:
        return [*steps, Step(application.get_state_display(), roles.get(application.ended_by_id, ""), stamp(application.ended_at), "stop")]
    if application.state == State.CORRECTION:
        steps.append(Step("告知补正", roles.get(application.correction_asked_by_id, ""), stamp(application.correction_asked_at), "stop"))
    coming = PATH[reached + 1 :] if application.state != State.ARCHIVED else []
    return steps + [_coming(application, verb, title, is_next=index == 0) for index, (verb, _, title) in enumerate(coming)]


def _reached(application: Application) -> int:
    """Index in PATH of the last step that stands. Stamps alone do not tell: a case sent back keeps them."""
    state = BESIDE.get(application.state, application.state)
    if state in STATES:
        return STATES.index(state)
    done = [index for index, (verb, _, _) in enumerate(PATH) if getattr(application, f"{verb}_at")]
    return done[-1]


def _coming(application: Application, verb: str, title: str, *, is_next: bool) -> Step:
    window = application.window
    tone = "here" if is_next else ""
    if is_next and application.is_held:
        return Step(title, "暂停办理", "", "stop")
    if is_next and application.due_at and application.state in (State.SUBMITTED, State.ACCEPTED):
        return Step(title, f"{day_in_words(last_day(application.due_at))}前告知", "", tone)
    texts = {
        "accepted": f"提交后 {window.acceptance_days} 个工作日内告知",
        "reviewed": f"受理后 {window.review_days} 个工作日内完成",
        "allocated": f"{day_in_words(timezone.localdate(window.closes_at))}截止后统一核定",
        "determined": "由市知识产权局审定",
        "publicised": f"公示 {window.publicity_days} 个工作日",
        "paid": f"计划于 {day_in_words(window.pay_by)}前完成",
    }
    return Step(title, texts.get(verb, ""), "", tone)


def _roles_of(application: Application) -> dict[int, str]:
    """Role of everybody who acted, in words. Names of officials are not shown."""
    names = [*(verb for verb, _, _ in PATH), "correction_asked", "ended"]
    keys = {getattr(application, f"{name}_by_id") for name in names} - {None}
    return {user.pk: user.get_role_display() for user in User.objects.filter(pk__in=keys).only("role")}


NEXT = {
    State.DRAFT: "补齐各项后提交。",
    State.PENDING_CONFIRM: "保险公司已代拟申报，等待企业确认。",
    State.SUBMITTED: "等待受理，{due}前告知是否受理。",
    State.CORRECTION: "{due}前请补正材料，逾期未补正的，本件终止。",
    State.ACCEPTED: "已受理，正在初审，{due}前完成。",
    State.REVIEWED: "初审已完成，等待另一人复核。",
    State.REJECTION_PROPOSED: "拟不予补贴，待市知识产权局审定。您可以陈述申辩。",
    State.CHECKED: "复核已通过，{closes}截止后统一核定拟补贴额。",
    State.ALLOCATED: "拟补贴额已核定，待市知识产权局审定。",
    State.DETERMINED: "已审定，等待公示。",
    State.PUBLICIZED: "正在公示，期满无异议后批准拨付。",
    State.APPROVED: "公示期满，已批准拨付，请留意到账。",
    State.PAID: "补贴已到账，可下载拨付通知书。",
    State.WITHDRAWN: "已撤回，不再占用本期申报名额。",
    State.LAPSED: "逾期未补正，本件已终止。",
    State.NOT_ACCEPTED: "不予受理，原因见站内消息。",
    State.REJECTED: "不予补贴，原因见站内消息。",
    State.ABANDONED: "已放弃补贴，本件已终止。",
    State.CANCELLED: "已终止拨付，原因见站内消息。",
    State.ARCHIVED: "本件已办结归档。",
}


def next_step(application: Application) -> str:
    """One sentence: what comes next, and by when."""
    if application.is_held:
        return "已暂停办理，恢复后会通知您。"
    due = day_in_words(last_day(application.due_at)) if application.due_at else "规定期限"
    return NEXT[application.state].format(due=due, closes=day_in_words(timezone.localdate(application.window.closes_at)))


TONES = dict.fromkeys(ENDED, "") | {
    State.DRAFT: "todo",
    State.CORRECTION: "stop",
    State.REJECTION_PROPOSED: "stop",
    State.PAID: "done",
    State.ARCHIVED: "done",
}


def tone_of(application: Application) -> str:
    return "stop" if application.is_held else TONES.get(application.state, "wait")


def actions_of(application: Application, user: User) -> set[Action]:
    """What this person may do with the case now."""
    if application.is_held or (user.role == Role.ENTERPRISE and not _may_submit(application, user)):
        return set()
    return {edge.action for edge in application.LIFE.open_to(application.state, user.role)}


def _may_submit(application: Application, user: User) -> bool:
    members = application.legal_entity.memberships
    return members.filter(user=user, state=MembershipState.ACTIVE, role__in=SUBMITTERS).exists()


def letters_of(application: Application, user: User):
    return Message.objects.inbox_of(user).filter(link=application.get_absolute_url())[:10]


def may_refile(application: Application, *, at: datetime) -> bool:
    """Whether the window lets the applicant begin anew after this case has ended without using its slot."""
    window = application.window
    allowed = {State.WITHDRAWN: window.refile_after_withdrawal, State.NOT_ACCEPTED: window.refile_after_refusal}
    return allowed.get(application.state, False) and window.is_open(at)
