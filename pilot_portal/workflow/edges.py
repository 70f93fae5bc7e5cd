"""An edge of a life: which action leads from which states to which, and by whom."""

from dataclasses import dataclass
from enum import StrEnum

from pilot_portal.accounts.roles import Role


@dataclass(frozen=True)
class Edge:
    action: StrEnum
    sources: frozenset
    target: StrEnum | None  # None: the state stays
    roles: frozenset[Role]
    despite_hold: bool = False

    def __init__(self, action, sources, target, roles, despite_hold=False):
        for name, value in (
            ("action", action),
            ("sources", frozenset(sources)),
            ("target", target),
            ("roles", frozenset(roles)),
            ("despite_hold", despite_hold),
        ):
            object.__setattr__(self, name, value)


class Life:
    """All edges of one kind of object, in the order in which screens offer them."""

    def __init__(self, edges: list[Edge]):
        self.edges = edges

    def edge(self, action) -> list[Edge]:
        return [edge for edge in self.edges if edge.action == action]

    def open_to(self, state, role: Role) -> list[Edge]:
        """Edges that a person of this role sees as buttons on an object in this state."""
        return [edge for edge in self.edges if state in edge.sources and role in edge.roles]
