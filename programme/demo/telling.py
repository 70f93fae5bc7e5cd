"""Stories told beside each other in the order of time. A story is a generator: it yields the moment at which it goes on."""

import heapq
from collections.abc import Callable, Generator
from datetime import datetime
from itertools import count
from typing import Any

from django.utils import timezone

from insurers.models import Endorsement
from pilot_portal.workflow.after_commit import kept_jobs
from subsidies.models import AllocationRun, Application, Batch
from subsidies.services import allocation, documents, recovery, reviews

Story = Generator[datetime, None, Any]

# What a worker would do after the commit, done at the moment that is told. A job that is not named here ends the telling.
JOBS: dict[str, Callable[..., Any]] = {
    "subsidies.tasks.screen_application": lambda pk, at: reviews.screen(Application.objects.get(pk=pk), at=at),
    "subsidies.tasks.issue_receipt": lambda pk, at: documents.issue_receipt(Application.objects.get(pk=pk), at=at),
    "subsidies.tasks.issue_paper": documents.issue_paper,
    "subsidies.tasks.render_batch": lambda pk, at: documents.render_batch(Batch.objects.get(pk=pk), at=at),
    "subsidies.tasks.tell_allocated": lambda pk, at: allocation.tell_allocated(AllocationRun.objects.get(pk=pk), at=at),
    "subsidies.tasks.follow_endorsement": lambda pk, at: recovery.follow_endorsement(Endorsement.objects.get(pk=pk), at=at),
    "pilot_portal.notifications.tasks.deliver_messages": lambda at: None,  # letters of the past are marked as sent in the end
}


class Telling:
    """Stories that have begun, by the moment at which each goes on. Nothing is told of the future, nor out of its turn: ValueError."""

    def __init__(self, until: datetime):
        self.until = until
        self.told: datetime | None = None  # the moment that was told last
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._turns = count()

    def begin(self, story: Story) -> None:
        self._wait(story)

    def tell(self) -> None:
        """All of it."""
        while self._waiting:
            self.told, _, story = heapq.heappop(self._waiting)
            self._wait(story)

    def _wait(self, story: Story) -> None:
        at = next(story, None)
        if at is not None:
            if at > self.until or (self.told and at < self.told):
                raise ValueError(f"{story.__name__} goes on at {timezone.localtime(at)}, after {self.told}, now being {self.until}")
            heapq.heappush(self._waiting, (at, next(self._turns), story))


def do(verb: Callable, *objects, at: datetime, **facts):
    """Call a service, then do the jobs that it leaves to a worker."""
    with kept_jobs() as jobs:
        result = verb(*objects, at=at, **facts)
        done = set()
        while jobs:
            name, *args = job = jobs.pop(0)
            if job not in done:
                done.add(job)
                JOBS[name](*args, at=at)
    return result
