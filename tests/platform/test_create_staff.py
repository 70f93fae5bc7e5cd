"""manage.py create_staff: the first accounts of a new portal, and any later one."""

import io

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import ADMIN_ROLES, OVERSIGHT, Role
from pilot_portal.audit.models import Event

pytestmark = pytest.mark.django_db
GOOD = "Haidian-2026-portal"


def create(username: str, role: str, *options: str) -> str:
    out = io.StringIO()
    call_command("create_staff", username, role, *options, stdout=out)
    return out.getvalue()


def test_the_printed_password_opens_the_account(rf):
    said = create("zhang", "handler", "--name", "张经办", "--email", "zhang@example.com")
    password = said.strip().split("：")[-1]
    user = User.objects.get(username="zhang")
    assert (user.role, user.display_name, user.email, user.is_active) == (Role.HANDLER, "张经办", "zhang@example.com", True)
    assert (user.is_superuser, user.is_staff) == (False, False)
    assert authenticate(rf.post("/"), username="zhang", password=password) == user
    assert "张经办" in said
    assert "经办" in said


def test_no_two_accounts_get_the_same_password():
    assert len({create(name, "handler").split("：")[-1] for name in ("zhang", "wang")}) == 2


def test_it_is_recorded_as_done_by_the_system_and_without_the_password():
    said = create("zhang", "ip_office")
    event = Event.objects.get(action="accounts.create_staff")
    assert (event.actor, event.role, event.object_label, event.data) == ("system", Role.SYSTEM, "zhang", {"role": "ip_office"})
    assert said.strip().split("：")[-1] not in str(event.canonical())


def test_a_password_from_standard_input_is_set_and_not_printed(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{GOOD}\n"))
    said = create("zhang", "head", "--password-stdin")
    assert User.objects.get(username="zhang").check_password(GOOD)
    assert GOOD not in said
    assert "密码" not in said


@pytest.mark.parametrize("bad", ["", "short", "1234567890123", "zhang-zhang"])
def test_a_weak_password_is_refused_and_no_account_made(monkeypatch, bad):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{bad}\n"))
    with pytest.raises(CommandError):
        create("zhang-zhang", "head", "--password-stdin")
    assert not User.objects.filter(username="zhang-zhang").exists()


@pytest.mark.parametrize("taken", ["zhang", "system"])
def test_an_existing_name_is_refused_in_one_sentence_and_stays_as_it_is(taken):
    create("zhang", "handler")
    before = User.objects.get(username=taken).password
    with pytest.raises(CommandError, match=rf"^用户名 {taken} 已有人使用，没有开通。请换一个用户名。$"):
        create(taken, "head")
    assert (User.objects.get(username=taken).password, Event.objects.count()) == (before, 1)


@pytest.mark.parametrize("role", sorted(ADMIN_ROLES | OVERSIGHT))
def test_every_role_of_centre_oversight_and_custodians_can_be_opened(role):
    create("zhang", role)
    assert User.objects.get(username="zhang").role == role


@pytest.mark.parametrize("role", [Role.ENTERPRISE.value, Role.INSURER.value, Role.SYSTEM.value, "boss"])
def test_no_other_role_can(role):
    with pytest.raises(CommandError):
        create("zhang", role)
    assert not User.objects.filter(username="zhang").exists()


@pytest.mark.parametrize(("username", "options"), [("zhang san", []), ("a" * 151, []), ("zhang", ["--email", "nowhere"])])
def test_a_name_or_address_that_cannot_be_is_refused(username, options):
    with pytest.raises(CommandError):
        create(username, "handler", *options)
    assert not User.objects.filter(username=username).exists()
