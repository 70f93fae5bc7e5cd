import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from enterprises.rules import (
    ALPHABET,
    CODE_SENTENCES,
    account_number_ok,
    check_cnaps,
    check_credit_code,
    is_in_beijing,
    looks_like_branch,
    normalise_account_number,
    normalise_credit_code,
    same_payee_name,
)

SAMPLE = list(csv.DictReader((Path(__file__).parents[1] / "data" / "enterprises_sample.csv").read_text("utf-8-sig").splitlines()))
CODE = "91110108219935185P"


def with_check_digit(first_17):
    return first_17 + uscc.calc_check_digit(first_17)


@pytest.mark.parametrize("row", SAMPLE, ids=lambda row: row["序号"])
def test_every_sample_enterprise_has_a_sound_code_name_account_and_bank(row):
    assert check_credit_code(row["统一社会信用代码"]).ok
    assert check_credit_code(row["统一社会信用代码"]).org_code_check_ok
    assert not looks_like_branch(row["企业名称(虚构)"])
    assert looks_like_branch(row["保险公司(虚构)"])
    assert same_payee_name(row["企业名称(虚构)"], row["收款户名"])
    assert account_number_ok(row["账号(随机)"])
    assert check_cnaps(row["联行号(合成,校验有效)"])


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        " 9111 0108 2199 35185P ",
        "91110108-21993518-5P",
        "９１１１０１０８２１９９３５１８５Ｐ",
        "911101082\u00a019935185p\n",
        "\ufeff" + CODE,
        "91110108–219935185−P",
    ],
)
def test_spaces_hyphens_width_and_case_do_not_matter(typed):
    assert normalise_credit_code(typed) == CODE
    assert check_credit_code(typed).ok


@pytest.mark.parametrize(
    ("text", "reason", "position_17"),
    [
        ("", "length", None),
        (CODE[:-1], "length", None),
        (CODE + "0", "length", None),
        ("9111O108219935185P", "alphabet", None),  # letter O, never turned into 0
        ("9111010821993518IP", "alphabet", None),
        ("9111010821993518SP", "alphabet", None),
        ("9111010821993518ZP", "alphabet", None),
        ("9111010821993518VP", "alphabet", None),
        ("911101A8219935185P", "alphabet", None),  # the place is six digits
        ("91110108219935185中", "alphabet", None),
        ("9111010821993518５Q", "check_digit", True),
        ("91110108219935186P", "check_digit", False),
        ("000000000000000000", "authority_category", True),
        (with_check_digit("04110108219935185"), "authority_category", True),
        (with_check_digit("B1110108219935185"), "authority_category", True),
        (with_check_digit("94110108219935185"), "authority_category", True),
        (with_check_digit("9A110108219935185"), "authority_category", True),
        (with_check_digit("Y2110108219935185"), "authority_category", True),
    ],
)
def test_a_wrong_code_is_refused_for_its_reason(text, reason, position_17):
    checked = check_credit_code(text)
    assert (checked.ok, checked.reason, checked.org_code_check_ok) == (False, reason, position_17)
    assert checked.sentence == CODE_SENTENCES[reason]


@pytest.mark.parametrize(
    "head",
    [
        "11",
        "12",
        "13",
        "19",
        "21",
        "31",
        "35",
        "41",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "71",
        "72",
        "81",
        "91",
        "92",
        "93",
        "A1",
        "N1",
        "N2",
        "N3",
        "Y1",
    ],
)
def test_every_authority_of_the_standard_is_known(head):
    assert check_credit_code(with_check_digit(f"{head}110108219935185")).ok


def test_position_17_only_warns():
    checked = check_credit_code("91110108MA0000000A")
    assert (checked.ok, checked.org_code_check_ok) == (True, False)


