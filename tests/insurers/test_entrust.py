"""委托: to one insurer for a period, by either side; the enterprise agrees online, or a handler on the sealed paper."""

from datetime import timedelta

import pytest

from enterprises.models import Membership, MembershipRole
from insurers import services as insurers
from insurers.models import Entrustment
from insurers.services import entrustments
from insurers.states import EntrustmentState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application
from subsidies.services import applications
from subsidies.states import State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db
PERIOD = {"starts_at": make.OPENS, "ends_at": make.CLOSES}


@pytest.fixture
def entity():
    return make.entity()


@pytest.fixture
def company():
    return make.insurer()


@pytest.fixture
def proposed(entity, company):
    return propose(entity, company)


def propose(entity, company, by=None, paper=None, **facts):
    by = by or drive.staff_of(company)
    return insurers.propose_entrustment(entity, company, by=by, at=make.OPENS, facts=PERIOD | facts, paper=paper)


def confirm(mandate, by=None, **options):
    return insurers.confirm_entrustment(mandate, by=by or make.owner_of(mandate.legal_entity), at=make.FILED, **options)


def revoke(mandate, by=None, reason="改为自行申报", **options):
    return insurers.revoke_entrustment(mandate, by=by or make.owner_of(mandate.legal_entity), at=make.FILED, reason=reason, **options)


# works


def test_an_insurer_asks_and_the_enterprise_agrees(proposed, entity, company):
    owner, staff = make.owner_of(entity), drive.staff_of(company)
    assert (proposed.state, proposed.includes_submission, proposed.includes_correction) == (EntrustmentState.PROPOSED, True, True)
    assert Message.objects.filter(event="entrustment_proposed", recipient=owner).exists()
    assert not proposed.is_in_force(make.FILED)
    confirm(proposed)
    assert (proposed.state, proposed.confirmed_by, proposed.confirmed_at) == (EntrustmentState.CONFIRMED, owner, make.FILED)
    assert proposed.is_in_force(make.FILED)
    assert Message.objects.filter(event="entrustment_confirmed_insurer", recipient=staff).exists()
    assert Event.objects.get(action="confirm_entrustment").data["after"] == "confirmed"


def test_an_enterprise_entrusts_by_itself_and_may_keep_submission_and_correction(entity, company):
    made = propose(entity, company, by=make.owner_of(entity), includes_submission=False, includes_correction=False)
    confirm(made)
    draft = drive.insurers_draft(window=make.window(), policy=make.policy(entity), pledged=False)
    with refused("submission_not_entrusted"):
        applications.submit(draft, by=draft.created_by, at=make.FILED)
    assert applications.propose(draft, by=draft.created_by, at=make.FILED).state == State.PENDING_CONFIRM


def test_a_handler_confirms_on_the_sealed_paper_alone(entity, company):
    bare = propose(entity, company)
    with refused("entrustment_paper_missing"):
        confirm(bare, by=make.officer(Role.HANDLER))
    revoke(bare)
    sealed = propose(entity, company, paper=make.pdf("sealed"))
    assert confirm(sealed, by=make.officer(Role.HANDLER)).confirmed_by == make.officer(Role.HANDLER)


def test_it_is_in_force_from_its_first_to_before_its_last_instant(proposed):
    confirm(proposed)
    instants = (make.OPENS - timedelta(seconds=1), make.OPENS, make.CLOSES - timedelta(seconds=1), make.CLOSES)
    assert [proposed.is_in_force(at) for at in instants] == [False, True, True, False]
    assert [Entrustment.objects.in_force(at).exists() for at in instants] == [False, True, True, False]


def test_revoked_what_is_filed_stays_and_the_enterprise_takes_it_over():
    case = drive.insurers_case(window=make.window())
    mandate, owner = case.legal_entity.entrustments.get(), make.owner_of(case.legal_entity)
    revoke(mandate)
    case.refresh_from_db()
    assert (mandate.state, mandate.state_reason, case.state) == (EntrustmentState.REVOKED, "改为自行申报", State.SUBMITTED)
    assert Message.objects.filter(event="entrustment_revoked_insurer", recipient=case.created_by).exists()
    with refused("mandate_revoked"):
        applications.withdraw(case, by=case.created_by, at=make.FILED, reason="填错")
    assert case in Application.objects.visible_to(case.created_by)  # it may still read what it filed
    assert applications.withdraw(case, by=owner, at=make.FILED, reason="改为自行申报").state == State.WITHDRAWN


