"""进度查询: a true and plain sentence for every state, without name, amount or reason."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from programme import progress
from subsidies.models import Application, Payment, Recovery
from subsidies.services import applications, corrections, endings, payments, rejections
from subsidies.states import UNFILED, PaymentState, RecoveryState, State
from tests import make

pytestmark = pytest.mark.django_db


def ask(client, case: Application, at):
    with time_machine.travel(at, tick=False):
        return client.post(reverse("programme:progress"), {"number": case.number, "tail": case.legal_entity.credit_code[-4:]})


def said(case: Application, at) -> str:
    case.refresh_from_db()
    return progress.sentence(case, at=at)


def test_every_filed_state_has_its_words():
    assert set(progress.WORDS) == set(State) - set(UNFILED)


@pytest.mark.parametrize("state", sorted(progress.WORDS))
def test_a_sentence_is_whole_whatever_is_known_of_the_case(state):
    case = make.application(window=make.window())
    for due_at in (None, make.CLOSES):
        case.state, case.due_at = state, due_at
        for at in (make.FILED, make.PAID):
            sentence = progress.sentence(case, at=at)
            assert sentence.endswith("。")
            assert "{" not in sentence
            assert "None" not in sentence


def test_the_page_shows_state_and_sentence_and_nothing_private(client):
    case = make.application(window=make.window())
    html = ask(client, case, make.FILED).content.decode()
    assert "等待受理，2026 年 9 月 8 日前告知是否受理" in html
    private = (case.legal_entity.name, case.legal_entity.contact_phone, case.policy.number, case.bank_account.last_four)
    assert not [secret for secret in private if secret in html]


def test_a_promise_that_was_missed_is_admitted():
    case = make.application(window=make.window())
    assert said(case, make.CLOSES) == "已收到，等待受理。原定 2026 年 9 月 8 日前告知，现已超过这一时间，请联系促进中心。"


def test_a_correction_says_until_when_and_not_what():
    case = make.application(window=make.window())
    corrections.ask_correction(case, by=make.officer(make.Role.HANDLER), at=make.ACCEPTED, items=[("invoices", "发票抬头不符")])
    sentence = said(case, make.ACCEPTED)
    assert "请在 2026 年 9 月 16 日前登录办理" in sentence
    assert "发票" not in sentence
    assert "已过" in said(case, make.CLOSES)


def test_a_proposed_rejection_is_no_decision_and_its_reason_is_not_said(client):
    case = make.application(window=make.window(), state=State.REVIEWED)
    rejections.propose_rejection(case, by=make.officer(make.Role.REVIEWER), at=make.CHECKED, reason="保单承保的是国内纠纷")
    html = ask(client, case, make.CHECKED).content.decode()
    assert "还没有决定" in html
    assert "2026 年 9 月 11 日前可以登录提交陈述申辩" in html
    assert "国内纠纷" not in html
    assert "期限已过" in said(case, make.ALLOCATED)


def test_a_held_case_says_so_without_the_reason(client):
    case = make.application(window=make.window(), state=State.CHECKED)
    applications.hold(case, by=make.officer(make.Role.HEAD), at=make.CHECKED, reason="有人举报虚假发票")
    html = ask(client, case, make.CHECKED).content.decode()
    assert progress.HELD in html
    assert "举报" not in html


def test_a_checked_case_waits_for_the_closing_or_for_the_allocation():
    case = make.application(window=make.window(), state=State.CHECKED)
    assert "9 月 30 日 17:00 截止后统一核定" in said(case, make.CHECKED)
    assert said(case, make.CLOSES) == "复核已通过，等待统一核定拟补贴额。"


def test_publication_is_over_when_it_is_over():
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    notice = make.publicised(window)
    assert "正在公示，到 2026 年 10 月 20 日止" in said(case, make.PUBLICISED)
    assert said(case, notice.ends_at) == "公示期已满，等待批准拨付。"


def test_payment_is_followed_to_the_account():
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    batch = make.batch(window)
    assert "正在办理付款" in said(case, make.BATCHED)
    payments.approve_batch(batch, by=make.officer(make.Role.HEAD), at=make.BATCHED)
    payments.export_batch(batch, by=make.officer(make.Role.FINANCE), at=make.BATCHED)
    assert "已送银行" in said(case, make.BATCHED)
    Payment.objects.update(state=PaymentState.RETURNED, return_reason="户名不符", return_code="02")
    assert "被银行退回" in said(case, make.PAID)
    assert "户名" not in said(case, make.PAID)


def test_a_paid_case_that_owes_something_says_so():
    case = make.application(window=make.window(), state=State.CHECKED)
    case.state, case.awarded = State.PAID, Decimal("80000.00")
    assert progress.sentence(case, at=make.PAID) == "补贴已到账。"
    case.state, case.awarded = State.ARCHIVED, Decimal("0.00")
    assert "不需要拨付" in progress.sentence(case, at=make.PAID)


def test_an_ordered_recovery_is_said_without_its_amount(client):
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    payments.approve_batch(batch := make.batch(window), by=make.officer(make.Role.HEAD), at=make.BATCHED)
    payments.export_batch(batch, by=make.officer(make.Role.FINANCE), at=make.BATCHED)
    Payment.objects.update(state=PaymentState.PAID, paid_on=date(2026, 10, 26), bank_reference="R-1")
    Application.objects.filter(pk=case.pk).update(state=State.PAID, paid_at=make.PAID, paid_by=make.officer(make.Role.FINANCE))
    by, office = make.officer(make.Role.HEAD), make.officer(make.Role.IP_OFFICE)
    Recovery.objects.create(
        application=case,
        amount=Decimal("32000.00"),
        reason="批减保费",
        proposed_by=by,
        proposed_at=make.PAID,
        state=RecoveryState.ORDERED,
        ordered_by=office,
        ordered_at=make.PAID,
        due_on=date(2026, 11, 20),
    )
    html = ask(client, case, make.PAID).content.decode()
    assert progress.OWES in html
    assert "32,000" not in html
    assert "批减" not in html


def test_an_end_is_said_without_its_reason(client):
    window = make.window()
    case = make.application(window=window, state=State.CHECKED)
    make.allocated(window)
    case.refresh_from_db()
    endings.cancel(case, by=make.officer(make.Role.HEAD), at=make.ALLOCATED, reason="已被列入失信名单")
    html = ask(client, case, make.ALLOCATED).content.decode()
    assert progress.WORDS[State.CANCELLED] in html
    assert "失信" not in html


def test_a_draft_a_wrong_code_and_a_wrong_number_get_the_same_answer(client):
    window = make.window()
    draft, filed = make.draft(window=window), make.application(window=window)
    tail = filed.legal_entity.credit_code[-4:]
    wrong = "0000" if tail != "0000" else "0001"
    with time_machine.travel(make.FILED + timedelta(hours=1), tick=False):
        asked = ((filed.number, wrong), ("BJIP-2026-999999-AAAA", tail), (str(draft.pk), draft.legal_entity.credit_code[-4:]))
        answers = [client.post(reverse("programme:progress"), {"number": number, "tail": end}) for number, end in asked]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content.decode().split('role="status"')[1].split("</div>")[0] for answer in answers}) == 1
