"""A handler verifies or returns; the enterprise mends and sends again."""

import pytest

from enterprises import services
from enterprises.states import EntityState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.workflow.refusals import Refusal
from tests import make

pytestmark = pytest.mark.django_db
REASON = "住所与执照不符"


@pytest.fixture
def entity():
    return make.entity(verified=False)


def verify(entity, role=Role.HANDLER, **options):
    return services.verify(entity, by=make.officer(role), at=make.OPENS, in_beijing=True, **options)


def send_back(entity, role=Role.HANDLER, reason=REASON, **options):
    return services.return_entity(entity, by=make.officer(role), at=make.OPENS, reason=reason, **options)


def resubmit(entity, by=None, **options):
    facts = options.pop("facts", {"registered_address": "北京市海淀区示例路 2 号"})
    return services.resubmit_entity(entity, by=by or make.owner_of(entity), at=make.FILED, facts=facts, **options)


def test_a_handler_verifies_and_the_enterprise_is_told(entity):
    verify(entity)
    assert (entity.state, entity.in_beijing, entity.verified_at) == (EntityState.VERIFIED, True, make.OPENS)
    assert Message.objects.filter(recipient=make.owner_of(entity), event="entity_verified").exists()
    assert Event.objects.get(action="verify").data["before"] == "unverified"


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.HEAD, Role.ADMINISTRATOR, Role.ENTERPRISE])
def test_nobody_but_a_handler_verifies_or_returns(entity, role):
    for act in (verify, send_back):
        with pytest.raises(Refusal) as refusal:
            act(entity, role)
        assert refusal.value.code == "wrong_role"


def test_a_verified_enterprise_is_not_verified_again(entity):
    verify(entity)
    for act in (verify, send_back):
        with pytest.raises(Refusal) as refusal:
            act(entity)
        assert refusal.value.code == "wrong_state"


def test_a_decision_on_an_older_version_is_refused(entity):
    resubmit(entity)
    for act in (verify, send_back):
        with pytest.raises(Refusal) as refusal:
            act(entity, version=1)
        assert refusal.value.code == "moved_on"


def test_a_return_needs_a_reason(entity):
    with pytest.raises(Refusal) as refusal:
        send_back(entity, reason=" ")
    assert refusal.value.code == "reason_missing"


def test_a_returned_enterprise_mends_and_waits_again(entity):
    send_back(entity)
    resubmit(entity, licence=make.pdf("new licence"))
    assert (entity.state, entity.state_reason) == (EntityState.UNVERIFIED, "")
    assert (entity.registered_address, entity.licence.name) == ("北京市海淀区示例路 2 号", "new licence.pdf")


def test_the_credit_code_never_changes(entity):
    code = entity.credit_code
    resubmit(entity, facts={"credit_code": make.credit_code()})
    assert entity.credit_code == code


@pytest.mark.parametrize("facts", [{"name": "示例公司上海分公司"}, {"kind": "branch"}])
def test_a_branch_does_not_come_in_by_mending(entity, facts):
    with pytest.raises(Refusal) as refusal:
        resubmit(entity, facts=facts)
    assert refusal.value.code == "branch_registers"
    entity.refresh_from_db()
    assert (entity.kind, entity.version) == ("legal_person", 1)


def test_what_is_verified_is_locked(entity):
    verify(entity)
    with pytest.raises(Refusal) as refusal:
        resubmit(entity)
    assert refusal.value.code == "verified_is_locked"


def test_a_stranger_does_not_mend(entity):
    with pytest.raises(Refusal) as refusal:
        resubmit(entity, by=make.user(Role.ENTERPRISE))
    assert refusal.value.code == "not_a_member"
