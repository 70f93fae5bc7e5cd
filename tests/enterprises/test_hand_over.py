"""The owner hands the account over to a colleague, who accepts or declines."""

import pytest

from enterprises import services
from enterprises.models import Membership
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from tests import make
from tests.expect import refused

pytestmark = pytest.mark.django_db
HOME = "/enterprise/members/"


@pytest.fixture
def entity():
    return make.entity()


@pytest.fixture
def owner(entity):
    return make.owner_of(entity)


@pytest.fixture
def colleague(entity):
    return Membership.objects.create(user=make.user(Role.ENTERPRISE), legal_entity=entity, role="preparer", created_at=make.OPENS)


def offer(colleague, owner):
    return services.offer_handover(colleague, by=owner, at=make.FILED)


def answer(colleague, *, accepted=True, by=None):
    return services.answer_handover(colleague, by=by or colleague.user, at=make.FILED, accepted=accepted)


def roles(entity) -> dict:
    return dict(entity.memberships.filter(state="active").values_list("user", "role"))


def test_who_accepts_changes_places_with_the_owner(entity, owner, colleague):
    offer(colleague, owner)
    assert roles(entity) == {owner.pk: "owner", colleague.user_id: "preparer"}
    answer(colleague)
    assert roles(entity) == {owner.pk: "submitter", colleague.user_id: "owner"}
    assert Message.objects.filter(event="handover_offered", recipient=colleague.user, channel="inbox").exists()
    assert Message.objects.filter(event="handover_answered", recipient=owner, channel="inbox").exists()


def test_who_declines_leaves_everything_as_it_was(entity, owner, colleague):
    offer(colleague, owner)
    answer(colleague, accepted=False)
    assert roles(entity) == {owner.pk: "owner", colleague.user_id: "preparer"}
    with refused("handover_over"):
        answer(colleague)


def test_only_an_owner_offers_and_only_the_colleague_answers(owner, colleague):
    with refused("not_owner"):
        offer(colleague, colleague.user)
    offer(colleague, owner)
    with refused("not_a_member"):
        answer(colleague, by=owner)
    with refused("proposal_open"):
        offer(colleague, owner)
    with refused("not_owner"):
        services.withdraw_handover(colleague, by=colleague.user, at=make.FILED)


def test_an_owner_is_not_made_owner_again(entity, owner):
    with refused("already_owner"):
        offer(entity.memberships.get(user=owner), owner)


def test_an_offer_that_was_taken_back_is_over(owner, colleague):
    offer(colleague, owner)
    services.withdraw_handover(colleague, by=owner, at=make.FILED)
    with refused("handover_over"):
        answer(colleague)
    with refused("handover_over"):
        services.withdraw_handover(colleague, by=owner, at=make.FILED)


def test_an_offer_ends_with_the_colleague_who_goes(owner, colleague):
    offer(colleague, owner)
    services.remove_member(colleague, by=owner, at=make.FILED)
    with refused("member_gone"):
        answer(colleague)
    assert services.open_handovers(colleague.legal_entity) == []


def test_who_no_longer_owns_hands_nothing_over(entity, owner, colleague):
    second = Membership.objects.create(user=make.user(Role.ENTERPRISE), legal_entity=entity, created_at=make.OPENS)
    offer(colleague, second.user)
    services.remove_member(second, by=owner, at=make.FILED)
    with refused("handover_over"):
        answer(colleague)


def test_on_the_pages_the_owner_offers_and_the_colleague_accepts(client, entity, owner, colleague):
    client.force_login(owner)
    assert "移交给" in client.get(f"{HOME}{colleague.pk}/handover/").content.decode()
    page = client.post(f"{HOME}{colleague.pk}/handover/", follow=True).content.decode()
    assert "等待对方答复" in page
    assert client.post(f"{HOME}{colleague.pk}/handover/answer/", {"accepted": "yes"}).status_code == 404
    client.force_login(colleague.user)
    assert "请您接任管理员" in client.get(HOME).content.decode()
    assert "您已接任管理员" in client.post(f"{HOME}{colleague.pk}/handover/answer/", {"accepted": "yes"}, follow=True).content.decode()
    assert roles(entity)[colleague.user_id] == "owner"


def test_on_the_pages_an_offer_is_declined_or_taken_back(client, entity, owner, colleague):
    offer(colleague, owner)
    client.force_login(colleague.user)
    assert "没有接受" in client.post(f"{HOME}{colleague.pk}/handover/answer/", {"accepted": "no"}, follow=True).content.decode()
    client.force_login(owner)
    offer(colleague, owner)
    assert "移交已收回" in client.post(f"{HOME}{colleague.pk}/handover/withdraw/", follow=True).content.decode()
    assert "已有结论或已收回" in client.post(f"{HOME}{colleague.pk}/handover/withdraw/", follow=True).content.decode()
