"""What was made of a window: allocations, determined lists, notices, other draws."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from pilot_portal.workflow.models import Proposal
from subsidies.models import AllocationRun, Determination, PublicNotice, Window
from subsidies.states import State

from .window_forms import draw_proposals


@dataclass(frozen=True)
class Lists:
    """What was made of a window, the newest first."""

    runs: list[AllocationRun]
    determinations: list[Determination]
    notices: list[PublicNotice]
    draws: list[Proposal]

    @property
    def open_draw(self) -> Proposal | None:
        return next((one for one in self.draws if one.confirmed is None), None)

    @property
    def has_new_draw(self) -> bool:
        return any(one.confirmed for one in self.draws)


def lists_of(window: Window) -> Lists:
    """Read once a request."""
    if not hasattr(window, "lists"):
        window.lists = Lists(
            list(window.allocation_runs.select_related("run_by")),
            list(_with_listed(window.determinations, State.DETERMINED)),
            list(_with_listed(window.public_notices, State.PUBLICIZED)),
            list(draw_proposals(window)),
        )
    return window.lists


def _with_listed(lists, state: State):
    """Each list with the number and sum of its cases that wait in a state and are not held, and how many are held."""
    waiting = Q(applications__state=state, applications__held_at__isnull=True)
    held = Count("applications", filter=Q(applications__state=state, applications__held_at__isnull=False))
    return lists.annotate(
        listed=Count("applications", filter=waiting), listed_total=Sum("applications__awarded", filter=waiting), held=held
    )
