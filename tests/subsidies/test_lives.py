"""Every life, written down a second time, as the design tells it, and compared in every cell."""

from types import SimpleNamespace

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.moving import find_edge
from pilot_portal.workflow.refusals import Refusal
from subsidies.states import (
    APPLICATION_LIFE,
    AWARDED,
    BATCH_LIFE,
    ENDED,
    IMPORT_LIFE,
    OBJECTION_LIFE,
    PAYMENT_LIFE,
    RECOVERY_LIFE,
    SLOT_FREE,
    STAMPS,
    UNFILED,
    UNRESOLVED,
    Action,
    BatchAction,
    BatchState,
    ImportAction,
    ImportState,
    ObjectionAction,
    ObjectionState,
    PaymentAction,
    PaymentState,
    RecoveryAction,
    RecoveryState,
    State,
)
from tests.expect import refused

APPLICANT = "enterprise insurer"
IN_REVIEW = "accepted reviewed rejection_proposed checked"
LATER = "allocated determined publicized approved"
ON_THE_WAY = f"submitted correction {IN_REVIEW} {LATER}"

# action: from, to ("" stays), by whom; a star: also while on hold
CASE = {
    "submit": ("draft", "submitted", APPLICANT),
    "propose": ("draft", "pending_confirm", "insurer"),
    "delete": ("draft", "", APPLICANT),
    "confirm": ("pending_confirm", "submitted", "enterprise"),
    "decline": ("pending_confirm", "draft", "enterprise"),
    "expire": ("pending_confirm", "draft", "system"),
    "accept": ("submitted", "accepted", "handler"),
    "ask_correction": ("submitted", "correction", "handler"),
    "refuse": ("submitted", "not_accepted", "reviewer"),
    "withdraw": ("submitted", "withdrawn", APPLICANT),
    "resubmit": ("correction", "submitted", APPLICANT),
    "lapse": ("correction", "lapsed", "system"),
    "review": ("accepted", "reviewed", "handler"),
    "check": ("reviewed", "checked", "reviewer"),
    "send_back": ("reviewed", "accepted", "reviewer"),
    "propose_rejection": ("reviewed", "rejection_proposed", "reviewer"),
    "reply": ("rejection_proposed", "", APPLICANT),
    "reconsider": ("rejection_proposed", "accepted", "head"),
    "reject": ("rejection_proposed", "rejected", "ip_office"),
    "allocate": ("checked", "allocated", "head"),
    "determine": ("allocated", "determined", "ip_office"),
    "return_list": ("allocated", "checked", "ip_office"),
    "publicise": ("determined", "publicized", "head"),
    "approve": ("publicized", "approved", "head"),
    "uphold*": ("publicized", "checked", "head"),
    "recompute*": (f"checked {LATER}", "checked", "head"),
    "pay*": ("approved", "paid", "finance"),
    "close_zero": ("approved", "archived", "head"),
    "archive": ("paid", "archived", "head"),
    "abandon": (f"{IN_REVIEW} {LATER}", "abandoned", APPLICANT),
    "cancel*": (LATER, "cancelled", "head"),
    "hold": (f"{ON_THE_WAY} paid", "", "head system"),
    "release*": (f"{ON_THE_WAY} paid", "", "head"),
}
BATCH = {
    "approve_batch": ("draft", "approved", "head"),
    "export_batch": ("approved exported", "exported", "finance"),
    "settle_batch": ("exported", "settled", "finance"),
    "void_batch": ("draft approved", "void", "finance head"),
}
PAYMENT = {
    "send_payment": ("planned", "sent", "finance"),
    "pay_payment": ("sent", "paid", "finance"),
    "return_payment": ("sent", "returned", "finance"),
    "void_payment": ("planned", "void", "finance head"),
}
RECOVERY = {
    "order_recovery": ("proposed", "ordered", "ip_office"),
    "drop_recovery": ("proposed", "dropped", "ip_office"),
    "repay_recovery": ("ordered overdue", "repaid", "finance"),
    "overdue_recovery": ("ordered", "overdue", "system"),
}
OBJECTION = {
    "uphold_objection": ("open", "upheld", "head"),
    "dismiss_objection": ("open", "dismissed", "head"),
}
IMPORT = {
    "check_import": ("checking", "ready", "system"),
    "commit_import": ("ready", "filing", "insurer"),
    "finish_import": ("filing", "done", "system"),
    "recheck_import": ("ready done", "checking", "insurer"),
}
LIVES = [
    (APPLICATION_LIFE, CASE, Action, State),
    (BATCH_LIFE, BATCH, BatchAction, BatchState),
    (PAYMENT_LIFE, PAYMENT, PaymentAction, PaymentState),
    (RECOVERY_LIFE, RECOVERY, RecoveryAction, RecoveryState),
    (OBJECTION_LIFE, OBJECTION, ObjectionAction, ObjectionState),
    (IMPORT_LIFE, IMPORT, ImportAction, ImportState),
]
NAMES = ["case", "batch", "payment", "recovery", "objection", "import"]


def plain(table):
    """action: (sources, target, roles, despite hold)."""
    return {
        action.removesuffix("*"): (set(sources.split()), target or None, set(roles.split()), action.endswith("*"))
        for action, (sources, target, roles) in table.items()
    }


