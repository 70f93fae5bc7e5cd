"""Numbers by which a person or a body proves who it is. Pure functions."""

import re
from datetime import date

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from enterprises.rules import check_credit_code
from subsidies.models import IdentityKind

ID_CARD = re.compile(r"[0-9]{17}[0-9X]")
OTHER = re.compile(r"[0-9A-Z()（）]{5,30}")


def fault(kind: str, number: str, today: date) -> str:
    """What is wrong with a number in one spelling (`reference.rules.compact`), in a sentence; empty where nothing is."""
    if kind == IdentityKind.ID_CARD:
        return "" if _is_id_card(number, today) else "身份证号码应为 18 位，校验未通过。请对照身份证逐位核对。"
    if kind == IdentityKind.CREDIT_CODE:
        code = check_credit_code(number)
        return "" if code.ok else code.sentence
    return "" if OTHER.fullmatch(number) else "证件号码应为 5 至 30 位字母或数字。请对照证件核对。"


def _is_id_card(number: str, today: date) -> bool:
    """GB 11643: the check digit, and a day of birth that is past."""
    if not ID_CARD.fullmatch(number) or ric.calc_check_digit(number) != number[-1]:
        return False
    try:
        return ric.get_birth_date(number) <= today
    except ValidationError:
        return False
