"""不予受理 by two persons on the case screen: proposed, explained to everybody, confirmed or sent back."""

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.proposals import open_proposal
from subsidies.services import applications
from subsidies.states import State
from tests import drive, make
from tests.subsidies import cases
from tests.workbench import buttons, look, press, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return cases.refusal_proposed(make.window())


@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.HEAD, Role.AUDITOR])
def test_while_it_waits_everybody_reads_so_with_the_reason_and_by_whom(case, role):
    shown = text(look(role, case, at=drive.TOLD))
    assert "已提请不予受理，等待复核人员确认。" in shown
    assert cases.REFUSAL in shown
    assert make.officer(Role.HANDLER).get_full_name() in shown


def test_the_handler_has_no_other_way_meanwhile_and_reads_why(case):
    assert buttons(Role.HANDLER, case, at=drive.TOLD) == {"rescreen"}
    assert "在此之前不能受理、告知补正" in text(look(Role.HANDLER, case, at=drive.TOLD))
    response = press(Role.HANDLER, case, "accept", at=drive.TOLD)
    assert response.status_code == 409
    assert "已有待确认的提请" in text(response)


def test_confirmed_the_case_ends_with_the_handlers_reason(case):
    assert press(Role.REVIEWER, case, "confirm_refusal", at=drive.TOLD).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.ended_reason) == (State.NOT_ACCEPTED, cases.REFUSAL)
    shown = text(look(Role.HANDLER, case, at=drive.TOLD))
    assert f"不予受理。{cases.REFUSAL}" in shown.replace("</strong>", "").replace(" ", "")


def test_sent_back_the_handler_reads_the_remark_and_goes_on(case):
    assert press(Role.REVIEWER, case, "decline_refusal", at=drive.TOLD, remark="住所已迁入海淀，见执照").status_code == 302
    assert open_proposal(case) is None
    shown = text(look(Role.HANDLER, case, at=drive.TOLD))
    assert "住所已迁入海淀，见执照" in shown
    assert buttons(Role.HANDLER, case, at=drive.TOLD) == {"accept", "ask_correction", "propose_refusal", "rescreen"}
    assert press(Role.HANDLER, case, "accept", at=drive.TOLD).status_code == 302


def test_who_proposed_does_not_confirm_even_with_another_role(case):
    handler = make.officer(Role.HANDLER)
    make.change_role(handler, Role.REVIEWER)
    response = press(handler, case, "confirm_refusal", at=drive.TOLD)
    case.refresh_from_db()
    assert (response.status_code, case.state) == (403, State.SUBMITTED)


def test_an_old_page_does_not_confirm_another_reason_than_it_showed(case):
    version = case.version
    reviewer = make.officer(Role.REVIEWER)
    applications.decide_refusal(case, by=reviewer, at=drive.TOLD, confirmed=False, remark="请再核实")
    applications.propose_refusal(case, by=make.officer(Role.HANDLER), at=drive.TOLD, reason="另一个理由")
    response = press(Role.REVIEWER, case, "confirm_refusal", at=drive.TOLD, version=version)
    case.refresh_from_db()
    assert (response.status_code, case.state) == (409, State.SUBMITTED)
    assert "另一个理由" in text(response)


def test_while_held_it_waits(case):
    applications.hold(case, by=make.officer(Role.HEAD), at=drive.TOLD, reason="核实举报")
    assert buttons(Role.REVIEWER, case, at=drive.TOLD) == set()


def test_the_trail_tells_proposal_and_decision_in_words(case):
    press(Role.REVIEWER, case, "decline_refusal", at=drive.TOLD, remark="请先补正")
    shown = text(look(Role.AUDITOR, case, at=drive.TOLD))
    assert "提请：不予受理" in shown
    assert "不同意：不予受理" in shown
    assert "提请企业确认" not in shown
