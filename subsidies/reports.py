"""What an applicant's pages show of a case: its tasks, its way through the pilot, its amount."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from enterprises.models import LegalEntity
from pilot_portal.accounts.models import User
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import Pilot
from pilot_portal.workflow.refusals import Refusal
from subsidies import rules
from subsidies.models import Application, Window
from subsidies.services.documents import filed_basis
from subsidies.services.facts import explained
from subsidies.states import ENDED, SLOT_FREE, Action, State

LATEST = 20

# What an enterprise sees of its desk


@dataclass(frozen=True)
class Row:
    case: Application
    next_step: str
    tone: str


def rows_of(cases: Iterable[Application]) -> list[Row]:
    return [Row(case, next_step(case), tone_of(case)) for case in cases]


def desk_of(user: User, entity: LegalEntity | None, *, at: datetime) -> dict:
    """What the desk shows: windows that are open, the enterprise's latest cases, letters."""
    windows = list(Window.objects.open_at(at).select_related("pilot").order_by("closes_at"))
    cases = list(Application.objects.filter(legal_entity=entity).select_related("window")[:LATEST]) if entity else []
    held = {case.window_id: case for case in reversed(cases) if case.state not in SLOT_FREE or not case.is_filed}
    return {
        "windows": [(window, held.get(window.pk)) for window in windows],
        "rows": rows_of(cases),
        "letters": Message.objects.inbox_of(user)[:3],
    }


