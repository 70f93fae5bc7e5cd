"""Users at the workbench: the security manager alone, each change recorded, nobody's own account."""

import pytest
from django.urls import reverse

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from tests import make
from tests.workbench import buttons, enter, list_of, press, text

pytestmark = pytest.mark.django_db
NEW = "admin:accounts_user_new"


def typed(**changed) -> dict:
    return {"username": "newcomer", "display_name": "新同事", "email": "newcomer@example.com", "phone": "", "role": "handler", **changed}


def test_security_opens_an_account_whose_holder_sets_the_password(client):
    response = enter(Role.SECURITY).post(reverse(NEW), typed())
    user = User.objects.get(username="newcomer")
    assert response["Location"] == reverse("admin:accounts_user_change", args=[user.pk])
    assert (user.role, user.is_active, user.is_staff, user.is_superuser) == (Role.HANDLER, True, False, False)
    assert list(Event.objects.filter(object_id=user.pk).values_list("action", flat=True).order_by("pk")) == [
        "accounts.create_staff",
        "accounts.send_set_password",
    ]


@pytest.mark.parametrize("role", [Role.HANDLER, Role.HEAD, Role.AUDITOR, Role.ADMINISTRATOR])
def test_nobody_else_opens_accounts(role):
    assert enter(role).post(reverse(NEW), typed()).status_code == 403
    assert not User.objects.filter(username="newcomer").exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "the-security"}, "username"),
        ({"email": "no address"}, "email"),
        ({"role": "enterprise"}, "role"),
        ({"role": "system"}, "role"),
    ],
)
def test_wrong_account_is_refused_beside_the_field(changed, field):
    response = enter(Role.SECURITY).post(reverse(NEW), typed(**changed))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert "新同事" in response.content.decode()


def test_account_is_closed_and_its_holder_is_out_at_once():
    user = make.user(Role.HANDLER)
    inside = enter(user)
    assert "deactivate" in buttons(Role.SECURITY, user)
    assert press(Role.SECURITY, user, "deactivate", reason="调离").status_code == 302
    assert inside.get(reverse("admin:index")).status_code == 302
    assert Event.objects.get(action="accounts.deactivate").data["reason"] == "调离"
    assert press(Role.SECURITY, user, "activate", reason="调回").status_code == 302
    user.refresh_from_db()
    assert user.is_active


def test_role_is_changed_and_recorded():
    user = make.user(Role.HANDLER)
    assert press(Role.SECURITY, user, "role", role="reviewer", reason="岗位调整").status_code == 302
    user.refresh_from_db()
    assert user.role == Role.REVIEWER
    event = Event.objects.get(action="accounts.change_role")
    assert (event.data["before"], event.data["after"]) == ("handler", "reviewer")


@pytest.mark.parametrize("act", ["deactivate", "role"])
def test_nobody_changes_the_own_account(act):
    own = make.officer(Role.SECURITY)
    response = press(Role.SECURITY, own, act, role="head", reason="试试")
    own.refresh_from_db()
    assert (response.status_code, own.role, own.is_active) == (422, Role.SECURITY, True)
    assert "不能更改自己的账号" in text(response)


def test_an_enterprise_never_becomes_staff():
    user = make.user(Role.ENTERPRISE)
    assert "role" not in buttons(Role.SECURITY, user)
    assert press(Role.SECURITY, user, "role", role="head", reason="试试").status_code == 422
    user.refresh_from_db()
    assert user.role == Role.ENTERPRISE


def test_the_system_user_cannot_be_opened():
    system = User.objects.system()
    assert buttons(Role.SECURITY, system) == set()


def test_users_are_found_by_role_state_and_name():
    handler, closed = make.user(Role.HANDLER), make.user(Role.REVIEWER, is_active=False)
    client = enter(Role.SECURITY)

    def found(**query):
        return set(client.get(list_of(User, **query)).context["cl"].result_list)

    assert found(role="handler") == {handler}
    assert closed in found(active="no")
    assert found(q=handler.username) == {handler}
