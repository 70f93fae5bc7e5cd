"""Proposed rejections on a list: with everybody's words, determined or returned with the list that they stand on, or alone."""

import csv
import io
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from programme.oversight import reports
from subsidies.models import Application, Determination, Opinion
from subsidies.services import applications, rejections, reviews
from subsidies.states import State
from tests import make

pytestmark = pytest.mark.django_db


def url(name: str, obj, **query) -> str:
    return reverse(f"programme:{name}", args=[obj.pk], query=query)


@pytest.fixture
def window():
    return make.window(draw="1000000.00")


@pytest.fixture
def office(client):
    client.force_login(make.officer(Role.IP_OFFICE))
    return client


def allocated(window, *premiums: str):
    for premium in premiums or ("100000.00",):
        make.application(window=window, state=State.CHECKED, premium=Decimal(premium))
    return make.allocated(window)


def seen(run, **typed) -> dict:
    now = reports.standing(run)
    return {"seen_hash": now.hash, "seen_count": now.free, **typed}


def words(run, **typed) -> dict:
    return seen(run, minutes_number="会议纪要〔2026〕8号", confirmed="on", **typed)


def propose_rejection(window, reason: str) -> Application:
    """A case whose rejection the reviewer has proposed; by `make.ALLOCATED` its days to reply are over."""
    case = make.application(window=window, state=State.ACCEPTED)
    make.judge_all(case)
    reviews.review(
        case, by=make.officer(Role.HANDLER), at=make.REVIEWED, opinion=Opinion.REJECT, opinion_reason="保单第 3 页承保区域只有中国"
    )
    return rejections.propose_rejection(case, by=make.officer(Role.REVIEWER), at=make.CHECKED, reason=reason)


def test_proposed_rejections_stand_on_the_list_with_the_words_of_handler_reviewer_and_applicant(office, window):
    case = propose_rejection(window, "保单承保的是国内纠纷")
    rejections.reply(
        case, by=make.owner_of(case.legal_entity), at=make.CHECKED, text="批单已扩展到美国，见附件", uploads=[make.pdf("endorsement")]
    )
    run = allocated(window)
    html = office.get(url("determination", run)).content.decode()
    for said in (case.number, "保单承保的是国内纠纷", "建议不予补贴：保单第 3 页承保区域只有中国", "1 次", "另有拟不予补贴"):
        assert said in html
    page = office.get(url("oversight_case", case)).content.decode()
    paper = case.replies.get().attachments.get().file
    link = reverse("programme:oversight_paper", args=[case.pk, paper.pk])
    for said in ("批单已扩展到美国，见附件", "保单承保的是国内纠纷", "建议不予补贴：保单第 3 页", link):
        assert said in page
    assert b"".join(office.get(link).streaming_content).startswith(b"%PDF")
    office.post(url("determine", run), words(run))
    case.refresh_from_db()
    made = Determination.objects.get()
    assert (case.state, case.ended_reason, made.count, made.rejected_count) == (State.REJECTED, "保单承保的是国内纠纷", 1, 1)
    page = office.get(url("determined", made)).content.decode()
    assert "保单承保的是国内纠纷" in page
    assert case.number in office.get(url("determination", run)).content.decode()


def test_an_observer_reads_the_reply_and_not_its_papers(client, window):
    case = propose_rejection(window, "保单承保的是国内纠纷")
    rejections.reply(case, by=make.owner_of(case.legal_entity), at=make.CHECKED, text="见附件", uploads=[make.pdf("secret endorsement")])
    client.force_login(make.officer(Role.OBSERVER))
    html = client.get(url("oversight_case", case)).content.decode()
    assert "见附件" in html
    assert "secret endorsement" not in html
    paper = case.replies.get().attachments.get().file
    assert client.get(reverse("programme:oversight_paper", args=[case.pk, paper.pk])).status_code == 403


@pytest.mark.parametrize(("at", "said"), [(make.CHECKED, "2026 年 9 月 11 日"), (make.ALLOCATED, "期限内没有提出")])
def test_while_the_applicant_may_reply_the_page_says_until_when(client, window, at, said):
    case = propose_rejection(window, "保单承保的是国内纠纷")
    with time_machine.travel(at, tick=False):
        client.force_login(make.officer(Role.IP_OFFICE))
        assert said in client.get(url("oversight_case", case)).content.decode()


