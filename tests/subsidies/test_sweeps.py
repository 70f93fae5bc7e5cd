"""The hourly second look at 试点方案 六（二）: what gets past a constraint is held and alarmed all the same."""

from decimal import Decimal

import pytest

from enterprises.models import Branch, FormerName
from insurers.models import Invoice
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application
from subsidies.services import applications, sweeps
from subsidies.states import State
from tests import make
from tests.expect import sql, violates

pytestmark = pytest.mark.django_db


def alarms():
    return Message.objects.filter(event="alarm", channel="inbox")


def caps():
    return sweeps.enforce_award_caps(at=make.ALLOCATED)


def doubles():
    return sweeps.enforce_single_application(at=make.ALLOCATED)


def test_a_lawful_pilot_is_left_in_peace():
    window = make.window()
    for premium in ("100000.00", "999999.99", "2000000.00", "0.01"):
        make.application(window=window, state=State.CHECKED, premium=Decimal(premium))
    make.publicised(window)
    assert (caps(), doubles(), alarms().count()) == (0, 0, 0)
    assert not Application.objects.filter(held_at__isnull=False).exists()


# What a constraint refuses, and what the sweep does where it was taken away

AWARD = "UPDATE subsidies_application SET awarded = 800000.01 WHERE id = %s"


@pytest.mark.django_db(transaction=True)
def test_an_award_above_the_cap_is_refused_and_without_the_constraint_held_and_alarmed_once(owner_cursor):
    window, head = make.window(), make.officer(Role.HEAD)
    make.application(window=window, state=State.CHECKED, premium=Decimal("2000000.00"))
    make.publicised(window)
    case = Application.objects.get()
    with violates("awarded_within_entitled"):
        sql(AWARD, [case.pk])
    owner_cursor.execute("ALTER TABLE subsidies_application DROP CONSTRAINT awarded_within_entitled")
    sql(AWARD, [case.pk])
    assert [caps(), caps()] == [1, 1]
    case.refresh_from_db()
    assert (case.state, case.held_by) == (State.PUBLICIZED, User.objects.system())
    assert "800000.01" in case.held_reason
    told = alarms().get()
    assert told.recipient == head
    assert case.number in told.subject
    assert Message.objects.filter(event="alarm", channel="mail").count() == 1
    assert Event.objects.filter(action="hold").count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_entitlement_above_rate_or_cap_is_refused_and_without_the_constraints_held(owner_cursor):
    window = make.window()
    over_rate = make.application(window=window, state=State.REVIEWED)
    over_cap = make.application(window=window, state=State.REVIEWED, premium=Decimal("2000000.00"))
    change = "UPDATE subsidies_application SET entitled = %s WHERE id = %s"
    with violates("entitled_within_rate"):
        sql(change, ["80000.01", over_rate.pk])
    with violates("entitled_within_cap"):
        sql(change, ["800000.01", over_cap.pk])
    for name in ("entitled_within_rate", "entitled_within_cap"):
        owner_cursor.execute(f"ALTER TABLE subsidies_application DROP CONSTRAINT {name}")
    sql(change, ["80000.01", over_rate.pk])
    sql(change, ["800000.01", over_cap.pk])
    assert caps() == 2
    assert Application.objects.filter(held_at__isnull=False).count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_second_application_is_refused_and_without_the_indexes_held_and_alarmed_once(owner_cursor):
    window = make.window()
    first = make.application(window=window)
    make.officer(Role.HEAD)
    again = (
        "INSERT INTO subsidies_application SELECT (jsonb_populate_record(a, jsonb_build_object('id', 900000, 'number', 'X1',"
        " 'submitted_at', a.submitted_at + interval '1 hour'))).* FROM subsidies_application a WHERE id = %s"
    )
    with violates("one_application_per_policy"):
        owner_cursor.execute("DROP INDEX one_application_per_window_and_entity")
        sql(again, [first.pk])
    owner_cursor.execute("DROP INDEX one_application_per_policy")
    sql(again, [first.pk])
    assert [doubles(), doubles()] == [1, 1]
    first.refresh_from_db()
    second = Application.objects.get(number="X1")
    assert (first.is_held, second.is_held) == (False, True)
    assert "同一法人主体重复申报" in second.held_reason
    assert "同一保单重复申报" in second.held_reason
    assert alarms().count() == 1


