"""The oversight desk: what waits, where the money stands, what was determined, what is published."""

from datetime import date, datetime
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import OVERSIGHT, Role
from programme.oversight.reports import waiting_lists
from subsidies import payment_files
from subsidies.models import Application, Payment
from subsidies.reports.budgets import BAR, Money, budgets
from subsidies.services import applications, payments, recovery, windows
from subsidies.states import PaymentState, State
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


def test_returned_recovered_and_owed_money_and_versions_of_the_draw_are_shown(client):
    window = make.window()
    cases = [make.application(window=window, state=State.CHECKED) for _ in range(3)]
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED)
    Payment.objects.filter(application=cases[0]).update(state=PaymentState.RETURNED, return_reason="户名不符")
    paid = {"state": PaymentState.PAID, "paid_on": date(2026, 10, 26), "bank_reference": "R-1"}
    Payment.objects.filter(application__in=cases[1:]).update(**paid)
    head, office = make.officer(Role.HEAD), make.officer(Role.IP_OFFICE)
    stamps = {"state": State.PAID, "paid_at": make.PAID, "paid_by": make.officer(Role.FINANCE)}
    Application.objects.filter(pk__in=[case.pk for case in cases[1:]]).update(**stamps)
    for case, amount in zip(cases[1:], ("30000.00", "20000.00"), strict=True):
        case.refresh_from_db()
        made = recovery.propose_recovery(case, by=head, at=make.PAID, amount=Decimal(amount), reason="多付")
        recovery.order_recovery(made, by=office, at=make.PAID)
    finance = make.officer(Role.FINANCE)
    recovery.confirm_repayment(made, by=finance, at=make.PAID, amount=Decimal("20000.00"), bank_reference="B-1")
    wanted = windows.propose_draw(window, by=finance, at=make.PAID, draw=Decimal("4000000.00"), reason="压减预算批复")
    windows.decide_draw(wanted, by=head, at=make.PAID, confirmed=True)
    found = budgets()[0]
    money = found.total
    assert (money.paid, money.returned) == (Decimal("160000.00"), Decimal("80000.00"))
    assert (money.recovered, money.owed) == (Decimal("20000.00"), Decimal("30000.00"))
    assert (money.drawn, money.left) == (Decimal("4000000.00"), Decimal("3760000.00"))
    assert [(change.before, change.after) for change in found.changes] == [(Decimal("5000000.00"), Decimal("4000000.00"))]
    html = read(client, DESK, Role.OBSERVER)
    for said in ("退票待重付", "已追回", "待退回 30,000.00", "压减预算批复", "5,000,000.00"):
        assert said in html


def test_a_returned_payment_that_was_replaced_waits_no_longer():
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED)
    Payment.objects.update(state=PaymentState.RETURNED, return_reason="户名不符")
    assert budgets()[0].total.returned == Decimal("80000.00")
    Application.objects.filter(pk=case.pk).update(held_at=None)
    payments.prepare_batch(window, make.pilot().appropriations.first(), by=make.officer(Role.FINANCE), at=make.PAID)
    assert budgets()[0].total.returned == Decimal("0.00")


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
