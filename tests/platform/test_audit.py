"""The audit trail: written with what it describes, sealed after commit, anchored each day with the IP office, and verified."""

from datetime import timedelta
from decimal import Decimal
from threading import Event as Signal
from threading import Thread

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from pilot_portal.accounts.roles import Role
from pilot_portal.audit import services as audit
from pilot_portal.audit.models import Anchor, Event, Seal, SealedEvent
from pilot_portal.audit.services import record
from pilot_portal.notifications import services as notifications
from pilot_portal.notifications import trail
from pilot_portal.notifications.models import Message
from tests import make

pytestmark = pytest.mark.django_db
NOW = make.moment("2026-09-01 10:00")


def write(count=1, **data):
    officer = make.officer(Role.HANDLER)
    with transaction.atomic():
        return [record("tried", officer, by=officer, at=NOW, **data) for _ in range(count)]


# recording


def test_an_event_holds_who_what_when_and_plain_values():
    (event,) = write(amount=Decimal("80000.00"), on=NOW)
    event.refresh_from_db()
    officer = make.officer(Role.HANDLER)
    assert (event.actor_id, event.actor, event.role, event.object_type) == (officer.pk, "the-handler", "handler", "accounts.user")
    assert event.data == {"amount": "80000.00", "on": str(NOW)}


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_the_transaction_it_describes():
    officer = make.officer(Role.HANDLER)
    with pytest.raises(RuntimeError, match="transaction"):
        record("tried", officer, by=officer, at=NOW)
    assert not Event.objects.exists()


def test_what_is_rolled_back_leaves_no_event():
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not Event.objects.exists()


# sealing


def test_seals_chain_every_event_once():
    write(3)
    assert audit.seal_pending(at=NOW) == 3
    write(2)
    assert audit.seal_pending(at=NOW) == 2
    assert audit.seal_pending(at=NOW) == 0
    first, second = Seal.objects.order_by("pk")
    assert (first.previous_hash, second.previous_hash) == (audit.GENESIS, first.hash)
    assert (first.count, second.count, SealedEvent.objects.count()) == (3, 2, 5)
    assert audit.verify_chain() == audit.Verdict(2, 5, [])


def test_many_events_make_several_seals(monkeypatch):
    monkeypatch.setattr(audit, "BATCH", 2)
    write(5)
    assert audit.seal_pending(at=NOW) == 5
    assert list(Seal.objects.order_by("pk").values_list("count", flat=True)) == [2, 2, 1]
    assert audit.verify_chain().faults == []


@pytest.mark.django_db(transaction=True)
def test_an_event_still_uncommitted_waits_for_the_next_seal_although_its_number_is_lower():
    written, sealed = Signal(), Signal()

    def slow():
        try:
            with transaction.atomic():
                write()
                written.set()
                sealed.wait(10)
        finally:
            connection.close()

    make.officer(Role.HANDLER)
    thread = Thread(target=slow)
    thread.start()
    written.wait(10)
    write()
    assert audit.seal_pending(at=NOW) == 1
    sealed.set()
    thread.join()
    late, early = Event.objects.order_by("pk")
    assert not SealedEvent.objects.filter(event=late).exists()
    assert audit.seal_pending(at=NOW) == 1
    assert SealedEvent.objects.get(event=late).seal_id > SealedEvent.objects.get(event=early).seal_id
    assert audit.verify_chain().faults == []


# verifying


@pytest.fixture
def thawed(owner_cursor):
    """The trail as its owner could change it, triggers off."""
    for table in ("audit_event", "audit_seal", "audit_sealedevent", "audit_anchor"):
        owner_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    write(2), audit.seal_pending(at=NOW)
    write(2), audit.seal_pending(at=NOW)
    audit.publish_anchor(at=NOW)
    return owner_cursor


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        ("UPDATE audit_event SET actor = '别人' WHERE id = (SELECT min(id) FROM audit_event)", "内容已被改动"),
        ('UPDATE audit_event SET data = \'{"amount": "1.00"}\' WHERE id = (SELECT max(id) FROM audit_event)', "内容已被改动"),
        ("UPDATE audit_event SET at = at + interval '1 microsecond' WHERE id = (SELECT max(id) FROM audit_event)", "内容已被改动"),
        ("DELETE FROM audit_sealedevent WHERE event_id = (SELECT max(id) FROM audit_event)", "应有 2 条事件，实有 1 条"),
        ("UPDATE audit_seal SET hash = repeat('0', 64) WHERE id = (SELECT min(id) FROM audit_seal)", "不相连"),
        ("UPDATE audit_seal SET hash = repeat('0', 64) WHERE id = (SELECT max(id) FROM audit_seal)", "锚点与封存不符"),
        ("UPDATE audit_anchor SET hash = repeat('0', 64)", "锚点与封存不符"),
    ],
)
def test_whatever_the_owner_changes_is_found(thawed, tampering, fault):
    call_command("verify_audit")
    thawed.execute(tampering)
    with pytest.raises(CommandError, match=fault) as caught:
        call_command("verify_audit")
    assert caught.value.returncode == 1


