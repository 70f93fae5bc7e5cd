"""登记客户: an insurer enters an enterprise that has no account here; the centre verifies it on its licence like any other."""

import pytest

from enterprises import services as enterprises
from enterprises.models import LegalEntity
from enterprises.states import EntityState
from insurers import services as insurers
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.services import applications, drafts
from subsidies.states import State
from tests import drive, make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return drive.staff_of(make.insurer())


def enter(by, licence="licence", **columns):
    paper = make.pdf(licence) if licence else None
    return enterprises.register_client(by=by, at=make.OPENS, facts=make.entity_facts(**columns), licence=paper)


def test_a_client_is_entered_without_a_member_and_waits_for_the_centre(staff):
    handler = make.officer(Role.HANDLER)
    client = enter(staff)
    assert (client.state, client.memberships.count(), str(client.licence)) == (EntityState.UNVERIFIED, 0, "licence.pdf")
    assert Message.objects.filter(event="entity_waiting", recipient=handler, subject__contains=client.name).exists()
    assert Event.objects.get(action="register_client").actor == staff.username
    assert enterprises.verify(client, by=handler, at=make.OPENS, in_beijing=True).is_verified


def test_a_known_one_is_given_back_as_it_stands(staff):
    known = make.entity(name="北京已登记科技有限公司")
    again = enter(staff, credit_code=f" {known.credit_code.lower()} ", name="北京改名科技有限公司", licence=None)
    assert (again, again.name, LegalEntity.objects.count()) == (known, "北京已登记科技有限公司", 1)


def test_it_gives_no_right_over_the_enterprise(staff):
    known = make.entity()
    enter(staff, credit_code=known.credit_code)
    with refused("no_mandate"):
        enterprises.set_bank_account(
            known, by=staff, at=make.OPENS, holder=known.name, bank_name="示例银行", cnaps="102100099996", number="6222000011112222333"
        )


def test_through_a_sealed_mandate_the_client_is_filed_for_without_an_account(staff):
    company, client = make.insurer(), enter(staff)
    handler = make.officer(Role.HANDLER)
    enterprises.verify(client, by=handler, at=make.OPENS, in_beijing=True)
    period = {"starts_at": make.OPENS, "ends_at": make.CLOSES}
    mandate = insurers.propose_entrustment(client, company, by=staff, at=make.OPENS, facts=period, paper=make.pdf("sealed"))
    insurers.confirm_entrustment(mandate, by=handler, at=make.OPENS)
    account = enterprises.set_bank_account(
        client, by=staff, at=make.OPENS, holder=client.name, bank_name="示例银行", cnaps="102100099996", number="6222000011112222333"
    )
    champion = make.entity().categories.first().category
    category = enterprises.add_category(client, by=staff, at=make.OPENS, facts={"category": champion}, evidence=make.pdf("category"))
    policy = insurers.register_policy(client, by=staff, at=make.OPENS, facts=make.policy_facts(insurer=company), paper=make.pdf("policy"))
    facts = {"number": "77", "buyer": client.name, "amount": policy.premium, "issued_on": policy.signed_on}
    insurers.add_invoice(policy, by=staff, at=make.OPENS, facts=facts, paper=make.pdf("invoice"))
    facts = {"reference": "R77", "payer": client.name, "amount": policy.premium, "paid_on": policy.signed_on}
    insurers.add_premium_payment(policy, by=staff, at=make.OPENS, facts=facts, paper=make.pdf("payment"))
    draft = drafts.start(client, make.window(), by=staff, at=make.FILED)
    columns = {"policy": policy, "category": category, "bank_account": account, "pledged": True}
    drafts.save_draft(draft, by=staff, at=make.FILED, **columns)
    draft.refresh_from_db()
    assert applications.submit(draft, by=staff, at=make.FILED).state == State.SUBMITTED
    assert policy.state == "confirmed"


def test_only_an_insurer_enters_clients():
    for person in make.everybody_but(Role.INSURER):
        with refused("wrong_role"):
            enter(person)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"credit_code": "91110108MA01C8YU1O"}, "credit_code_invalid"),
        ({"name": "示例科技有限公司北京分公司"}, "branch_registers"),
        ({"kind": "branch"}, "branch_registers"),
        ({"licence": None}, "licence_missing"),
    ],
)
def test_what_cannot_be_a_client(staff, columns, code):
    with refused(code):
        enter(staff, **columns)
    assert not LegalEntity.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_insurers_enter_the_same_client_at_once_and_it_stands_once():
    people, code = [drive.staff_of(make.insurer(name)) for name in ("示例一", "示例二")], make.credit_code()
    outcomes = at_once(
        *(lambda person=person: enter(person, credit_code=code) for person in people), meet="enterprises.services.entities.store_upload"
    )
    assert codes(outcomes) == ["done", "done"]
    assert len({client.pk for client in outcomes}) == 1
    assert LegalEntity.objects.count() == 1
