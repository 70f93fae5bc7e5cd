"""Rival claims to a code, and whom a claim lets see what."""

import pytest

from enterprises import services
from enterprises.models import LegalEntity
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from pilot_portal.workflow.refusals import Refusal
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim():
    known = make.entity()
    rival = make.user(Role.ENTERPRISE)
    facts = make.entity_facts(credit_code=known.credit_code)
    return services.register(by=rival, at=make.FILED, facts=facts, licence=make.pdf("licence"))


def decide(claim, role=Role.HANDLER, *, accepted=True):
    return services.decide_membership(claim, by=make.officer(role), at=make.FILED, accepted=accepted)


def test_a_claim_shows_nothing_and_changes_nothing_until_it_is_decided(claim):
    assert claim.state == "pending"
    assert not LegalEntity.objects.visible_to(claim.user).exists()
    with pytest.raises(Refusal) as refusal:
        services.require_member(claim.legal_entity, claim.user)
    assert refusal.value.code == "not_a_member"


def test_an_accepted_claim_acts_for_the_enterprise(claim):
    decide(claim)
    services.require_member(claim.legal_entity, claim.user)
    assert LegalEntity.objects.visible_to(claim.user).get() == claim.legal_entity


def test_the_claimant_is_told_of_the_decision(claim):
    decide(claim)
    assert Message.objects.filter(recipient=claim.user, channel="inbox", event="membership_decided").count() == 1


def test_a_claim_is_decided_once(claim):
    decide(claim)
    with pytest.raises(Refusal) as refusal:
        decide(claim, accepted=False)
    assert refusal.value.code == "wrong_state"


def test_a_declined_claim_stays_outside(claim):
    assert decide(claim, accepted=False).state == "removed"
    assert not LegalEntity.objects.visible_to(claim.user).exists()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.SECURITY, Role.ENTERPRISE])
def test_only_a_handler_decides_a_claim(claim, role):
    with pytest.raises(Refusal) as refusal:
        decide(claim, role)
    assert refusal.value.code == "wrong_role"


@pytest.mark.parametrize("role", ["viewer", "preparer"])
def test_who_may_only_look_or_prepare_does_not_submit(role):
    entity = make.entity(verified=False)
    colleague = make.user(Role.ENTERPRISE)
    entity.memberships.create(user=colleague, role=role, created_at=make.FILED)
    with pytest.raises(Refusal):
        services.require_member(entity, colleague, services.SUBMITTERS)
