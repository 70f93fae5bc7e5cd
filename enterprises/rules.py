"""Who an enterprise is, by its papers: credit code, name, address, account. Pure functions."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from pilot_portal.reference.rules import compact

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: no I, O, S, V, Z
CODE_LENGTH = 18
# 登记管理部门 → 机构类别, GB 32100-2015 with its amendment of 2016; 54 (grass-roots self-government) came later
CATEGORIES = {
    "1": "1239",
    "2": "19",
    "3": "123459",
    "4": "19",
    "5": "12349",
    "6": "129",
    "7": "129",
    "8": "19",
    "9": "1239",
    "A": "19",
    "N": "1239",
    "Y": "1",
}
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714

CODE_SENTENCES = {
    "ok": "代码校验通过。",
    "length": "统一社会信用代码应为 18 位。请对照营业执照核对是否漏填或多填。",
    "alphabet": "代码中有不会出现的字符（不含字母 I、O、S、V、Z，第 3 至 8 位为数字）。请核对数字 0 与字母 O、数字 1 与字母 I。",
    "check_digit": "代码校验未通过，可能有一位填错。请对照营业执照逐位核对。",
    "authority_category": "代码前两位不是登记管理部门和机构类别。请对照营业执照核对。",
}
ORGANISATION_CODE_SENTENCE = "代码第 17 位与主体标识码的校验不一致，请对照营业执照再核对一遍；确认无误可以继续。"

NARROW = str.maketrans("（）", "()")
BRANCH_NAME = re.compile(
    r"(分公司|支公司|分行|支行|分店|分厂|分所|分部|分院|分校|分社|分支机构|办事处|代表处|联络处|营业部|营业所|门市部)$"
)
BEIJING_PARTS = "东城|西城|朝阳|丰台|石景山|海淀|门头沟|房山|通州|顺义|昌平|大兴|怀柔|平谷|密云|延庆|崇文|宣武|经济技术开发区|亦庄"
IN_BEIJING = re.compile(rf"(中国)?北京(市|{BEIJING_PARTS})|中国\(北京\)自由贸易试验区")  # not 北京路, which many towns have
ELSEWHERE = re.compile(
    r"(中国)?((天津|上海|重庆|深圳|广州|杭州|南京|苏州|成都|武汉|西安|石家庄|廊坊|青岛|济南|大连|沈阳|厦门|宁波|长沙|郑州|合肥)市"
    r"|(河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾)省"
    r"|(内蒙古|广西壮族|西藏|宁夏回族|新疆维吾尔)自治区|(香港|澳门)特别行政区)"
)


@dataclass(frozen=True)
class CreditCode:
    """A checked code. `reason` is a key of CODE_SENTENCES; `org_code_check_ok` only warns and is None where not computable."""

    normalised: str
    ok: bool
    reason: str
    org_code_check_ok: bool | None

    @property
    def sentence(self) -> str:
        return CODE_SENTENCES[self.reason]


def normalise_credit_code(text: str) -> str:
    """NFKC, no spaces, no hyphens, upper case. Never O→0 or I→1: that would make another enterprise's code."""
    return compact(text)


@lru_cache(maxsize=16_384)  # a sheet of filings asks for each of its codes twice
def check_credit_code(text: str) -> CreditCode:
    """GB 32100-2015: length, alphabet, check digit, authority and category. python-stdnum knows the arithmetic only."""
    code = normalise_credit_code(text)
    reason = _fault(code)
    spelt = reason not in ("length", "alphabet")
    return CreditCode(code, reason == "ok", reason, _organisation_code_ok(code[8:17]) if spelt else None)


def _fault(code: str) -> str:
    if len(code) != CODE_LENGTH:
        return "length"
    if not set(code) <= set(ALPHABET) or not code[2:8].isdecimal():
        return "alphabet"
    if uscc.calc_check_digit(code[:-1]) != code[-1]:
        return "check_digit"
    if code[1] not in CATEGORIES.get(code[0], ""):
        return "authority_category"
    return "ok"


def _organisation_code_ok(code: str) -> bool:
    """GB 11714: eight characters (A = 10 … Z = 35) and a check of 0–9 or X."""
    rest = 11 - sum(weight * int(char, 36) for weight, char in zip(ORGANISATION_WEIGHTS, code[:8], strict=True)) % 11
    return code[8] == {10: "X", 11: "0"}.get(rest, str(rest))


def looks_like_branch(name: str) -> bool:
    """Whether a name ends as branches' names do. A hint to ask for the legal person, never a verdict."""
    return bool(BRANCH_NAME.search(normalise_name(name)))


def normalise_name(name: str) -> str:
    """Brackets of one width, one form of each character, no blank at the ends; nothing else changes."""
    return unicodedata.normalize("NFC", name).strip().translate(NARROW)


def same_payee_name(a: str, b: str) -> bool:
    """Whether two names are the same, character by character, but for the width of brackets."""
    return normalise_name(a) == normalise_name(b) != ""


def is_in_beijing(registered_address: str, registration_authority: str = "") -> bool | None:
    """本市, by the licence: its address, else its registration authority; None where a human must look. 试点方案 四（一）.

    Never by the code's digits: they stay for life when an enterprise moves. A bare 朝阳区 is also a district of Changchun.
    """
    address, authority = (_place(text) for text in (registered_address, registration_authority))
    if authority is not None and address is not None and authority != address:
        return None
    return authority if address is None else address


def _place(text: str) -> bool | None:
    text = compact(text)
    if IN_BEIJING.match(text):
        return True
    return False if ELSEWHERE.match(text) else None


def normalise_account_number(text: str) -> str:
    """As banks print it, without the blanks and hyphens between groups; leading zeros stay."""
    return compact(text)


def account_number_ok(number: str) -> bool:
    """8 to 32 digits, leading zeros allowed. No Luhn: it does not hold for accounts of enterprises."""
    return bool(re.fullmatch(r"[0-9]{8,32}", number))


def check_cnaps(text: str) -> bool:
    """联行号: 12 digits, the last by ISO 7064 MOD 11,10. A failure only warns; the bank list decides."""
    return bool(re.fullmatch(r"[0-9]{12}", text)) and mod_11_10.is_valid(text)