def test_a_list_of_rejections_alone_is_determined(office, window):
    case = propose_rejection(window, "保单承保的是国内纠纷")
    run = make.allocated(window)
    assert "这份名单只有拟不予补贴" in office.get(url("determination", run)).content.decode()
    assert "拟不予补贴" in office.get(reverse("programme:oversight")).content.decode()
    asked = office.get(url("determine", run, **seen(run))).content.decode()
    assert "不予补贴的决定自审定时生效" in asked
    assert "¥0.00" not in asked
    answer = office.post(url("determine", run), words(run), follow=True)
    assert "1 件不予补贴" in answer.content.decode()
    case.refresh_from_db()
    assert (case.state, Determination.objects.get().rejected_count) == (State.REJECTED, 1)


def test_a_list_of_rejections_alone_is_returned_and_comes_again(office, window):
    case = propose_rejection(window, "保单承保的是国内纠纷")
    run = make.allocated(window)
    assert "离开本名单" in office.get(url("return_list", run, **seen(run))).content.decode()
    answer = office.post(url("return_list", run), seen(run, reason="理由过于笼统"), follow=True)
    assert "理由过于笼统" in answer.content.decode()
    case.refresh_from_db()
    assert (case.state, case.allocation) == (State.REJECTION_PROPOSED, None)
    assert not reports.waiting_lists().exists()
    again = make.allocated(window)
    assert [(run.pk, run.rejections) for run in reports.waiting_lists()] == [(again.pk, 1)]


def test_two_lists_of_a_window_do_not_disturb_each_other(office, window):
    first = allocated(window)
    case = propose_rejection(window, "保单承保的是国内纠纷")
    second = make.allocated(window)
    assert case.number not in office.get(url("determination", first)).content.decode()
    assert case.number not in office.get(url("determination_csv", first)).content.decode()
    assert [(run.pk, run.waiting, run.rejections) for run in reports.waiting_lists()] == [(first.pk, 1, 0), (second.pk, 0, 1)]
    assert office.post(url("determine", first), words(first)).status_code == 302
    assert office.get(url("determination", second)).context["standing"].may_be_determined
    assert office.post(url("determine", second), words(second) | {"minutes_number": "会议纪要〔2026〕9号"}).status_code == 302
    assert sorted(window.applications.values_list("state", flat=True)) == ["determined", "rejected"]


def test_a_rejection_that_is_reviewed_anew_makes_a_list_that_can_only_be_returned(office, window):
    case = propose_rejection(window, "保单承保的是国内纠纷")
    run = allocated(window)
    rejections.reconsider(case, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="批单属实")
    html = office.get(url("determination", run)).content.decode()
    assert "名单与核定时不一致" in html
    assert case.number not in html
    assert office.post(url("determine", run), words(run)).status_code == 409


def test_a_held_rejection_waits_and_is_counted_apart(office, window):
    case = propose_rejection(window, "保单承保的是国内纠纷")
    run = allocated(window)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="核实")
    now = reports.standing(run)
    assert (now.count, now.rejections, now.held_rejections, now.may_be_determined) == (1, 0, 1, True)
    office.post(url("determine", run), words(run))
    case.refresh_from_db()
    assert (case.state, Determination.objects.get().rejected_count) == (State.REJECTION_PROPOSED, 0)
    assert [(found.waiting, found.rejections, found.held) for found in reports.waiting_lists()] == [(0, 0, 1)]
    assert "审定这份名单" not in office.get(url("determination", run)).content.decode()


def test_the_csv_says_what_the_page_says_and_ends_in_count_total_and_hash(office, window):
    rejected = propose_rejection(window, "保单承保的是国内纠纷")
    run = allocated(window, "100000.00", "50000.00")
    answer = office.get(url("determination_csv", run))
    head, *lines, last = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert answer["Content-Disposition"].startswith("attachment;")
    assert head == list(reports.COLUMNS)
    awarded = run.applications.filter(state=State.ALLOCATED).order_by("number")
    numbers = [*awarded.values_list("number", flat=True), rejected.number]
    assert [line[0] for line in lines] == [f"{number}\t" for number in numbers]
    assert [line[8] for line in lines] == ["80000.00", "40000.00", "0.00"]
    assert [lines[2][n] for n in (9, 12, 13, 14, 15)] == [
        "保单承保的是国内纠纷",
        "建议不予补贴：保单第 3 页承保区域只有中国",
        "the-reviewer",
        "0",
        "拟不予补贴",
    ]
    assert (last[1], last[8], last[15]) == ("2 件", "120000.00", "拟不予补贴 1 件")
    assert run.list_hash in last[9]
