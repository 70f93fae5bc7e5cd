"""Lives of cases: every state with what has led to it, by whom and when."""

from collections.abc import Iterator

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.models import Proposal
from subsidies.models import Application, Batch, Correction, CorrectionItem, Objection, Recovery, Reply, Review
from subsidies.services.objections import HELD_FOR
from subsidies.states import STAMPS, Action, ObjectionState, State

# Steps of a case in their order; none is dated before the one before it.
STEPS = ("submitted", "accepted", "reviewed", "checked", "allocated", "determined", "publicised", "approved", "paid")
CASE = "subsidies.application"  # as proposals and events name it


def _verb(stamp: str) -> str:
    return Application._meta.get_field(f"{stamp}_at").verbose_name.removesuffix("时间")


def stamps() -> Iterator[str]:
    """A case stands in no state without time and actor of the steps that lead there."""
    for stamp, states in STAMPS.items():
        missing = Q(**{f"{stamp}_at__isnull": True}) | Q(**{f"{stamp}_by__isnull": True})
        for case in Application.objects.filter(missing, state__in=states).order_by("pk"):
            yield f"申报 {case} 为“{case.get_state_display()}”，却缺“{_verb(stamp)}”的时间或人员"


def steps() -> Iterator[str]:
    """The steps of a case follow each other in time, and no approval comes before the end of its publication."""
    for later in range(1, len(STEPS)):
        for earlier, step in ((earlier, STEPS[later]) for earlier in STEPS[:later]):
            for case in Application.objects.filter(**{f"{step}_at__lt": F(f"{earlier}_at")}).order_by("pk"):
                yield f"申报 {case} 的“{_verb(step)}”早于“{_verb(earlier)}”"
    hasty = Application.objects.filter(approved_at__lt=F("public_notice__ends_at")).select_related("public_notice")
    for case in hasty.order_by("pk"):
        yield f"申报 {case} 在公示 {case.public_notice} 期满前批准拨付"


def two_persons() -> Iterator[str]:
    """Whoever prepares does not approve."""
    pairs = (
        (Application, "reviewed_by", "checked_by"),
        (Application, "reviewed_by", "rejection_proposed_by"),
        (Batch, "prepared_by", "approved_by"),
        (Recovery, "proposed_by", "ordered_by"),
        (Proposal, "proposed_by", "decided_by"),
    )
    for model, first, second in pairs:
        for row in model.objects.filter(**{first: F(second)}).order_by("pk"):
            names = [model._meta.get_field(field).verbose_name for field in (first, second)]
            yield f"{model._meta.verbose_name} {row} 的{names[0]}和{names[1]}是同一人"


def corrections() -> Iterator[str]:
    """待补正 has one open list, its deadline and no other; a list has items, repeats the first one's parts, and ends in time."""
    opened = Correction.objects.filter(application=OuterRef("pk"), closed_at__isnull=True)
    cases = Application.objects.annotate(opened=Exists(opened), until=Subquery(opened.values("due_at")[:1])).order_by("pk")
    for case in cases.filter(state=State.CORRECTION, opened=False):
        yield f"申报 {case} 为“待补正”，却没有未办结的补正"
    for case in cases.filter(opened=True).exclude(state=State.CORRECTION):
        yield f"申报 {case} 为“{case.get_state_display()}”，仍有未办结的补正"
    for case in cases.filter(state=State.CORRECTION, opened=True).exclude(due_at=F("until")):
        yield f"申报 {case} 的期限与补正告知的期限不符"
    for case in cases.filter(state=State.LAPSED, corrections__isnull=True):
        yield f"申报 {case} 为“逾期未补正”，却没有告知过补正"
    for made in Correction.objects.filter(items__isnull=True).order_by("pk"):
        yield f"补正 {made} 没有事项"
    late = Correction.objects.filter(closed_at__gte=F("due_at")).exclude(closed_by__role=Role.SYSTEM)
    for made in late.order_by("pk"):
        yield f"补正 {made} 在期限后提交"
    told = CorrectionItem.objects.filter(correction__application=OuterRef("correction__application"), correction__sequence=1)
    added = CorrectionItem.objects.filter(correction__sequence__gt=1).exclude(Exists(told.filter(part=OuterRef("part"))))
    for item in added.select_related("correction__application").order_by("pk"):
        yield f"补正 {item.correction} 增加了首次没有告知的“{item.get_part_display()}”"


