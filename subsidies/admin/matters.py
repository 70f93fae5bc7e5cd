"""Which cases wait for whom, and what has happened to them that their state does not say."""

from collections.abc import Callable
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from insurers.models import Endorsement, EndorsementKind
from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.models import Proposal
from subsidies.models import Application, CaseMessage, Correction, Objection, Recovery, Reply, Review, Side
from subsidies.services.recovery import RECKONED
from subsidies.states import UNSETTLED_RECOVERY, Action, ObjectionState, State

MOST_REFUSALS = MOST_UNREAD = 1000

TURNS = {  # whose desk a case lies on
    Role.HANDLER: (State.SUBMITTED, State.ACCEPTED),
    Role.REVIEWER: (State.REVIEWED,),
    Role.HEAD: (State.CHECKED, State.DETERMINED, State.PUBLICIZED),
    Role.FINANCE: (State.APPROVED,),
}
APPLICANTS_TURN = (State.CORRECTION, State.REJECTION_PROPOSED)  # their deadline is the applicant's, not the centre's


def _open_refusals() -> QuerySet:
    return Proposal.objects.filter(action=Action.REFUSE, object_type=Application._meta.label_lower, confirmed__isnull=True)


def _to_refuse() -> QuerySet:
    return _open_refusals().values("object_id")


def _refusals_waiting() -> list[int]:
    """Keys of the cases with a proposed refusal: a few, read first, so that the database need not weigh them against every case."""
    return list(_open_refusals().values_list("object_id", flat=True)[:MOST_REFUSALS])


def on_turn(cases: QuerySet, role: Role) -> QuerySet:
    """Cases that lie on the desk of this role. A proposed refusal lies on the reviewer's."""
    if role == Role.HANDLER:
        return cases.filter(state__in=TURNS[role]).exclude(pk__in=_to_refuse())
    if role == Role.REVIEWER:
        return cases.filter(Q(state__in=TURNS[role]) | Q(state=State.SUBMITTED, pk__in=_refusals_waiting()))
    return cases.filter(state__in=TURNS[role])


def overdue(cases: QuerySet) -> QuerySet:
    """Late at the centre. Held cases wait, and what an applicant has not done is not ours."""
    return cases.filter(due_at__lte=timezone.now(), held_at__isnull=True).exclude(state__in=APPLICANTS_TURN)


def due_today(cases: QuerySet) -> QuerySet:
    """Running cases of the centre whose last day is today; a deadline at midnight belongs to the day before."""
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return cases.filter(due_at__gt=now, due_at__lte=midnight, held_at__isnull=True).exclude(state__in=APPLICANTS_TURN)


def _handed_in() -> Exists:
    return Exists(Correction.objects.filter(application=OuterRef("pk"), closed_at__isnull=False))


def _reply() -> Exists:
    return Exists(Reply.objects.filter(application=OuterRef("pk")))


def _fresh(cases):
    return cases.filter(~_handed_in(), state=State.SUBMITTED, held_at__isnull=True).exclude(pk__in=_to_refuse())


def _corrected(cases):
    return cases.filter(_handed_in(), state=State.SUBMITTED, held_at__isnull=True).exclude(pk__in=_to_refuse())


def _refusal(cases):
    return cases.filter(state=State.SUBMITTED, held_at__isnull=True, pk__in=_refusals_waiting())


def _replied(cases):
    return cases.filter(_reply(), state=State.REJECTION_PROPOSED, held_at__isnull=True)


def _to_recompute(cases):
    """Held since an endorsement took away from figures that were agreed, and not reckoned anew since."""
    last = Review.objects.filter(application=OuterRef(OuterRef("pk"))).order_by("-pk").values("made_at")[:1]
    lower = [EndorsementKind.REDUCTION, EndorsementKind.SURRENDER]
    followed = Endorsement.objects.filter(policy=OuterRef("policy"), kind__in=lower, followed_at__gt=Subquery(last))
    return cases.filter(Exists(followed), held_at__isnull=False, state__in=RECKONED)


def _objected(cases):
    return cases.filter(Exists(Objection.objects.filter(application=OuterRef("pk"), state=ObjectionState.OPEN)), held_at__isnull=False)


def _recovering(cases):
    unsettled = Recovery.objects.filter(application=OuterRef("pk"), state__in=UNSETTLED_RECOVERY)
    return cases.filter(Exists(unsettled), state__in=[State.PAID, State.ARCHIVED])


def _said(cases):
    """The applicant has left words that nobody at the centre has marked as read: few, read first."""
    unread = CaseMessage.objects.unread_by(Side.CENTRE)
    return cases.filter(pk__in=list(unread.order_by().values_list("application", flat=True).distinct()[:MOST_UNREAD]))


MATTERS: dict[str, tuple[str, Callable[[QuerySet], QuerySet]]] = {
    "fresh": ("新提交", _fresh),
    "corrected": ("补正已提交", _corrected),
    "refusal": ("待确认不予受理", _refusal),
    "replied": ("有陈述申辩", _replied),
    "recompute": ("须重新核算", _to_recompute),
    "objection": ("有公示异议", _objected),
    "recovery": ("追回未办结", _recovering),
    "said": ("有未读留言", _said),
}


def with_marks(cases: QuerySet) -> QuerySet:
    """For rows of a list: what has happened that its state alone does not say."""
    refusal = _open_refusals().filter(object_id=OuterRef("pk"))
    return cases.annotate(handed_in=_handed_in(), to_refuse=Exists(refusal), replied=_reply())


def marks_of(case: Application) -> list[str]:
    """The marks of a case that was read `with_marks`."""
    if case.state == State.SUBMITTED and case.to_refuse:
        return ["待确认不予受理"]
    if case.state == State.SUBMITTED and case.handed_in:
        return ["补正已提交"]
    return ["有陈述申辩"] if case.state == State.REJECTION_PROPOSED and case.replied else []
