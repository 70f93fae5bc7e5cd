"""An owner asks colleagues in by mail, changes what they may do, and lets them go; an owner always stays."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from enterprises import services
from enterprises.models import LegalEntity, Membership, MembershipRole
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from tests import make
from tests.expect import refused

pytestmark = pytest.mark.django_db
HOME = "/enterprise/members/"
LATER = make.FILED + timedelta(hours=1)
WEEK = timedelta(days=7)


@pytest.fixture
def entity():
    return make.entity()


@pytest.fixture
def owner(entity):
    return make.owner_of(entity)


@pytest.fixture(autouse=True)
def soon_after(time_machine):
    time_machine.move_to(LATER, tick=False)


def invite(entity, email="colleague@example.com", role="submitter", **changes):
    return services.invite(entity, **{"by": make.owner_of(entity), "at": make.FILED, "email": email, "role": role, **changes})


def join(entity, role="preparer"):
    return services.accept_invitation(invite(entity, role=role), by=make.user(Role.ENTERPRISE), at=LATER)


def test_the_letter_goes_to_the_address_and_its_link_makes_a_member(entity):
    invitation = invite(entity)
    letter = Message.objects.get(event="invitation")
    assert (letter.address, letter.channel, letter.recipient) == ("colleague@example.com", "mail", None)
    assert services.find_invitation(letter.link.split("/")[2]) == invitation
    colleague = make.user(Role.ENTERPRISE)
    assert services.accept_invitation(invitation, by=colleague, at=LATER).role == "submitter"
    services.require_member(entity, colleague, services.SUBMITTERS)
    assert Message.objects.filter(event="invitation_accepted", recipient=make.owner_of(entity), channel="inbox").exists()


def test_a_link_works_once(entity):
    invitation = invite(entity)
    services.accept_invitation(invitation, by=make.user(Role.ENTERPRISE), at=LATER)
    with refused("invitation_over"):
        services.accept_invitation(invitation, by=make.user(Role.ENTERPRISE), at=LATER)


def test_a_link_works_to_the_last_second_of_its_week_and_no_longer(entity):
    invitation, person = invite(entity), make.user(Role.ENTERPRISE)
    with refused("invitation_over"):
        services.accept_invitation(invitation, by=person, at=make.FILED + WEEK)
    assert services.accept_invitation(invitation, by=person, at=make.FILED + WEEK - timedelta(seconds=1)).state == "active"


def test_a_second_invitation_ends_the_first_link(entity):
    first, second = invite(entity), invite(entity, "Colleague@example.com ", role="viewer")
    with refused("invitation_over"):
        services.accept_invitation(first, by=make.user(Role.ENTERPRISE), at=LATER)
    assert services.accept_invitation(second, by=make.user(Role.ENTERPRISE), at=LATER).role == "viewer"


def test_a_link_that_was_taken_back_is_dead(entity, owner):
    invitation = invite(entity)
    services.withdraw_invitation(invitation, by=owner, at=LATER)
    with refused("invitation_over"):
        services.accept_invitation(invitation, by=make.user(Role.ENTERPRISE), at=LATER)
    with refused("invitation_over"):
        services.withdraw_invitation(invitation, by=owner, at=LATER)


def test_a_forged_link_is_nobodys(entity, client):
    invite(entity)
    token = services.token_of(invite(entity))
    assert services.find_invitation(token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert client.get("/invitation/1:abc/").status_code == 404


def test_only_an_owner_invites_changes_removes_and_takes_back(entity):
    submitter, other = join(entity, "submitter").user, join(entity, "viewer")
    invitation = invite(entity, "third@example.com")
    for person in (submitter, make.user(Role.ENTERPRISE)):
        with refused("not_owner"):
            invite(entity, by=person)
        with refused("not_owner"):
            services.change_member_role(other, by=person, at=LATER, role="submitter")
        with refused("not_owner"):
            services.remove_member(other, by=person, at=LATER)
        with refused("not_owner"):
            services.withdraw_invitation(invitation, by=person, at=LATER)


def test_nobody_is_invited_as_an_owner_or_made_one_in_passing(entity, owner):
    with refused("not_invitable"):
        invite(entity, role="owner")
    with refused("not_invitable"):
        services.change_member_role(join(entity), by=owner, at=LATER, role="owner")
    with refused("not_invitable"):
        services.change_member_role(entity.memberships.get(user=owner), by=owner, at=LATER, role="viewer")


def test_a_colleague_is_not_invited_again(entity, owner):
    with refused("already_colleague"):
        invite(entity, owner.email.upper())
    with refused("already_member"):
        services.accept_invitation(invite(entity), by=owner, at=LATER)


def test_an_enterprise_sends_no_flood_of_letters(entity):
    for number in range(20):
        invite(entity, f"person{number}@example.com")
    with refused("too_many_invitations"):
        invite(entity, "one-more@example.com")


def test_only_an_account_of_an_enterprise_accepts(entity):
    with refused("wrong_role"):
        services.accept_invitation(invite(entity), by=make.officer(Role.HANDLER), at=LATER)


def test_a_change_of_role_holds_at_once_and_is_told(entity, owner):
    member = services.change_member_role(join(entity, "submitter"), by=owner, at=LATER, role="viewer")
    with refused("not_a_member"):
        services.require_member(entity, member.user)
    assert Message.objects.filter(recipient=member.user, event="member_role_changed", channel="inbox").exists()


def test_who_is_removed_sees_nothing_more_and_may_be_invited_again(entity, owner):
    member = join(entity)
    services.remove_member(member, by=owner, at=LATER)
    assert not LegalEntity.objects.visible_to(member.user).exists()
    with refused("member_gone"):
        services.remove_member(member, by=owner, at=LATER)
    again = services.accept_invitation(invite(entity, role="viewer"), by=member.user, at=LATER)
    assert (again.pk, again.role, again.state) == (member.pk, "viewer", "active")


def test_a_member_may_leave(entity):
    member = join(entity)
    services.remove_member(member, by=member.user, at=LATER)
    assert not LegalEntity.objects.visible_to(member.user).exists()
    assert Event.objects.filter(action="remove_member", actor_id=member.user_id).exists()


def test_the_last_owner_stays(entity, owner):
    join(entity, "submitter")
    with refused("last_owner"):
        services.remove_member(entity.memberships.get(user=owner), by=owner, at=LATER)
    services.require_owner(entity, owner)


def test_one_of_two_owners_may_go_and_the_links_that_he_sent_end(entity, owner):
    second = Membership.objects.create(user=make.user(Role.ENTERPRISE), legal_entity=entity, created_at=make.OPENS)
    facts = {"email": "colleague@example.com", "role": "viewer"}
    invitation = services.invite(entity, by=second.user, at=make.FILED, **facts)
    services.remove_member(second, by=owner, at=LATER)
    with refused("invitation_over"):
        services.accept_invitation(invitation, by=make.user(Role.ENTERPRISE), at=LATER)
    with refused("last_owner"):
        services.remove_member(entity.memberships.get(user=owner), by=owner, at=LATER)


# pages


def test_the_owner_invites_on_the_page_and_sees_who_has_not_answered(client, entity, owner):
    client.force_login(owner)
    page = client.post(HOME, {"email": "new@example.com", "role": "preparer"}, follow=True).content.decode()
    assert "邀请已发往 new@example.com" in page
    assert "等待接受的邀请" in page
    assert client.post(f"/enterprise/invitations/{entity.invitations.get().pk}/withdraw/", follow=True).status_code == 200
    assert "等待接受的邀请" not in client.get(HOME).content.decode()


def test_what_was_typed_stays_beside_a_refusal(client, entity, owner):
    client.force_login(owner)
    response = client.post(HOME, {"email": owner.email, "role": "viewer"})
    assert response.status_code == 422
    assert response.context["form"].errors["email"]
    assert f'value="{owner.email}"' in response.content.decode()


def test_a_viewer_sees_the_members_and_no_button(client, entity):
    client.force_login(join(entity, "viewer").user)
    page = client.get(HOME).content.decode()
    assert make.owner_of(entity).get_full_name() in page
    assert "发出邀请" not in page
    assert "/role/" not in page
    assert client.post(HOME, {"email": "x@example.com", "role": "viewer"}).status_code == 403


def test_the_owner_changes_a_role_and_removes_a_member_on_the_page(client, entity, owner):
    member = join(entity)
    client.force_login(owner)
    assert client.get(f"{HOME}{member.pk}/role/").status_code == 200
    client.post(f"{HOME}{member.pk}/role/", {"role": "submitter"})
    member.refresh_from_db()
    assert member.role == MembershipRole.SUBMITTER
    assert "确认移除" in client.get(f"{HOME}{member.pk}/remove/").content.decode()
    assert "已移除" in client.post(f"{HOME}{member.pk}/remove/", follow=True).content.decode()
    assert "至少要有一位管理员" in client.post(f"{HOME}{entity.memberships.get(user=owner).pk}/remove/").content.decode()


def test_a_stranger_does_not_reach_another_enterprises_members(client, entity):
    member = join(entity)
    client.force_login(make.owner_of(make.entity()))
    assert client.post(f"{HOME}{member.pk}/remove/").status_code == 404
    assert client.post(f"{HOME}{member.pk}/role/", {"role": "viewer"}).status_code == 404
    assert client.post(f"/enterprise/invitations/{invite(entity).pk}/withdraw/").status_code == 404


def test_a_new_person_registers_through_the_link_and_joins(client, entity):
    invite(entity, role="preparer")
    link = Message.objects.get(event="invitation").link
    page = client.get(link).content.decode()
    register = re.search(r'href="(/account/register/\?next=[^"]+)"', page)[1].replace("&amp;", "&")
    person = {
        "username": "new-colleague",
        "display_name": "王新",
        "phone": "13800138001",
        "email": "colleague@example.com",
        "consent": "on",
    }
    response = client.post(register, {**person, "password1": "Pilot-2026-portal", "password2": "Pilot-2026-portal"}, follow=True)
    assert response.redirect_chain[-1][0] == link
    assert f"邀请您加入“{entity}”" in response.content.decode()
    assert not LegalEntity.objects.filter(memberships__user__username="new-colleague").exists()  # looking joins nobody
    page = client.post(f"{link}accept/", follow=True).content.decode()
    assert f"您已加入“{entity}”" in page
    assert LegalEntity.objects.visible_to(Membership.objects.get(user__username="new-colleague").user).get() == entity


def test_who_has_an_account_accepts_and_acts_for_the_new_enterprise_at_once(client, entity):
    invite(entity)
    link = Message.objects.get(event="invitation").link
    person = make.owner_of(make.entity())
    client.force_login(person)
    client.get(link)
    client.post(f"{link}accept/")
    assert entity.name in client.get("/enterprise/profile/").content.decode()
    assert "这份邀请不能再用" in client.get(link).content.decode()
    assert "不能再用" in client.post(f"{link}accept/", follow=True).content.decode()


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_registering_leads_nowhere_outside(client, address):
    person = {"username": "somebody", "display_name": "王新", "phone": "13800138001", "email": "s@example.com", "consent": "on"}
    facts = {**person, "password1": "Pilot-2026-portal", "password2": "Pilot-2026-portal"}
    response = client.post(f"/account/register/?next={address}", facts)
    assert response["Location"] == "/enterprise/register/"


def test_the_number_of_queries_does_not_grow_with_members(client, entity, owner):
    client.force_login(owner)
    few = _queries(client, entity, 1)
    assert _queries(client, entity, 5) == few


def _queries(client, entity, more: int) -> int:
    """How many queries the page takes with so many more members and open invitations."""
    for number in range(more):
        join(entity)
        invite(entity, f"person{more}-{number}@example.com")
    with CaptureQueriesContext(connection) as captured:
        client.get(HOME)
    return len(captured)
