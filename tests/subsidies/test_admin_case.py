"""The case screen: what an officer sees, and each button: works, wrong role, stale version."""

import re
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from insurers.models import Entrustment
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.audit.workbench.words import FACT_NAMES, event_name
from pilot_portal.files.services import store_upload
from subsidies.models import Application, Verdict
from subsidies.services import applications, corrections, documents, endings, objections, reviews
from subsidies.states import State
from tests import drive, make
from tests.subsidies import cases
from tests.workbench import buttons, enter, look, press, text, url

pytestmark = pytest.mark.django_db
CORRECTED = {"invoiced": "90,000.00", "correction_reason": "发票第 1 页为 90,000.00 元"}


@pytest.fixture
def window():
    return make.window()


def case_in(window, state: State, **options):
    case = make.application(window=window, state=state, **options)
    if state == State.SUBMITTED:
        reviews.screen(case, at=make.FILED)
    return case


def ready_for_review(window):
    case = case_in(window, State.ACCEPTED)
    make.judge_all(case)
    case.refresh_from_db()
    return case


ACTS = [
    ("accept", State.SUBMITTED, Role.HANDLER, {}, State.ACCEPTED),
    ("check", State.REVIEWED, Role.REVIEWER, {}, State.CHECKED),
    ("send_back", State.REVIEWED, Role.REVIEWER, {"reason": "发票金额请再核对"}, State.ACCEPTED),
    ("hold", State.ACCEPTED, Role.HEAD, {"reason": "核实举报"}, State.ACCEPTED),
    ("rescreen", State.ACCEPTED, Role.HANDLER, {}, State.ACCEPTED),
]
NAMES = [act[0] for act in ACTS]


@pytest.mark.parametrize(("act", "state", "role", "data", "target"), ACTS, ids=NAMES)
def test_button_is_offered_and_moves_the_case(window, act, state, role, data, target):
    case = case_in(window, state)
    assert act in buttons(role, case)
    response = press(role, case, act, at=make.REVIEWED, **data)
    assert (response.status_code, response["Location"]) == (302, url(case))
    case.refresh_from_db()
    assert case.state == target


@pytest.mark.parametrize(("act", "state", "role", "data", "target"), ACTS, ids=NAMES)
def test_button_is_refused_to_another_role(window, act, state, role, data, target):
    case = case_in(window, state)
    other = Role.FINANCE
    assert act not in buttons(other, case)
    before = (case.state, case.version, case.held_at)
    response = press(other, case, act, **data)
    case.refresh_from_db()
    assert response.status_code == 403
    assert (case.state, case.version, case.held_at) == before


@pytest.mark.parametrize(("act", "state", "role", "data", "target"), ACTS, ids=NAMES)
def test_button_of_an_old_page_is_refused_with_what_changed(window, act, state, role, data, target):
    case = case_in(window, state)
    seen, version = Event.objects.latest("pk").pk, case.version
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实举报线索")
    applications.release(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="已核实")
    response = press(role, case, act, version=version, seen=seen, **data)
    shown = text(response)
    assert response.status_code == 409
    assert "在您打开页面后已有变化" in shown
    assert "核实举报线索" in shown
    case.refresh_from_db()
    assert case.state == state
    assert response.context["form"]["version"].value() == case.version  # what changed has been read: the next press goes through


def test_held_case_offers_only_its_release(window):
    case = case_in(window, State.ACCEPTED)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实举报")
    assert buttons(Role.HEAD, case) == {"release"}
    assert "review" not in buttons(Role.HANDLER, case)
    assert press(Role.HEAD, case, "release", reason="已核实").status_code == 302
    case.refresh_from_db()
    assert not case.is_held
    assert "release" not in buttons(Role.HEAD, case)


def test_release_without_reason_keeps_the_hold(window):
    case = case_in(window, State.ACCEPTED)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实举报")
    assert press(Role.HEAD, case, "release", reason=" ").status_code == 422
    case.refresh_from_db()
    assert case.is_held


def test_check_is_judged_with_its_ground(window):
    case = case_in(window, State.ACCEPTED)
    finding = case.findings.filter(verdict=Verdict.OPEN).first()
    response = press(Role.HANDLER, case, "judge", finding=finding.pk, verdict="passed", note="已核对原件第 2 页")
    finding.refresh_from_db()
    assert response.status_code == 302
    assert (finding.verdict, finding.note, finding.judged_by) == (Verdict.PASSED, "已核对原件第 2 页", make.officer(Role.HANDLER))