def standing(life, state, *, held=False):
    return SimpleNamespace(LIFE=life, state=state, held_at="since" if held else None, get_state_display=lambda: state.label)


def answer(life, action, state, role, *, held=False) -> str | None:
    """The refusal's code, or where the edge leads ("" stays)."""
    try:
        edge = find_edge(standing(life, state, held=held), action, SimpleNamespace(role=role))
    except Refusal as refusal:
        return refusal.code
    return edge.target or ""


@pytest.mark.parametrize(("life", "table", "actions", "states"), LIVES, ids=NAMES)
def test_every_action_state_and_role_is_answered_as_the_table_says(life, table, actions, states):
    expected = plain(table)
    assert set(expected) == set(actions.values)
    cells = 0
    for action in actions:
        sources, target, roles, _ = expected[action]
        for state in states:
            for role in Role:
                wanted = "wrong_role" if role not in roles else (target or "") if state in sources else "wrong_state"
                assert answer(life, action, state, role) == wanted, f"{role} {action} at {state}"
                cells += 1
    assert cells == len(actions) * len(states) * len(Role)


def test_a_hold_stops_everything_but_what_the_table_lets_through():
    for action, (sources, target, roles, despite_hold) in plain(CASE).items():
        for state in sources:
            wanted = (target or "") if despite_hold else "on_hold"
            assert {answer(APPLICATION_LIFE, Action(action), State(state), Role(role), held=True) for role in roles} == {wanted}


@pytest.mark.parametrize(("life", "table", "actions", "states"), LIVES, ids=NAMES)
def test_buttons_are_the_edges_that_are_open(life, table, actions, states):
    for state in states:
        for role in Role:
            open_to = {edge.action for edge in life.open_to(state, role)}
            assert open_to == {action for action in actions if answer(life, action, state, role) not in ("wrong_role", "wrong_state")}


@pytest.mark.parametrize(("life", "table", "actions", "states"), LIVES, ids=NAMES)
def test_every_state_is_reached_from_the_first_and_no_action_leads_two_ways(life, table, actions, states):
    reached, grew = {next(iter(states))}, True
    while grew:
        more = {edge.target for edge in life.edges if edge.target and edge.sources & reached} - reached
        reached, grew = reached | more, bool(more)
    assert reached == set(states)
    assert len(life.edges) == len(actions)


def reachable_without(stamps_edges: set[str], goal) -> bool:
    """Whether a case can come to `goal` from a draft although none of these actions is taken."""
    reached, grew = {State.DRAFT}, True
    while grew:
        more = {
            edge.target for edge in APPLICATION_LIFE.edges if edge.target and edge.action not in stamps_edges and edge.sources & reached
        }
        grew = bool(more - reached)
        reached |= more
    return goal in reached


STAMPED_BY = {
    "proposed": {"propose"},
    "submitted": {"submit", "confirm"},
    "correction_asked": {"ask_correction"},
    "accepted": {"accept"},
    "reviewed": {"review"},
    "rejection_proposed": {"propose_rejection"},
    "checked": {"check"},
    "allocated": {"allocate"},
    "determined": {"determine", "reject"},
    "publicised": {"publicise"},
    "approved": {"approve"},
    "paid": {"pay"},
    "ended": {"withdraw", "lapse", "refuse", "reject", "abandon", "cancel", "close_zero", "archive"},
}


@pytest.mark.parametrize("stamp", STAMPS)
def test_a_stamp_is_demanded_exactly_where_no_way_leads_around_its_action(stamp):
    """A state that can be reached without the action must not demand its stamp; one that cannot, must, unless the way back clears it."""
    demanded = set(STAMPS[stamp])
    needed = {state for state in State if state != State.DRAFT and not reachable_without(STAMPED_BY[stamp], state)}
    assert demanded <= needed, "a case could never come there"
    # allocated_at is emptied on the way back to CHECKED, so an abandoned or cancelled case may lack it
    assert needed - demanded <= {"allocated": {State.CANCELLED}}.get(stamp, set())


def test_an_award_stands_in_the_states_after_allocation_alone():
    after = {State.ALLOCATED}
    for _ in State:
        after |= {edge.target for edge in APPLICATION_LIFE.edges if edge.target and edge.sources & after}
    gives_back = {State.CHECKED, State.ABANDONED, State.CANCELLED}  # return_list, uphold, abandon, cancel take the award away
    behind_checked = {State.REJECTION_PROPOSED, State.REJECTED, State.ACCEPTED, State.REVIEWED}
    assert set(AWARDED) == after - gives_back - behind_checked


def test_ends_are_ends_and_sets_do_not_overlap():
    leaves = {state for state in State if any(state in edge.sources for edge in APPLICATION_LIFE.edges)}
    assert set(ENDED) == set(State) - leaves
    assert set(SLOT_FREE) == {*UNFILED, State.WITHDRAWN, State.NOT_ACCEPTED}
    assert not set(UNRESOLVED) & (set(AWARDED) | set(ENDED) | set(UNFILED))


def test_who_has_no_edge_at_all_is_told_it_is_not_theirs():
    with refused("wrong_role") as caught:
        find_edge(standing(APPLICATION_LIFE, State.SUBMITTED), Action.ACCEPT, SimpleNamespace(role=Role.AUDITOR))
    assert "受理" in caught.value.sentence
