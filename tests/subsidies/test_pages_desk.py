"""An enterprise's desk: what to do next, windows that are open, its applications."""

from datetime import timedelta

import pytest

from enterprises import services as enterprises
from enterprises.models import MembershipRole
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.models import Pilot
from subsidies.models import Application
from subsidies.services import applications
from subsidies.states import State
from tests import make
from tests.subsidies.pages import browser, read, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(time_machine):
    time_machine.move_to(make.FILED)


@pytest.fixture
def window():
    return make.window()


def test_somebody_without_an_enterprise_is_led_to_registration():
    page = browser(make.user(Role.ENTERPRISE)).get(url("home"))
    assert "下一步：登记企业" in text_of(page)
    assert 'href="/enterprise/register/"' in page.content.decode()


def test_a_claim_to_a_registered_enterprise_is_shown_as_waiting_for_the_centre():
    known = make.entity()
    rival = make.user(Role.ENTERPRISE)
    enterprises.register(by=rival, at=make.FILED, facts=make.entity_facts(credit_code=known.credit_code), licence=make.pdf("other"))
    assert "待中心核实" in read(browser(rival), url("home"))


def test_an_enterprise_that_waits_for_its_verification_cannot_start(window):
    entity = make.entity(verified=False)
    page = read(browser(make.owner_of(entity)), url("home"))
    assert "待核验" in page
    assert "开始申报" not in page.replace("即可开始申报", "")


def test_a_returned_registration_shows_the_reason_and_the_way_to_mend_it():
    entity = make.entity(verified=False)
    enterprises.return_entity(entity, by=make.officer(Role.HANDLER), at=make.FILED, reason="营业执照不清晰")
    page = read(browser(make.owner_of(entity)), url("home"))
    assert "营业执照不清晰" in page
    assert "下一步：修改企业信息" in page


def test_a_verified_enterprise_without_a_policy_is_led_to_register_one(window):
    page = read(browser(make.owner_of(make.entity())), url("home"))
    assert "下一步：登记保单" in page


def test_the_state_of_the_preregistration_is_shown():
    entity, pilot = make.entity(), make.pilot()
    facts = {"products_abroad": "传感器", "countries": "美国"}
    enterprises.preregister(entity, pilot, by=make.owner_of(entity), at=make.FILED, facts=facts)
    assert "等待中心确认" in read(browser(make.owner_of(entity)), url("home"))


def test_an_open_window_shows_its_closing_and_can_be_started(window):
    entity = make.entity()
    make.policy(entity)
    client = browser(make.owner_of(entity))
    page = client.get(url("home"))
    assert f'data-countdown="{make.CLOSES.isoformat()}"' in page.content.decode()
    assert "2026 年 9 月 30 日 17:00 截止" in text_of(page)
    assert "下一步：开始申报" in text_of(page)
    started = client.post(url("start", window.pk), follow=True)
    assert "尚未提交" in text_of(started)
    assert "下一步：继续填写草稿" in read(client, url("home"))


def test_no_open_window_is_said_plainly(window, time_machine):
    time_machine.move_to(make.CLOSES)
    assert "现在没有开放的申报期" in read(browser(make.owner_of(make.entity())), url("home"))


def test_a_filed_case_stands_with_number_state_and_next_step(window):
    case = make.application(window=window)
    page = read(browser(case.created_by), url("home"))
    for words in (case.number, "已提交", "等待受理，2026 年 9 月 8 日前告知是否受理", "查看已提交的申报", f"申报已提交：{case.number}"):
        assert words in page


def test_an_enterprise_with_an_award_of_the_year_is_not_led_to_a_second_one(window, time_machine):
    case = make.application(window=window, state=State.CHECKED)
    make.allocated(window)
    later = make.window(opens_at=make.CLOSES, closes_at=make.DETERMINED)
    time_machine.move_to(make.ALLOCATED)
    client = browser(case.created_by)
    page = read(client, url("home"))
    assert "本年度已获补贴，每家企业一年只补贴一次投保" in page
    assert "开始申报" not in page
    answer = client.post(url("start", later.pk))
    assert answer.status_code == 409
    for words in ("本年度已获补贴", case.number, f"查看申报 {case.number}"):
        assert words in text_of(answer)


