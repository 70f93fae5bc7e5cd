"""批改, 异议, 终止拨付, 归档 and 追回 on the case screen: what is at stake is shown before anything is done."""

from decimal import Decimal

import pytest

from pilot_portal.accounts.roles import Role
from subsidies.models import Recovery
from subsidies.services import applications, endings, recovery
from subsidies.states import State
from tests import drive, make
from tests.subsidies import cases
from tests.workbench import buttons, enter, look, press, text, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def window():
    return make.window()


def test_held_after_an_endorsement_it_shows_old_and_new_figures_and_the_way_out(window):
    case = cases.endorsed(window)
    response = look(Role.HEAD, case, at=make.DETERMINED)
    shown = text(response)
    assert "应补金额由 80,000.00 元降为 64,000.00 元" in shown
    form = next(form for act, form, _ in response.context["acts"] if act.name == "recompute")
    assert (form.reckoned.premium_before, form.reckoned.premium) == (Decimal("100000.00"), Decimal("80000.00"))
    assert (form.reckoned.entitled_before, form.reckoned.entitled) == (Decimal("80000.00"), Decimal("64000.00"))
    assert buttons(Role.HEAD, case, at=make.DETERMINED) == {"recompute", "release", "cancel"}
    assert "批单 P-1" in shown
    endorsement = case.policy.endorsements.get()
    assert enter(Role.HEAD).get(url(case, "paper", endorsement.paper_id)).status_code == 200


def test_recomputed_it_is_checked_again_at_the_new_figure_and_says_nothing_of_it_any_more(window):
    case = cases.endorsed(window)
    assert press(Role.HEAD, case, "recompute", at=make.DETERMINED, reason="按批单核减").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.entitled, case.is_held) == (State.CHECKED, Decimal("64000.00"), False)
    shown = text(look(Role.HEAD, case, at=make.DETERMINED))
    assert "金额须重新核算" not in shown
    assert "原应补 80000.00" in shown  # in the trail


def test_without_a_change_the_head_must_give_a_lower_figure(window):
    case = make.application(window=window, state=State.CHECKED)
    assert "金额没有变化" in text(look(Role.HEAD, case, at=make.CHECKED))
    response = press(Role.HEAD, case, "recompute", at=make.CHECKED, reason="核减")
    assert response.status_code == 409
    assert "没有变化" in text(response)
    assert press(Role.HEAD, case, "recompute", at=make.CHECKED, reason="核减", lowered_to="70,000").status_code == 302
    case.refresh_from_db()
    assert case.entitled == Decimal("70000.00")


def test_figures_that_no_longer_hold_in_review_are_said_with_the_way_back(window):
    case = make.application(window=window, state=State.REVIEWED)
    drive.endorse(case.policy, "50000.00", at=make.CHECKED)
    shown = text(look(Role.REVIEWER, case, at=make.CHECKED))
    assert "应补金额由 80,000.00 元降为 40,000.00 元" in shown
    assert "解除暂停后由复核人员退回初审" in shown


def test_an_open_objection_keeps_the_head_from_release_and_recomputation(window):
    case = cases.objected(window)
    response = look(Role.HEAD, case, at=drive.OBJECTED)
    shown = text(response)
    assert buttons(Role.HEAD, case, at=drive.OBJECTED) == {"cancel"}
    assert "有未处理的公示异议" in shown
    assert "该企业没有海外业务" in shown
    assert "王举报" not in shown  # who objected is not for everybody who reads the case
    for act, data in (("release", {"reason": "误报"}), ("recompute", {"reason": "核减", "lowered_to": "1"})):
        refused = press(Role.HEAD, case, act, at=drive.OBJECTED, **data)
        assert (refused.status_code, "未处理的异议" in text(refused)) == (409, True)


@pytest.mark.parametrize(
    ("ground", "words", "reason"),
    [
        ("保单已退保", "", "保单已退保"),
        ("企业已注销", "见登记系统查询结果", "企业已注销：见登记系统查询结果"),
        ("其他原因", "企业书面要求", "企业书面要求"),
    ],
)
def test_cancelled_on_a_usual_ground_with_words(window, ground, words, reason):
    case = cases.allocated(window)
    assert press(Role.HEAD, case, "cancel", at=make.ALLOCATED, ground=ground, words=words).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.ended_reason, case.awarded) == (State.CANCELLED, reason, None)
    assert reason in text(look(Role.HANDLER, case, at=make.ALLOCATED))


@pytest.mark.parametrize(("ground", "words"), [("其他原因", " "), ("不喜欢", "见附件")])
def test_another_ground_needs_words_and_an_unknown_one_is_none(window, ground, words):
    case = cases.allocated(window)
    assert press(Role.HEAD, case, "cancel", at=make.ALLOCATED, ground=ground, words=words).status_code == 422
    case.refresh_from_db()
    assert case.state == State.ALLOCATED


def test_a_case_in_a_live_batch_is_not_cancelled(window):
    case = make.application(window=window, state=State.CHECKED)
    make.batch(window)
    response = press(Role.HEAD, case, "cancel", at=make.BATCHED, ground="保单已退保")
    case.refresh_from_db()
    assert (response.status_code, case.state) == (409, State.APPROVED)


def test_money_is_asked_back_within_what_was_paid(window):
    case = drive.paid(window=window)
    assert press(Role.HEAD, case, "propose_recovery", at=drive.AFTERWARDS, amount="30,000", reason="隐瞒其他补贴").status_code == 302
    assert case.recoveries.get().amount == Decimal("30000.00")
    shown = text(look(Role.HEAD, case, at=drive.AFTERWARDS))
    assert "追回 30,000.00 元：拟追回。" in shown
    assert "最多 50,000.00 元" in shown
    response = press(Role.HEAD, case, "propose_recovery", at=drive.AFTERWARDS, amount="50,000.01", reason="再追回")
    assert (response.status_code, Recovery.objects.count()) == (422, 1)


def test_while_money_has_to_come_back_nothing_is_archived(window):
    case = drive.recovering(window=window).application
    assert "archive" not in buttons(Role.HEAD, case, at=drive.AFTERWARDS)
    response = press(Role.HEAD, case, "archive", at=drive.AFTERWARDS)
    assert (response.status_code, "未办结的追回" in text(response)) == (409, True)
    recovery.drop_recovery(case.recoveries.get(), by=make.officer(Role.IP_OFFICE), at=drive.ORDERED, reason="查无实据")
    assert "archive" in buttons(Role.HEAD, case, at=drive.ORDERED)


def test_an_archived_case_can_still_be_asked_for_money_and_nothing_else(window):
    case = drive.paid(window=window)
    endings.archive(case, by=make.officer(Role.HEAD), at=drive.AFTERWARDS)
    assert buttons(Role.HEAD, case, at=drive.AFTERWARDS) == {"propose_recovery"}


def test_an_ended_case_says_why_and_who(window):
    case = cases.submitted(window)
    applications.withdraw(case, by=case.created_by, at=make.FILED, reason="金额填错")
    shown = text(look(Role.HANDLER, case))
    assert "已撤回。 金额填错。" in shown
    assert case.created_by.get_full_name() in shown