def in_words(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def moment_in_words(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"


def last_day(deadline: datetime) -> date:
    """The last day of a period that is over at `deadline`, 24:00 in Beijing."""
    return timezone.localdate(deadline - timedelta(microseconds=1))


# Tasks of a draft


@dataclass(frozen=True)
class Task:
    key: str  # the name of its page, and the `task` of the problems that it mends
    title: str
    hint: str
    tone: str
    label: str

    @property
    def is_done(self) -> bool:
        return self.tone == "done"


OPTIONAL = "further"


def tasks_of(application: Application, problems: Iterable[Refusal]) -> list[Task]:
    """The task list of a draft. What is done follows from the facts, never from a tick."""
    wrong = {}
    for problem in problems:
        wrong.setdefault(problem.facts["task"], problem.sentence)
    policy = application.policy
    return [
        _task("enterprise", "企业信息", wrong, _entity_hint(application.legal_entity), begun=True),
        _task("policy", "保单与保费", wrong, _policy_hint(application), begun=policy is not None),
        _task("papers", "发票与付款凭证", wrong, _papers_hint(application), begun=policy is not None, waits=policy is None),
        _task("category", "企业类别证明", wrong, _category_hint(application), begun=application.category is not None),
        _task("account", "收款账户", wrong, _account_hint(application), begun=application.bank_account is not None),
        _task("pledge", "承诺书", wrong, "已阅读并承诺" if application.pledged else "阅读承诺事项并确认", begun=application.pledged),
        _further(application),
    ]


def _task(key: str, title: str, wrong: dict[str, str], hint: str, *, begun: bool, waits: bool = False) -> Task:
    if waits:
        return Task(key, title, hint, "", "未开始")
    if key not in wrong:
        return Task(key, title, hint, "done", "已完成")
    return Task(key, title, wrong[key], "wait", "待处理") if begun else Task(key, title, hint, "todo", "待填写")


def _entity_hint(entity: LegalEntity) -> str:
    return f"统一社会信用代码 {entity.credit_code}，{entity.get_state_display()}"


def _policy_hint(application: Application) -> str:
    policy = application.policy
    return f"保单 {policy.number}，{in_words(policy.signed_on)}签订" if policy else "选择已登记的保单，或先登记一份"


def _papers_hint(application: Application) -> str:
    if application.policy is None:
        return "先选择保单"
    return f"{len(application.policy.invoices.all())} 张发票，{len(application.policy.premium_payments.all())} 笔付款"


def _category_hint(application: Application) -> str:
    category = application.category
    if category is None:
        return "选择申报日有效的企业类别"
    return f"{category}，有效期至 {in_words(category.valid_until)}" if category.valid_until else str(category)


def _account_hint(application: Application) -> str:
    return str(application.bank_account) if application.bank_account else "户名须与企业名称一致"


def _further(application: Application) -> Task:
    count = len(application.attachments.all())
    begun = count or application.other_subsidies
    hint = f"{count} 份其他材料" if count else "出口证明、企业问询表、已获其他资金支持等，没有可以不填"
    return Task(OPTIONAL, "其他材料", hint, "done" if begun else "", "已填写" if begun else "选填")


# The way of a case

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
        Step(title, roles.get(getattr(application, f"{stamp}_by_id"), ""), _when(getattr(application, f"{stamp}_at")), "past")
        for stamp, _, title in PATH[: reached + 1]
    ]
    if application.state in ENDED and application.state != State.ARCHIVED:
        return [*steps, Step(application.get_state_display(), roles.get(application.ended_by_id, ""), _when(application.ended_at), "stop")]
    if application.state == State.CORRECTION:
        steps.append(Step("告知补正", roles.get(application.correction_asked_by_id, ""), _when(application.correction_asked_at), "stop"))
    coming = PATH[reached + 1 :] if application.state != State.ARCHIVED else []
    return steps + [_coming(application, stamp, title, is_next=index == 0) for index, (stamp, _, title) in enumerate(coming)]


def _reached(application: Application) -> int:
    """Index in PATH of the last step that stands. Stamps alone do not tell: a case sent back keeps them."""
    state = BESIDE.get(application.state, application.state)
    if state in STATES:
        return STATES.index(state)
    done = [index for index, (stamp, _, _) in enumerate(PATH) if getattr(application, f"{stamp}_at")]
    return done[-1]


def _coming(application: Application, stamp: str, title: str, *, is_next: bool) -> Step:
    window = application.window
    tone = "here" if is_next else ""
    if is_next and application.is_held:
        return Step(title, "暂停办理", "", "stop")
    if is_next and application.due_at and application.state in (State.SUBMITTED, State.ACCEPTED):
        return Step(title, f"{in_words(last_day(application.due_at))}前告知", "", tone)
    texts = {
        "accepted": f"提交后 {window.acceptance_days} 个工作日内告知",
        "reviewed": f"受理后 {window.review_days} 个工作日内完成",
        "allocated": f"{in_words(timezone.localdate(window.closes_at))}截止后统一核定",
        "determined": "由市知识产权局审定",
        "publicised": f"公示 {window.publicity_days} 个工作日",
        "paid": f"计划于 {in_words(window.pay_by)}前完成",
    }
    return Step(title, texts.get(stamp, ""), "", tone)


def _roles_of(application: Application) -> dict[int, str]:
    """Role of everybody who acted, in words. Names of officials are not shown."""
    names = [*(stamp for stamp, _, _ in PATH), "correction_asked", "ended"]
    keys = {getattr(application, f"{name}_by_id") for name in names} - {None}
    return {user.pk: user.get_role_display() for user in User.objects.filter(pk__in=keys).only("role")}


def _when(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


NEXT = {
    State.DRAFT: "补齐各项后提交。",
    State.PENDING_CONFIRM: "保险公司已代拟申报，等待企业确认。",
    State.SUBMITTED: "等待受理，{due}前告知是否受理。",
    State.CORRECTION: "请在{due}前补正材料，逾期视为放弃。",
    State.ACCEPTED: "已受理，正在初审，预计{due}前完成。",
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
    due = f" {in_words(last_day(application.due_at))}" if application.due_at else "规定期限"
    return NEXT[application.state].format(due=due, closes=f" {in_words(timezone.localdate(application.window.closes_at))}")


TONES = dict.fromkeys(ENDED, "") | {State.DRAFT: "todo", State.CORRECTION: "stop", State.REJECTION_PROPOSED: "stop", State.PAID: "done", State.ARCHIVED: "done"}


def tone_of(application: Application) -> str:
    return "stop" if application.is_held else TONES.get(application.state, "wait")


# The amount of a case


@dataclass(frozen=True)
class Amount:
    title: str
    amount: Decimal
    lines: list[rules.Line]
    remark: str

    @property
    def capitals(self) -> str:
        return f"人民币{rules.rmb_capitals(self.amount)}"


def amount_of(application: Application, *, at: datetime) -> Amount | None:
    """What a case yields and how it comes about: expected on its papers, then as reviewed and checked, then as awarded."""
    if application.policy is None:
        return None
    if application.awarded is not None and application.allocation_id is not None:
        return _awarded(application)
    if application.state == State.CHECKED:
        lines = _reviewed_lines(application, "应补金额")
        return Amount("应补金额", application.entitled, lines, "截止后按本期预算统一核定，以审定和公示结果为准。")
    if application.is_filed:
        lines = rules.explain(filed_basis(application), application.window.terms, "预计补贴")
    else:
        lines = explained(application, at=at)
    return Amount("预计补贴", lines[-1].amount, lines, "最终以审核、审定和公示结果为准。")


def _awarded(application: Application) -> Amount:
    lines = _reviewed_lines(application, "应补金额")
    if application.awarded < application.entitled:
        lines.append(rules.Line("核定补贴", application.awarded, "本期预算不足，按同比例核定", total=True))
        return Amount("核定补贴", application.awarded, lines, "本期预算不足，各件按同一比例核定。")
    return Amount("核定补贴", application.awarded, [*lines[:-1], rules.Line("核定补贴", application.awarded, "", total=True)], "")


def _reviewed_lines(application: Application, result: str) -> list[rules.Line]:
    """The lines of the latest review: figures two persons agreed on, and a lowering with its reason."""
    review = application.reviews.first()
    basis = rules.Basis(policy_total=review.policy_premium, invoices_total=review.invoiced, paid_cny=review.paid)
    lowered = review.entitled if review.entitled < review.computed else None
    return rules.explain(basis, application.terms, result, lowered_to=lowered)


def promised_day(application: Application) -> date | None:
    return last_day(application.due_at) if application.due_at else None


def progress(tasks: list[Task]) -> dict:
    """How many of the needed tasks are done, and which comes next."""
    needed = [task for task in tasks if task.key != OPTIONAL]
    left = [task for task in needed if not task.is_done]
    return {"done": len(needed) - len(left), "of": len(needed), "next": left[0] if left else None}


def actions_of(application: Application, user: User) -> set[Action]:
    """What this person's role may do with the case now; the service still asks who the person is."""
    if application.is_held:
        return set()
    return {edge.action for edge in application.LIFE.open_to(application.state, user.role)}


def letters_of(application: Application, user: User):
    return Message.objects.inbox_of(user).filter(link=application.get_absolute_url())[:10]


CHANGED = {"policy": "保单", "category": "企业类别", "bank_account": "收款账户", "other_subsidies": "其他资金支持", "pledged": "承诺"}


def changes_since(application: Application, version: int) -> list[tuple[datetime, str, str]]:
    """When, who and what changed a draft after it stood at `version`: one event a version."""
    events = Event.objects.filter(object_type=application._meta.label_lower, object_id=application.pk, action="save_draft").order_by("-pk")
    count = max(application.version - version, 0)
    return [(event.at, event.actor, "、".join(CHANGED[column] for column in event.data["columns"])) for event in events[:count]]


def coming(application: Application) -> list[Step]:
    """What a draft has before it, in few words."""
    window = application.window
    return [
        Step("填写并提交", f"{moment_in_words(window.closes_at)}前", tone="here"),
        Step("受理", f"提交后 {window.acceptance_days} 个工作日内告知"),
        Step("审核、审定、公示", f"公示 {window.publicity_days} 个工作日"),
        Step("拨付到企业账户", f"计划于 {in_words(window.pay_by)}前完成"),
    ]