def test_starting_twice_leads_to_the_same_draft(window):
    entity = make.entity()
    client = browser(make.owner_of(entity))
    first, second = (client.post(url("start", window.pk)) for _ in range(2))
    assert first.url == second.url == Application.objects.get().get_absolute_url()


def test_starting_again_after_filing_names_the_filed_case(window):
    case = make.application(window=window)
    page = browser(case.created_by).post(url("start", window.pk))
    assert page.status_code == 409
    for words in (case.number, "企业自行申报", "2026-09-01 10:00", "已提交", f"查看申报 {case.number}"):
        assert words in text_of(page)
    assert f'href="{case.get_absolute_url()}"' in page.content.decode()


def test_starting_again_after_withdrawal_opens_a_new_draft(window):
    case = make.application(window=window)
    applications.withdraw(case, by=case.created_by, at=make.FILED, reason="填错了")
    client = browser(case.created_by)
    assert "重新申报" in read(client, case.get_absolute_url())
    client.post(url("start", window.pk))
    assert Application.objects.filter(state=State.DRAFT).count() == 1


def test_a_closed_window_cannot_be_started(window, time_machine):
    owner = make.owner_of(make.entity())
    time_machine.move_to(make.CLOSES)
    page = browser(owner).post(url("start", window.pk))
    assert page.status_code == 422
    assert "现在不在申报期内，不能开始申报" in text_of(page)
    assert not Application.objects.exists()


def test_an_unpublished_window_does_not_exist():
    hidden = make.window(published=False)
    assert browser(make.owner_of(make.entity())).post(url("start", hidden.pk)).status_code == 404


def test_opening_a_page_starts_nothing(window):
    assert browser(make.owner_of(make.entity())).get(url("start", window.pk)).status_code == 405


def test_a_viewer_cannot_start(window):
    entity = make.entity()
    viewer = make.user(Role.ENTERPRISE)
    entity.memberships.create(user=viewer, role=MembershipRole.VIEWER, created_at=make.FILED)
    page = browser(viewer).post(url("start", window.pk))
    assert page.status_code == 403
    assert "您不能代表" in text_of(page)


def test_the_list_of_applications_holds_the_enterprises_own_alone(window):
    mine, other = make.application(window=window), make.application(window=window)
    page = read(browser(mine.created_by), url("applications"))
    assert mine.number in page
    assert other.number not in page


def test_the_list_turns_its_pages(window, monkeypatch):
    monkeypatch.setattr("subsidies.views.desk.PAGE", 2)
    entity = make.entity()
    owner = make.owner_of(entity)
    for _ in range(3):
        case = make.application(window=window, legal_entity=entity)
        applications.withdraw(case, by=owner, at=make.FILED, reason="重来")
    numbers = list(Application.objects.order_by("-pk").values_list("number", flat=True))
    client = browser(owner)
    first = read(client, url("applications"))
    assert [number in first for number in numbers] == [True, True, False]
    older = Application.objects.order_by("-pk")[1].pk
    assert [number in read(client, f"{url('applications')}?before={older}") for number in numbers] == [False, False, True]


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.ENTERPRISE, Role.SYSTEM)])
def test_the_desk_is_for_enterprises_alone(role):
    client = browser(make.user(role))
    assert client.get(url("home")).status_code == 403
    assert client.get(url("applications")).status_code == 403


def test_home_takes_16_queries_however_many_cases(window, django_assert_max_num_queries):
    entity = make.entity()
    owner = make.owner_of(entity)
    Pilot.objects.get_or_create(year=2025, defaults={"name": "2025 年试点", "basis": "试点方案"})
    client = browser(owner)
    for count in range(3):
        case = make.application(window=window, legal_entity=entity)
        applications.withdraw(case, by=owner, at=make.FILED + timedelta(minutes=count), reason="重来")
        with django_assert_max_num_queries(16):
            assert case.number in read(client, url("home"))
