"""批改 and 退保: what will follow is said first, nothing is registered before, both sides see it after."""

from datetime import timedelta
from decimal import Decimal

import pytest

from insurers.models import Endorsement
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from subsidies.models import Application
from subsidies.services import applications, reviews
from subsidies.states import State
from tests import drive, make
from tests.insurers import desk
from tests.subsidies.pages import browser, read, received, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_november(time_machine):
    time_machine.move_to(make.PAID + timedelta(days=7))


@pytest.fixture
def person():
    return desk.desk_of(make.insurer())


def typed(**changes) -> dict:
    facts = {
        "kind": "reduction",
        "number": "PD-1",
        "effective_on": "2026-10-30",
        "premium_after": "60,000.00",
        "paper": make.pdf("endorsement"),
    }
    return facts | changes


def address(policy, verb: str = "endorse") -> str:
    return f"/insurer/policies/{policy.pk}/{verb}/"


def shown(response) -> str:
    assert response.status_code == 200, text_of(response)
    assert not Endorsement.objects.exists()
    return text_of(response)


def by_the_insurer(window) -> Application:
    """A case that the insurer has filed, checked."""
    case = drive.insurers_case(window=window)
    reviews.screen(case, at=make.FILED)
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    make.judge_all(case)
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED)
    return reviews.check(case, by=make.officer(Role.REVIEWER), at=make.CHECKED)


def test_a_reduction_says_what_becomes_of_a_checked_case_and_only_then_registers(person):
    case = by_the_insurer(make.window())
    page = shown(person.post(address(case.policy), typed()))
    assert "应补金额由 80,000.00 元降为 48,000.00 元" in page
    assert "本件将暂停办理" in page
    again = typed(confirmed="on")
    page = text_of(person.post(address(case.policy), again, follow=True))
    assert "批单已登记" in page
    made = Endorsement.objects.get()
    assert (made.policy, made.premium_after, made.reported_by) == (case.policy, Decimal("60000.00"), desk.staff_of(case.policy.insurer))
    assert "PD-1" in read(browser(make.owner_of(case.legal_entity)), f"/enterprise/policies/{case.policy_id}/")


def test_the_paper_is_kept_between_the_pages_and_shown_to_both_sides(person):
    policy = make.policy(make.entity())
    response = person.post(address(policy), typed())
    kept = response.context["form"].cleaned_data["paper"]
    fields = {name: value for name, value in typed(confirmed="on", paper_kept=kept.pk).items() if name != "paper"}
    person.post(address(policy), fields)
    row = Endorsement.objects.get()
    assert row.paper == kept
    for reader in (person, browser(make.owner_of(policy.legal_entity))):
        assert received(reader.get(f"/enterprise/policies/{policy.pk}/endorsements/{row.pk}/paper/"))
    assert person.get(f"/enterprise/policies/{policy.pk}/endorsements/{row.pk}/delete/").status_code == 404


def test_going_back_keeps_everything(person):
    policy = make.policy(make.entity())
    response = person.post(address(policy), typed(back="on"))
    page = response.content.decode()
    assert 'value="PD-1"' in page
    assert "endorsement.pdf" in page
    assert not Endorsement.objects.exists()


def test_an_increase_brings_no_more_money(person):
    case = by_the_insurer(make.window())
    page = shown(person.post(address(case.policy), typed(kind="increase", premium_after="150,000")))
    assert "80,000.00 元不变" in page
    assert "不补发补贴" in page


def test_a_premium_that_does_not_move_as_stated_is_refused_beside_its_field(person):
    policy = make.policy(make.entity())
    response = person.post(address(policy), typed(premium_after="120,000"))
    assert response.status_code == 422
    assert "批改前的保费是 100,000.00 元" in response.context["form"].errors["premium_after"][0]


def test_the_same_number_is_not_registered_twice(person):
    policy = make.policy(make.entity())
    person.post(address(policy), typed(confirmed="on"))
    response = person.post(address(policy), typed(confirmed="on", premium_after="50,000"))
    assert response.status_code == 409
    assert "已登记过" in response.context["form"].errors["number"][0]


def test_a_surrender_after_payment_says_what_is_to_be_paid_back(person):
    window = make.window()
    case = by_the_insurer(window)
    make.approved(window)
    drive.settle(*drive.sent(window))
    page = shown(person.post(address(case.policy, "surrender"), {"number": "TB-1", "effective_on": "2026-10-30", "paper": make.pdf("x")}))
    assert "已拨付 80,000.00 元，拟向企业追回 80,000.00 元" in page
    fields = {"number": "TB-1", "effective_on": "2026-10-30", "paper": make.pdf("x"), "confirmed": "on"}
    assert "退保已登记" in text_of(person.post(address(case.policy, "surrender"), fields, follow=True))
    case.policy.refresh_from_db()
    assert case.policy.state == PolicyState.SURRENDERED
    response = person.post(address(case.policy, "surrender"), fields | {"number": "TB-2", "paper": make.pdf("y")})
    assert response.status_code == 409


def test_what_takes_effect_later_says_so(person):
    policy = make.policy(make.entity())
    page = shown(person.post(address(policy), typed(effective_on="2026-12-20")))
    assert "2026 年 12 月 20 日生效，生效前申报照常办理" in page
    assert "没有用于申报" in page


def test_amounts_of_a_case_that_the_enterprise_filed_itself_stay_hidden(person):
    case = make.application(window=make.window(), state=State.CHECKED)
    page = shown(person.post(address(case.policy), typed()))
    assert "企业已用这份保单申报" in page
    assert case.number not in page
    assert "48,000.00" not in page


@pytest.mark.parametrize("verb", ["endorse", "surrender"])
def test_a_policy_of_another_insurer_is_not_found(verb):
    policy = make.policy(make.entity())
    other = desk.desk_of(make.insurer("示例二"))
    assert other.get(address(policy, verb)).status_code == 404
    assert other.post(address(policy, verb), typed(confirmed="on")).status_code == 404


@pytest.mark.parametrize("verb", ["endorse", "surrender"])
def test_opening_the_page_registers_nothing(person, verb):
    policy = make.policy(make.entity())
    assert person.get(address(policy, verb)).status_code == 200
    assert not Endorsement.objects.exists()
