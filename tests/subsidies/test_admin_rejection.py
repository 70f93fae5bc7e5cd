"""建议不予补贴, 拟不予补贴, 陈述申辩 and 重新审核 on the case screen."""

import pytest

from pilot_portal.accounts.roles import Role
from subsidies.models import Opinion
from subsidies.states import State
from tests import drive, make
from tests.subsidies import cases
from tests.workbench import buttons, enter, look, press, text, url

pytestmark = pytest.mark.django_db
REASON = "出口证明不能证明有海外经营"


@pytest.fixture
def window():
    return make.window()


def accepted(window, *, failed=False):
    case = make.application(window=window, state=State.ACCEPTED)
    make.judge_all(case)
    if failed:
        drive.fail_a_check(case)
    case.refresh_from_db()
    return case


def review_form(case):
    acts = look(Role.HANDLER, case, at=make.REVIEWED).context["acts"]
    return next(form for act, form, _ in acts if act.name == "review")


def review(case, **data):
    return press(Role.HANDLER, case, "review", at=make.REVIEWED, **data)


def test_where_every_check_holds_both_opinions_are_open(window):
    field = review_form(accepted(window)).fields["opinion"]
    assert ([value for value, _ in field.choices], field.initial) == (["grant", "reject"], "grant")


def test_where_a_check_failed_only_a_rejection_can_be_recommended(window):
    case = accepted(window, failed=True)
    form = review_form(case)
    assert [value for value, _ in form.fields["opinion"].choices] == ["reject"]
    assert "与原件不符" in form.fields["opinion_reason"].initial
    assert "初审只能建议不予补贴" in text(look(Role.HANDLER, case, at=make.REVIEWED))
    response = review(case, opinion="grant", opinion_reason="我认为可以补贴")
    case.refresh_from_db()
    assert (response.status_code, case.state) == (422, State.ACCEPTED)
    assert "我认为可以补贴" in response.content.decode()
    assert review(case, opinion="reject", opinion_reason=REASON).status_code == 302


def test_a_recommended_rejection_needs_its_reason(window):
    case = accepted(window)
    response = review(case, opinion="reject", opinion_reason=" ", lowered_to="70000", lowered_reason="部分保费属境内责任")
    case.refresh_from_db()
    assert (response.status_code, case.state) == (422, State.ACCEPTED)
    assert list(response.context["form"].errors) == ["opinion_reason"]
    assert "部分保费属境内责任" in response.content.decode()


def test_an_opinion_must_be_chosen(window):
    case = accepted(window)
    assert list(review(case).context["form"].errors) == ["opinion"]


def test_the_reviewer_reads_the_opinion_above_the_buttons_and_cannot_pass(window):
    case = drive.reviewed_for_rejection(window=window, reason=REASON)
    assert case.reviews.first().opinion == Opinion.REJECT
    response = look(Role.REVIEWER, case, at=drive.REJECTING)
    page = response.content.decode()
    assert page.index("建议不予补贴。</strong>" + REASON) < page.index('id="act-propose_rejection"')
    assert buttons(Role.REVIEWER, case, at=drive.REJECTING) == {"send_back", "propose_rejection"}
    assert "不能复核通过" in text(response)
    refused = press(Role.REVIEWER, case, "check", at=drive.REJECTING)
    case.refresh_from_db()
    assert (refused.status_code, case.state) == (409, State.REVIEWED)
    assert "初审建议不予补贴，不能复核通过。请提请不予补贴，或退回初审。" in text(refused)


def test_the_reviewer_starts_from_the_handlers_reason_and_keeps_own_words_after_an_error(window):
    case = drive.reviewed_for_rejection(window=window, reason=REASON)
    page = look(Role.REVIEWER, case, at=drive.REJECTING)
    form = next(form for act, form, _ in page.context["acts"] if act.name == "propose_rejection")
    assert form["reason"].value() == REASON
    assert "今天提请的到 2026 年 9 月 11 日" in text(page)
    response = press(Role.REVIEWER, case, "propose_rejection", at=drive.REJECTING, version=0, reason="我自己的理由")
    assert (response.status_code, response.context["form"]["reason"].value()) == (409, "我自己的理由")


def test_also_a_recommended_subsidy_can_be_proposed_for_rejection(window):
    case = make.application(window=window, state=State.REVIEWED)
    assert {"check", "send_back", "propose_rejection"} == buttons(Role.REVIEWER, case, at=drive.REJECTING)
    assert press(Role.REVIEWER, case, "propose_rejection", at=drive.REJECTING, reason=REASON).status_code == 302


def test_who_reviewed_does_not_propose_the_rejection(window):
    case = drive.reviewed_for_rejection(window=window)
    handler = make.officer(Role.HANDLER)
    make.change_role(handler, Role.REVIEWER)
    assert press(handler, case, "propose_rejection", at=drive.REJECTING, reason=REASON).status_code == 403


def test_reason_deadline_and_replies_with_their_papers_stand_before_the_head(window):
    case = cases.replied(window)
    response = look(Role.HEAD, case, at=drive.REPLIED)
    shown = text(response)
    assert "没有海外经营，不符合试点范围。" in shown
    assert "陈述申辩至 9 月 11 日" in shown
    assert "收到陈述申辩 1 份。" in shown
    assert cases.WORDS in shown
    paper = case.replies.get().attachments.get().file
    assert url(case, "paper", paper.pk) in response.content.decode()
    assert enter(Role.HEAD).get(url(case, "paper", paper.pk)).status_code == 200
    assert enter(Role.HEAD).get(url(make.application(window=window), "paper", paper.pk)).status_code == 404


def test_reconsidered_it_is_reviewed_again_and_the_replies_stay_to_be_read(window):
    case = cases.replied(window)
    assert press(Role.HEAD, case, "reconsider", at=drive.REPLIED, reason="备案属实").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.entitled, case.rejection_reason) == (State.ACCEPTED, None, "")
    shown = text(look(Role.HANDLER, case, at=drive.REPLIED))
    assert cases.WORDS in shown
    assert "拟不予补贴。 理由" not in shown


def test_the_reviewer_reads_who_comes_next(window):
    case = drive.rejection(window=window)
    assert "由市知识产权局随名单审定" in text(look(Role.REVIEWER, case, at=drive.REJECTING))
    assert buttons(Role.REVIEWER, case, at=drive.REJECTING) == set()
