"""What is read from the text of a policy, and what is left for a person to type."""

from datetime import date
from decimal import Decimal

import pytest

from insurers.policy_text import Known, Reading, read_policy, same_name
from pilot_portal.accounts.roles import Role
from pilot_portal.files.reading import text_of
from pilot_portal.files.services import store_upload
from programme.demo.papers import folder
from programme.demo.samples import read_samples
from tests import make

SIGNED = date(2026, 6, 14)


def read(text: str, name: str):
    found = read_policy(text).get(name)
    return found.value if found else None


@pytest.mark.parametrize(
    "words",
    [
        "2026-06-14",
        "2026/6/14",
        "2026.06.14",
        "2026年6月14日",
        "2026 年 06 月 14 日",
        "２０２６年６月１４日",
        "20260614",
        "二〇二六年六月十四日",
        "二零二六年六月十四号",
    ],
)
@pytest.mark.parametrize("label", ["签订日期", "签单日期：", "签 单 日 期 :", "签发日期\n", "出单日期\t"])
def test_a_day_is_read_as_papers_write_it(label, words):
    assert read(f"保险单\n{label} {words}\n", "signed_on") == SIGNED


@pytest.mark.parametrize("words", ["2026-02-30", "2026年13月1日", "另行约定", "12345678", "26年6月14日"])
def test_what_is_no_day_is_not_read(words):
    assert read(f"签订日期：{words}", "signed_on") is None


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("保险费（含税） 人民币33,333.33元", "33333.33"),
        ("保险费：￥33,333.33", "33333.33"),
        ("总保险费 CNY 33333.33", "33333.33"),
        ("保费合计（元）：３３，３３３．３３", "33333.33"),
        ("保险费\n人民币叁万叁仟叁佰叁拾叁元叁角叁分（¥33,333.33）", "33333.33"),
        ("保险费率：0.35%\n保险费：RMB 35,000.00 元", "35000.00"),
        ("保险费（不含税）：31,446.54元\n保险费（含税）：33,333.33元", "33333.33"),
        ("保险费：3.5万元", "35000.00"),
        ("Total Premium: CNY 33,333.33", "33333.33"),
    ],
)
def test_a_premium_is_read_as_papers_write_it(words, amount):
    assert read(words, "premium") == Decimal(amount)


@pytest.mark.parametrize("words", ["保险费：USD 5,000.00", "保险费：5,000.00美元", "保险费率：3%", "保险费：见附表", "保险费：0.00元"])
def test_another_currency_a_rate_or_nothing_is_no_premium(words):
    assert read(words, "premium") is None


def test_a_limit_of_the_year_goes_before_that_of_a_claim():
    text = "每次事故责任限额：500万元\n累计责任限额：人民币1,000万元\n"
    assert read(text, "liability_limit") == Decimal("10000000.00")


@pytest.mark.parametrize(
    ("words", "last_day", "moment"),
    [
        ("保险期间：自2026年6月15日零时起至2027年6月14日二十四时止", date(2027, 6, 14), "24:00"),
        ("保险期间 2026-06-15 00:00:00 至 2027-06-14 24:00:00", date(2027, 6, 14), "24:00"),
        ("保险期限：一年，自 2026 年 6 月 15 日 0 时起至 2027 年 6 月 15 日 0 时止", date(2027, 6, 15), "00:00"),
        ("保险期间：2026年06月15日0时至2027年06月14日23时59分59秒", date(2027, 6, 14), "24:00"),
        ("保险期间：2026年6月14日24时起至2027年6月14日24时止", date(2027, 6, 14), "24:00"),
        ("保险期间\n12个月\n自二〇二六年六月十五日零时起\n至二〇二七年六月十四日二十四时止", date(2027, 6, 14), "24:00"),
        ("起保日期：2026-06-15 0时\n终保日期：2027-06-14 24时", date(2027, 6, 14), "24:00"),
    ],
)
def test_a_term_is_read_with_the_moment_of_its_end(words, last_day, moment):
    assert [read(words, name) for name in ("starts_on", "last_day", "end_time")] == [date(2026, 6, 15), last_day, moment]


