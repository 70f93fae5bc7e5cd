"""重放: what was decided comes out again to the fen; each planted deviation is named; nothing is written."""

import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from pilot_portal.accounts.roles import Role
from subsidies import rules
from subsidies.models import AllocationLine, Review
from subsidies.replay import Outcome, replay
from subsidies.services import allocation, objections, reviews
from subsidies.states import State
from tests import drive, make
from tests.expect import sql


@pytest.fixture
def window(transactional_db):
    """A short budget: one case paid, one lowered after an objection and awarded anew, one reserved and awarded late, one rejected."""
    window = make.window(draw="200000.00")
    make.application(window=window, state=State.CHECKED, premium=Decimal("123456.78"))
    lowered = make.application(window=window, state=State.CHECKED)
    late = make.application(window=window, state=State.ACCEPTED)
    drive.rejection(window=window)
    make.publicised(window)
    lowered.refresh_from_db()
    objection = drive.objection(lowered)
    objections.uphold(objection, by=make.officer(Role.HEAD), at=drive.DECIDED, decision="一半属实", lowered_to=Decimal("40000.00"))
    make.judge_all(late)
    reviews.review(late, by=make.officer(Role.HANDLER), at=drive.DECIDED, lowered_to=Decimal("70000.00"), lowered_reason="部分不属试点")
    reviews.check(late, by=make.officer(Role.REVIEWER), at=drive.DECIDED)
    allocation.allocate(window, by=make.officer(Role.HEAD), at=drive.DECIDED)
    return window


def printed(window) -> list[str]:
    out = io.StringIO()
    call_command("replay", str(window.pk), stdout=out)
    return out.getvalue().splitlines()


def deviations(window) -> list[str]:
    out = io.StringIO()
    with pytest.raises(CommandError) as stopped:
        call_command("replay", str(window.pk), stdout=out)
    assert stopped.value.returncode == 1
    return [line for line in out.getvalue().splitlines() if line.startswith("  不一致")]


def test_all_that_was_decided_comes_out_again_to_the_fen(window):
    found = [one for one in replay(window) if isinstance(one, Outcome)]
    assert [one.holds for one in found] == [True] * 4
    assert sum(1 for one in found if one.awarded is None) == 1
    assert {str(one.awarded) for one in found if one.awarded is not None} == {
        str(amount) for amount in window.applications.exclude(awarded=None).values_list("awarded", flat=True)
    }
    lines = printed(window)
    assert lines[-1] == "全部一致，到分。"
    assert sum("一致" in line for line in lines[3:-1]) == 4


PLANTS = [
    # table, column, what it becomes, which row, what the command says
    ("subsidies_review", "recognised_premium", "recognised_premium - 0.01", "first", "认定保费"),
    ("subsidies_review", "paid", "paid - 1", "first", "记实付"),
    ("subsidies_review", "computed", "computed + 0.01", "lowered", "计算应补"),
    ("insurers_invoice", "amount", "amount + 1", "first", "记发票"),
    ("subsidies_application", "entitled", "entitled - 0.01", "first", "最后一次初审"),
    ("subsidies_application", "awarded", "awarded - 0.01", "first", "核定"),
    ("subsidies_application", "cap", "700000", "first", "本件条款"),
    ("subsidies_allocationline", "entitled", "entitled + 0.01", "first", "输入哈希"),
    ("subsidies_allocationline", "result", "result - 0.01", "first", "的明细为"),
    ("subsidies_allocationline", "reserved", "reserved + 10", "late", "先前分配只为它留了"),
    ("subsidies_allocationrun", "budget", "budget - 1", "first", "输入哈希"),
    ("subsidies_allocationrun", "budget", "budget + 100000", "first", "当时本期预算只有"),
    ("subsidies_allocationrun", "input_hash", "'0'", "first", "输入哈希"),
    ("subsidies_allocationrun", "awarded_total", "awarded_total - 0.01", "first", "核定合计"),
    ("subsidies_allocationrun", "count", "count + 1", "first", "件数"),
    ("subsidies_allocationrun", "rules_version", "'1999-1'", "first", "规则版本"),
]


def test_each_planted_deviation_is_named(window, owner_cursor):
    rows = {
        ("subsidies_review", "first"): Review.objects.order_by("pk").first().pk,
        ("subsidies_review", "lowered"): Review.objects.get(entitled=70000).pk,
        ("subsidies_allocationline", "late"): AllocationLine.objects.get(kind="late", run__sequence=2, entitled=70000).pk,
    }
    for table, column, value, which, says in PLANTS:
        key = rows.get((table, which)) or sql(f"SELECT MIN(id) FROM {table}")[0][0]
        owner_cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner_cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [key])
        (stood,) = owner_cursor.fetchone()
        owner_cursor.execute(f"UPDATE {table} SET {column} = {value} WHERE id = %s", [key])
        found = deviations(window)
        assert any(says in line for line in found), (table, column, found)
        owner_cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [stood, key])
        owner_cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert printed(window)[-1] == "全部一致，到分。"


@pytest.mark.django_db
def test_it_asks_for_a_window_that_is_published():
    with pytest.raises(CommandError, match="没有编号"):
        call_command("replay", str(make.window(published=False, draw="1.00").pk))


@pytest.mark.django_db
def test_an_empty_window_holds():
    assert list(replay(make.window())) == []


def test_another_arithmetic_needs_another_version():
    """What the rules of this version answer. If this fails, the rules have changed: give them a new version and keep the old one."""
    assert rules.RULES_VERSION == "2022-1"
    terms = rules.Terms(Decimal("0.80"), Decimal("800000.00"))
    premiums = ["0.01", "0.02", "999999.99", "1000000.00", "123456.78", "99999999999.99"]
    assert [str(rules.entitlement(Decimal(one), terms)) for one in premiums] == [
        *("0.00", "0.01", "799999.99", "800000.00", "98765.42", "800000.00"),
    ]
    shares = rules.pro_rata([Decimal("0.01"), Decimal("80000.00"), Decimal("799999.99")], Decimal("100000.00"))
    assert [str(one) for one in (*shares.awards, shares.left)] == ["0.00", "9090.90", "90909.08", "0.02"]
    assert str(rules.award_after(Decimal("40000.00"), Decimal("80000.00"), Decimal("60000.01"))) == "30000.00"
