"""The desk of an enterprise: what to do next, windows, cases, letters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse

from enterprises.models import LegalEntity, Membership, MembershipState, PreRegistration
from enterprises.states import EntityState, PreRegistrationState
from insurers.models import UnderwritingAnswer
from insurers.states import AnswerState
from pilot_portal.accounts.models import User
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import Pilot
from subsidies.models import Application, CaseMessage, Side, Window
from subsidies.states import SLOT_FREE, UNFILED

from .cases import next_step, tone_of
from .urgent import urgent
from .words import Task, moment_in_words

LATEST = 20
LETTERS = 4
FOR_SUBMITTERS = {"confirm", "reply", "recovery", "entrustment", "requests"}  # tasks that bind the enterprise


@dataclass(frozen=True)
class Row:
    case: Application
    next_step: str
    tone: str
    unread: bool  # the centre has left words that nobody of the applicant's side has marked as read


def rows_of(cases: Iterable[Application]) -> list[Row]:
    """With unread words in one query, whatever their number."""
    found = list(cases)
    unread = set(CaseMessage.objects.unread_by(Side.APPLICANT).filter(application__in=found).values_list("application", flat=True))
    return [Row(case, next_step(case), tone_of(case), case.pk in unread) for case in found]


@dataclass(frozen=True)
class OpenWindow:
    window: Window
    case: Application | None  # the enterprise's draft or case in this window, or the case that was awarded in this pilot

    @property
    def is_filed(self) -> bool:
        return self.case is not None and self.case.is_filed

    @property
    def is_awarded_elsewhere(self) -> bool:
        return self.case is not None and self.case.window_id != self.window.pk


def desk_of(user: User, entity: LegalEntity | None, member: Membership | None, *, at: datetime) -> dict:
    """What the desk shows to this member; the next step is one that the member may take."""
    windows = list(Window.objects.open_at(at).order_by("closes_at"))
    cases = list(entity.applications.select_related("window")[:LATEST]) if entity else []
    standing = {case.window_id: case for case in reversed(cases) if case.state in UNFILED}
    standing |= {case.window_id: case for case in cases if case.state not in SLOT_FREE}  # what was filed stands before any draft
    awarded = {case.pilot_id: case for case in cases if case.awarded}
    open_windows = [OpenWindow(window, standing.get(window.pk) or awarded.get(window.pilot_id)) for window in windows]
    tasks = [
        *(urgent(entity, cases, at=at) if entity else []),
        *todo(user, entity, open_windows, may_write=member is None or member.writes),
    ]
    due = [task for task in tasks if task.url and task.tone in ("todo", "stop")]
    mine = [task for task in due if member is None or (member.submits if task.key in FOR_SUBMITTERS else member.writes)]
    return {
        "windows": open_windows,
        "rows": rows_of(cases),
        "letters": Message.objects.inbox_of(user)[:LETTERS],
        "tasks": tasks,
        "next": next(iter(mine), None),
        "for_colleagues": list(dict.fromkeys(task.title for task in due if task.key in FOR_SUBMITTERS and task not in mine)),
    }


def todo(user: User, entity: LegalEntity | None, windows: list[OpenWindow], *, may_write: bool = True) -> list[Task]:
    """The way from registration to the filed application, as far as this enterprise has come."""
    if entity is None:
        return [_claim(user) or _register(), *_later()]
    if not entity.is_verified:
        return [_entity(entity), *_later()]
    pilot = _pilot_and_preregistration(entity)
    before = [_preregistration(pilot, may_write), *_requests(entity, pilot)] if pilot else []
    return [_entity(entity), *before, _policies(entity, may_write), _application(windows)]


def _register() -> Task:
    return Task("register", "登记企业", "填写统一社会信用代码，上传营业执照", "todo", "待登记", reverse("enterprises:register"))


def _claim(user: User) -> Task | None:
    """A person whose claim to a registered enterprise the centre has not decided yet."""
    claim = Membership.objects.filter(user=user, state=MembershipState.PENDING).select_related("legal_entity").first()
    if claim is None:
        return None
    hint = f"“{claim.legal_entity}”已有人登记，中心正在核实您的身份，结果会发站内消息"
    return Task("register", "登记企业", hint, "wait", "待中心核实", reverse("enterprises:profile"))


def _later() -> list[Task]:
    return [
        Task("preregistration", "预申报", "企业信息核验通过后即可办理", "", "未开始"),
        Task("policies", "登记保单", "企业信息核验通过后即可办理", "", "未开始"),
        Task("application", "申报保费补贴", "企业信息核验通过后即可办理", "", "未开始"),
    ]


def _entity(entity: LegalEntity) -> Task:
    hint = {
        EntityState.UNVERIFIED: "营业执照核验中，一般 5 个工作日内完成",
        EntityState.RETURNED: f"请按意见修改后重新提交：{entity.state_reason}",
        EntityState.VERIFIED: f"统一社会信用代码 {entity.credit_code}",
    }[entity.state]
    tone = {EntityState.UNVERIFIED: "wait", EntityState.RETURNED: "stop", EntityState.VERIFIED: "done"}[entity.state]
    return Task("register", "企业信息", hint, tone, entity.get_state_display(), reverse("enterprises:profile"), "修改企业信息")


def _pilot_and_preregistration(entity: LegalEntity) -> Pilot | None:
    """The latest pilot, with the state of the enterprise's pre-registration in it."""
    state = PreRegistration.objects.filter(pilot=OuterRef("pk"), legal_entity=entity).values("state")
    return Pilot.objects.annotate(preregistration=Subquery(state)).first()