@pytest.mark.parametrize(("role", "note", "status"), [(Role.REVIEWER, "已核对", 403), (Role.HANDLER, "", 422)])
def test_check_is_not_judged_by_another_role_or_without_ground(window, role, note, status):
    case = case_in(window, State.ACCEPTED)
    finding = case.findings.filter(verdict=Verdict.OPEN).first()
    response = press(role, case, "judge", finding=finding.pk, verdict="passed", note=note)
    finding.refresh_from_db()
    assert (response.status_code, finding.verdict) == (status, Verdict.OPEN)


def test_judgement_on_an_old_page_keeps_what_was_typed(window):
    case = case_in(window, State.ACCEPTED)
    first = case.findings.filter(verdict=Verdict.OPEN).first()
    version = case.version
    reviews.judge(first, by=make.user(Role.HANDLER), at=make.ACCEPTED, verdict=Verdict.FAILED, note="材料缺页")
    response = press(Role.HANDLER, case, "judge", version=version, finding=first.pk, verdict="passed", note="我已看过第三页")
    first.refresh_from_db()
    assert (response.status_code, first.verdict) == (409, Verdict.FAILED)
    assert "我已看过第三页" in response.content.decode()


def test_what_the_machine_passed_is_overruled(window):
    case = case_in(window, State.ACCEPTED)
    passed = case.findings.filter(verdict=Verdict.PASSED).first()
    assert press(Role.HANDLER, case, "overrule", finding=passed.pk, verdict="failed", note="第 3 页与登记不符").status_code == 302
    passed.refresh_from_db()
    assert (passed.verdict, passed.judged_by) == (Verdict.FAILED, make.officer(Role.HANDLER))
    assert press(Role.HANDLER, case, "overrule", finding=passed.pk, verdict="passed", note="再看").status_code == 422


def test_finding_of_another_case_cannot_be_judged_here(window):
    case, other = case_in(window, State.ACCEPTED), case_in(window, State.ACCEPTED)
    response = press(Role.HANDLER, case, "judge", finding=other.findings.first().pk, verdict="failed", note="不符")
    assert response.status_code == 422
    assert not other.findings.filter(verdict=Verdict.FAILED).exists()


def test_review_waits_for_every_check(window):
    case = case_in(window, State.ACCEPTED)
    response = press(Role.HANDLER, case, "review", opinion="grant")
    case.refresh_from_db()
    assert (response.status_code, case.state) == (409, State.ACCEPTED)
    assert "核查没有结论" in text(response)


def test_review_fixes_the_amount_on_the_papers(window):
    case = ready_for_review(window)
    assert press(Role.HANDLER, case, "review", opinion="grant", at=make.REVIEWED).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.entitled) == (State.REVIEWED, Decimal("80000.00"))
    assert "应补金额" in text(look(Role.REVIEWER, case))


def test_review_takes_corrected_figures_with_reason_and_page(window):
    case = ready_for_review(window)
    assert press(Role.HANDLER, case, "review", opinion="grant", at=make.REVIEWED, **CORRECTED).status_code == 302
    case.refresh_from_db()
    assert (case.recognised_premium, case.entitled) == (Decimal("90000.00"), Decimal("72000.00"))
    assert "发票第 1 页为 90,000.00 元" in text(look(Role.REVIEWER, case))


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"invoiced": "90000"}, "correction_reason"),
        ({"invoiced": "90000.001", "correction_reason": "第 1 页"}, "invoiced"),
        ({"lowered_to": "70000"}, "lowered_reason"),
        ({"lowered_to": "80000.01", "lowered_reason": "错误"}, "lowered_to"),
    ],
)
def test_review_refuses_beside_the_field_and_keeps_what_was_typed(window, data, field):
    case = ready_for_review(window)
    response = press(Role.HANDLER, case, "review", opinion="grant", **data)
    case.refresh_from_db()
    assert (response.status_code, case.state) == (422, State.ACCEPTED)
    assert field in response.context["form"].errors
    assert all(value in response.content.decode() for value in data.values())


def test_review_lowers_with_a_reason(window):
    case = ready_for_review(window)
    assert press(Role.HANDLER, case, "review", opinion="grant", lowered_to="70000", lowered_reason="部分保费属境内责任").status_code == 302
    case.refresh_from_db()
    assert case.entitled == Decimal("70000.00")


def test_review_by_another_role_or_on_an_old_page_is_refused(window):
    case = ready_for_review(window)
    assert press(Role.REVIEWER, case, "review", opinion="grant").status_code == 403
    assert press(Role.HANDLER, case, "review", opinion="grant", version=case.version - 1).status_code == 409
    case.refresh_from_db()
    assert case.state == State.ACCEPTED


