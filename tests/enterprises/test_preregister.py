"""预申报: once a year and enterprise, returned with a reason, mended, confirmed."""

from decimal import Decimal

import pytest

from enterprises import services
from enterprises.models import PreRegistration
from enterprises.states import PreRegistrationState
from pilot_portal.accounts.roles import Role
from pilot_portal.notifications.models import Message
from pilot_portal.workflow.refusals import Refusal
from tests import make

pytestmark = pytest.mark.django_db
URL = "/enterprise/preregistration/2026/"
FACTS = {"products_abroad": "扫地机器人", "countries": "美国、德国"}


@pytest.fixture
def entity(client):
    make.pilot()
    made = make.entity()
    client.force_login(make.owner_of(made))
    return made


def preregister(entity, by=None, **facts):
    return services.preregister(entity, make.pilot(), by=by or make.owner_of(entity), at=make.OPENS, facts={**FACTS, **facts})


def confirm(registration, role=Role.HANDLER, **options):
    return services.confirm_preregistration(registration, by=make.officer(role), at=make.OPENS, **options)


def send_back(registration, role=Role.HANDLER, reason="请补充主要产品型号。", **options):
    return services.return_preregistration(registration, by=make.officer(role), at=make.OPENS, reason=reason, **options)


def resubmit(registration, by=None, **options):
    owner = by or make.owner_of(registration.legal_entity)
    return services.resubmit_preregistration(registration, by=owner, at=make.FILED, facts={**FACTS, "remark": "型号 X1"}, **options)


def test_a_pre_registration_is_confirmed_and_the_enterprise_told(entity):
    registration = confirm(preregister(entity))
    assert (registration.state, registration.decided_at) == (PreRegistrationState.CONFIRMED, make.OPENS)
    letter = Message.objects.get(recipient=make.owner_of(entity), channel="inbox", event="confirm_preregistration")
    assert letter.link == URL


def test_a_returned_one_is_mended_and_confirmed(entity):
    registration = resubmit(send_back(preregister(entity)))
    assert (registration.state, registration.state_reason, registration.remark) == (PreRegistrationState.SUBMITTED, "", "型号 X1")
    assert confirm(registration).state == PreRegistrationState.CONFIRMED


def test_a_second_one_in_the_year_is_refused(entity):
    preregister(entity)
    with pytest.raises(Refusal) as refusal:
        preregister(entity)
    assert refusal.value.code == "already_preregistered"
    assert PreRegistration.objects.count() == 1


def test_an_unverified_enterprise_does_not_pre_register():
    with pytest.raises(Refusal) as refusal:
        preregister(make.entity(verified=False))
    assert refusal.value.code == "unverified_enterprise"


@pytest.mark.parametrize("act", [confirm, send_back])
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.HEAD, Role.INSURER, Role.ENTERPRISE])
def test_nobody_but_a_handler_decides(entity, act, role):
    with pytest.raises(Refusal) as refusal:
        act(preregister(entity), role)
    assert refusal.value.code == "wrong_role"


@pytest.mark.parametrize("act", [confirm, send_back, resubmit])
def test_a_confirmed_one_is_not_decided_or_changed_again(entity, act):
    registration = confirm(preregister(entity))
    with pytest.raises(Refusal) as refusal:
        act(registration)
    assert refusal.value.code == "wrong_state"


@pytest.mark.parametrize("act", [confirm, send_back, resubmit])
def test_an_older_version_is_not_acted_on(entity, act):
    registration = resubmit(preregister(entity))
    with pytest.raises(Refusal) as refusal:
        act(registration, version=1)
    assert refusal.value.code == "moved_on"


def test_a_return_needs_a_reason(entity):
    with pytest.raises(Refusal) as refusal:
        send_back(preregister(entity), reason="")
    assert refusal.value.code == "reason_missing"


def test_a_stranger_neither_submits_nor_mends(entity):
    stranger = make.user(Role.ENTERPRISE)
    registration = preregister(entity)
    for act in (lambda: preregister(make.entity(), by=stranger), lambda: resubmit(registration, by=stranger)):
        with pytest.raises(Refusal) as refusal:
            act()
        assert refusal.value.code == "not_a_member"


def test_the_page_submits_and_then_shows_what_was_said(client, entity):
    response = client.post(URL, {**FACTS, "expected_limit": "￥１０，０００，０００", "known_disputes": "on"}, follow=True)
    page = response.content.decode()
    assert "预申报已提交" in page
    assert "10,000,000.00" in page
    assert entity.preregistrations.get().expected_limit == Decimal("10000000.00")


def test_three_decimals_are_refused_beside_the_field_and_nothing_is_lost(client, entity):
    response = client.post(URL, {**FACTS, "expected_limit": "100.001"})
    assert response.status_code == 422
    assert response.context["form"].errors["expected_limit"] == ["金额最多保留两位小数（到分）。请按票据上的数字填写。"]
    assert "扫地机器人" in response.content.decode()
    assert 'value="100.001"' in response.content.decode()


def test_a_form_sent_twice_says_that_it_is_done(client, entity):
    client.post(URL, FACTS)
    response = client.post(URL, FACTS)
    assert response.status_code == 409
    assert "本年度已预申报" in response.content.decode()


def test_a_returned_one_is_mended_on_screen(client, entity):
    registration = send_back(preregister(entity))
    assert "请补充主要产品型号" in client.get(URL).content.decode()
    response = client.post(URL + "edit/", {**FACTS, "remark": "型号 X1", "version": registration.version}, follow=True)
    assert "修改已提交" in response.content.decode()
    registration.refresh_from_db()
    assert registration.state == PreRegistrationState.SUBMITTED


def test_a_confirmed_one_offers_no_change(client, entity):
    registration = confirm(preregister(entity))
    assert URL + "edit/" not in client.get(URL).content.decode()
    assert client.post(URL + "edit/", {**FACTS, "version": registration.version}).status_code == 409


def test_an_unverified_enterprise_is_told_what_comes_first(client):
    make.pilot()
    client.force_login(make.owner_of(make.entity(verified=False)))
    assert "核验通过后即可预申报" in client.get(URL).content.decode()
    response = client.post(URL, FACTS)
    assert response.status_code == 422
    assert "还没有通过核验" in response.content.decode()


def test_a_year_without_a_pilot_is_not_found(client, entity):
    assert client.get("/enterprise/preregistration/2019/").status_code == 404
    assert client.get(URL + "edit/").status_code == 404
