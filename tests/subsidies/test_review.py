"""核查 and 初审: findings, the recognised premium and what the scheme allows. 试点方案 六（二）1."""

from datetime import date
from decimal import Decimal

import pytest

from insurers.models import Endorsement, EndorsementKind
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import Application, Finding, Review, Verdict
from subsidies.services import applications, reviews
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    """Accepted, every finding closed."""
    return judged(make.application(window=make.window(), state=State.ACCEPTED))


def judged(case):
    make.judge_all(case)
    return case


def review(case, by=None, **options):
    return reviews.review(case, by=by or make.officer(Role.HANDLER), at=make.REVIEWED, **options)


def priced(premium: str, **window):
    case = make.application(window=make.window(**window), state=State.ACCEPTED, premium=Decimal(premium))
    return judged(case)


# screening and findings


def test_screening_passes_what_holds_and_leaves_the_rest_to_an_officer():
    case = make.application(window=make.window())
    reviews.screen(case, at=make.FILED)
    verdicts = dict(case.findings.values_list("code", "verdict"))
    assert verdicts["not_one_year"] == Verdict.PASSED
    assert verdicts["same_invoice"] == Verdict.PASSED
    assert verdicts["credit_not_checked"] == Verdict.OPEN
    assert case.findings.get(code="not_one_year").judged_by.username == "system"
    assert case.findings.get(code="credit_not_checked").judged_by is None


def test_screening_again_keeps_an_officers_word_and_renews_the_machines():
    case = make.application(window=make.window(), state=State.ACCEPTED)
    finding = case.findings.get(code="credit_not_checked")
    reviews.judge(finding, by=make.officer(Role.HANDLER), at=make.ACCEPTED, verdict=Verdict.FAILED, note="查到处罚记录")
    case.policy.invoices.update(buyer="别家公司")
    reviews.screen(case, at=make.REVIEWED)
    assert case.findings.get(code="credit_not_checked").verdict == Verdict.FAILED
    assert case.findings.get(code="invoice_buyer_differs").verdict == Verdict.OPEN
    assert case.findings.values("code").distinct().count() == case.findings.count()


def test_an_invoice_number_seen_in_another_case_is_a_finding():
    window = make.window()
    first = make.application(window=window)
    case = make.draft(window=window)
    case.policy.invoices.update(number=first.policy.invoices.get().number)
    applications.submit(case, by=case.created_by, at=make.FILED)
    reviews.screen(case, at=make.FILED)
    finding = case.findings.get(code="same_invoice")
    assert finding.verdict == Verdict.OPEN
    assert first.number in finding.sentence


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.HEAD, Role.FINANCE, Role.ENTERPRISE, Role.INSURER, Role.AUDITOR])
def test_only_a_handler_judges_a_finding(case, role):
    with refused("wrong_role"):
        reviews.judge(case.findings.first(), by=make.officer(role), at=make.ACCEPTED, verdict=Verdict.PASSED, note="已核对")


def test_a_judgement_needs_its_ground_and_an_open_case(case):
    handler, finding = make.officer(Role.HANDLER), case.findings.first()
    with refused("reason_missing"):
        reviews.judge(finding, by=handler, at=make.ACCEPTED, verdict=Verdict.PASSED, note=" ")
    review(case)
    with refused("wrong_state"):
        reviews.judge(finding, by=handler, at=make.REVIEWED, verdict=Verdict.FAILED, note="事后改判")


# the review


@pytest.mark.parametrize(
    ("premium", "recognised", "entitled"),
    [
        ("100000.00", "100000.00", "80000.00"),
        ("999999.99", "999999.99", "799999.99"),
        ("1000000.00", "1000000.00", "800000.00"),
        ("1000000.01", "1000000.01", "800000.00"),
        ("0.01", "0.01", "0.00"),
    ],
)
def test_the_review_fixes_premium_terms_and_entitlement(premium, recognised, entitled):
    case = priced(premium)
    review(case)
    assert (case.state, str(case.recognised_premium), str(case.entitled)) == (State.REVIEWED, recognised, entitled)
    assert (str(case.rate), str(case.cap)) == ("0.80", "800000.00")
    assert (case.reviewed_by, case.awarded) == (make.officer(Role.HANDLER), None)


def test_the_windows_own_terms_hold_not_the_schemes():
    case = priced("100000.00", rate=Decimal("0.50"), cap=Decimal("40000.00"))
    review(case)
    assert (str(case.entitled), str(case.rate), str(case.cap)) == ("40000.00", "0.50", "40000.00")


def test_the_lowest_of_policy_invoices_and_payment_counts(case):
    case.policy.invoices.update(amount=Decimal("90000.00"))
    case.policy.premium_payments.update(amount=Decimal("85000.55"))
    review(case)
    assert (str(case.recognised_premium), str(case.entitled)) == ("85000.55", "68000.44")


