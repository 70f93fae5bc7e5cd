from decimal import Decimal

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsidies.capitals import is_permitted_capitals, permitted_capitals, read_capitals, rmb_capitals

amounts = st.decimals(min_value=0, max_value=Decimal("999999999999.99"), places=2)
# amounts full of zeros, where the rules bite
sparse = st.builds(lambda digits: Decimal("".join(digits)) / 100, st.lists(st.sampled_from("0001"), min_size=1, max_size=14))


@pytest.mark.parametrize(
    ("amount", "forms"),
    [  # 附一 五, all examples
        ("1409.50", ["人民币壹仟肆佰零玖元伍角"]),
        ("6007.14", ["人民币陆仟零柒元壹角肆分"]),
        ("1680.32", ["人民币壹仟陆佰捌拾元零叁角贰分", "人民币壹仟陆佰捌拾元叁角贰分"]),
        ("107000.53", ["人民币壹拾万柒仟元零伍角叁分", "人民币壹拾万零柒仟元伍角叁分"]),
        ("16409.02", ["人民币壹万陆仟肆佰零玖元零贰分"]),
        ("325.04", ["人民币叁佰贰拾伍元零肆分"]),
    ],
)
def test_the_examples_of_the_rules(amount, forms):
    assert rmb_capitals(Decimal(amount)) == forms[0]
    assert set(forms) <= permitted_capitals(Decimal(amount))


@pytest.mark.parametrize(
    ("amount", "form"),
    [
        ("0.00", "人民币零元整"),
        ("0.05", "人民币伍分"),
        ("0.15", "人民币壹角伍分"),
        ("1.05", "人民币壹元零伍分"),
        ("10.00", "人民币壹拾元整"),
        ("10.05", "人民币壹拾元零伍分"),
        ("20.50", "人民币贰拾元零伍角"),
        ("100100.00", "人民币壹拾万零壹佰元整"),
        ("101000.00", "人民币壹拾万壹仟元整"),
        ("1000000.00", "人民币壹佰万元整"),
        ("50050000.00", "人民币伍仟零伍万元整"),
        ("99999999.99", "人民币玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
        ("100000001.00", "人民币壹亿零壹元整"),
        ("100100000.00", "人民币壹亿零壹拾万元整"),
        ("100001000.00", "人民币壹亿壹仟元整"),
        ("999999999999.99", "人民币玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_further_canonical_forms(amount, form):
    assert rmb_capitals(Decimal(amount)) == form


@pytest.mark.parametrize("amount", ["-0.01", "0.001", "1000000000000", "NaN", "Infinity"])
def test_what_is_no_amount_has_no_form(amount):
    with pytest.raises((ValueError, OverflowError)):
        rmb_capitals(Decimal(amount))


@pytest.mark.parametrize(
    "text",
    [
        "人民币壹佰元整",
        "人民币壹佰元正",
        "人民币壹佰圆整",
        "人民币壹萬貳仟圓整",
        "人民币壹拾万零柒仟元零伍角叁分",
        "人民币伍角正",
        "人民币零元零壹分",
    ],
)
def test_permitted_ways_to_write_an_amount(text):
    assert is_permitted_capitals(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "人民币",
        "人民币整",
        "人民币元整",
        "壹佰元整",  # 人民币 must stand before it
        "人民币 壹佰元整",  # no blank
        "人民币壹佰元整 ",
        "人民币：壹佰元整",
        "人民币壹佰元",  # 整 after 元
        "人民币壹佰元整整",
        "人民币壹佰元伍分整",  # never 整 after 分
        "人民币壹佰元伍分",  # 零 for the missing 角
        "人民币壹佰元零角伍分",
        "人民币拾元整",
        "人民币壹佰拾元整",
        "人民币壹佰零壹拾元整",
        "人民币壹仟壹元整",
        "人民币壹仟零零壹元整",
        "人民币壹万壹元整",
        "人民币壹万零壹仟元整",  # the digit before 万 is not 0
        "人民币壹佰元零整",
        "人民币壹佰零元整",
        "人民币玖元零伍角",
        "人民币一百元整",
        "人民币两佰元整",
        "人民币念元整",
        "人民币壹百元整",
        "人民币100元整",
        "人民币壹佰块整",
        "人民币壹毛整",
        "人民币伍角零叁分",
        "人民币壹拾壹角",
        "人民币壹万万元整",
        "美元壹佰元整",
    ],
)
def test_other_ways_are_not(text):
    assert not is_permitted_capitals(text)


@given(amounts | sparse)
def test_every_permitted_form_reads_back_as_its_amount(amount):
    for form in permitted_capitals(amount):
        assert read_capitals(form) == amount
        assert is_permitted_capitals(form)


@given(amounts | sparse, amounts | sparse)
def test_no_form_means_two_amounts(a, b):
    assert a == b or not permitted_capitals(a) & permitted_capitals(b)


@given(amounts | sparse)
def test_an_independent_converter_writes_a_permitted_form(amount):
    assert "人民币" + cn2an.an2cn(f"{amount:.2f}", "rmb") in permitted_capitals(amount)


@given(amounts | sparse, st.integers(0, 40), st.sampled_from("壹贰叁肆伍陆柒捌玖"))
def test_another_digit_never_reads_as_the_same_amount(amount, position, digit):
    form = rmb_capitals(amount)
    digits = [place for place, character in enumerate(form) if character in "壹贰叁肆伍陆柒捌玖"]
    if digits:
        place = digits[position % len(digits)]
        assert (read_capitals(form[:place] + digit + form[place + 1 :]) == amount) == (form[place] == digit)


@given(st.text(alphabet="人民币零壹贰拾佰仟万亿元圆角分整正两0 ", max_size=20))
def test_any_text_can_be_asked(text):
    assert is_permitted_capitals(text) in (True, False)