def test_after_it_has_ended_another_one_may_begin(proposed, entity, company):
    revoke(proposed)
    assert confirm(propose(entity, company)).state == EntrustmentState.CONFIRMED


def test_one_that_is_revoked_in_the_same_instant_does_not_keep_the_others_from_ending(monkeypatch):
    revoked, over = (make.entrustment(make.entity(), make.insurer()) for _ in range(2))
    moving = entrustments.moving

    def just_before(row, *args, **options):
        if row == revoked:
            Entrustment.objects.filter(pk=row.pk).update(state=EntrustmentState.REVOKED)
        return moving(row, *args, **options)

    monkeypatch.setattr(entrustments, "moving", just_before)
    assert insurers.expire_mandates(at=over.ends_at) == 1
    over.refresh_from_db()
    assert over.state == EntrustmentState.EXPIRED


# wrong state


def test_one_live_mandate_for_each_insurer_and_enterprise(proposed, entity, company):
    with refused("entrustment_exists"):
        propose(entity, company)
    confirm(proposed)
    with refused("entrustment_exists"):
        propose(entity, company)
    assert propose(entity, make.insurer("示例二")).pk


def test_confirmed_or_revoked_once(proposed):
    confirm(proposed)
    with refused("wrong_state"):
        confirm(proposed)
    revoke(proposed)
    for verb in (confirm, revoke):
        with refused("wrong_state"):
            verb(proposed)


def test_nothing_is_confirmed_unseen(proposed):
    for verb in (confirm, revoke):
        with refused("moved_on"):
            verb(proposed, version=proposed.version + 1)


def test_a_period_ends_after_it_starts(entity, company):
    with refused("entrustment_period"):
        propose(entity, company, ends_at=make.OPENS)


# wrong person


def test_only_the_two_sides_propose(entity, company):
    with refused("not_its_insurer"):
        propose(entity, company, by=drive.staff_of(make.insurer("示例二")))
    for person in (make.user(Role.ENTERPRISE), make.officer(Role.HANDLER), make.officer(Role.HEAD)):
        with refused("not_a_member"):
            propose(entity, company, by=person)


def test_the_insurer_does_not_confirm_for_its_client(proposed, company):
    for person in (drive.staff_of(company), *make.everybody_but(Role.ENTERPRISE, Role.HANDLER)):
        with refused("wrong_role"):
            confirm(proposed, by=person)


def test_neither_a_stranger_nor_a_colleague_who_may_only_prepare(proposed, entity):
    colleague = make.user(Role.ENTERPRISE)
    Membership.objects.create(user=colleague, legal_entity=entity, role=MembershipRole.PREPARER, created_at=make.OPENS)
    for person in (make.user(Role.ENTERPRISE), colleague):
        for verb in (confirm, revoke):
            with refused("not_a_member"):
                verb(proposed, by=person)


def test_revoking_needs_a_reason(proposed):
    with refused("reason_missing"):
        revoke(proposed, reason=" ")


# twice at once


@pytest.mark.django_db(transaction=True)
def test_both_sides_propose_at_once_and_there_is_one_mandate():
    entity, company = make.entity(), make.insurer()
    people = drive.staff_of(company), make.owner_of(entity)
    outcomes = at_once(
        *(lambda person=person: propose(entity, company, by=person) for person in people), meet="insurers.services.entrustments.record"
    )
    assert codes(outcomes) == ["done", "entrustment_exists"]


@pytest.mark.django_db(transaction=True)
def test_confirmed_and_revoked_at_once_it_is_never_in_force_unnoticed():
    mandate = propose(make.entity(), make.insurer())
    owner = make.owner_of(mandate.legal_entity)
    copies = [Entrustment.objects.get(pk=mandate.pk) for _ in range(2)]
    outcomes = at_once(
        lambda: confirm(copies[0], by=owner), lambda: revoke(copies[1], by=owner), meet="pilot_portal.workflow.moving.find_edge"
    )
    assert set(codes(outcomes)) <= {"done", "wrong_state"}
    mandate.refresh_from_db()
    steps = Event.objects.filter(action__in=["confirm_entrustment", "revoke_entrustment"]).order_by("pk")
    assert [(step.data["before"], step.data["after"]) for step in steps] in (
        [("proposed", "revoked")],
        [("proposed", "confirmed"), ("confirmed", "revoked")],
    )
    assert mandate.state == EntrustmentState.REVOKED
