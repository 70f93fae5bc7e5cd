"""Lists as the public sees them: who stands on one, who has left it since, its paper. Nothing here writes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from pilot_portal.audit.models import Event
from subsidies.models import Application, Document, DocumentKind, PublicNotice, Review
from subsidies.states import AWARDED, Action, ObjectionState, State

ON_THE_LIST = Q(applications__state__in=AWARDED)


def running_lists(now: datetime) -> QuerySet[PublicNotice]:
    """Lists that are published now, each with `standing`: how many enterprises are still on it."""
    running = PublicNotice.objects.filter(published_at__lte=now, ends_at__gt=now).select_related("window")
    return running.annotate(standing=Count("applications", filter=ON_THE_LIST))


def ended_lists(now: datetime, most: int) -> QuerySet[PublicNotice]:
    return PublicNotice.objects.filter(ends_at__lte=now).select_related("window")[:most]


def published_cases(notice: PublicNotice, after: int, most: int) -> Iterable[Application]:
    """Cases of a running list whose award stands, in the order of their keys, beginning after the key `after`."""
    cases = notice.applications.select_related("legal_entity").filter(pk__gt=after, state__in=AWARDED).order_by("pk")
    return cases[:most]


@dataclass(frozen=True)
class Amendment:
    """公示更正: how many enterprises left the list on a day. Why is not said."""

    day: date
    count: int


def amendments(notice: PublicNotice) -> list[Amendment]:
    """Each day of the publication on which cases left the list: given up, stopped, or to be reckoned anew."""
    left = [at for at in _departures(notice) if at < notice.ends_at]
    return [Amendment(day, count) for day, count in sorted(Counter(map(timezone.localdate, left)).items())]


def _departures(notice: PublicNotice) -> Iterator[datetime]:
    standing = notice.applications.filter(state__in=AWARDED).count()
    if standing == notice.count:
        return
    yield from notice.applications.filter(state__in=[State.ABANDONED, State.CANCELLED]).values_list("ended_at", flat=True)
    yield from notice.objections.filter(state=ObjectionState.UPHELD).values_list("decided_at", flat=True)
    # A case that was recomputed stands on no list any more; its events tell which one it left.
    reviewed_since = Review.objects.filter(application__window=notice.window_id, made_at__gte=notice.published_at)
    events = Event.objects.filter(
        object_type=Application._meta.label_lower,
        object_id__in=reviewed_since.values("application"),
        action=Action.RECOMPUTE,
        data__notice=notice.pk,
    )
    yield from events.values_list("at", flat=True)


def paper_of(notice: PublicNotice) -> Document | None:
    """The issued 公示 as a paper. A paper never changes, so it is not shown once somebody has left the list."""
    return Document.objects.filter(public_notice=notice, kind=DocumentKind.PUBLIC_NOTICE).select_related("file").first()
