"""追回 at the workbench: the applicant's proof beside the amount, confirmed by finance once the bank has it."""

from decimal import Decimal

import pytest
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from subsidies.models import Recovery
from subsidies.services import recovery
from subsidies.states import RecoveryState
from tests import drive, make
from tests.workbench import buttons, enter, list_of, look, press, text, url

pytestmark = pytest.mark.django_db
CONFIRM = "repay_recovery"


@pytest.fixture
def ordered():
    return drive.ordered(window=make.window())


@pytest.fixture
def proven(ordered):
    owner = make.owner_of(ordered.application.legal_entity)
    return recovery.prove_repayment(ordered, by=owner, at=drive.REPAID, paper=make.pdf("bank slip"))


def confirm(role, one, **data):
    return press(role, one, CONFIRM, at=drive.REPAID, **{"amount": "10,000.00", "bank_reference": "R-778", **data})


def test_finance_confirms_what_the_bank_has(proven):
    assert buttons(Role.FINANCE, proven) == {CONFIRM}
    assert confirm(Role.FINANCE, proven).status_code == 302
    proven.refresh_from_db()
    assert (proven.state, proven.bank_reference, proven.repaid_by) == (RecoveryState.REPAID, "R-778", make.officer(Role.FINANCE))
    assert buttons(Role.FINANCE, proven) == set()


def test_proof_and_letter_stand_beside_the_amount(proven):
    page = look(Role.FINANCE, proven)
    assert page.context["papers"][0][0] == "退款凭证"
    assert "10,000.00" in text(page)
    assert "2026-11-24" in text(page)  # fifteen working days from the order
    assert enter(Role.FINANCE).get(url(proven, "paper", proven.proof_id)).status_code == 200
    assert enter(Role.FINANCE).get(url(proven, "paper", proven.application.legal_entity.licence_id)).status_code == 404


def test_money_that_came_without_proof_can_be_confirmed(ordered):
    assert "还没有上传退款凭证" in text(look(Role.FINANCE, ordered))
    assert confirm(Role.FINANCE, ordered).status_code == 302


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": "9,999.99"}, "amount"),
        ({"amount": ""}, "amount"),
        ({"amount": "一万"}, "amount"),
        ({"bank_reference": " "}, "bank_reference"),
    ],
)
def test_wrong_amount_or_no_reference_is_refused_and_kept(proven, wrong, field):
    response = confirm(Role.FINANCE, proven, **wrong)
    assert response.status_code == 422
    assert response.context["form"].errors[field]
    assert next(iter(wrong.values())).strip() in response.content.decode()
    proven.refresh_from_db()
    assert proven.state == RecoveryState.ORDERED


@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.HEAD, Role.AUDITOR])
def test_others_at_the_centre_read_it_only(proven, role):
    assert look(role, proven).status_code == 200
    assert buttons(role, proven) == set()
    assert confirm(role, proven).status_code == 403
    proven.refresh_from_db()
    assert proven.state == RecoveryState.ORDERED


def test_nothing_is_confirmed_before_it_is_ordered_twice_or_on_an_old_page(proven):
    assert confirm(Role.FINANCE, proven, version=proven.version + 1).status_code == 409
    confirm(Role.FINANCE, proven)
    assert confirm(Role.FINANCE, proven).status_code == 409
    proposed = drive.recovering(window=make.window(), amount="20.00")
    assert buttons(Role.FINANCE, proposed) == set()
    assert confirm(Role.FINANCE, proposed, amount="20.00").status_code == 409
    assert "等待市知识产权局" in text(look(Role.FINANCE, proposed))


def test_desk_counts_what_is_proven_and_what_is_late(ordered):
    def desk(role):
        return {line.title: (line.count, line.url) for line in enter(role).get(reverse("admin:index")).context["desk"]}

    assert desk(Role.FINANCE)["待确认退款"][0] == 0
    recovery.prove_repayment(ordered, by=make.owner_of(ordered.application.legal_entity), at=drive.REPAID, paper=make.pdf("bank slip"))
    count, address = desk(Role.FINANCE)["待确认退款"]
    assert count == 1
    assert list(enter(Role.FINANCE).get(address).context["cl"].result_list) == [ordered]
    recovery.overdue_recoveries(at=make.moment("2026-12-01 10:00"))
    assert desk(Role.HEAD)["退款逾期"][0] == 1


def test_list_is_found_by_case_and_applicant(ordered):
    client = enter(Role.FINANCE)
    for term in (ordered.application.number, ordered.application.legal_entity.name):
        assert list(client.get(list_of(Recovery, q=term)).context["cl"].result_list) == [ordered]
    assert list(client.get(list_of(Recovery, proof="none")).context["cl"].result_list) == [ordered]
    assert list(client.get(list_of(Recovery, proof="waiting")).context["cl"].result_list) == []


def test_recovery_after_an_endorsement_names_it():
    case = drive.paid(window=make.window())
    drive.endorse(case.policy, "90000.00", number="P-77")
    made = case.recoveries.get()
    page = look(Role.HEAD, made)
    assert made.amount == Decimal("8000.00")
    assert "P-77" in text(page)
    assert [kind for kind, _, _ in page.context["papers"]] == ["批单"]
