"""The way of a case, truthful in every state: what was done, when and on whose side; where it stands; what comes, by when."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, prefetch_related_objects
from django.utils import timezone

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import APPLICANTS, Role
from pilot_portal.audit.models import Event
from pilot_portal.reference.services import last_day
from subsidies.models import Application, Channel, Payment
from subsidies.states import ENDED, Action, PaymentAction, RecoveryState, State

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
BESIDE = {State.PENDING_CONFIRM: State.SUBMITTED, State.CORRECTION: State.SUBMITTED, State.REJECTION_PROPOSED: State.REVIEWED}
# What leaves no stamp on the case: action → what the way says, and how it looks.
EVENTS = {
    Action.HOLD: ("暂停办理", "stop"),
    Action.RELEASE: ("恢复办理", "past"),
    Action.REPLY: ("陈述申辩", "past"),
    Action.RECONSIDER: ("重新审核", "past"),
    Action.RECOMPUTE: ("重新核算补贴额", "past"),
    Action.UPHOLD: ("异议成立，重新核算补贴额", "past"),
}


@dataclass(frozen=True)
class Step:
    title: str
    text: str = ""
    when: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Happened:
    at: datetime
    title: str
    text: str = ""
    tone: str = "past"

    @property
    def step(self) -> Step:
        return Step(self.title, self.text, stamp(self.at), self.tone)


def timeline(application: Application) -> list[Step]:
    """The steps of a case: all that happened in its order, where it stands, and what comes with its date."""
    prefetch_related_objects([application], "corrections__items", "corrections__closed_by", "objections", "recoveries")
    happened = [*_stamped(application), *_corrections(application), *_objections(application), *_recoveries(application)]
    happened += _recorded(application)
    return [one.step for one in sorted(happened, key=lambda one: one.at)] + _coming(application)


def _stamped(application: Application) -> list[Happened]:
    """What the case itself keeps. Stamps alone do not tell: a case sent back keeps them."""
    roles = _roles_of(application)
    done = PATH[: _reached(application) + 1]
    steps = [Happened(at, title, _who(application, verb, roles)) for verb, _, title in done if (at := getattr(application, f"{verb}_at"))]
    if application.proposed_at and application.channel == Channel.INSURER:
        steps.append(Happened(application.proposed_at, "提请企业确认", _side(application, Role.INSURER)))
    if application.state in (State.REJECTION_PROPOSED, State.REJECTED):
        who = roles.get(application.rejection_proposed_by_id, "")
        steps.append(Happened(application.rejection_proposed_at, "拟不予补贴", f"{who}：{application.rejection_reason}", "stop"))
    if application.state == State.ARCHIVED:
        steps.append(Happened(application.ended_at, "归档", roles.get(application.ended_by_id, "")))
    elif application.state in ENDED:
        who = roles.get(application.ended_by_id, "")
        steps.append(Happened(application.ended_at, application.get_state_display(), who, "stop"))
    return steps


def _who(application: Application, verb: str, roles: dict[int, str]) -> str:
    """The role that did it; for a filing, on whose behalf."""
    role = roles.get(getattr(application, f"{verb}_by_id"), "")
    if verb != "submitted" or application.channel == Channel.SELF:
        return role
    if role == Role.INSURER.label:
        return f"{application.insurer.short_name}受委托代“{application.legal_entity}”申报"
    return f"企业确认，{application.insurer.short_name}代拟"


def _side(application: Application, role: str) -> str:
    """A side in words; the insurer by its name."""
    if role == Role.INSURER and application.insurer:
        return f"保险公司（{application.insurer.short_name}）"
    return Role(role).label if role else ""


def _reached(application: Application) -> int:
    """Index in PATH of the last step that stands."""
    state = BESIDE.get(application.state, application.state)
    if state in STATES:
        return STATES.index(state)
    done = [index for index, (verb, _, _) in enumerate(PATH) if getattr(application, f"{verb}_at")]
    return done[-1] if done else -1


def _roles_of(application: Application) -> dict[int, str]:
    """Role of everybody who acted, in words. Names of officials are not shown."""
    names = [*(verb for verb, _, _ in PATH), "rejection_proposed", "ended"]
    keys = {getattr(application, f"{name}_by_id") for name in names} - {None}
    return {user.pk: user.get_role_display() for user in User.objects.filter(pk__in=keys).only("role")}


def _corrections(application: Application) -> list[Happened]:
    steps = []
    for correction in application.corrections.all():
        asked = f"经办，共 {len(correction.items.all())} 项，{day_in_words(last_day(correction.due_at))}前补正"
        steps.append(Happened(correction.asked_at, "告知补正", asked, "past" if correction.closed_at else "stop"))
        if correction.extended_at:
            steps.append(Happened(correction.extended_at, "延长补正期限", f"负责人，延至 {day_in_words(last_day(correction.due_at))}"))
        if correction.closed_at and correction.closed_by.role in APPLICANTS:
            steps.append(Happened(correction.closed_at, "提交补正", _side(application, correction.closed_by.role)))
    return steps


def _objections(application: Application) -> list[Happened]:
    """Objections without who raised them; one that is upheld shows as its event."""
    steps = []
    for objection in application.objections.all():
        steps.append(Happened(objection.received_at, f"收到公示异议 {objection.number}", "核实期间暂停办理", "stop"))
        if objection.decided_at:
            steps.append(Happened(objection.decided_at, f"{objection.number}：异议{objection.get_state_display()}", "负责人"))
    return steps


def _recoveries(application: Application) -> list[Happened]:
    steps = []
    for recovery in application.recoveries.all():
        if recovery.ordered_at:
            what = f"{recovery.amount:,.2f} 元，{day_in_words(recovery.due_on)}前退回"
            tone = "past" if recovery.state == RecoveryState.REPAID else "stop"
            steps.append(Happened(recovery.ordered_at, "责令退回补贴资金", f"市知识产权局，{what}", tone))
        if recovery.repaid_at:
            steps.append(Happened(recovery.repaid_at, "退回款到账", "财务"))
    return steps


def _recorded(application: Application) -> list[Happened]:
    """What only the trail keeps: holds, replies, reviews begun anew, payments that came back."""
    label, payment = application._meta.label_lower, Payment._meta.label_lower
    payments = application.payments.values("pk")
    events = Event.objects.filter(
        Q(object_type=label, object_id=application.pk, action__in=EVENTS)
        | Q(object_type=payment, object_id__in=payments, action=PaymentAction.RETURN)
    )
    return [_event_step(application, event) for event in events.order_by("pk")]


def _event_step(application: Application, event: Event) -> Happened:
    if event.action == PaymentAction.RETURN:
        return Happened(event.at, "付款被银行退回", "请核对收款账户", "stop")
    title, tone = EVENTS[Action(event.action)]
    reason = event.data.get("reason", "") if event.action != Action.RELEASE else ""
    who = _side(application, event.role)
    return Happened(event.at, title, f"{who}：{reason}" if reason else who, tone)


def _coming(application: Application) -> list[Step]:
    """What lies before the case. What has ended, or only waits to be archived, has nothing before it."""
    if application.state in ENDED or application.state == State.PAID:
        return []
    if application.state == State.REJECTION_PROPOSED:
        return _if_held(application, _rejection(application))
    later = [_later(application, verb, title) for verb, _, title in PATH[_reached(application) + 1 :]]
    if application.state == State.CORRECTION:
        later = [Step("提交补正", f"{_due(application)}前，逾期本件终止"), *later]
    if application.state == State.APPROVED and application.awarded == 0:
        later = [Step("归档", "核定补贴为 0.00 元，不需要拨付")]
    return _if_held(application, later)


def _if_held(application: Application, steps: list[Step]) -> list[Step]:
    """The first step is where the case stands, or what it cannot take while it is held."""
    first, *later = steps
    if application.is_held:
        return [Step(first.title, "暂停办理，恢复后继续", "", "stop"), *later]
    return [Step(first.title, first.text, "", "here"), *later]


def _rejection(application: Application) -> list[Step]:
    determined = Step("审定", "由市知识产权局审定是否补贴")
    if application.due_at and timezone.now() < application.due_at:
        return [Step("陈述申辩", f"{_due(application)}前可以提交"), determined]
    return [determined]


def _due(application: Application) -> str:
    return day_in_words(last_day(application.due_at)) if application.due_at else "规定期限"


def _later(application: Application, verb: str, title: str) -> Step:
    window = application.window
    if application.due_at and (application.state, verb) in ((State.SUBMITTED, "accepted"), (State.ACCEPTED, "reviewed")):
        return Step(title, f"{_due(application)}前告知")
    texts = {
        "accepted": f"提交后 {window.acceptance_days} 个工作日内告知",
        "reviewed": f"受理后 {window.review_days} 个工作日内完成",
        "allocated": f"{day_in_words(timezone.localdate(window.closes_at))}截止后统一核定",
        "determined": "由市知识产权局审定",
        "publicised": f"公示 {window.publicity_days} 个工作日",
        "paid": f"计划于 {day_in_words(window.pay_by)}前完成",
    }
    return Step(title, texts.get(verb, ""))
