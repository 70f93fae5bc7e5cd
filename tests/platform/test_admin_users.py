"""Users at the workbench: the security manager asks, another person confirms, each change recorded, nobody's own account."""

from functools import partial

import pytest
from django.urls import reverse

from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.workflow import staff
from pilot_portal.workflow.after_commit import kept_jobs
from pilot_portal.workflow.models import Proposal
from pilot_portal.workflow.refusals import Refusal
from tests import make
from tests.races import at_once
from tests.workbench import buttons, enter, list_of, look, press, text

pytestmark = pytest.mark.django_db
NEW = "admin:accounts_user_new"


def typed(**changed) -> dict:
    facts = {"username": "newcomer", "display_name": "新同事", "email": "newcomer@example.com", "phone": ""}
    return {**facts, "role": "handler", "reason": "新到岗", **changed}


def asked(role: str = "reviewer", of: Role = Role.HANDLER):
    """The security manager has asked that somebody of this role gets another one."""
    user = make.user(of)
    return user, staff.ask_role(user, by=make.officer(Role.SECURITY), at=make.ACCEPTED, role=role, reason="岗位调整")


def test_an_account_opens_when_another_person_has_confirmed_it():
    response = enter(Role.SECURITY).post(reverse(NEW), typed())
    user = User.objects.get(username="newcomer")
    assert response["Location"] == reverse("admin:accounts_user_change", args=[user.pk])
    assert (user.role, user.is_active, user.is_staff, user.is_superuser) == (Role.HANDLER, False, False, False)
    assert "未开通" in text(look(Role.SECURITY, user)) and buttons(Role.SECURITY, user) == set()
    with kept_jobs() as jobs:
        assert press(Role.HEAD, staff.staff_proposals().get(), "confirm").status_code == 302
    user.refresh_from_db()
    assert user.is_active
    assert jobs == [("pilot_portal.accounts.tasks.send_password_reset", "newcomer@example.com")]
    assert list(Event.objects.filter(object_id=user.pk, object_type="accounts.user").values_list("action", flat=True).order_by("pk")) == [
        "accounts.create_staff",
        "propose",
        "accounts.activate",
    ]


def test_an_account_that_nobody_confirmed_stays_closed():
    enter(Role.SECURITY).post(reverse(NEW), typed())
    user, asking = User.objects.get(username="newcomer"), staff.staff_proposals().get()
    assert press(Role.SECURITY, user, "activate", reason="先用着").status_code == 409
    assert press(Role.HEAD, asking, "decline", remark="没有这个岗位").status_code == 302
    assert "还没有另一人确认" in text(press(Role.SECURITY, user, "activate", reason="先用着"))
    user.refresh_from_db()
    assert not user.is_active


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


@pytest.mark.parametrize("confirming", [Role.HEAD, Role.SECURITY])
def test_a_role_changes_when_another_person_has_confirmed_it(confirming):
    user = make.user(Role.HANDLER)
    assert press(Role.SECURITY, user, "role", role="reviewer", reason="岗位调整").status_code == 302
    user.refresh_from_db()
    assert user.role == Role.HANDLER
    assert press(make.user(confirming), staff.staff_proposals().get(), "confirm").status_code == 302
    user.refresh_from_db()
    assert user.role == Role.REVIEWER
    event = Event.objects.get(action="accounts.change_role")
    assert (event.data["before"], event.data["after"], User.objects.get(username=event.actor).role) == ("handler", "reviewer", confirming)


def test_a_declined_change_leaves_the_role():
    user, asking = asked()
    page = text(look(Role.HEAD, asking))
    assert "岗位调整" in page and "经办" in page and "复核" in page
    press(Role.HEAD, asking, "decline", remark="人手不够")
    user.refresh_from_db()
    assert user.role == Role.HANDLER
    assert "人手不够" in text(look(Role.AUDITOR, asking))


def test_whoever_asked_does_not_confirm():
    user, asking = asked()
    response = press(Role.SECURITY, asking, "confirm")
    user.refresh_from_db()
    assert (response.status_code, user.role) == (403, Role.HANDLER)
    assert "须由另一人办理" in text(response)


def test_nobody_confirms_the_own_role():
    head, asking = asked("auditor", of=Role.HEAD)
    assert "不能由您确认" in text(press(head, asking, "confirm"))
    assert press(Role.HEAD, asking, "confirm").status_code == 302
    head.refresh_from_db()
    assert head.role == Role.AUDITOR


@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.FINANCE, Role.ADMINISTRATOR, Role.AUDITOR])
def test_others_confirm_nothing(role):
    user, asking = asked()
    assert press(role, asking, "confirm").status_code in {403, 422}
    user.refresh_from_db()
    assert user.role == Role.HANDLER


def test_a_second_change_waits_for_the_first():
    user, _ = asked()
    assert "已有待确认的提请" in text(press(Role.SECURITY, user, "role", role="finance", reason="又改了"))


def test_two_who_decide_at_once_decide_once(transactional_db):
    user, asking = asked()
    heads = [make.user(Role.HEAD), make.user(Role.HEAD)]
    decide = [partial(staff.decide_staff, asking, by=head, at=make.ACCEPTED, confirmed=True) for head in heads]
    outcomes = at_once(*decide, meet="pilot_portal.accounts.services.change_role")
    assert [type(outcome) for outcome in outcomes].count(Refusal) == 1
    user.refresh_from_db()
    assert user.role == Role.REVIEWER
    assert Event.objects.filter(action="accounts.change_role", object_id=user.pk).count() == 1


def test_the_head_finds_on_the_desk_what_waits_for_a_second_person():
    user, asking = asked()
    head = enter(Role.HEAD)
    assert "待确认账号变更" in text(head.get(reverse("admin:index")))
    page = head.get(list_of(Proposal, open="yes"))
    assert list(page.context["cl"].result_list) == [asking]
    assert user.username in text(page)


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
