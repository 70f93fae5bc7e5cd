"""How anything changes state: under a lock, along an edge, by two persons where the scheme asks for two."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.db.transaction import TransactionManagementError

from insurers.states import PolicyAction
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.reference.models import Entry
from pilot_portal.workflow import after_commit as after
from pilot_portal.workflow.after_commit import after_commit
from pilot_portal.workflow.models import Proposal
from pilot_portal.workflow.moving import lock, move_all, moving, refusing_constraints
from pilot_portal.workflow.proposals import decide, open_proposal, propose
from pilot_portal.workflow.refusals import CATALOGUE, Reason, Refusal, catalogue
from subsidies.services import applications
from subsidies.states import Action, State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy():
    return make.policy(make.entity(), papers=False, confirmed=False)


def staff(policy):
    return policy.insurer.staff.first().user


# moving


def test_a_move_writes_state_version_and_one_event(policy):
    with moving(policy, PolicyAction.CONFIRM, by=staff(policy), at=make.FILED, page=3) as locked:
        locked.proven_by, locked.proven_at = staff(policy), make.FILED
    assert (policy.state, policy.version) == ("confirmed", 2)
    event = Event.objects.get(action="confirm_policy")
    assert event.data == {"page": 3, "before": "registered", "after": "confirmed"}


def test_an_error_in_the_middle_leaves_nothing_behind(policy):
    def confirm_and_stumble():
        with moving(policy, PolicyAction.CONFIRM, by=staff(policy), at=make.FILED) as locked:
            locked.territory = "全球"
            raise ValueError("trouble")

    with pytest.raises(ValueError, match="trouble"):
        confirm_and_stumble()
    policy.refresh_from_db()
    assert (policy.state, policy.version, policy.territory) == ("registered", 1, "美国、欧盟")
    assert not Event.objects.filter(action="confirm_policy").exists()


def test_a_page_of_an_older_version_moves_nothing(policy):
    with (
        refused("moved_on"),
        moving(policy, PolicyAction.CONFIRM, by=staff(policy), at=make.FILED, version=7),
    ):
        pytest.fail("nobody may come here")


def test_a_role_without_the_edge_is_told_so_before_the_state_is(policy):
    handler = make.officer(Role.HANDLER)
    with refused("wrong_role") as caught, moving(policy, PolicyAction.DISPUTE, by=handler, at=make.FILED):
        pytest.fail("nobody may come here")
    assert (caught.value.status, caught.value.sentence) == (403, "您的角色不能提出异议。请由有权限的人员办理。")


@pytest.mark.django_db(transaction=True)
def test_a_lock_refuses_to_run_outside_a_transaction():
    with pytest.raises(TransactionManagementError):
        lock(make.officer(Role.HANDLER))


def test_moving_many_moves_those_that_may_move_and_says_how_many():
    window, handler = make.window(), make.officer(Role.HANDLER)
    cases = [make.application(window=window) for _ in range(3)]
    accepted = make.application(window=window, state=State.ACCEPTED)
    applications.hold(cases[0], by=make.officer(Role.HEAD), at=make.FILED, reason="举报核查")
    stamps = {"accepted_at": make.ACCEPTED, "accepted_by": handler}
    assert move_all(window.applications.all(), Action.ACCEPT, by=handler, at=make.ACCEPTED, about=window, **stamps) == 2
    assert list(window.applications.order_by("pk").values_list("state", "version")) == [
        ("submitted", cases[0].version),
        *(("accepted", case.version + 1) for case in cases[1:]),
        ("accepted", accepted.version),
    ]
    event = Event.objects.filter(action="accept").latest("pk")
    assert (event.object_type, event.object_id, event.data) == ("subsidies.window", window.pk, {"moved": 2})
    with refused("wrong_role"):
        move_all(window.applications.all(), Action.ACCEPT, by=make.officer(Role.HEAD), at=make.ACCEPTED, about=window)


# refusals


def test_a_refusal_says_code_sentence_clause_and_status():
    refusal = Refusal("reason_missing", field="reason")
    assert (refusal.code, refusal.sentence, refusal.status, refusal.field) == ("reason_missing", "请写明理由。", 422, "reason")


def test_a_percent_sign_in_a_sentence_without_facts_is_no_trap():
    for code, reason in CATALOGUE.items():
        if "%(" not in reason.sentence:
            assert Refusal(code).sentence == reason.sentence


def test_a_code_stands_once():
    with pytest.raises(RuntimeError, match="reason_missing"):
        catalogue(reason_missing=Reason("再写一遍。"))


def test_an_unknown_constraint_is_no_refusal(policy):
    with pytest.raises(IntegrityError, match="dictionary_entry_ends_after_it_starts"), refusing_constraints():
        Entry.objects.update(valid_from=date(2026, 1, 2), valid_until=date(2026, 1, 1))


# proposals


def test_a_proposal_waits_for_another_person(policy):
    handler, reviewer = make.officer(Role.HANDLER), make.officer(Role.REVIEWER)
    proposal = propose("refuse", policy, by=handler, at=make.FILED, reason="材料不实", page=2)
    assert open_proposal(policy) == proposal
    with refused("same_person"):
        decide(proposal, by=handler, at=make.FILED, confirmed=True)
    decided = decide(proposal, by=reviewer, at=make.ACCEPTED, confirmed=False, remark="证据不足")
    assert (decided.confirmed, decided.decided_by, decided.remark, decided.data) == (False, reviewer, "证据不足", {"page": 2})
    assert open_proposal(policy) is None
    with refused("already_decided"):
        decide(proposal, by=reviewer, at=make.ACCEPTED, confirmed=True)
    assert list(Event.objects.filter(action__in=["propose", "decide"]).order_by("pk").values_list("action", flat=True)) == [
        "propose",
        "decide",
    ]


def test_a_proposal_needs_its_reason_and_stands_alone(policy):
    with refused("reason_missing"):
        propose("refuse", policy, by=make.officer(Role.HANDLER), at=make.FILED, reason=" ")
    propose("refuse", policy, by=make.officer(Role.HANDLER), at=make.FILED, reason="材料不实")
    with refused("proposal_open"):
        propose("refuse", policy, by=make.user(Role.HANDLER), at=make.FILED, reason="材料不实")


@pytest.mark.django_db(transaction=True)
def test_decided_twice_at_once_is_decided_once():
    proposal = propose("refuse", make.insurer(), by=make.officer(Role.HANDLER), at=make.FILED, reason="材料不实")
    people = [make.user(Role.REVIEWER) for _ in range(2)]
    outcomes = at_once(
        *(
            lambda person=person, word=word: decide(proposal, by=person, at=make.ACCEPTED, confirmed=word)
            for person, word in zip(people, (True, False), strict=True)
        ),
        meet="pilot_portal.workflow.proposals.lock",
    )
    assert codes(outcomes) == ["already_decided", "done"]
    winner = next(outcome for outcome in outcomes if isinstance(outcome, Proposal))
    assert Proposal.objects.get().confirmed == winner.confirmed


# tasks after commit


@pytest.fixture
def sent(monkeypatch):
    """Names of the tasks that were handed to the broker."""
    tasks = []
    monkeypatch.setattr(after.current_app, "send_task", lambda name, args, **_: tasks.append((name, *args)))
    return tasks


def test_a_task_is_sent_after_commit_once_and_never_after_a_rollback(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        with transaction.atomic():
            after_commit("a.task", 1)
            after_commit("a.task", 1)
            after_commit("a.task", 2)
            assert sent == []
        with transaction.atomic():
            after_commit("another.task")
            transaction.set_rollback(True)
    assert sent == [("a.task", 1), ("a.task", 2)]