def test_who_accepted_cannot_check(window):
    case = case_in(window, State.REVIEWED)
    reviewer = make.officer(Role.REVIEWER)
    Application.objects.filter(pk=case.pk).update(accepted_by=reviewer)  # as a handler, in an earlier post
    response = press(reviewer, case, "check")
    case.refresh_from_db()
    assert (response.status_code, case.state) == (403, State.REVIEWED)


def test_unknown_button_is_404_and_its_address_opens_the_screen(window):
    case = case_in(window, State.SUBMITTED)
    assert press(Role.HANDLER, case, "pay_me").status_code == 404
    assert enter(Role.HANDLER).get(url(case, "do", "accept"))["Location"] == url(case)
    case.refresh_from_db()
    assert case.state == State.SUBMITTED


def test_account_is_masked_until_it_is_revealed_and_the_look_leaves_a_trace(window):
    case = case_in(window, State.ACCEPTED)
    number = case.bank_account.number
    assert number not in look(Role.HANDLER, case).content.decode()
    response = enter(Role.HANDLER).post(url(case, "account"))
    assert number in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    event = Event.objects.get(action="reveal_account")
    assert (event.actor, event.data["account"]) == (make.officer(Role.HANDLER).username, case.bank_account_id)
    assert number not in str(event.data)


@pytest.mark.parametrize("role", [Role.HEAD, Role.AUDITOR])
def test_account_is_not_revealed_to_who_needs_it_not(window, role):
    case = case_in(window, State.ACCEPTED)
    assert enter(role).post(url(case, "account")).status_code == 403
    assert not Event.objects.filter(action="reveal_account").exists()


def test_opening_an_account_address_reveals_nothing(window):
    case = case_in(window, State.ACCEPTED)
    assert enter(Role.HANDLER).get(url(case, "account")).status_code == 403
    assert not Event.objects.filter(action="reveal_account").exists()


def test_papers_are_pictures_of_pages_and_the_original(window):
    case = case_in(window, State.ACCEPTED)
    client, paper = enter(Role.HANDLER), case.policy.paper
    frame = client.get(url(case, "paper", paper.pk))
    page = client.get(url(case, "paper_page", paper.pk, 1))
    original = client.get(url(case, "paper_original", paper.pk))
    assert frame.context["pages"] == [url(case, "paper_page", paper.pk, 1)]
    assert (page["Content-Type"], page.content[:4]) == ("image/png", b"\x89PNG")
    assert b"".join(original.streaming_content)[:5] == b"%PDF-"
    assert client.get(url(case, "paper_page", paper.pk, 2)).status_code == 404


def test_papers_of_another_case_are_not_served_here(window):
    case, other = case_in(window, State.ACCEPTED), case_in(window, State.ACCEPTED)
    for page in ("paper", "paper_original"):
        assert enter(Role.HANDLER).get(url(case, page, other.policy.paper_id)).status_code == 404


def test_issued_paper_is_downloaded_from_its_case_alone(window):
    case, other = case_in(window, State.ACCEPTED), case_in(window, State.ACCEPTED)
    receipt = documents.issue_receipt(case, at=make.FILED)
    response = enter(Role.REVIEWER).get(url(case, "document", receipt.pk))
    assert b"".join(response.streaming_content)[:5] == b"%PDF-"
    assert enter(Role.REVIEWER).get(url(other, "document", receipt.pk)).status_code == 404


def test_frame_of_papers_may_stand_in_our_own_pages_alone(window):
    case = case_in(window, State.ACCEPTED)
    frame = enter(Role.HANDLER).get(url(case, "paper", case.policy.paper_id))
    assert "frame-ancestors 'self'" in frame["Content-Security-Policy"]
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'none'" in look(Role.HANDLER, case)["Content-Security-Policy"]


def test_draft_has_no_screen(window):
    draft = make.draft(window=window)
    for role in (Role.HANDLER, Role.AUDITOR):
        assert enter(role).get(url(draft)).status_code == 404


def test_screen_says_what_changed_since_filing(window):
    case = case_in(window, State.ACCEPTED)
    case.legal_entity.name = "北京更名科技有限公司"
    case.legal_entity.save()
    assert "提交后有变化" in text(look(Role.HANDLER, case))


def test_screen_shows_the_trail(window):
    case = case_in(window, State.ACCEPTED)
    shown = text(look(Role.AUDITOR, case))
    assert "受理" in shown
    assert "办理记录" in shown


