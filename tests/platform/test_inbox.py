"""The inbox: newest first, unread marked, read by saying so and never by looking."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from pilot_portal.notifications.services import notify
from tests import make

pytestmark = pytest.mark.django_db
INBOX = "/messages/"


@pytest.fixture
def person(client):
    user = make.user(Role.ENTERPRISE)
    client.force_login(user)
    return user


def letter(user, text="申报已受理", **options) -> Message:
    key = f"key-{next(make.serial)}"
    options = {"body": f"{text}。", "at": make.FILED, "link": "/enterprise/", **options}
    notify("event", [user], key=key, subject=text, **options)
    return Message.objects.get(key=f"{key}:{user.pk}:inbox")


def test_letters_stand_newest_first_with_their_marks(client, person):
    letter(person, "第一封")
    letter(person, "第二封", at=make.FILED + timedelta(days=1))
    page = client.get(INBOX).content.decode()
    assert page.index("第二封") < page.index("第一封")
    assert page.count("未读</span>") >= 2
    assert "2 条未读" in page


def test_an_empty_inbox_says_what_will_come(client, person):
    assert "还没有消息" in client.get(INBOX).content.decode()


def test_looking_at_a_letter_does_not_mark_it(client, person):
    one = letter(person)
    page = client.get(f"{INBOX}{one.pk}/").content.decode()
    assert "申报已受理" in page
    assert 'href="/enterprise/"' in page
    one.refresh_from_db()
    assert one.read_at is None


def test_a_letter_is_marked_by_post_once(client, person):
    one = letter(person)
    assert client.get(f"{INBOX}{one.pk}/read/").status_code == 405
    assert client.post(f"{INBOX}{one.pk}/read/")["Location"] == INBOX
    one.refresh_from_db()
    first = one.read_at
    response = client.post(f"{INBOX}{one.pk}/read/", headers={"hx-request": "true"})
    assert (response.status_code, "已读" in response.content.decode()) == (200, True)
    one.refresh_from_db()
    assert one.read_at == first is not None
    assert "未读" not in client.get(INBOX).content.decode()


def test_all_are_marked_at_once_and_only_ones_own(client, person):
    letter(person)
    letter(person)
    other = letter(make.user(Role.ENTERPRISE))
    page = client.post(INBOX + "read/", follow=True).content.decode()
    assert "2 条消息已标为已读" in page
    other.refresh_from_db()
    assert other.read_at is None


def test_the_letter_of_another_is_not_found(client, person):
    other = letter(make.user(Role.ENTERPRISE))
    assert client.get(f"{INBOX}{other.pk}/").status_code == 404
    assert client.post(f"{INBOX}{other.pk}/read/").status_code == 404


def test_mails_are_no_letters_of_the_inbox(client, person):
    one = letter(person)
    mail = Message.objects.get(recipient=person, channel="mail")
    assert client.get(f"{INBOX}{mail.pk}/").status_code == 404
    assert [row.pk for row in client.get(INBOX).context["letters"]] == [one.pk]


def test_what_a_letter_says_is_never_markup(client, person):
    one = letter(person, "<script>alert(1)</script>", body="<img src=x onerror=alert(1)>")
    for url in (INBOX, f"{INBOX}{one.pk}/"):
        page = client.get(url).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_the_inbox_goes_on_by_pages_and_asks_no_more_of_the_database(client, person, monkeypatch):
    monkeypatch.setattr("pilot_portal.notifications.views.PAGE", 3)
    keys = [letter(person).pk]
    with CaptureQueriesContext(connection) as few:
        client.get(INBOX)
    keys += [letter(person).pk for _ in range(4)]
    with CaptureQueriesContext(connection) as many:
        first = client.get(INBOX)
    assert len(many) == len(few) <= 12
    assert [row.pk for row in first.context["letters"]] == keys[:1:-1]
    second = client.get(f"{INBOX}?{first.context['older']}")
    assert ([row.pk for row in second.context["letters"]], second.context["older"]) == (keys[1::-1], "")


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "²"])
def test_a_mad_page_number_is_no_fault(client, person, before):
    letter(person)
    assert client.get(INBOX, {"before": before}).status_code == 200


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SYSTEM])
def test_every_role_has_an_inbox(client, role):
    client.force_login(make.user(role))
    assert client.get(INBOX).status_code == 200
