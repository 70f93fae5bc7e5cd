import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.rules import (
    FEN,
    SCHEME,
    SCHEME_CAP,
    SCHEME_RATE,
    Basis,
    Line,
    Terms,
    entitlement,
    explain,
    is_capped,
    pro_rata,
    recognised_premium,
    recovery_after_endorsement,
    recovery_after_surrender,
    rmb_capitals,
)

SAMPLE = list(csv.DictReader((Path(__file__).parents[1] / "data" / "enterprises_sample.csv").read_text("utf-8-sig").splitlines()))
D = Decimal
amounts = st.decimals(min_value=0, max_value=D("999999999999.99"), places=2)
rates = st.decimals(min_value=0, max_value=SCHEME_RATE, places=2)
caps = st.decimals(min_value=0, max_value=SCHEME_CAP, places=2)
terms = st.builds(Terms, rates, caps)


@pytest.mark.parametrize("row", SAMPLE, ids=lambda row: row["序号"])
def test_every_sample_enterprise_gets_the_expected_amount(row):
    premium = recognised_premium(Basis(policy_total=D(row["保费_元"]), paid_cny=D(row["实缴保费_元"])))
    subsidy = entitlement(premium, SCHEME)
    assert str(subsidy) == row["应补金额_元"]
    assert rmb_capitals(subsidy) == row["应补金额大写"]
    assert is_capped(premium, SCHEME) == (row["是否受上限限制"] == "是")


@pytest.mark.parametrize(
    ("premium", "subsidy", "capped"),
    [
        ("0.00", "0.00", False),
        ("0.01", "0.00", False),
        ("0.02", "0.01", False),
        ("999999.99", "799999.99", False),
        ("1000000.00", "800000.00", False),
        ("1000000.01", "800000.00", False),
        ("1000000.02", "800000.00", True),
        ("999999999999.99", "800000.00", True),
    ],
)
def test_the_amount_around_the_cap(premium, subsidy, capped):
    assert str(entitlement(D(premium), SCHEME)) == subsidy
    assert is_capped(D(premium), SCHEME) == capped


@given(amounts, terms)
def test_no_entitlement_is_above_rate_or_cap_nor_a_fen_too_low(premium, terms):
    allowed = entitlement(premium, terms)
    assert allowed <= premium * terms.rate
    assert allowed <= terms.cap <= SCHEME_CAP
    assert allowed == terms.cap or allowed + FEN > premium * terms.rate
    assert allowed.as_tuple().exponent == -2


@pytest.mark.parametrize(("rate", "cap"), [("0.81", "1.00"), ("0.80", "800000.01"), ("-0.01", "1.00"), ("0.80", "-1.00"), ("NaN", "1.00")])
def test_no_terms_are_above_the_scheme(rate, cap):
    with pytest.raises((ValueError, ArithmeticError)):
        Terms(D(rate), D(cap))


def test_a_premium_is_never_negative():
    with pytest.raises(ValueError):
        entitlement(D("-0.01"), SCHEME)


@pytest.mark.parametrize(
    ("basis", "premium"),
    [
        (Basis(), "0.00"),
        (Basis(policy_total=D("300000.00")), "300000.00"),
        (Basis(policy_total=D("200000.00"), invoices_total=D("190000.00"), paid_cny=D("200000.00")), "190000.00"),
        (Basis(policy_total=D("200000.00"), invoices_total=D("200000.00"), paid_cny=D("0.00")), "0.00"),
        (Basis(policy_total=D("300000.00"), non_pilot_cover=D("80000.00"), paid_cny=D("300000.00")), "220000.00"),
        (Basis(policy_total=D("300000.00"), non_pilot_cover=D("80000.00"), coinsured_share=D("88000.00")), "132000.00"),
        (Basis(policy_total=D("100.00"), non_pilot_cover=D("80.00"), coinsured_share=D("30.00")), "0.00"),
        (Basis(invoices_total=D("201300.00"), paid_cny=D("201300.00")), "201300.00"),
        (Basis(invoices_total=D("201300.00"), paid_cny=D("201300.00"), non_pilot_cover=D("1300.00")), "200000.00"),
    ],
)
def test_the_lowest_of_policy_invoices_and_payment_is_recognised(basis, premium):
    assert str(recognised_premium(basis)) == premium


parts = st.none() | amounts


@given(parts, amounts, amounts, parts, parts)
def test_no_paper_and_no_deduction_ever_raises_the_recognised_premium(policy, cover, share, invoices, paid):
    basis = Basis(policy_total=policy, non_pilot_cover=cover, coinsured_share=share, invoices_total=invoices, paid_cny=paid)
    premium = recognised_premium(basis)
    assert premium >= 0
    for figure in (basis.policy_part, invoices, paid):
        assert figure is None or premium <= figure
    assert premium <= recognised_premium(replace(basis, non_pilot_cover=D(0), coinsured_share=D(0)))


def test_the_amount_explains_itself():
    basis = Basis(policy_total=D("1300000.00"), non_pilot_cover=D("100000.00"), invoices_total=D("1300000.00"), paid_cny=D("1250000.00"))
    assert explain(basis, SCHEME) == [
        Line("保单保费", D("1300000.00"), "含税，以批改后为准"),
        Line("减：非试点责任保费", D("-100000.00"), "试点方案 四（二）"),
        Line("发票价税合计", D("1300000.00"), "全部发票，红字发票相抵"),
        Line("实付保费", D("1250000.00"), "截止日前到账，以人民币计"),
        Line("认定保费", D("1200000.00"), "保单、发票、实付三者取低"),
        Line("× 80%，舍去分以下", D("960000.00"), "试点方案 六（二）1"),
        Line("最高 80 万元", D("800000.00"), "受上限限制"),
        Line("预计补贴", D("800000.00"), "", total=True),
    ]


