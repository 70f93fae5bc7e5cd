"""The board of an insurer: all its clients, each with its request, mandate, policies, filing, and who waits for whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from enterprises.models import LegalEntity, Membership, MembershipState
from enterprises.states import EntityState
from insurers.models import Entrustment, Insurer, UnderwritingAnswer
from insurers.reports import clients_of, search, standing_of
from insurers.states import AnswerState, EntrustmentState, PolicyState
from subsidies.models import Application
from subsidies.states import ENDED, State

from .desk import Row, rows_of
from .words import left_in_words

ENDING = timedelta(days=30)
INSURER, ENTERPRISE, CENTRE = "insurer", "enterprise", "centre"
WHOSE = {INSURER: "等贵公司", ENTERPRISE: "等企业", CENTRE: "等中心"}
MANDATES = {
    "none": "没有有效或待确认的委托",
    "proposed": "待确认",
    "in_force": "有效",
    "ending": "30 天内到期",
    "over": "已到期或撤销",
}
TONES = {INSURER: "todo", ENTERPRISE: "wait", CENTRE: ""}


@dataclass(frozen=True)
class Wait:
    """Something about a client that waits for somebody."""

    name: str
    whose: str
    says: str
    when: Q

    @property
    def word(self) -> str:
        return WHOSE[self.whose]

    @property
    def tone(self) -> str:
        return TONES[self.whose]


def waits(insurer: Insurer, at: datetime) -> list[Wait]:
    """All that may wait, the insurer's own first. One list for the filter and for what a row says."""
    has_account = Q(Exists(Membership.objects.filter(legal_entity=OuterRef("pk"), state=MembershipState.ACTIVE)))
    answers = insurer.answers.filter(request__legal_entity=OuterRef("pk"))
    proposed = insurer.entrustments.filter(legal_entity=OuterRef("pk"), state=EntrustmentState.PROPOSED, ends_at__gt=at)
    online, sealed = Q(Exists(proposed.filter(paper__isnull=True))), Q(Exists(proposed.filter(paper__isnull=False)))
    registered = insurer.policies.filter(legal_entity=OuterRef("pk"), state=PolicyState.REGISTERED)
    cases = insurer.applications.filter(legal_entity=OuterRef("pk"))
    due = cases.filter(due_at__gt=at, held_at__isnull=True)
    unfiled = cases.filter(window__published_at__isnull=False, window__opens_at__lte=at, window__closes_at__gt=at)
    with_centre = cases.exclude(state__in=[*ENDED, State.DRAFT, State.PENDING_CONFIRM, State.CORRECTION, State.PAID])
    returned = Q(state=EntityState.RETURNED)
    return [
        Wait("correction", INSURER, "办理补正", Q(Exists(due.filter(state=State.CORRECTION)))),
        Wait("reply", INSURER, "可以陈述申辩", Q(Exists(due.filter(state=State.REJECTION_PROPOSED)))),
        Wait("answer", INSURER, "答复投保意向", Q(Exists(answers.filter(state=AnswerState.WAITING)))),
        Wait("policy", INSURER, "确认保单", Q(Exists(registered))),
        Wait("draft", INSURER, "提交草稿", Q(Exists(unfiled.filter(state=State.DRAFT)))),
        Wait("licence", INSURER, "修改退回的客户信息", returned & ~has_account),
        Wait("paper", INSURER, "上传盖章的委托书", online & ~has_account),
        Wait("choice", ENTERPRISE, "选定报价", Q(Exists(answers.filter(state=AnswerState.OFFERED)))),
        Wait("mandate", ENTERPRISE, "确认委托", online & has_account),
        Wait("proposal", ENTERPRISE, "确认申报", Q(Exists(unfiled.filter(state=State.PENDING_CONFIRM)))),
        Wait("entity", ENTERPRISE, "修改退回的企业信息", returned & has_account),
        Wait("verification", CENTRE, "核验营业执照", Q(state=EntityState.UNVERIFIED)),
        Wait("sealed", CENTRE, "核实委托书", sealed),
        Wait("case", CENTRE, "办理申报", Q(Exists(with_centre))),
    ]


