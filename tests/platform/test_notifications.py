"""Letters: written in the transaction they tell of, delivered after it, once a key, with patience and an end to it."""

import time
from datetime import timedelta

import pytest
from celery import Celery
from django.core import mail
from django.db import transaction

from pilot_portal.accounts.roles import Role
from pilot_portal.notifications import channels, services
from pilot_portal.notifications.models import Channel, Delivery, Message
from pilot_portal.notifications.services import MOST_ATTEMPTS, deliver_due, notify
from pilot_portal.notifications.tasks import deliver_messages
from pilot_portal.workflow import after_commit as after
from subsidies import tasks
from subsidies.models import Document
from subsidies.services import applications
from subsidies.states import State
from tests import make
from tests.races import at_once

pytestmark = pytest.mark.django_db
NOW = make.moment("2026-09-01 10:00")


def write(people, key="letter:1", at=NOW, **options):
    notify("told", people, key=key, subject="申报已受理", body="您的申报已受理。", at=at, **options)


@pytest.fixture
def broken(monkeypatch):
    """A mail server that is away; the list of messages it was asked to send."""
    asked = []

    def refuse(self, message):
        asked.append(message.pk)
        raise ConnectionRefusedError("mail server away")

    monkeypatch.setattr(channels.Mail, "send", refuse)
    return asked


# writing


def test_a_letter_goes_to_the_inbox_at_once_and_to_the_outbox_where_there_is_an_address():
    with_mail, without = make.user(Role.ENTERPRISE), make.user(Role.ENTERPRISE)
    without.email = ""
    without.save()
    write([with_mail, without], link="/enterprise/")
    rows = {(m.recipient, m.channel): m for m in Message.objects.all()}
    assert set(rows) == {(with_mail, Channel.INBOX), (with_mail, Channel.MAIL), (without, Channel.INBOX)}
    assert rows[with_mail, Channel.INBOX].delivery == Delivery.SENT
    assert (rows[with_mail, Channel.MAIL].delivery, rows[with_mail, Channel.MAIL].address) == (Delivery.WAITING, with_mail.email)
    assert list(Message.objects.inbox_of(without)) == [rows[without, Channel.INBOX]]


def test_the_same_key_writes_once_a_person():
    first, second = make.user(Role.ENTERPRISE), make.user(Role.ENTERPRISE)
    write([first])
    write([first, second])
    write([first], key="letter:2")
    assert Message.objects.filter(channel=Channel.INBOX, recipient=first).count() == 2
    assert Message.objects.filter(channel=Channel.INBOX, recipient=second).count() == 1


def test_no_letter_of_what_did_not_happen():
    person = make.user(Role.ENTERPRISE)
    with transaction.atomic():
        write([person])
        transaction.set_rollback(True)
    assert not Message.objects.exists()


# delivering


def test_a_mail_carries_subject_body_and_the_link_to_its_page(settings):
    settings.SITE_URL = "https://portal.example.cn"
    person = make.user(Role.ENTERPRISE)
    write([person], link="/enterprise/applications/7/")
    assert deliver_due(now=NOW) == 1
    (letter,) = mail.outbox
    assert (letter.subject, letter.to) == ("申报已受理", [person.email])
    assert letter.body == "您的申报已受理。\n\nhttps://portal.example.cn/enterprise/applications/7/"
    message = Message.objects.get(channel=Channel.MAIL)
    assert (message.delivery, message.sent_at, message.attempts) == (Delivery.SENT, NOW, 1)
    assert deliver_due(now=NOW) == 0
    assert len(mail.outbox) == 1


def test_a_letter_is_not_sent_before_its_time():
    write([make.user(Role.ENTERPRISE)], at=NOW + timedelta(minutes=1))
    assert deliver_due(now=NOW) == 0


def test_one_bad_address_does_not_stop_the_others(monkeypatch):
    people = [make.user(Role.ENTERPRISE) for _ in range(3)]
    write(people)
    send = channels.Mail.send

    def refuse_the_first(self, message):
        if message.recipient == people[0]:
            raise ValueError("no such address")
        send(self, message)

    monkeypatch.setattr(channels.Mail, "send", refuse_the_first)
    assert deliver_due(now=NOW) == 2
    assert {letter.to[0] for letter in mail.outbox} == {people[1].email, people[2].email}


def test_a_server_that_is_away_is_asked_ever_less_often_and_at_last_no_more(broken):
    write([make.user(Role.ENTERPRISE)])
    now, waits = NOW, []
    while (message := Message.objects.get(channel=Channel.MAIL)).delivery == Delivery.WAITING:
        assert deliver_due(now=message.next_try_at - timedelta(microseconds=1)) == 0
        assert len(broken) == message.attempts
        now = message.next_try_at
        deliver_due(now=now)
        waits.append((Message.objects.get(pk=message.pk).next_try_at - now).total_seconds() / 60)
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256]
    message.refresh_from_db()
    assert (message.delivery, message.attempts, len(broken)) == (Delivery.DEAD, MOST_ATTEMPTS, MOST_ATTEMPTS)
    assert deliver_due(now=now + timedelta(days=30)) == 0


def test_what_the_log_says_of_a_failure_names_nobody(broken, monkeypatch):
    said = []
    monkeypatch.setattr(services.logger, "warning", lambda event, **facts: said.append((event, facts)))
    person = make.user(Role.ENTERPRISE)
    write([person])
    deliver_due(now=NOW)
    ((event, facts),) = said
    assert (event, facts["error"]) == ("letter_not_sent", "ConnectionRefusedError")
    assert person.email not in str(facts)


@pytest.mark.django_db(transaction=True)
def test_two_deliveries_at_once_send_each_letter_once():
    write([make.user(Role.ENTERPRISE) for _ in range(6)])
    sent = at_once(lambda: deliver_due(now=NOW), lambda: deliver_due(now=NOW), meet="pilot_portal.notifications.services.channel")
    assert sum(sent) == len(mail.outbox) == 6
    assert len({letter.to[0] for letter in mail.outbox}) == 6


# the broker away


@pytest.fixture
def no_broker(monkeypatch):
    """The app with a broker that refuses every connection."""
    away = Celery("away", set_as_current=False)
    away.config_from_object("django.conf:settings", namespace="CELERY")
    away.conf.update(broker_url="redis://127.0.0.1:1/0")
    with monkeypatch.context() as patch:
        patch.setattr(after, "current_app", away)
        yield patch
    away.close()


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_turns_no_filing_into_an_error_and_everything_follows_later(no_broker, worker):
    case = make.draft(window=make.window())
    begun = time.monotonic()
    applications.submit(case, by=case.created_by, at=make.FILED)
    assert time.monotonic() - begun < 10
    assert case.state == State.SUBMITTED
    assert not case.findings.exists()
    no_broker.undo()
    Message.objects.update(next_try_at=make.moment("2020-01-01 00:00"))  # due, whatever day it is
    tasks.catch_up.delay()
    deliver_messages.delay()
    worker.wait_idle()
    assert case.findings.exists()
    assert Document.objects.get().application == case
    assert not Message.objects.filter(delivery=Delivery.WAITING).exists()
