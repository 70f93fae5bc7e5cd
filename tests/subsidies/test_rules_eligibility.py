from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from subsidies.rules import WORDINGS, Facts, check_application, questions, refusals

D = Decimal
SOUND = Facts(
    verified=True,
    kind="legal_person",
    in_beijing=True,
    category_holds=True,
    credit_clean=True,
    policy_own=True,
    policy_proven=True,
    insurer_selected=True,
    product_pilot=True,
    signed_on=date(2022, 6, 14),
    starts_on=date(2022, 6, 15),
    ends_on=date(2023, 6, 15),
    signing_range=(date(2022, 5, 1), date(2022, 7, 31)),
    policy_premium=D("33333.33"),
    invoices_total=D("33333.33"),
    paid_cny=D("33333.33"),
    payee_same=True,
    window_open=True,
)


def codes(verdicts):
    return {verdict.code for verdict in verdicts}


def test_a_sound_application_passes_every_check_once():
    verdicts = check_application(SOUND)
    assert all(verdict.ok for verdict in verdicts)
    assert [verdict.code for verdict in verdicts] == list(dict.fromkeys(verdict.code for verdict in verdicts))
    assert codes(verdicts) == set(WORDINGS)


REFUSED = {
    "window_closed": {"window_open": False},
    "unverified_enterprise": {"verified": False},
    "branch_not_legal_person": {"kind": "branch"},
    "not_legal_person": {"kind": "partnership"},
    "not_in_beijing": {"in_beijing": False},
    "policy_not_own": {"policy_own": False},
    "policy_surrendered": {"policy_surrendered": True},
    "insurer_not_selected": {"insurer_selected": False},
    "product_not_pilot": {"product_pilot": False},
    "term_invalid": {"ends_on": date(2022, 6, 15)},
    "not_one_year": {"ends_on": date(2023, 6, 14)},
    "out_of_signing_range": {"signed_on": date(2022, 4, 30), "starts_on": date(2022, 5, 1), "ends_on": date(2023, 5, 1)},
    "no_invoice": {"invoices_total": None},
    "no_payment": {"paid_cny": None},
    "zero_premium": {"policy_premium": D("0.00"), "invoices_total": D("0.00"), "paid_cny": D("0.00")},
    "no_account": {"payee_same": None},
    "payee_name_differs": {"payee_same": False},
}
LEAP = {"signed_on": date(2024, 2, 29), "starts_on": date(2024, 2, 29), "ends_on": date(2025, 2, 28)}
ASKED = {
    "name_looks_like_branch": {"name_looks_like_branch": True},
    "credit_code_position_17": {"org_code_check_ok": False},
    "beijing_undecided": {"in_beijing": None},
    "category_not_valid": {"category_holds": False},
    "credit_not_checked": {"credit_clean": None},
    "credit_record_found": {"credit_clean": False},
    "policy_not_proven": {"policy_proven": False},
    "term_leap": {**LEAP, "signing_range": (date(2024, 1, 1), date(2024, 12, 31))},
    "term_backdated": {"signed_on": date(2022, 6, 16)},
    "term_deferred": {"signed_on": date(2022, 5, 15)},
    "invoice_differs": {"invoices_total": D("33333.32")},
    "payment_differs": {"paid_cny": D("16666.66")},
    "invoice_buyer_differs": {"invoice_buyers_same": False},
    "payer_differs": {"payers_same": False},
    "cnaps_unconfirmed": {"cnaps_ok": False},
}


@pytest.mark.parametrize(("code", "facts"), REFUSED.items(), ids=REFUSED)
def test_what_the_scheme_excludes_is_refused_for_that_reason_alone(code, facts):
    verdicts = check_application(replace(SOUND, **facts))
    assert codes(refusals(verdicts)) == {code}
    assert codes(questions(verdicts)) == set()


@pytest.mark.parametrize(("code", "facts"), ASKED.items(), ids=ASKED)
def test_what_needs_judgement_goes_to_a_human_for_that_reason_alone(code, facts):
    verdicts = check_application(replace(SOUND, **facts))
    assert codes(questions(verdicts)) == {code}
    assert codes(refusals(verdicts)) == set()


def test_every_check_is_refused_or_asked_somewhere_above():
    assert REFUSED.keys() | ASKED.keys() == WORDINGS.keys()
    assert not REFUSED.keys() & ASKED.keys()


@pytest.mark.parametrize("code", WORDINGS)
def test_every_sentence_is_complete_in_chinese_and_has_its_clause(code):
    facts = replace(SOUND, **{**REFUSED, **ASKED}[code])
    verdict = next(verdict for verdict in check_application(facts) if verdict.code == code)
    assert verdict.clause
    assert verdict.sentence.endswith("。")
    assert "{" not in verdict.sentence
    assert len(verdict.sentence) <= 120


def test_all_faults_are_told_at_once():
    verdicts = check_application(replace(SOUND, verified=False, in_beijing=False, signed_on=date(2022, 8, 1), invoices_total=None))
    assert codes(refusals(verdicts)) == {"unverified_enterprise", "not_in_beijing", "out_of_signing_range", "no_invoice"}
    assert codes(questions(verdicts)) == {"term_backdated"}


def test_sentences_name_the_dates_and_amounts_of_the_case():
    said = {
        verdict.code: verdict.sentence
        for verdict in check_application(
            replace(SOUND, signed_on=date(2022, 4, 30), invoices_total=D("1233333.30"), credit_clean=False, credit_lookback_years=3)
        )
    }
    assert "2022 年 4 月 30 日" in said["out_of_signing_range"]
    assert "2022 年 5 月 1 日至2022 年 7 月 31 日" in said["out_of_signing_range"]
    assert "1,233,333.30 元" in said["invoice_differs"]
    assert "近 3 年" in said["credit_record_found"]


def test_a_policy_in_foreign_currency_is_compared_with_nothing():
    verdicts = check_application(replace(SOUND, policy_premium=None, paid_cny=D("33000.00")))
    assert all(verdict.ok for verdict in verdicts)


def test_a_window_may_tolerate_later_starts():
    late = replace(SOUND, signed_on=date(2022, 5, 10))
    assert codes(questions(check_application(late))) == {"term_deferred"}
    assert not questions(check_application(replace(late, start_tolerance_days=45)))
