"""Which letters a person keeps out of the mail: the inbox has them all, and what carries a deadline or a decision is always mailed."""

import re

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.kinds import OFFERS, Kind, kind_of
from pilot_portal.notifications.models import Channel, MailOptOut, Message
from pilot_portal.notifications.services import choose_mail, notify
from subsidies.letter_words import LETTERS
from tests import make

pytestmark = pytest.mark.django_db
PAGE = "/messages/preferences/"


@pytest.fixture
def person(client):
    user = make.user(Role.ENTERPRISE)
    client.force_login(user)
    return user


def channels(user, event: str) -> list[str]:
    key = f"key-{next(make.serial)}"
    notify(event, [user], key=key, subject="标题", body="正文。", at=make.FILED)
    return sorted(Message.objects.filter(key__startswith=f"{key}:").values_list("channel", flat=True))


def test_everything_is_mailed_until_somebody_says_otherwise(client, person):
    assert channels(person, "archived") == [Channel.INBOX, Channel.MAIL]
    page = client.get(PAGE).content.decode()
    assert len(re.findall(r"<input[^>]*checkbox[^>]*checked", page)) == 3
    assert "新的待办" not in page  # only officers have a workbench


def test_a_kind_that_is_switched_off_goes_to_the_inbox_alone(client, person):
    assert client.post(PAGE, {"mailed": ["records"]})["Location"] == PAGE
    assert channels(person, "archived") == [Channel.INBOX]
    assert channels(person, "policy_endorsed") == [Channel.INBOX, Channel.MAIL]
    assert Event.objects.get(action="choose_mail").data == {"without_mail": ["conversation", "progress"]}
    client.post(PAGE, {"mailed": ["records", "progress", "conversation"]})
    assert channels(person, "archived") == [Channel.INBOX, Channel.MAIL]


def test_the_wish_of_one_is_not_that_of_another(person):
    other = make.user(Role.ENTERPRISE)
    choose_mail(person, [], at=make.FILED)
    assert channels(other, "archived") == [Channel.INBOX, Channel.MAIL]


def test_the_same_choice_again_writes_nothing(person):
    choose_mail(person, ["records"], at=make.FILED)
    kept = set(MailOptOut.objects.values_list("pk", "since"))
    choose_mail(person, ["records"], at=make.PAID)
    assert set(MailOptOut.objects.values_list("pk", "since")) == kept
    assert Event.objects.filter(action="choose_mail").count() == 1


@pytest.mark.parametrize("event", ["correction", "rejected", "recovery_ordered", "accepted", "paid", "alarm", "account_set_by_insurer"])
def test_deadlines_decisions_and_alarms_are_always_mailed(client, person, event):
    client.post(PAGE)
    assert MailOptOut.objects.filter(user=person).count() == 3
    assert channels(person, event) == [Channel.INBOX, Channel.MAIL]


def test_no_letter_of_a_case_with_a_deadline_for_its_reader_can_be_switched_off():
    ours = {"resubmitted"}  # a day by which the centre answers
    assert [
        event for event, (_, body) in LETTERS.items() if "{due}" in body or "{until}" in body if kind_of(event) and event not in ours
    ] == []


def test_the_page_says_what_cannot_be_switched_off_and_why(client, person):
    page = client.get(PAGE).content.decode()
    assert "有期限的通知" in page
    assert "错过期限会影响您的权利" in page


def test_a_kind_that_is_not_offered_is_refused_and_nothing_changes(client, person):
    response = client.post(PAGE, {"mailed": ["work"]})
    assert response.status_code == 422
    assert not MailOptOut.objects.exists()


def test_every_role_is_offered_only_what_it_gets():
    assert {offer.kind for offer in OFFERS} == set(Kind)
    officer = make.officer(Role.HANDLER)
    choose_mail(officer, [], at=make.FILED)
    assert set(MailOptOut.objects.values_list("kind", flat=True)) == {"work", "conversation"}
