"""Another account waits for another person, or for a day; every member is told; taken back, the former one is open again."""

from datetime import timedelta

import pytest
from django.db import connections

from enterprises import services
from enterprises.models import BankAccount
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

CHANGE = "/enterprise/profile/account/change/"
pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)
NEW = "6222000011112222333"


@pytest.fixture
def entity():
    return make.entity()


@pytest.fixture
def colleague(entity):
    return make.colleague_of(entity)


@pytest.fixture
def changed(entity, colleague):
    return make.account(entity, at=make.FILED, number=NEW, confirmed=False)


def confirm(account, by, at=make.FILED):
    return services.confirm_bank_account(account, by=by, at=at)


def decline(account, by, at=make.FILED):
    return services.decline_bank_account(account, by=by, at=at)


def test_the_first_account_needs_nobody_else(entity):
    assert not entity.bank_accounts.get().waits(make.OPENS)


def test_a_change_waits_a_day(changed):
    assert changed.waits(make.FILED + DAY - timedelta(microseconds=1))
    assert not changed.waits(make.FILED + DAY)


def test_another_member_confirms_and_it_is_in_force_at_once(changed, colleague):
    confirm(changed, colleague)
    assert not BankAccount.objects.get(pk=changed.pk).waits(make.FILED)
    assert Event.objects.get(action="confirm_bank_account").actor_id == colleague.pk


def test_nobody_confirms_a_change_of_one_s_own(changed, entity):
    with refused("same_person"):
        confirm(changed, make.owner_of(entity))


def test_who_joined_after_the_change_does_not_confirm_it(changed, entity):
    newcomer = make.colleague_of(entity, at=make.FILED)
    with refused("account_joined_since"):
        confirm(changed, newcomer)


@pytest.mark.parametrize("act", [confirm, decline])
def test_strangers_and_viewers_decide_nothing(changed, entity, act):
    for person in (make.user(Role.ENTERPRISE), make.colleague_of(entity, role="viewer"), make.officer(Role.FINANCE)):
        with refused("not_a_member"):
            act(changed, person)


@pytest.mark.parametrize("act", [confirm, decline])
def test_what_is_decided_or_over_is_decided_no_more(changed, colleague, act):
    with refused("account_settled"):
        act(changed, colleague, at=make.FILED + DAY)
    confirm(changed, colleague)
    with refused("account_settled"):
        act(changed, colleague)


def test_taken_back_the_account_last_in_force_is_open_again(changed, entity, colleague):
    first = entity.bank_accounts.earliest("pk")
    second = make.account(entity, at=make.FILED + timedelta(hours=1), number="6222000044445555666", confirmed=False)
    assert decline(second, colleague, at=make.FILED + timedelta(hours=2)) == first  # never in force: not the one between
    assert entity.bank_accounts.open().get() == first


def test_who_changed_it_may_take_it_back(changed, entity):
    assert decline(changed, make.owner_of(entity)).last_four == entity.bank_accounts.open().get().last_four


def test_the_same_account_again_waits_no_longer_and_no_shorter(changed, entity):
    again = make.account(entity, at=make.FILED + timedelta(hours=5), number=NEW, confirmed=False)
    assert again.waits_until == changed.waits_until
    kept = make.account(entity, at=make.FILED + DAY, number=NEW, confirmed=False)
    assert kept.waits_until is None


def test_another_bank_with_the_same_number_is_another_account(entity, colleague):
    same = {"holder": entity.name, "cnaps": "102100099996", "number": entity.bank_accounts.get().number}
    moved = services.set_bank_account(entity, by=make.owner_of(entity), at=make.FILED, bank_name="别家银行", **same)
    assert moved.waits(make.FILED)


def test_every_member_reads_of_the_old_and_the_new_by_mail_too(changed, entity, colleague):
    letters = Message.objects.filter(event="account_changed")
    old = entity.bank_accounts.earliest("pk")
    assert {letter.recipient for letter in letters} == {make.owner_of(entity), colleague}
    assert {letter.channel for letter in letters} == {"inbox", "mail"}
    for letter in letters:
        assert f"尾号 {old.last_four}" in letter.body and "尾号 2333" in letter.body
        assert NEW not in letter.body


def test_the_page_sets_old_beside_new_and_another_member_confirms(client, changed, entity, colleague, time_machine):
    time_machine.move_to(make.FILED + timedelta(hours=1))
    client.force_login(make.owner_of(entity))
    page = client.get(CHANGE).content.decode()
    assert "请另一位同事登录确认" in page and "核对无误，确认更换" not in page
    client.force_login(colleague)
    page = client.get(CHANGE).content.decode()
    assert "**** **** 2333" in page and entity.bank_accounts.earliest("pk").masked in page
    assert "核对收款账户变更" in client.get("/enterprise/").content.decode()
    done = client.post(CHANGE, {"account": changed.pk, "confirmed": "yes"}, follow=True).content.decode()
    assert "已确认，以后的拨付使用这个账户" in done
    assert "核对收款账户变更" not in client.get("/enterprise/").content.decode()


def test_the_page_decides_about_the_account_that_was_seen(client, changed, entity, colleague, time_machine):
    time_machine.move_to(make.FILED + timedelta(hours=1))
    other = make.account(entity, at=make.FILED + timedelta(hours=1), number="6222000044445555666", confirmed=False)
    client.force_login(colleague)
    response = client.post(CHANGE, {"account": changed.pk, "confirmed": "yes"})
    assert (response.status_code, BankAccount.objects.get(pk=other.pk).confirmed_at) == (409, None)
    assert "这次更换已有结论" in response.content.decode()
    assert client.post(CHANGE, {"account": make.entity().bank_accounts.get().pk, "confirmed": "no"}).status_code == 422


@pytest.mark.django_db(transaction=True)
def test_confirmed_and_taken_back_at_once_one_of_them_holds(entity, colleague):
    changed = make.account(entity, at=make.FILED, number=NEW, confirmed=False)
    owner, meet = make.owner_of(entity), "enterprises.services.accounts.record"
    outcomes = at_once(lambda: confirm(changed, colleague), lambda: decline(changed, owner), meet=meet)
    connections.close_all()
    assert codes(outcomes) == ["account_settled", "done"]
    now = entity.bank_accounts.open().get()
    assert (now == changed) == (now.confirmed_at is not None)
