"""The oversight desk: what waits, where the money stands, what was determined, what is published."""

from datetime import datetime
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import OVERSIGHT, Role
from programme.oversight.reports import waiting_lists
from subsidies import payment_files
from subsidies.reports.budgets import BAR, Money, budgets
from subsidies.services import applications, payments
from subsidies.states import State
from tests import make

pytestmark = pytest.mark.django_db
DESK = reverse("programme:oversight")


def read(client, url: str, role: Role = Role.IP_OFFICE) -> str:
    client.force_login(make.officer(role))
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_desk_names_each_waiting_list_with_count_total_budget_and_hash(client):
    window = make.window(draw="3000000.00")
    for premium in ("100000.00", "33333.33"):
        make.application(window=window, state=State.CHECKED, premium=Decimal(premium))
    run = make.allocated(window)
    html = read(client, DESK)
    assert reverse("programme:determination", args=[run.pk]) in html
    for said in ("2 件，拟补贴 106,666.66 元", "3,000,000.00", run.list_hash[:16], "待您审定"):
        assert said in html


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.EVALUATOR])
def test_observers_and_evaluators_read_the_same_desk(client, role):
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    run = make.allocated(window)
    html = read(client, DESK, role)
    assert run.list_hash[:16] in html
    assert "待您审定" not in html


def test_held_cases_are_counted_apart_from_those_that_wait():
    window = make.window()
    held, _ = (make.application(window=window, state=State.CHECKED) for _ in range(2))
    make.allocated(window)
    held.refresh_from_db()
    applications.hold(held, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="核实")
    found = waiting_lists().get()
    assert (found.waiting, found.held, found.total, found.rejections) == (1, 1, Decimal("80000.00"), 0)


def test_a_determined_list_waits_no_longer_and_its_notice_is_shown_while_it_runs(client):
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    notice = make.publicised(window)
    with time_machine.travel(make.PUBLICISED, tick=False):
        html = read(client, DESK)
    assert "没有待审定的名单" in html
    assert "会议纪要〔2026〕8号" in html
    assert notice.number in html
    with time_machine.travel(make.APPROVED, tick=False):
        assert notice.number not in read(client, DESK)


def test_budget_is_read_by_pilot_and_adds_up():
    window, other = make.window(draw="1000000.00"), make.window(draw="500000.00")
    make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    found = budgets()
    assert [(row.appropriated, row.undrawn) for row in found] == [(Decimal("1500000.00"), Decimal("0.00"))]
    assert [shown.pk for shown, _ in found[0].windows] == [window.pk, other.pk]
    money = found[0].windows[0][1]
    assert (money.drawn, money.awarded, money.reserved, money.paid) == (window.draw, Decimal("80000.00"), Decimal(0), Decimal(0))
    assert money.left == Decimal("920000.00")
    assert found[0].total.drawn == Decimal("1500000.00")


@pytest.mark.parametrize(
    "money",
    [
        Money(Decimal("100.00"), Decimal("33.33"), Decimal("33.33"), Decimal("11.11")),
        Money(Decimal("0.03"), Decimal("0.02"), Decimal("0.01"), Decimal("0.01")),
        Money(Decimal("5000000.00"), Decimal("5000000.00"), Decimal("0.00"), Decimal("5000000.00")),
        Money(Decimal("0.00"), Decimal("0.00"), Decimal("0.00"), Decimal("0.00")),
    ],
)
def test_parts_of_a_bar_meet_and_fill_it(money):
    parts = money.parts
    assert sum(part.amount for part in parts) == money.drawn
    assert [part.x for part in parts[1:]] == [part.x + part.width for part in parts[:-1]]
    assert parts[-1].x + parts[-1].width == (BAR if money.drawn else 0)


def test_paid_money_is_counted_as_paid(client):
    window = make.window()
    make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    pay(batch)
    assert budgets()[0].windows[0][1].paid == Decimal("80000.00")
    assert "其中已拨付" in read(client, DESK)


def pay(batch, at: datetime = make.PAID) -> None:
    sent = payments.export_batch(batch, by=make.officer(Role.FINANCE), at=at)
    answer = payment_files.write_bank_result_template(sent, paid_on=at.date())
    payments.import_bank_result(batch, answer, by=make.officer(Role.FINANCE), at=at)


def test_desk_takes_the_same_number_of_queries_however_many_windows_and_lists(client, django_assert_max_num_queries):
    client.force_login(make.officer(Role.IP_OFFICE))
    for _ in range(3):
        window = make.window()
        make.application(window=window, state=State.CHECKED)
        make.allocated(window)
    with django_assert_max_num_queries(12):
        client.get(DESK)


@pytest.mark.parametrize("role", [role for role in Role if role not in OVERSIGHT | {Role.SYSTEM}])
def test_nobody_else_reads_lists_cases_or_papers(client, role):
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    run = make.allocated(window)
    client.force_login(make.user(role))
    for name, key in (("oversight", []), ("determination", [run.pk]), ("determination_csv", [run.pk]), ("oversight_case", [case.pk])):
        assert client.get(reverse(f"programme:{name}", args=key)).status_code == 403