@given(st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(position, character):
    code = CODE[:position] + character + CODE[position + 1 :]
    assert check_credit_code(code).ok == (code == CODE)


@given(st.integers(0, 16))
def test_two_neighbours_in_the_wrong_order_are_always_found(position):
    code = CODE[:position] + CODE[position + 1] + CODE[position] + CODE[position + 2 :]
    assert check_credit_code(code).ok == (code == CODE)


@given(st.text(max_size=30))
def test_any_text_gets_a_reason(text):
    assert check_credit_code(text).reason in CODE_SENTENCES


@pytest.mark.parametrize(
    ("name", "branch"),
    [
        ("北京沐川智能装备有限公司海淀分公司", True),
        ("示例财产保险股份有限公司北京市分公司", True),
        ("某某科技有限公司北京办事处", True),
        ("某某银行股份有限公司北京中关村支行", True),
        ("某某科技股份有限公司（北京）代表处 ", True),
        ("北京沐川智能装备有限公司", False),
        ("北京分公司注册代理有限公司", False),
        ("某某科技（北京）有限公司", False),
    ],
)
def test_a_branch_shows_in_its_name(name, branch):
    assert looks_like_branch(name) == branch


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("某某（北京）有限公司", "某某(北京)有限公司", True),
        (" 某某（北京)有限公司", "某某(北京）有限公司 ", True),
        ("某某有限公司", "某某有限责任公司", False),
        ("某某有限公司", "某某 有限公司", False),
        ("赟芯有限公司", "贇芯有限公司", False),
        ("", "", False),
    ],
)
def test_a_payee_is_the_applicant_character_by_character(a, b, same):
    assert same_payee_name(a, b) == same


@pytest.mark.parametrize(
    ("address", "authority", "verdict"),
    [
        ("北京市海淀区中关村大街 1 号", "", True),
        ("北京经济技术开发区科创十四街 99 号", "", True),
        ("中国（北京）自由贸易试验区科创产业片区", "", True),
        ("中国北京市朝阳区建国路", "", True),
        ("北京海淀区上地信息路", "", True),
        ("海淀区中关村大街 1 号", "北京市海淀区市场监督管理局", True),
        ("朝阳区人民大街 100 号", "长春市市场监督管理局", None),  # Changchun has a 朝阳区 too
        ("朝阳区建国路 88 号", "", None),
        ("河北省廊坊市北京路 1 号", "", False),
        ("上海市黄浦区北京东路 2 号", "", False),
        ("北京路 100 号", "", None),
        ("北京西路 5 号", "", None),
        ("广东省深圳市南山区", "", False),
        ("内蒙古自治区呼和浩特市", "", False),
        ("苏州街 3 号", "", None),
        ("北京市海淀区", "天津市市场监督管理委员会", None),
        ("北京市海淀区", "国家市场监督管理总局", True),
        ("", "", None),
    ],
)
def test_beijing_is_judged_by_the_licence_and_doubt_goes_to_a_human(address, authority, verdict):
    assert is_in_beijing(address, authority) is verdict


def test_an_enterprise_that_moved_to_beijing_keeps_its_old_code():
    moved = next(row for row in SAMPLE if row["统一社会信用代码"].startswith("914403"))
    assert check_credit_code(moved["统一社会信用代码"]).ok
    assert is_in_beijing("北京市朝阳区建国路 88 号") is True


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("0859827198035247170", True),
        ("12345678", True),
        ("1234567", False),
        ("1" * 33, False),
        ("12345678a", False),
        ("１２３４５６７８", False),
        ("12345678\n", False),
    ],
)
def test_an_account_number_is_8_to_32_digits(text, ok):
    assert account_number_ok(text) == ok


def test_an_account_number_keeps_its_leading_zeros_without_its_blanks():
    assert normalise_account_number("0200 0019-0920 0123 456") == "0200001909200123456"


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("102100099996", True),
        ("105100000017", True),
        ("102100099969", False),
        ("10210009999", False),
        ("1021000999960", False),
        ("１０２１０００９９９９６", False),
        ("000000000000", False),
    ],
)
def test_a_bank_line_number_has_its_check_digit(text, ok):
    assert check_cnaps(text) == ok
