"""The desk of an insurer: what waits for its word, what is to be handed in, and what runs out, each with its day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from enterprises.models import Membership, MembershipState
from enterprises.states import EntityState
from insurers.models import Insurer
from insurers.reports import clients_of
from insurers.states import AnswerState, EntrustmentState, PolicyState
from pilot_portal.audit.models import Event
from pilot_portal.reference.services import last_day
from subsidies.models import Application, CaseMessage, Side
from subsidies.states import Action, State

from .words import Task, day_in_words, left_in_words, moment_in_words

LATEST = 6
ENDING = timedelta(days=30)


@dataclass(frozen=True)
class Group:
    """Things to do of one kind; `more` leads to all of them."""

    title: str
    tasks: list[Task]
    more: str


def desk_of_insurer(insurer: Insurer, *, at: datetime) -> list[Group]:
    """What there is to do, in the order of what is lost by waiting. Kinds without anything are left out."""
    groups = [
        _corrections(insurer, at),
        _returned_cases(insurer, at),
        _said(insurer),
        _drafts(insurer, at),
        _proposed(insurer, at),
        _requests(insurer, at),
        _policies(insurer),
        _mandates(insurer, at),
        _clients(insurer),
    ]
    return [group for group in groups if group.tasks]


def _cases(state: str) -> str:
    return f"{reverse('subsidies:insurer_cases')}?state={state}"


def _of_cases(cases: QuerySet) -> Iterable[Application]:
    return cases.select_related("window", "legal_entity")[:LATEST]


def _corrections(insurer: Insurer, at: datetime) -> Group:
    due = insurer.applications.filter(state__in=[State.CORRECTION, State.REJECTION_PROPOSED], held_at__isnull=True, due_at__gt=at)
    tasks = []
    for case in _of_cases(due.order_by("due_at", "pk")):
        left, is_near = left_in_words(case.due_at, at)
        name, label = ("correction", "待补正") if case.state == State.CORRECTION else ("reply", "可陈述申辩")
        until = f"{day_in_words(last_day(case.due_at))}前，{left}"
        url = reverse(f"subsidies:{name}", args=[case.pk])
        tasks.append(Task(name, case.legal_entity.name, f"申报 {case.number}", "stop", label, url, due=until, is_near=is_near))
    return Group("补正和陈述申辩", tasks, _cases(State.CORRECTION))


def _said(insurer: Insurer) -> Group:
    unread = CaseMessage.objects.unread_by(Side.APPLICANT)
    cases = insurer.applications.filter(Exists(unread.filter(application=OuterRef("pk")))).order_by("-pk")
    tasks = [
        Task("said", case.legal_entity.name, f"申报 {case.number}", "wait", "未读留言", reverse("subsidies:conversation", args=[case.pk]))
        for case in _of_cases(cases)
    ]
    return Group("中心的留言", tasks, _cases("all"))


def _open_drafts(insurer: Insurer, at: datetime) -> QuerySet:
    holding = Application.objects.holding_slot().filter(window=OuterRef("window"), legal_entity=OuterRef("legal_entity"))
    entrusted = insurer.entrustments.in_force(at).filter(legal_entity=OuterRef("legal_entity"))
    drafts = insurer.applications.filter(
        state=State.DRAFT, window__published_at__isnull=False, window__opens_at__lte=at, window__closes_at__gt=at
    )
    return drafts.annotate(is_taken=Exists(holding) & Exists(entrusted)).order_by("window__closes_at", "-saved_at", "pk")


def _returned_cases(insurer: Insurer, at: datetime) -> Group:
    cases = list(_of_cases(_open_drafts(insurer, at).filter(proposed_at__isnull=False)))
    reasons = reasons_of_return(cases)
    words = {case.pk: reasons.get(case.pk, "没有按期确认，请与企业联系").rstrip("。") for case in cases}
    tasks = [_draft(case, f"企业意见：{words[case.pk]}", "stop", "企业退回", at) for case in cases]
    return Group("企业退回修改的申报", tasks, _cases(State.DRAFT))


def reasons_of_return(cases: Iterable[Application]) -> dict[int, str]:
    """Why each of these cases was last sent back by its enterprise."""
    keys = [case.pk for case in cases]
    events = Event.objects.filter(object_type=Application._meta.label_lower, object_id__in=keys, action=Action.DECLINE.value)
    return {event.object_id: event.data["reason"] for event in events.order_by("pk")}


def _drafts(insurer: Insurer, at: datetime) -> Group:
    cases = _of_cases(_open_drafts(insurer, at).filter(proposed_at__isnull=True))
    return Group("没有提交的草稿", [_draft(case, case.window.name, "todo", "草稿", at) for case in cases], _cases(State.DRAFT))


def _draft(case: Application, hint: str, tone: str, label: str, at: datetime) -> Task:
    left, is_near = left_in_words(case.window.closes_at, at)
    due = f"{moment_in_words(case.window.closes_at)} 截止，{left}"
    if getattr(case, "is_taken", False):
        hint, tone, label = "本期已有另一份申报，这份草稿不能提交", "stop", "已有申报"
    return Task("draft", case.legal_entity.name, hint, tone, label, case.get_absolute_url(), due=due, is_near=is_near)


def _proposed(insurer: Insurer, at: datetime) -> Group:
    cases = insurer.applications.filter(state=State.PENDING_CONFIRM).order_by("window__closes_at", "pk")
    tasks = [_draft(case, f"{case.window.name}，等企业登录确认", "wait", "等企业确认", at) for case in _of_cases(cases)]
    return Group("等企业确认的申报", tasks, _cases(State.PENDING_CONFIRM))


def _requests(insurer: Insurer, at: datetime) -> Group:
    """Enterprises that ask for an offer, the longest waiting first."""
    waiting = insurer.answers.filter(state=AnswerState.WAITING).select_related("request__legal_entity").order_by("due_at", "pk")
    tasks = []
    for answer in waiting[:LATEST]:
        late = answer.due_at <= at
        hint = f"希望{day_in_words(answer.request.starts_on)}起保，{answer.request.territory}"
        due = "已超过答复期限" if late else f"{day_in_words(last_day(answer.due_at))}前答复"
        url = reverse("insurers:insurer_request", args=[answer.pk])
        tone, label = ("stop", "已超期") if late else ("todo", "待答复")
        tasks.append(Task("request", answer.request.legal_entity.name, hint, tone, label, url, due=due, is_near=late))
    return Group("待答复的投保意向", tasks, reverse("insurers:insurer_requests"))


def _policies(insurer: Insurer) -> Group:
    waiting = insurer.policies.filter(state=PolicyState.REGISTERED).select_related("legal_entity").order_by("registered_at", "pk")
    tasks = [
        Task(
            "policy",
            policy.legal_entity.name,
            f"保单 {policy.number}，{day_in_words(timezone.localdate(policy.registered_at))}登记",
            "todo",
            "待确认",
            reverse("insurers:insurer_policy", args=[policy.pk]),
        )
        for policy in waiting[:LATEST]
    ]
    return Group("待贵公司确认的保单", tasks, reverse("insurers:insurer_policies"))


def _mandates(insurer: Insurer, at: datetime) -> Group:
    """Proposed ones, and those that end soon."""
    mine = insurer.entrustments.select_related("legal_entity")
    proposed = mine.filter(state=EntrustmentState.PROPOSED).order_by("proposed_at", "pk")[:LATEST]
    ending = mine.in_force(at).filter(ends_at__lte=at + ENDING).order_by("ends_at", "pk")[:LATEST]
    tasks = []
    for mandate in proposed:
        hint, label = ("委托书已上传", "等中心核实") if mandate.paper_id else ("等企业在线确认，或上传盖章的委托书", "待确认")
        tasks.append(_mandate(mandate, hint, "wait" if mandate.paper_id else "todo", label))
    for mandate in ending:
        left, is_near = left_in_words(mandate.ends_at, at)
        due = f"{day_in_words(mandate.last_day)}到期，{left}"
        tasks.append(_mandate(mandate, "到期后不能再办理，需要的请重新委托", "wait", "将到期", due, is_near))
    return Group("等待确认或将到期的委托", tasks, reverse("insurers:mandates"))


def _mandate(mandate, hint: str, tone: str, label: str, due: str = "", is_near: bool = False) -> Task:
    url = reverse("insurers:mandate", args=[mandate.pk])
    return Task("mandate", mandate.legal_entity.name, hint, tone, label, url, due=due, is_near=is_near)


def _clients(insurer: Insurer) -> Group:
    """Clients without an account here whose licence the centre has sent back."""
    members = Membership.objects.filter(legal_entity=OuterRef("pk"), state=MembershipState.ACTIVE)
    returned = clients_of(insurer).filter(~Exists(members), state=EntityState.RETURNED).order_by(F("pk").desc())[:LATEST]
    tasks = [
        Task("client", entity.name, entity.state_reason, "stop", "核验退回", reverse("subsidies:client", args=[entity.pk]))
        for entity in returned
    ]
    return Group("中心退回的客户信息", tasks, reverse("subsidies:clients"))
