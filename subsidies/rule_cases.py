"""Rule cases as the centre writes them (kind, input → expected), answered by the rules. The upper-case results are theirs alone."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import cache
from typing import Any

import chinese_calendar

from enterprises.rules import check_cnaps, check_credit_code
from insurers.rules import check_term
from pilot_portal.accounts.masks import mask_account, mask_email, mask_identity, mask_name, mask_phone
from pilot_portal.reference.rules import FEN, AmountError, CalendarGap, add_working_days, parse_amount, parse_premium

from . import rules

Case = Mapping[str, Any]
Answer = dict[str, Any]

AMOUNT_ERRORS = {
    "amount_empty": "EMPTY",
    "amount_format": "FORMAT",
    "amount_negative": "NEGATIVE",
    "amount_decimals": "MORE_THAN_2_DECIMALS",
    "zero_premium": "ZERO_PREMIUM",
}
MASKS: dict[str, Callable[[str], str]] = {
    "mobile": mask_phone,
    "landline": mask_phone,
    "phone": mask_phone,
    "id": mask_identity,
    "account": mask_account,
    "email": mask_email,
    "name": mask_name,
}


class BadCase(ValueError):
    """A case that cannot be read; str() says why."""


def answer(kind: str, case: Case) -> Answer:
    """What the rules say to a case; BadCase where its input is not in the form of its kind."""
    if kind not in KINDS:
        raise BadCase(f"没有“{kind}”这类用例，可用的有：{'、'.join(KINDS)}。")
    try:
        return KINDS[kind](case)
    except KeyError as missing:
        raise BadCase(f"输入缺少 {missing.args[0]}。") from missing
    except (OverflowError, TypeError, ValueError) as fault:
        raise BadCase(f"输入有误：{fault}") from fault


def agrees(kind: str, given: Answer, expected: Answer, alternatives: str) -> bool:
    """Whether an answer is the expected one, or, for capitals, one of the other permitted forms, split by a bar."""
    if given == expected:
        return True
    return kind == "rmb_upper" and set(given) == set(expected) == {"canonical"} and given["canonical"] in alternatives.split("|")


def _yuan(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _amount(value: object) -> Decimal:
    if not isinstance(value, str):  # a JSON number may already have lost a fen
        raise BadCase(f'金额须写成字符串，如 "100.00"，不是 {value}。')
    return parse_amount(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadCase(f"应为字符串，不是 {value}。")
    return value


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal("0.00"))


def _subsidy(case: Case) -> Answer:
    premium = case["premium"]
    try:
        if premium is not None and not isinstance(premium, str):
            raise AmountError("amount_format")
        amount = parse_premium(premium or "")
    except AmountError as error:
        return {"error": AMOUNT_ERRORS[error.code]}
    return {"subsidy": _yuan(rules.entitlement(amount, rules.SCHEME)), "capped": rules.is_capped(amount, rules.SCHEME)}


def _premium_basis(case: Case) -> Answer:
    premium = rules.recognised_premium(_basis(case))
    return {"recognised_premium": _yuan(premium), "subsidy": _yuan(rules.entitlement(premium, rules.SCHEME))}


def _basis(case: Case) -> rules.Basis:
    """Every key is optional; a figure in foreign currency is none in CNY."""
    foreign = case.get("currency", "CNY") != "CNY"
    invoices = [_amount(case[key]) for key in ("invoice_total", "invoice_cny") if _counts(case, key, foreign)]
    if case.get("net") is not None and case.get("vat_6pct") is not None and not foreign:
        invoices.append(_total([_amount(case["net"]), _amount(case["vat_6pct"])]))
    paid = [_amount(case[key]) for key in ("paid", "paid_cny") if _counts(case, key, foreign)]
    if case.get("instalments") is not None:
        paid.append(_total(_amount(amount) for _due, amount, state in case["instalments"] if state == "PAID"))
    total, non_pilot_cover, coinsured = (None, Decimal(0), Decimal(0)) if foreign else _policy(case)
    basis = rules.Basis(
        policy_total=total,
        non_pilot_cover=non_pilot_cover,
        coinsured_share=coinsured,
        invoices_total=min(invoices, default=None),
        paid_cny=min(paid, default=None),
    )
    if basis.policy_total is basis.invoices_total is basis.paid_cny is None:
        raise BadCase("没有任何可认定的保费金额。")
    return basis


def _counts(case: Case, key: str, foreign: bool) -> bool:
    return case.get(key) is not None and (key.endswith("_cny") or not foreign)


def _policy(case: Case) -> tuple[Decimal | None, Decimal, Decimal]:
    """Total, part for covers outside the pilot, part of the pilot cover that insurers outside the pilot take."""
    covers = [(name, _amount(amount)) for name, amount in case.get("line_items") or []]
    shares = [(name, _amount(amount)) for name, amount in case.get("coinsurance") or []]
    sums = [_total(amount for _name, amount in rows) for rows in (covers, shares) if rows]
    total = _amount(case["policy_total"]) if case.get("policy_total") is not None else min(sums, default=None)
    if total is None:
        return None, Decimal(0), Decimal(0)
    pilot = total
    if covers and case.get("pilot_product_only", True):
        pilot = min(total, _total(amount for name, amount in covers if _is_pilot_cover(name)))
    kept = pilot
    if shares and case.get("non_pilot_excluded", True):
        inside = _total(amount for name, amount in shares if not _is_outside_insurer(name))
        whole = _total(amount for _name, amount in shares)
        kept = min(pilot, inside if pilot == total else (pilot * inside / whole).quantize(FEN, ROUND_DOWN))
    return total, total - pilot, pilot - kept


def _is_pilot_cover(name: str) -> bool:
    """The pilot pays for legal costs of disputes abroad, not for damages. 试点方案 四（二）."""
    return "海外" in name and "法律费用" in name and "赔偿" not in name


def _is_outside_insurer(name: str) -> bool:
    return bool(re.search(r"non[\s_-]*pilot|非试点", name, re.IGNORECASE))


def _clawback(case: Case) -> Answer:
    awarded = rules.entitlement(_amount(case["recognised_at_award"]), rules.SCHEME)
    if case["mode"] == "SURRENDER":
        recovery = rules.recovery_after_surrender(awarded)
    elif case["mode"] == "ENDORSEMENT":
        recovery = rules.recovery_after_endorsement(awarded, awarded, _amount(case["premium_after"]), rules.SCHEME)
    else:
        raise BadCase(f"mode 应为 ENDORSEMENT 或 SURRENDER，不是 {case['mode']}。")
    return {
        "awarded": _yuan(recovery.awarded),
        "entitled_after": _yuan(recovery.entitled_after),
        "recover": _yuan(recovery.recover),
    }


def _prorata(case: Case) -> Answer:
    shared = rules.pro_rata([_amount(amount) for amount in case["entitled"]], _amount(case["budget"]))
    return {"awards": [_yuan(award) for award in shared.awards], "left": _yuan(shared.left)}


def _rmb_upper(case: Case) -> Answer:
    return {"canonical": rules.rmb_capitals(_amount(case["amount"]))}


def _rmb_reject(case: Case) -> Answer:
    return {"acceptable": rules.is_permitted_capitals(_text(case["text"]))}


def _uscc(case: Case) -> Answer:
    code = check_credit_code(_text(case["text"]))
    return {
        "normalised": code.normalised,
        "valid_strict": code.ok and case["text"] == code.normalised,
        "valid_after_normalise": code.ok,
        "org_code_check_ok": code.org_code_check_ok,
        "reason": code.reason.upper(),
    }


def _term(case: Case) -> Answer:
    signed, starts, ends = (date.fromisoformat(case[key]) for key in ("signed", "start", "end"))
    first, last = (date.fromisoformat(day) for day in case["signing_window"])
    return {"result": check_term(signed, starts, ends, case["end_time"], (first, last)).name}


def _workday(case: Case) -> Answer:
    """A period that runs into another year also shows that it fails closed where that year has no rows."""
    start, days, calendar = date.fromisoformat(case["from"]), case["working_days"], official_calendar()
    try:
        ends = add_working_days(start, days, calendar)
    except CalendarGap as gap:
        return {"error": "CALENDAR_GAP", "year": gap.year}
    said: Answer = {"ends": ends.isoformat()}
    if ends.year != start.year:
        said[f"fail_closed_if_{ends.year}_calendar_missing"] = _fails_closed(start, days, ends.year)
    return said


def _fails_closed(start: date, days: int, missing_year: int) -> bool:
    rows = {day: works for day, works in official_calendar().items() if day.year != missing_year}
    try:
        add_working_days(start, days, rows)
    except CalendarGap as gap:
        return gap.year == missing_year
    return False


@cache
def official_calendar() -> Mapping[date, bool]:
    """Every day of the years that the State Council has announced, as chinesecalendar carries them (from 2004)."""
    rows: dict[date, bool] = {}
    day = date(2004, 1, 1)
    while True:
        try:
            rows[day] = chinese_calendar.is_workday(day)
        except NotImplementedError:
            return rows
        day += timedelta(days=1)


def _cnaps(case: Case) -> Answer:
    return {"valid": check_cnaps(_text(case["text"]))}


def _mask(case: Case) -> Answer:
    kind = _text(case["type"])
    mask = MASKS.get(re.sub(r"(_short|[0-9]+)$", "", kind))
    if mask is None:
        raise BadCase(f"没有“{kind}”这类信息，可用的有：{'、'.join(MASKS)}。")
    return {"masked": mask(_text(case["value"]))}


KINDS: dict[str, Callable[[Case], Answer]] = {
    "subsidy": _subsidy,
    "subsidy_bad": _subsidy,
    "premium_basis": _premium_basis,
    "clawback": _clawback,
    "prorata": _prorata,
    "rmb_upper": _rmb_upper,
    "rmb_reject": _rmb_reject,
    "uscc": _uscc,
    "term": _term,
    "workday": _workday,
    "cnaps": _cnaps,
    "mask": _mask,
}
SCENARIOS = {"duplicate"}  # sequences of events, played by the tests


def read_object(text: str | None, column: str) -> Answer:
    """A JSON object out of a cell; BadCase for anything else, an empty one included."""
    try:
        value = json.loads(text or "")
    except ValueError as fault:
        raise BadCase(f"{column} 不是有效的 JSON：{fault}") from fault
    if not isinstance(value, dict) or not value:
        raise BadCase(f"{column} 应为非空的 JSON 对象。")
    return value