@pytest.mark.django_db(transaction=True)
def test_a_seal_taken_out_of_the_chain_is_found(thawed):
    first = Seal.objects.earliest("pk").pk
    thawed.execute("DELETE FROM audit_sealedevent WHERE seal_id = %s", [first])
    thawed.execute("DELETE FROM audit_seal WHERE id = %s", [first])
    assert any("不相连" in fault for fault in audit.verify_chain().faults)


@pytest.mark.django_db(transaction=True)
def test_a_break_is_told_to_auditors_and_security_once_a_day(thawed):
    auditor, security = make.user(Role.AUDITOR), make.user(Role.SECURITY)
    assert trail.alarm_broken_chain(at=NOW).faults == []
    thawed.execute("UPDATE audit_event SET actor = '别人'")
    for at in (NOW, NOW + timedelta(hours=1)):
        trail.alarm_broken_chain(at=at)
    told = Message.objects.filter(event="audit_broken", channel="inbox")
    assert {message.recipient for message in told} == {auditor, security}
    assert told.count() == 2
    assert "内容已被改动" in told.first().body


# anchors and age


def test_the_days_anchor_is_mailed_to_the_ip_office_once(settings):
    office, other = make.user(Role.IP_OFFICE), make.user(Role.IP_OFFICE)
    gone = make.user(Role.IP_OFFICE, is_active=False)
    make.user(Role.OBSERVER)
    write(), audit.seal_pending(at=NOW)
    anchors = [trail.mail_anchor(at=NOW + timedelta(minutes=n)) for n in range(2)]
    assert anchors[0] == anchors[1] == Anchor.objects.get()
    notifications.deliver_due(now=NOW + timedelta(hours=1))
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted([office.email, other.email])
    assert gone.email not in {letter.to[0] for letter in mail.outbox}
    assert Seal.objects.get().hash in mail.outbox[0].body
    assert "2026-09-01" in mail.outbox[0].subject


def test_an_anchor_stays_the_one_that_was_mailed_and_the_next_day_has_its_own():
    make.user(Role.IP_OFFICE)
    write(), audit.seal_pending(at=NOW)
    first = trail.mail_anchor(at=NOW)
    write(), audit.seal_pending(at=NOW)
    assert trail.mail_anchor(at=NOW).hash == first.hash
    assert trail.mail_anchor(at=NOW + timedelta(days=1)).hash == Seal.objects.latest("pk").hash
    assert Message.objects.filter(event="anchor", channel="mail").count() == 2


def test_nothing_sealed_nothing_mailed():
    make.user(Role.IP_OFFICE)
    assert trail.mail_anchor(at=NOW) is None
    assert not Message.objects.exists()


def test_a_sealer_that_stands_still_alarms_the_administrators_once_an_hour():
    administrator = make.user(Role.ADMINISTRATOR)
    assert trail.alarm_unsealed(at=NOW) is False
    write()
    assert trail.alarm_unsealed(at=NOW + timedelta(minutes=10)) is False
    for minutes in (11, 15, 61):
        assert trail.alarm_unsealed(at=NOW + timedelta(minutes=minutes)) is True
    told = Message.objects.filter(event="audit_unsealed", channel="inbox").order_by("pk")
    assert [message.recipient for message in told] == [administrator] * 2
    assert "已等待 11 分钟" in told[0].body
    audit.seal_pending(at=NOW)
    assert trail.alarm_unsealed(at=NOW + timedelta(days=1)) is False


def test_the_age_counts_from_the_last_seal_that_could_have_covered_it():
    write(), audit.seal_pending(at=NOW + timedelta(hours=2))
    write()
    assert audit.unsealed_age(now=NOW + timedelta(hours=2, minutes=3)) == timedelta(minutes=3)