def test_an_endorsement_in_effect_lowers_the_premium(case):
    Endorsement.objects.create(
        policy=case.policy,
        kind=EndorsementKind.REDUCTION,
        number="PD1",
        effective_on=date(2026, 9, 1),
        premium_after=Decimal("60000.00"),
        reported_by=make.officer(Role.HANDLER),
        reported_at=make.FILED,
    )
    review(case)
    assert str(case.entitled) == "48000.00"


@pytest.mark.parametrize(("paid", "entitled"), [("50000.00", "40000.00"), ("100000.00", "80000.00")])
def test_a_mistyped_figure_is_corrected_either_way_with_reason_and_page(paid, entitled):
    case = judged(make.application(window=make.window(), state=State.ACCEPTED))
    case.policy.premium_payments.update(amount=Decimal("70000.00"))
    with refused("reason_missing") as caught:
        review(case, paid=Decimal(paid))
    assert caught.value.field == "correction_reason"
    review(case, paid=Decimal(paid), correction_reason="回单第 1 页")
    assert str(case.entitled) == entitled
    assert Event.objects.get(action="review").data["corrected"] == {"paid_cny": paid}
    assert Review.objects.get(application=case).correction_reason == "回单第 1 页"


def test_the_result_is_lowered_with_a_reason_and_never_raised(case):
    with refused("only_lower"):
        review(case, lowered_to=Decimal("80000.01"), lowered_reason="酌情")
    with refused("reason_missing"):
        review(case, lowered_to=Decimal("50000.00"))
    review(case, lowered_to=Decimal("50000.00"), lowered_reason="部分责任不属于试点")
    assert str(case.entitled) == "50000.00"
    assert str(Review.objects.get(application=case).computed) == "80000.00"


@pytest.mark.parametrize("name", ["policy_premium", "invoiced", "paid", "lowered_to"])
@pytest.mark.parametrize("amount", ["79999.999", "-1.00"])
def test_a_figure_that_is_no_amount_to_the_fen_is_refused(case, name, amount):
    with refused("amount_invalid") as caught:
        review(case, correction_reason="第 1 页", lowered_reason="理由", **{name: Decimal(amount)})
    assert caught.value.field == name


def test_nothing_is_reviewed_before_every_finding_is_closed():
    case = make.application(window=make.window(), state=State.ACCEPTED)
    with refused("finding_open"):
        review(case)
    judged(case)
    finding = case.findings.first()
    reviews.judge(finding, by=make.officer(Role.HANDLER), at=make.ACCEPTED, verdict=Verdict.FAILED, note="不符合")
    with refused("finding_failed"):
        review(case)


def test_nothing_is_reviewed_unscreened():
    case = make.application(window=make.window())
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    with refused("finding_open"):
        review(case)


def test_nothing_is_reviewed_before_insurer_or_centre_has_proven_the_policy(case):
    type(case.policy).objects.filter(pk=case.policy_id).update(state=PolicyState.REGISTERED)
    with refused("policy_unproven"):
        review(case)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.REVIEWED, State.CHECKED])
def test_only_an_accepted_case_is_reviewed(state):
    case = make.application(window=make.window(), state=state)
    with refused("wrong_state"):
        review(case)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HANDLER, Role.SYSTEM)])
def test_only_a_handler_reviews(case, role):
    with refused("wrong_role"):
        review(case, by=make.officer(role))


def test_a_held_case_is_not_reviewed(case):
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="举报核查")
    with refused("on_hold"):
        review(case)


def test_a_refused_review_leaves_nothing_behind(case):
    with refused("only_lower"):
        review(case, lowered_to=Decimal("80000.01"), lowered_reason="酌情")
    case.refresh_from_db()
    assert (case.state, case.rate, case.entitled) == (State.ACCEPTED, None, None)
    assert not Review.objects.filter(application=case).exists()


@pytest.mark.django_db(transaction=True)
def test_two_handlers_review_at_once_and_one_result_stands():
    case = judged(make.application(window=make.window(), state=State.ACCEPTED))
    people = [make.user(Role.HANDLER) for _ in range(2)]
    copies = [Application.objects.get(pk=case.pk) for _ in people]
    outcomes = at_once(
        lambda: review(copies[0], by=people[0]),
        lambda: review(copies[1], by=people[1], lowered_to=Decimal("1.00"), lowered_reason="理由"),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    assert codes(outcomes) == ["done", "wrong_state"]
    assert Review.objects.filter(application=case).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_case_screened_twice_at_once_has_each_finding_once():
    case = make.application(window=make.window())
    copies = [Application.objects.get(pk=case.pk) for _ in range(2)]
    outcomes = at_once(
        *(lambda copy=copy: reviews.screen(copy, at=make.FILED) for copy in copies), meet="subsidies.services.reviews.facts_of"
    )
    assert codes(outcomes) == ["done", "done"]
    assert Finding.objects.filter(application=case).count() == len(outcomes[0])
