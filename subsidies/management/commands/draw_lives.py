"""Draws what the lists of edges say into README.md, so that the figure and the guards cannot differ."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from enterprises import states as enterprises
from insurers import states as insurers
from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.edges import Edge, Life
from subsidies import states as subsidies

BEGIN, END = "<!-- lives: written by manage.py draw_lives -->", "<!-- end of lives -->"
FEW = 3  # an action that leaves more states than this has a line of its own, and no arrows in the figure
LIVES = [
    ("Application 申报", "subsidies", subsidies.State, subsidies.APPLICATION_LIFE),
    ("LegalEntity 企业", "enterprises", enterprises.EntityState, enterprises.ENTITY_LIFE),
    ("EntityChange 变更申请", "enterprises", enterprises.ChangeState, enterprises.CHANGE_LIFE),
    ("Takeover 接管申请", "enterprises", enterprises.TakeoverState, enterprises.TAKEOVER_LIFE),
    ("PreRegistration 预申报", "enterprises", enterprises.PreRegistrationState, enterprises.PREREGISTRATION_LIFE),
    ("Policy 保单", "insurers", insurers.PolicyState, insurers.POLICY_LIFE),
    ("Entrustment 委托", "insurers", insurers.EntrustmentState, insurers.ENTRUSTMENT_LIFE),
    ("UnderwritingAnswer 承保答复", "insurers", insurers.AnswerState, insurers.ANSWER_LIFE),
    ("Batch 拨付批次", "subsidies", subsidies.BatchState, subsidies.BATCH_LIFE),
    ("Payment 付款", "subsidies", subsidies.PaymentState, subsidies.PAYMENT_LIFE),
    ("Objection 公示异议", "subsidies", subsidies.ObjectionState, subsidies.OBJECTION_LIFE),
    ("Recovery 追回", "subsidies", subsidies.RecoveryState, subsidies.RECOVERY_LIFE),
    ("Import 批量申报", "subsidies", subsidies.ImportState, subsidies.IMPORT_LIFE),
]


class Command(BaseCommand):
    help = "Write the lives of states.py into README.md; with --check only say whether they are there as they are now."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when README.md is out of date")
        parser.add_argument("--readme", type=Path, default=settings.BASE_DIR / "README.md")

    def handle(self, *, check: bool, readme: Path, **options: Any) -> None:
        text = readme.read_text()
        if text.count(BEGIN) != 1 or text.count(END) != 1:
            raise CommandError(f"{readme} has no place for the lives: it needs one line {BEGIN} and one line {END}")
        before, rest = text.split(BEGIN)
        fresh = f"{before}{BEGIN}\n{draw()}\n{END}{rest.split(END)[1]}"
        if check and fresh != text:
            raise CommandError(f"{readme} shows other lives than states.py: run manage.py draw_lives")
        if not check:
            readme.write_text(fresh)


def draw() -> str:
    """The application as a figure; every life as a table."""
    parts = []
    for title, app, states, life in LIVES:
        parts.append(f"#### {title} (`{app}/states.py`)\n")
        if life is subsidies.APPLICATION_LIFE:
            parts.append(figure(states, life))
        parts.append(table(states, life))
    return "\n".join(parts)


def figure(states: Any, life: Life) -> str:
    """Mermaid: an arrow for each edge that changes the state, but for those that leave many."""
    moving = [edge for edge in life.edges if edge.target and len(edge.sources) <= FEW]
    shown = {state for edge in moving for state in (*edge.sources, edge.target)}
    names = [f"    {state.name}: {state.label}" for state in states if state in shown]
    arrows = [
        f"    {state.name} --> {edge.target.name}: {edge.action.label}" for edge in moving for state in states if state in edge.sources
    ]
    head = ["```mermaid", "stateDiagram-v2", f"    [*] --> {next(iter(states)).name}"]
    return "\n".join([*head, *names, *arrows, "```", ""])


def table(states: Any, life: Life) -> str:
    """A line a state: what leads out of it, where to, and who may. Below it the actions that many states share."""
    lines = ["| state | 中文 | leaves by |", "|---|---|---|"]
    for state in states:
        edges = [edge for edge in life.edges if state in edge.sources and len(edge.sources) <= FEW]
        lines.append(f"| {state.name} | {state.label} | {' · '.join(_edge(edge) for edge in edges) or '—'} |")
    lines += [
        f"| {', '.join(state.name for state in states if state in edge.sources)} | | {_edge(edge)} |"
        for edge in life.edges
        if len(edge.sources) > FEW
    ]
    return "\n".join([*lines, ""])


def _edge(edge: Edge) -> str:
    roles = "、".join(role.label for role in Role if role in edge.roles)
    target = f" → {edge.target.name}" if edge.target else ""
    return f"`{edge.action.value}` {edge.action.label}{target}（{roles}）"