def test_what_is_not_known_yet_is_left_out_and_said():
    lines = explain(Basis(policy_total=D("33333.33")), Terms(D("0.755"), D("123456.78")))
    assert [line.label for line in lines] == ["保单保费", "认定保费", "× 75.5%，舍去分以下", "最高 123,456.78 元", "预计补贴"]
    assert [line.clause for line in lines[1:4]] == ["按保单计算", "试点方案 六（二）1", "未达上限"]
    assert lines[3].amount is None
    assert explain(Basis(policy_total=D(1), paid_cny=D(1)), SCHEME)[2].clause == "保单、实付取低"
    assert explain(Basis(), SCHEME)[0] == Line("认定保费", D("0.00"), "尚未提供保单、发票和付款金额")


def test_an_officer_can_only_lower_the_result():
    basis = Basis(policy_total=D("100000.00"))
    lowered = explain(basis, SCHEME, result="拟补贴额", lowered_to=D("70000.00"))
    assert lowered[-2:] == [Line("审核调低至", D("70000.00"), "理由见审核意见"), Line("拟补贴额", D("70000.00"), "", total=True)]
    assert explain(basis, SCHEME, lowered_to=D("90000.00"))[-1].amount == D("80000.00")
    assert explain(basis, SCHEME, lowered_to=D("0.00"))[-1].amount == D("0.00")


@given(st.lists(st.builds(entitlement, amounts, terms), max_size=60), amounts | st.decimals(min_value=0, max_value=1000, places=2))
def test_allocation_never_overspends_and_is_fair(entitled, budget):
    shared = pro_rata(entitled, budget)
    assert len(shared.awards) == len(entitled)
    assert sum(shared.awards) + shared.left == budget
    assert shared.left >= 0
    assert all(0 <= award <= claim for award, claim in zip(shared.awards, entitled, strict=True))
    if sum(entitled) <= budget:
        assert list(shared.awards) == entitled
    else:
        assert shared.left < len(entitled) * FEN  # short: less than a fen each stays behind
        assert all(award + FEN > claim * budget / sum(entitled) for award, claim in zip(shared.awards, entitled, strict=True))


@pytest.mark.parametrize(
    ("entitled", "budget", "awards", "left"),
    [
        ([], "100.00", [], "100.00"),
        (["0.00", "0.00"], "0.00", ["0.00", "0.00"], "0.00"),
        (["10.00", "10.00"], "20.00", ["10.00", "10.00"], "0.00"),
        (["10.00", "10.00"], "0.00", ["0.00", "0.00"], "0.00"),
        (["0.01", "0.01", "0.01"], "0.02", ["0.00", "0.00", "0.00"], "0.02"),
        (["800000.00"] * 3, "1000000.00", ["333333.33"] * 3, "0.01"),
        (["800000.00"] * 100_000, "999999999.99", ["9999.99"] * 100_000, "999.99"),
    ],
)
def test_allocations_worked_by_hand(entitled, budget, awards, left):
    shared = pro_rata([D(amount) for amount in entitled], D(budget))
    assert [str(award) for award in shared.awards] == awards
    assert str(shared.left) == left


@pytest.mark.parametrize(("entitled", "budget"), [(["-1.00"], "1.00"), (["1.00"], "-1.00"), (["0.001"], "1.00")])
def test_what_is_no_money_is_not_allocated(entitled, budget):
    with pytest.raises(ValueError):
        pro_rata([D(amount) for amount in entitled], D(budget))


@pytest.mark.parametrize(
    ("before", "after", "recover"),
    [
        ("1200000.00", "1050000.00", "0.00"),
        ("1200000.00", "900000.00", "80000.00"),
        ("500000.00", "0.00", "400000.00"),
        ("500000.00", "550000.00", "0.00"),
    ],
)
def test_an_endorsement_recovers_the_difference_of_two_capped_amounts(before, after, recover):
    awarded = entitlement(D(before), SCHEME)
    assert recovery_after_endorsement(awarded, awarded, D(after), SCHEME).recover == D(recover)


def test_a_short_award_is_recovered_in_its_proportion():
    recovery = recovery_after_endorsement(D("200000.00"), D("400000.00"), D("450000.00"), SCHEME)
    assert (recovery.entitled_after, recovery.award_after, recovery.recover) == (D("360000.00"), D("180000.00"), D("20000.00"))


def test_a_surrender_recovers_all_of_it():
    recovery = recovery_after_surrender(D("400000.00"))
    assert (recovery.award_after, recovery.recover) == (D("0.00"), D("400000.00"))


@given(amounts, amounts, st.integers(0, 100))
def test_a_recovery_is_never_negative_nor_above_the_award(before, after, percent):
    entitled = entitlement(before, SCHEME)
    awarded = (entitled * percent / 100).quantize(FEN, "ROUND_DOWN")
    recovery = recovery_after_endorsement(awarded, entitled, after, SCHEME)
    assert 0 <= recovery.recover <= awarded
    assert recovery.award_after + recovery.recover == awarded
    assert recovery.award_after <= max(recovery.entitled_after, entitled if after >= before else recovery.entitled_after)