def _preregistration(pilot: Pilot, may_write: bool) -> Task:
    title, url = f"{pilot.year} 年预申报", reverse("enterprises:preregistration", args=[pilot.year])
    if pilot.preregistration is None:
        hint = "说明投保意向，便于保险公司联系；不影响申报补贴"
        return Task("preregistration", title, hint, "", "可以办理", url if may_write else "")
    label = PreRegistrationState(pilot.preregistration).label
    hint, tone = {
        PreRegistrationState.SUBMITTED: ("等待中心确认", "wait"),
        PreRegistrationState.RETURNED: ("请按意见修改后重新提交", "stop"),
        PreRegistrationState.CONFIRMED: ("保险公司会与您联系", "done"),
    }[pilot.preregistration]
    return Task("preregistration", title, hint, tone, label, url)


def _requests(entity: LegalEntity, pilot: Pilot) -> list[Task]:
    """What insurers have been asked and have offered; who is pre-registered and has no policy yet may ask."""
    answers = UnderwritingAnswer.objects.filter(request__legal_entity=entity)
    counts = dict(answers.order_by().values_list("state").annotate(Count("pk")))
    title, url = "投保意向", reverse("insurers:requests")
    if offers := counts.get(AnswerState.OFFERED):
        return [Task("requests", title, f"{offers} 份报价等您比较和选定", "todo", "有报价", url, "比较报价")]
    if waiting := counts.get(AnswerState.WAITING):
        return [Task("requests", title, f"等 {waiting} 家保险公司答复", "wait", "待答复", url)]
    if counts or pilot.preregistration in (None, PreRegistrationState.RETURNED) or entity.policies.exists():
        return []
    return [Task("requests", title, "可以同时请几家试点保险公司报价；已经谈好的不需要", "", "可以办理", url)]


def _policies(entity: LegalEntity, may_write: bool) -> Task:
    count = entity.policies.count()
    if count:
        return Task("policies", "保单", "可继续登记，或补充发票和付款凭证", "done", f"已登记 {count} 份", reverse("insurers:policies"))
    url = reverse("insurers:policy_new" if may_write else "insurers:policies")
    return Task("policies", "登记保单", "上传保单，填写保费、发票和付款", "todo", "待登记", url)


def _application(windows: list[OpenWindow]) -> Task:
    title = "申报保费补贴"
    if not windows:
        return Task("application", title, "现在没有开放的申报期，请留意通知公告", "", "未到申报期")
    started = next((window for window in windows if window.case), None)
    if started is None:
        return Task(
            "application",
            title,
            f"{windows[0].window.name}正在受理，{moment_in_words(windows[0].window.closes_at)} 截止",
            "todo",
            "可以申报",
            "#windows",
        )
    case = started.case
    if started.is_awarded_elsewhere:
        return Task("application", title, "本年度已获补贴，每家企业一年只补贴一次投保", "done", "已获补贴", case.get_absolute_url())
    if case.is_filed:
        return Task("application", title, f"编号 {case.number}，{next_step(case)}", "done", "已提交", case.get_absolute_url())
    hint = f"草稿尚未提交，{moment_in_words(started.window.closes_at)} 截止"
    return Task("application", title, hint, "todo", case.get_state_display(), case.get_absolute_url(), "继续填写草稿")
