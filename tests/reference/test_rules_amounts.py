from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilot_portal.reference.rules import AmountError, clean_amount, compact, parse_amount, parse_premium


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0", "0.00"), ("0.5", "0.50"), ("12", "12.00"), ("1000000.01", "1000000.01"), ("999999999999.99", "999999999999.99")],
)
def test_strict_amounts_come_back_to_the_fen(text, amount):
    assert str(parse_amount(text)) == amount


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "amount_empty"),
        ("   ", "amount_empty"),
        ("-1", "amount_negative"),
        ("-0.01", "amount_negative"),
        ("-5.005", "amount_negative"),
        ("1.005", "amount_decimals"),
        ("0.000", "amount_decimals"),
        ("1e5", "amount_format"),
        ("1,000.00", "amount_format"),
        ("１００", "amount_format"),
        ("٣٤", "amount_format"),
        ("+5", "amount_format"),
        (".5", "amount_format"),
        ("5.", "amount_format"),
        ("007", "amount_format"),
        ("12 ", "amount_format"),
        ("12\n", "amount_format"),
        ("NaN", "amount_format"),
        ("Infinity", "amount_format"),
        ("1_000", "amount_format"),
        ("1000000000000", "amount_format"),
        ("12万元", "amount_format"),
    ],
)
def test_anything_else_is_refused_with_its_code_and_a_sentence(text, code):
    with pytest.raises(AmountError) as refused:
        parse_amount(text)
    assert refused.value.code == code
    assert str(refused.value).endswith("。")


def test_a_premium_is_above_zero():
    assert parse_premium("0.01") == Decimal("0.01")
    with pytest.raises(AmountError) as refused:
        parse_premium("0.00")
    assert refused.value.code == "zero_premium"


@pytest.mark.parametrize(
    "text", ["1234567.80", "1,234,567.8", "１，２３４，５６７．８０", " 1 234 567.80 ", "￥1,234,567.80", "¥1234567.8", "1,234,567.80 元"]
)
def test_forms_take_an_amount_as_people_type_it(text):
    assert clean_amount(text) == Decimal("1234567.80")


@pytest.mark.parametrize("text", ["1,23", "12,34,567", "1,2345", ",123", "1,234,", "12万", "1.2.3", "一百", "$5"])
def test_forms_do_not_guess(text):
    with pytest.raises(AmountError):
        clean_amount(text)


@given(st.text(alphabet="0123456789.,-+eE ￥元０１．", max_size=20))
def test_what_is_read_is_never_below_zero_nor_finer_than_a_fen(text):
    try:
        amount = clean_amount(text)
    except AmountError:
        return
    assert amount >= 0
    assert amount.as_tuple().exponent == -2


@given(st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2))
def test_forms_read_back_what_screens_show(amount):
    assert clean_amount(f"{amount:,.2f}") == parse_amount(f"{amount:.2f}") == amount


def test_one_spelling_for_matching():
    assert compact(" ｑｉｐｌ－2022 11–0395‑125\u200b\t") == "QIPL2022110395125"
    assert compact("O0I1") == "O0I1"