def board(insurer: Insurer, *, at: datetime, q: str = "", turn: str = "", mandate: str = "") -> QuerySet:
    """Clients that are asked for, each row with what waits (`waits_…`) and the number of its policies."""
    found, listed = search(clients_of(insurer), q), waits(insurer, at)
    if turn in WHOSE:
        wanted = Q()
        for wait in listed:
            wanted |= wait.when if wait.whose == turn else Q()
        found = found.filter(wanted)
    if mandate in MANDATES:
        found = found.filter(_mandated(insurer, at)[mandate])
    policies = insurer.policies.filter(legal_entity=OuterRef("pk")).order_by().values("legal_entity").annotate(count=Count("pk"))
    waiting = {f"waits_{wait.name}": ExpressionWrapper(wait.when, BooleanField()) for wait in listed}
    return found.annotate(policy_count=Coalesce(Subquery(policies.values("count")), 0), **waiting)


def _mandated(insurer: Insurer, at: datetime) -> dict[str, Q]:
    mine = insurer.entrustments.filter(legal_entity=OuterRef("pk"))
    in_force, proposed = mine.in_force(at), mine.filter(state=EntrustmentState.PROPOSED, ends_at__gt=at)
    live = Q(Exists(mine.filter(state__in=[EntrustmentState.PROPOSED, EntrustmentState.CONFIRMED], ends_at__gt=at)))
    return {
        "none": ~live,
        "proposed": Q(Exists(proposed)),
        "in_force": Q(Exists(in_force)),
        "ending": Q(Exists(in_force.filter(ends_at__lte=at + ENDING))),
        "over": Q(Exists(mine)) & ~live,
    }


@dataclass(frozen=True)
class Client:
    """A line of the board."""

    entity: LegalEntity
    waits: list[Wait]
    answer: UnderwritingAnswer | None  # the latest
    mandate: Entrustment | None  # the latest
    tone: str  # of the mandate
    left: str  # until the mandate ends
    is_near: bool
    policies: int
    row: Row | None  # the latest case


def client_rows(insurer: Insurer, entities: Iterable[LegalEntity], *, at: datetime) -> list[Client]:
    """Lines for rows of `board`, in three queries whatever their number."""
    found, listed = list(entities), waits(insurer, at)
    asked = insurer.answers.filter(request__legal_entity__in=found).select_related("request").order_by("pk")
    answers = {answer.request.legal_entity_id: answer for answer in asked}
    mandates = {mandate.legal_entity_id: mandate for mandate in insurer.entrustments.filter(legal_entity__in=found).order_by("pk")}
    latest = insurer.applications.filter(legal_entity__in=found).order_by("legal_entity_id", "-pk").distinct("legal_entity_id")
    rows = {row.case.legal_entity_id: row for row in rows_of(latest.select_related("window"))}
    return [
        Client(
            entity,
            [wait for wait in listed if getattr(entity, f"waits_{wait.name}")],
            answers.get(entity.pk),
            *_standing(mandates.get(entity.pk), at),
            entity.policy_count,  # type: ignore[attr-defined]
            rows.get(entity.pk),
        )
        for entity in found
    ]


def _standing(mandate: Entrustment | None, at: datetime) -> tuple[Entrustment | None, str, str, bool]:
    if mandate is None:
        return None, "", "", False
    left, is_near = left_in_words(mandate.ends_at, at) if mandate.is_in_force(at) else ("", False)
    return mandate, standing_of(mandate, at=at)[0], left, is_near


def board_lines(insurer: Insurer, clients: QuerySet, *, at: datetime, size: int = 500) -> Iterable[list]:
    """The board as lines of a file."""
    last = None
    while True:
        rows = list((clients.filter(pk__lt=last) if last else clients).order_by("-pk")[:size])
        for client in client_rows(insurer, rows, at=at):
            yield _line(client)
        if len(rows) < size:
            return
        last = rows[-1].pk


HEAD = ["企业", "统一社会信用代码", "核验", "投保意向", "委托", "委托期止", "保单数", "最近的申报", "申报状态", "等谁办理"]


def _line(client: Client) -> list:
    entity, mandate, case = client.entity, client.mandate, client.row.case if client.row else None
    return [
        *(entity.name, entity.credit_code, entity.get_state_display()),
        client.answer.get_state_display() if client.answer else "",
        *((mandate.get_state_display(), mandate.last_day) if mandate else ("未委托", None)),
        client.policies,
        *((_numbered(case), case.get_state_display()) if case else ("", "")),
        "；".join(f"{wait.word}{wait.says}" for wait in client.waits),
    ]


def _numbered(case: Application) -> str:
    return case.number or f"{case.window.name}（{timezone.localdate(case.saved_at)} 保存）"