def test_a_changed_audit_event_and_a_changed_frozen_line_are_refused_by_name():
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    line = make.batch(window).payments.get()
    with violates("audit_is_append_only"):
        sql("UPDATE audit_event SET actor = 'somebody else'")
    with violates("payment_line_is_frozen"):
        sql("UPDATE subsidies_payment SET amount = 1 WHERE id = %s", [line.pk])


# What no constraint can see


@pytest.fixture
def pair():
    """Two filings of two legal entities in one window, the earlier one first."""
    window = make.window()
    make.officer(Role.HEAD)
    return make.application(window=window), make.application(window=window)


def held(case):
    case.refresh_from_db()
    return case.held_reason


def test_a_branch_that_files_beside_its_legal_person_is_held(pair):
    first, second = pair
    Branch.objects.create(legal_entity=first.legal_entity, credit_code=second.legal_entity.credit_code, name="某分公司")
    assert doubles() == 1
    assert held(first) == ""
    assert "分支机构另行申报" in held(second)


def test_a_former_name_that_files_again_is_held(pair):
    first, second = pair
    FormerName.objects.create(legal_entity=second.legal_entity, name=first.legal_entity.name, until="2026-01-01")
    assert doubles() == 1
    assert "曾用名另行申报" in held(second)


def test_an_invoice_used_in_two_cases_holds_the_later_one(pair):
    first, second = pair
    Invoice.objects.filter(policy=second.policy).update(number=first.policy.invoices.get().number)
    assert doubles() == 1
    assert "发票另用于其他申报" in held(second)


def test_a_shared_account_alone_holds_nobody(pair):
    first, second = pair
    type(first.bank_account).objects.update(number_hmac="0" * 64)
    assert doubles() == 0
    assert (held(first), held(second)) == ("", "")


def test_a_suspicion_that_a_head_has_cleared_is_not_held_again_but_a_new_one_is(pair):
    first, second = pair
    Invoice.objects.filter(policy=second.policy).update(number=first.policy.invoices.get().number)
    doubles()
    second.refresh_from_db()
    applications.release(second, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="两张发票号码巧合")
    assert doubles() == 1
    assert held(second) == ""
    Branch.objects.create(legal_entity=first.legal_entity, credit_code=second.legal_entity.credit_code, name="某分公司")
    doubles()
    assert "分支机构" in held(second)


@pytest.mark.django_db(transaction=True)
def test_an_award_above_the_cap_is_held_again_whoever_releases_it(owner_cursor):
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    make.publicised(window)
    case = Application.objects.get()
    owner_cursor.execute("ALTER TABLE subsidies_application DROP CONSTRAINT awarded_within_entitled")
    sql("UPDATE subsidies_application SET awarded = 80000.01 WHERE id = %s", [case.pk])
    caps()
    case.refresh_from_db()
    applications.release(case, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="误报")
    caps()
    assert held(case) != ""


def test_an_ended_case_is_alarmed_and_stays_as_it_ended(pair):
    first, second = pair
    Invoice.objects.filter(policy=second.policy).update(number=first.policy.invoices.get().number)
    Application.objects.filter(pk=second.pk).update(
        state=State.LAPSED,
        ended_at=make.FILED,
        ended_by=make.officer(Role.HEAD),
        correction_asked_at=make.FILED,
        correction_asked_by=make.officer(Role.HANDLER),
    )
    doubles()
    assert held(second) == ""
    assert alarms().count() == 1


def test_a_withdrawn_filing_is_no_double():
    window = make.window()
    first = make.application(window=window)
    applications.withdraw(first, by=first.created_by, at=make.FILED, reason="填错")
    again = make.draft(window=window, policy=first.policy)
    applications.submit(again, by=again.created_by, at=make.FILED)
    assert doubles() == 0


def test_the_enterprise_is_told_of_the_hold_without_the_suspicion(pair):
    first, second = pair
    Invoice.objects.filter(policy=second.policy).update(number=first.policy.invoices.get().number)
    doubles()
    letter = Message.objects.get(event="held", channel="inbox", recipient=second.created_by)
    assert "正在人工核实" in letter.body
    assert first.number not in letter.body