def test_screen_takes_few_queries_however_many_rows(window, django_assert_max_num_queries):
    case = case_in(window, State.CHECKED)
    for number in range(5):
        applications.hold(case, by=make.officer(Role.HEAD), at=make.CHECKED, reason=f"核实 {number}")
        applications.release(case, by=make.officer(Role.HEAD), at=make.CHECKED, reason="已核实")
    client = enter(Role.HANDLER)
    with django_assert_max_num_queries(30) as first:
        assert client.get(url(case)).status_code == 200
    make_more_rows(case)
    with django_assert_max_num_queries(30) as second:
        assert client.get(url(case)).status_code == 200
    assert len(second) == len(first)


@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.HEAD])
def test_screen_takes_as_few_queries_whatever_has_happened_beside_the_way(window, role, django_assert_max_num_queries):
    case = drive.insurers_case(window=window)
    client = enter(role)
    for happened in (lambda: hand_in(case), lambda: hand_in(case, then=refuse_and_decline)):
        happened()
        with django_assert_max_num_queries(30) as queries, time_machine.travel(drive.ANSWERED, tick=False):
            assert client.get(url(case)).status_code == 200
    first = len(queries)
    make_more_rows(case)
    for _ in range(3):
        hand_in(case, then=refuse_and_decline)
    with django_assert_max_num_queries(30) as queries, time_machine.travel(drive.ANSWERED, tick=False):
        assert client.get(url(case)).status_code == 200
    assert len(queries) == first


def hand_in(case, then=lambda case: None):
    """A correction with a word and a paper to each of its items."""
    corrections.ask_correction(case, by=make.officer(Role.HANDLER), at=drive.TOLD, items=cases.LIST)
    for item in corrections.open_correction(case).items.all():
        corrections.answer(item, by=case.created_by, at=drive.ANSWERED, text="已更正", upload=make.pdf(f"answer {item.pk}"))
    corrections.resubmit(case, by=case.created_by, at=drive.ANSWERED)
    reviews.screen(case, at=drive.ANSWERED)
    then(case)


def refuse_and_decline(case):
    applications.propose_refusal(case, by=make.officer(Role.HANDLER), at=drive.ANSWERED, reason="材料不实")
    applications.decide_refusal(case, by=make.officer(Role.REVIEWER), at=drive.ANSWERED, confirmed=False, remark="再核实")


def test_screen_says_who_filed_for_whom_under_which_mandate(window):
    mandate = make.pdf("mandate")
    case = drive.insurers_case(window=window, includes_correction=False)
    Entrustment.objects.filter(pk=case.entrustment_id).update(paper=store_upload(mandate, by=case.created_by, at=make.FILED))
    case.refresh_from_db()
    response = look(Role.HANDLER, case)
    shown = text(response)
    assert f"{case.insurer.short_name}代{case.legal_entity.name}申报" in shown
    assert "含提交，不含补正" in shown
    assert enter(Role.HANDLER).get(url(case, "paper", case.entrustment.paper_id)).status_code == 200
    assert "企业自行申报" in text(look(Role.HANDLER, case_in(window, State.SUBMITTED)))


def test_every_action_of_the_trail_is_said_in_words(window):
    refused = cases.refusal_proposed(window)
    applications.decide_refusal(refused, by=make.officer(Role.REVIEWER), at=drive.TOLD, confirmed=True)
    lists = [cases.handed_in(window), cases.replied(window), refused]
    endings.abandon(lists[1], by=make.owner_of(lists[1].legal_entity), at=drive.REPLIED, reason="不再申请")
    last = cases.endorsed(window)
    objections.recompute(last, by=make.officer(Role.HEAD), at=make.DETERMINED, reason="批减")
    lists += [last, cases.objected(make.window()), drive.ordered(window=make.window()).application]
    for case in lists:
        case.refresh_from_db()
        for event in look(Role.AUDITOR, case, at=drive.REPAID).context["events"]:
            assert re.fullmatch(r"[^a-z]+", event_name(event)), event.action
            assert not set(event.data) - set(FACT_NAMES) - OF_LISTS, (event.action, event.data)


OF_LISTS = {"public_list", "list_hash"}  # facts of the lists that the case stood on


def make_more_rows(case):
    """Rows that the services would refuse now, since the policy is in use."""
    invoice, payment = case.policy.invoices.first(), case.policy.premium_payments.first()
    for number in range(20):
        invoice.pk, invoice.number = None, f"more-{number}"
        invoice.save()
        payment.pk, payment.reference = None, f"more-{number}"
        payment.save()


def test_workbench_is_closed_to_applicants(window):
    case = case_in(window, State.SUBMITTED)
    response = enter(make.owner_of(case.legal_entity)).get(url(case))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))