@pytest.mark.parametrize(("last_day", "moment"), [("2027-06-14", "24:00"), ("2027-06-15", "00:00")])
def test_a_term_without_its_moments_is_taken_for_a_year_and_left_in_doubt(last_day, moment):
    found = read_policy(f"保险期间：2026-06-15至{last_day}")
    assert (found["end_time"].value, found["end_time"].certain) == (moment, False)


def test_two_values_under_one_label_leave_doubt():
    found = read_policy("保险单号：QIPL2026000001\n保险单号：QIPL2026000002")["number"]
    assert found == Reading("QIPL2026000001", "保险单号:QIPL2026000001", certain=False)


def test_a_value_brings_the_line_it_comes_from():
    found = read_policy("保险单\n保险费（含税） 人民币33,333.33元\n示例")["premium"]
    assert found.line == "保险费(含税) 人民币33,333.33元"


def test_an_empty_cell_does_not_take_its_neighbours_value():
    found = read_policy("签订日期\n保险起期 2026-06-15\n责任限额\n保险费 33,333.33元")
    assert "signed_on" not in found
    assert "liability_limit" not in found


def test_a_sentence_of_the_conditions_is_no_name():
    assert read("第五条 被保险人应在三十日内通知保险人。\n", "insured") is None


def test_an_insurer_is_certain_by_its_full_name_and_likely_by_its_short_one():
    insurers = [
        Known(1, ("示例一财险",), ("示例一财产保险股份有限公司北京分公司",)),
        Known(2, ("示例二财险",), ("示例二财产保险股份有限公司北京分公司",)),
    ]
    products = [Known(7, ("海外纠纷险",), ("(2022)001号",), 1), Known(8, ("海外纠纷险",), ("(2022)002号",), 2)]
    full = read_policy("示例二财产保险股份有限公司\n北京分公司 海外纠纷险保险单", insurers, products)
    assert (full["insurer"].value, full["insurer"].certain) == (2, True)
    assert (full["product"].value, full["product"].certain) == (8, False)
    assert read_policy("示例一财险", insurers)["insurer"].certain is False
    assert "insurer" not in read_policy("示例一财险与示例二财险共保", insurers)
    assert read_policy("备案号：（2022）001号", insurers, products)["product"].value == 7


def test_a_name_is_the_same_in_any_width():
    assert same_name("北京示例（海淀） 科技有限公司", "北京示例(海淀)科技有限公司")
    assert not same_name("北京示例科技有限公司", "北京示例科技股份有限公司")


def test_a_text_without_anything_says_nothing_and_a_long_one_ends():
    assert read_policy("") == {}
    assert read_policy("保险期间" * 20_000) == {}


@pytest.mark.django_db
def test_every_sample_policy_of_the_demo_is_read_without_doubt():
    officer = make.user(Role.ENTERPRISE)
    for sample in read_samples()[::8]:
        text = text_of(store_upload(folder(sample, SIGNED).policy, by=officer, at=make.FILED))
        found = read_policy(text, [Known(1, (), (sample.insurer,))])
        assert {name: reading.value for name, reading in found.items() if reading.certain} == {
            "number": sample.policy_signed_in(2026),
            "insured": sample.name,
            "signed_on": SIGNED,
            "starts_on": SIGNED + sample.start_after_signing,
            "last_day": date(2027, 6, 13) + sample.start_after_signing,
            "end_time": "24:00",
            "premium": sample.premium,
            "insurer": 1,
        }


@pytest.mark.django_db
def test_a_scan_and_a_picture_have_no_text():
    assert text_of(store_upload(make.pdf("scan"), by=make.user(Role.ENTERPRISE), at=make.FILED)) == ""
