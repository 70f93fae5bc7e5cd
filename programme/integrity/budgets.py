"""Budgets and what comes back of them: draws with their history, recoveries against awards and endorsements."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import groupby

from django.db.models import F, OuterRef, Prefetch, Q, Subquery, Sum
from django.utils import timezone

from insurers.models import Endorsement, EndorsementKind, Policy
from insurers.states import PolicyState
from pilot_portal.audit.models import Event
from pilot_portal.reference.models import Pilot
from subsidies import rules
from subsidies.models import Application, Appropriation, DrawChange, Recovery, Window
from subsidies.services.facts import premium_now
from subsidies.states import RecoveryState, State

ZERO = Decimal("0.00")
PAID = (State.PAID, State.ARCHIVED)
FOLLOWED_WITHIN = timedelta(hours=2)  # an hourly job follows what its task has lost


def draws() -> Iterator[str]:
    """A window's draw is what was published, changed version by version; all draws together are covered by appropriations."""
    published = Event.objects.filter(object_type="subsidies.window", object_id=OuterRef("pk"), action="publish_window").order_by("pk")
    windows = Window.objects.published().annotate(at_first=Subquery(published.values("data__draw")[:1]))
    changes = {key: list(rows) for key, rows in groupby(DrawChange.objects.order_by("window", "pk"), lambda row: row.window_id)}
    for window in windows.order_by("pk"):
        standing = Decimal(window.at_first) if window.at_first else None
        for change in changes.get(window.pk, []):
            if standing is not None and change.before != standing:
                yield f"申报周期 {window} 的预算调整 {change.pk} 从 {change.before} 起，之前为 {standing}"
            standing = change.after
        if standing is not None and window.draw != standing:
            yield f"申报周期 {window} 可用预算为 {window.draw}，按发布和历次调整应为 {standing}"
    yield from _uncovered_draws()


def _uncovered_draws() -> Iterator[str]:
    granted = Appropriation.objects.filter(pilot=OuterRef("pk")).values("pilot").annotate(total=Sum("amount")).values("total")
    drawn = Window.objects.published().filter(pilot=OuterRef("pk")).order_by().values("pilot").annotate(total=Sum("draw")).values("total")
    pilots = Pilot.objects.annotate(granted=Subquery(granted), drawn=Subquery(drawn)).filter(drawn__isnull=False)
    for pilot in pilots.filter(Q(granted__isnull=True) | Q(drawn__gt=F("granted"))).order_by("pk"):
        yield f"{pilot.year} 年各期可用预算共 {pilot.drawn}，指标共 {pilot.granted or ZERO}"


def recoveries() -> Iterator[str]:
    """Nothing comes back of a case that was not paid, nor more than was paid; a recovery stands on an endorsement of its own policy."""
    for recovery in Recovery.objects.exclude(application__state__in=PAID).select_related("application").order_by("pk"):
        yield f"追回 {recovery.pk} 所属申报 {recovery.application} 为“{recovery.application.get_state_display()}”，并未拨付"
    foreign = Recovery.objects.filter(endorsement__isnull=False).exclude(endorsement__policy=F("application__policy"))
    for recovery in foreign.select_related("application", "endorsement").order_by("pk"):
        yield f"追回 {recovery.pk} 依据的批单 {recovery.endorsement} 不属于申报 {recovery.application} 的保单"
    claimed = Sum("recoveries__amount", filter=~Q(recoveries__state=RecoveryState.DROPPED))
    for case in Application.objects.annotate(claimed=claimed).filter(claimed__gt=F("awarded")).order_by("pk"):
        yield f"申报 {case} 追回共 {case.claimed}，超过核定 {case.awarded}"


def owed_recoveries() -> Iterator[str]:
    """A paid case whose policy was reduced or given up has the recovery that follows from it, ordered or dropped."""
    today = timezone.localdate()
    followed = Endorsement.objects.filter(policy=OuterRef("policy"), effective_on__lte=today, followed_at__isnull=False)
    cases = (
        Application.objects.filter(state__in=PAID, awarded__gt=0)
        .annotate(endorsed=Subquery(followed.values("pk")[:1]), claimed=Sum("recoveries__amount", default=ZERO))
        .filter(endorsed__isnull=False)
        .select_related("policy", "window")
        .prefetch_related("policy__invoices", "policy__premium_payments", Prefetch("policy__endorsements", Endorsement.objects.all()))
    )
    for case in cases.order_by("pk"):
        owed = _recoverable(case)
        if case.claimed < owed:
            yield f"申报 {case} 因保单批改应追回 {owed}，已提请 {case.claimed}"


def _recoverable(case: Application) -> Decimal:
    today = timezone.localdate()
    if any(row.kind == EndorsementKind.SURRENDER and row.effective_on <= today for row in case.policy.endorsements.all()):
        return rules.recovery_after_surrender(case.awarded).recover
    premium = premium_now(case, today)
    return rules.recovery_after_endorsement(case.awarded, case.entitled, premium, case.terms).recover


def endorsements() -> Iterator[str]:
    """What an endorsement in effect means has been worked out; a policy counts as given up if and only if an endorsement says so."""
    now = timezone.now()
    waiting = Endorsement.objects.to_follow(timezone.localdate(now - FOLLOWED_WITHIN)).filter(reported_at__lt=now - FOLLOWED_WITHIN)
    for endorsement in waiting.select_related("policy").order_by("pk"):
        yield f"保单 {endorsement.policy} 的批单 {endorsement} 已于 {endorsement.effective_on} 生效，尚未处理对申报的影响"
    surrenders = Endorsement.objects.filter(policy=OuterRef("pk"), kind=EndorsementKind.SURRENDER).values("pk")[:1]
    policies = Policy.objects.annotate(surrender=Subquery(surrenders)).order_by("pk")
    for policy in policies.filter(state=PolicyState.SURRENDERED, surrender__isnull=True):
        yield f"保单 {policy} 为“已退保”，却没有退保批单"
    for policy in policies.filter(surrender__isnull=False).exclude(state=PolicyState.SURRENDERED):
        yield f"保单 {policy} 有退保批单，却为“{policy.get_state_display()}”"