def refusals() -> Iterator[str]:
    """不予受理 was proposed by one person and confirmed by another, who ended the case; nothing stays proposed on a case that went on."""
    proposals = Proposal.objects.filter(object_type=CASE, action=Action.REFUSE)
    confirmed = proposals.filter(object_id=OuterRef("pk"), confirmed=True, decided_by=OuterRef("ended_by"))
    for case in Application.objects.filter(state=State.NOT_ACCEPTED).exclude(Exists(confirmed)).order_by("pk"):
        yield f"申报 {case} 为“不予受理”，却没有经另一人确认的提请"
    waiting = proposals.filter(object_id=OuterRef("pk"), confirmed__isnull=True)
    for case in Application.objects.exclude(state=State.SUBMITTED).filter(Exists(waiting)).order_by("pk"):
        yield f"申报 {case} 为“{case.get_state_display()}”，不予受理的提请仍待确认"


def rejections() -> Iterator[str]:
    """不予补贴 rests on a reason, a review and a determination; nobody replies where nothing is proposed, nor after the time."""
    last = Review.objects.filter(application=OuterRef("pk")).order_by("-pk").values("opinion")[:1]
    cases = Application.objects.filter(state__in=[State.REJECTION_PROPOSED, State.REJECTED]).annotate(opinion=Subquery(last)).order_by("pk")
    for case in cases.filter(rejection_reason=""):
        yield f"申报 {case} 为“{case.get_state_display()}”，却没有理由"
    for case in cases.filter(opinion__isnull=True):
        yield f"申报 {case} 为“{case.get_state_display()}”，却没有初审"
    for case in cases.filter(state=State.REJECTED, determination__isnull=True):
        yield f"申报 {case} 为“不予补贴”，却没有随名单审定"
    replies = Reply.objects.select_related("application").order_by("pk")
    for reply in replies.filter(application__rejection_proposed_at__isnull=True):
        yield f"申报 {reply.application} 没有拟不予补贴，却有陈述申辩"
    in_time = Q(application__state=State.REJECTION_PROPOSED, made_at__gte=F("application__due_at"))
    decided = Q(application__state=State.REJECTED, made_at__gt=F("application__determined_at"))
    for reply in replies.filter(in_time | decided):
        yield f"申报 {reply.application} 的陈述申辩在期限后提交"


def objections() -> Iterator[str]:
    """An open objection holds its published case, and a case held for one has one; it came in time; no officer of the case decides."""
    rows = Objection.objects.select_related("application", "notice").order_by("pk")
    opened = rows.filter(state=ObjectionState.OPEN)
    for objection in opened.filter(application__held_at__isnull=True):
        yield f"异议 {objection} 尚未处理，申报 {objection.application} 却没有暂停"
    for objection in opened.exclude(application__state=State.PUBLICIZED, application__public_notice=F("notice")):
        yield f"异议 {objection} 尚未处理，申报 {objection.application} 却不在公示 {objection.notice} 中"
    for objection in rows.filter(Q(received_at__lt=F("notice__published_at")) | Q(received_at__gte=F("notice__ends_at"))):
        yield f"异议 {objection} 不是在公示 {objection.notice} 期间收到的"
    officers = Q(decided_by=F("application__accepted_by")) | Q(decided_by=F("application__reviewed_by"))
    for objection in rows.filter(officers | Q(decided_by=F("application__checked_by"))):
        yield f"异议 {objection} 由承办申报 {objection.application} 的人员处理"
    for objection in rows.filter(state=ObjectionState.UPHELD, application__public_notice=F("notice")):
        yield f"异议 {objection} 成立，申报 {objection.application} 却仍按原公示办理"
    waiting = Count("objections", filter=Q(objections__state=ObjectionState.OPEN))
    held = Application.objects.filter(held_reason__startswith=HELD_FOR.format(number="")).annotate(waiting=waiting)
    for case in held.filter(waiting=0).order_by("pk"):
        yield f"申报 {case} 因“{case.held_reason}”暂停，却没有待处理的异议"
