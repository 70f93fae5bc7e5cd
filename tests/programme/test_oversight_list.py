"""A list with its evidence: determined or returned by the IP office, on the very list that it saw."""

import csv
import io
from decimal import Decimal

import pytest
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from programme.oversight import reports
from subsidies.models import Application, Determination
from subsidies.services import applications, reviews
from subsidies.services.applications import papers_of
from subsidies.states import State
from tests import make

pytestmark = pytest.mark.django_db
MINUTES = "会议纪要〔2026〕8号"


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
    return seen(run, minutes_number=MINUTES, confirmed="on", **typed)


def test_the_list_shows_each_case_with_its_evidence(office, window):
    run = allocated(window, "100000.00", "1234567.89")
    html = office.get(url("determination", run)).content.decode()
    for case in run.applications.select_related("legal_entity", "policy"):
        entity = case.legal_entity
        for said in (case.number, entity.name, entity.credit_code, case.policy.number, f"{case.recognised_premium:,.2f}"):
            assert said in html
    for said in ("80%", "80,000.00", "800,000.00", "受上限 800,000.00 元限制", "880,000.00", "人民币捌拾捌万元整", run.list_hash):
        assert said in html
    assert "the-handler / the-reviewer" in html
    assert "人民币人民币" not in html


def test_a_short_budget_and_a_lowered_amount_say_why(office):
    window = make.window(draw="100000.00")
    case = make.application(window=window, state=State.ACCEPTED)
    make.judge_all(case)
    reviews.review(case, by=make.officer(Role.HANDLER), at=make.REVIEWED, lowered_to=Decimal("70000.00"), lowered_reason="部分责任不属试点")
    reviews.check(case, by=make.officer(Role.REVIEWER), at=make.CHECKED)
    html = office.get(url("determination", allocated(window))).content.decode()
    assert "审核调低：部分责任不属试点；本期预算不足，按同比例核定" in html


def test_findings_that_an_officer_decided_are_counted(office, window):
    case = make.application(window=window, state=State.CHECKED)
    run = make.allocated(window)
    judged = case.findings.filter(judged_by=make.officer(Role.HANDLER)).count()
    assert judged
    assert reports.awards_of(run).get().judged == judged


def test_the_ip_office_confirms_and_determines_the_list_it_saw(office, window):
    run = allocated(window)
    asked = office.get(url("determine", run, **seen(run)))
    assert asked.status_code == 200
    assert run.list_hash in asked.content.decode()
    answer = office.post(url("determine", run), words(run))
    made = Determination.objects.get()
    assert (answer.status_code, answer.url) == (302, url("determined", made))
    assert (made.minutes_number, made.list_hash, made.count, made.total) == (MINUTES, run.list_hash, 1, Decimal("80000.00"))
    assert run.applications.get().state == State.DETERMINED
    page = office.get(answer.url).content.decode()
    for said in (MINUTES, "人民币捌万元整", run.list_hash, "the-ip_office"):
        assert said in page
    assert MINUTES in office.get(url("determination", run)).content.decode()


def test_sent_twice_it_is_determined_once_and_leads_to_the_same_page(office, window):
    run = allocated(window)
    form = words(run)
    first, second = office.post(url("determine", run), form), office.post(url("determine", run), form)
    assert (second.status_code, second.url) == (302, first.url)
    assert Determination.objects.count() == 1


@pytest.mark.parametrize(("missing", "sentence"), [("minutes_number", "请填写会议纪要号。"), ("confirmed", "请核对名单后勾选。")])
def test_without_minutes_or_confirmation_nothing_is_determined_and_the_rest_stays_typed(office, window, missing, sentence):
    run = allocated(window)
    form = words(run)
    del form[missing]
    answer = office.post(url("determine", run), form)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in html
    assert (f'value="{MINUTES}"' in html) == (missing != "minutes_number")
    assert run.applications.get().state == State.ALLOCATED


def test_a_blank_minutes_number_is_none(office, window):
    run = allocated(window)
    assert office.post(url("determine", run), words(run) | {"minutes_number": "　 "}).status_code == 422
    assert not Determination.objects.exists()


@pytest.mark.parametrize("verb", ["determine", "return_list"])
def test_a_list_that_has_changed_is_shown_anew_and_what_was_typed_goes_along(office, window, verb):
    run = allocated(window, "100000.00", "50000.00")
    form = words(run, reason="请核对第二件")
    applications.hold(run.applications.first(), by=make.officer(Role.HEAD), at=make.ALLOCATED, reason="核实举报")
    answer = office.post(url(verb, run), form)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "名单在您打开后已有变化" in html
    assert "核实举报" in html
    typed = {"determine": {"minutes_number": MINUTES}, "return_list": {"reason": "请核对第二件"}}[verb]
    again = office.get(url(verb, run, **seen(run, **typed)))
    assert reverse(f"programme:{verb}", args=[run.pk]) in html
    assert next(iter(typed.values())) in again.content.decode()
    assert not Determination.objects.exists()
    assert set(run.applications.values_list("state", flat=True)) == {State.ALLOCATED}


def test_a_forged_or_missing_hash_changes_nothing(office, window):
    run = allocated(window)
    for forged in ("", "0" * 64):
        assert office.post(url("determine", run), words(run) | {"seen_hash": forged}).status_code == 409
    assert run.applications.get().state == State.ALLOCATED


def test_the_confirming_page_opens_only_from_the_list_as_it_stands(office, window):
    run = allocated(window)
    for verb in ("determine", "return_list"):
        answer = office.get(url(verb, run, seen_hash="0" * 64))
        assert (answer.status_code, answer.url) == (302, url("determination", run))


def test_a_list_is_returned_with_reasons_and_its_page_says_so(office, window):
    run = allocated(window)
    case = run.applications.get()
    assert office.get(url("return_list", run, **seen(run))).status_code == 200
    answer = office.post(url("return_list", run), seen(run, reason="第一件发票抬头不符"))
    assert (answer.status_code, answer.url) == (302, url("determination", run))
    case.refresh_from_db()
    assert (case.state, case.awarded, case.allocation) == (State.CHECKED, None, None)
    html = office.get(answer.url).content.decode()
    assert "第一件发票抬头不符" in html
    assert "审定这份名单" not in html


def test_returning_needs_a_reason(office, window):
    run = allocated(window)
    answer = office.post(url("return_list", run), seen(run, reason=" "))
    assert answer.status_code == 422
    assert "请写明退回理由。" in answer.content.decode()


def test_a_list_that_lost_a_case_can_only_be_returned(office, window):
    run = allocated(window, "100000.00", "50000.00")
    lost = run.applications.first()
    Application.objects.filter(pk=lost.pk).update(state=State.ABANDONED, awarded=0, ended_at=make.ALLOCATED, ended_by=lost.created_by)
    html = office.get(url("determination", run)).content.decode()
    assert "名单与核定时不一致" in html
    assert url("determine", run) not in html
    assert office.post(url("determine", run), words(run)).status_code == 409
    assert office.post(url("return_list", run), seen(run, reason="一件放弃，请重新核定")).status_code == 302
    assert window.applications.filter(state=State.CHECKED).count() == 1


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.EVALUATOR])
def test_observers_and_evaluators_read_the_list_and_cannot_act(client, window, role):
    run = allocated(window)
    client.force_login(make.officer(role))
    html = client.get(url("determination", run)).content.decode()
    assert run.applications.get().number in html
    assert "审定和退回由市知识产权局办理" in html
    for verb in ("determine", "return_list"):
        assert url(verb, run) not in html
        refusal = client.post(url(verb, run), words(run, reason="x"))
        assert refusal.status_code == 403
        assert "没有权限" in refusal.content.decode()
    assert run.applications.get().state == State.ALLOCATED


def test_a_case_opens_with_facts_amount_findings_and_papers(office, window):
    run = allocated(window)
    case = run.applications.get()
    html = office.get(url("oversight_case", case)).content.decode()
    for said in (case.legal_entity.name, case.policy.number, "人民币捌万元整", "已核对原件", "系统核查", "营业执照", "保险单"):
        assert said in html
    for kind, stored in papers_of(case):
        answer = office.get(reverse("programme:oversight_paper", args=[case.pk, stored.pk]))
        assert answer.status_code == 200, kind
        assert b"".join(answer.streaming_content).startswith(b"%PDF")
        assert answer["Cache-Control"].startswith("private, no-store")
    assert f'尾号 <span class="num">{case.bank_account.last_four}</span>' in html


def test_papers_are_for_the_ip_office_alone_and_only_those_of_the_case(client, window):
    run = allocated(window, "100000.00", "50000.00")
    case, other = run.applications.order_by("pk")
    mine, foreign = case.policy.paper_id, other.policy.paper_id
    client.force_login(make.officer(Role.OBSERVER))
    assert client.get(reverse("programme:oversight_paper", args=[case.pk, mine])).status_code == 403
    html = client.get(url("oversight_case", case)).content.decode()
    assert reverse("programme:oversight_paper", args=[case.pk, mine]) not in html
    assert case.policy.paper.name not in html
    assert case.bank_account.number not in html
    client.force_login(make.officer(Role.IP_OFFICE))
    assert client.get(reverse("programme:oversight_paper", args=[case.pk, foreign])).status_code == 404


def test_a_case_that_never_came_to_determination_is_not_found(office, window):
    for case in (make.application(window=window, state=State.CHECKED), make.draft(window=window)):
        assert office.get(url("oversight_case", case)).status_code == 404


def test_unknown_lists_are_not_found(office):
    for name in ("determination", "determination_csv", "determine", "return_list", "determined", "determined_csv", "oversight_case"):
        assert office.get(reverse(f"programme:{name}", args=[987654])).status_code == 404


def test_a_long_list_is_paged(office, window, monkeypatch):
    monkeypatch.setattr(reports, "PAGE", 2)
    run = allocated(window, *["10000.00"] * 5)
    numbers = list(run.applications.order_by("number").values_list("number", flat=True))
    shown = []
    for page in ("", "2", "3"):
        html = office.get(url("determination", run, page=page)).content.decode()
        shown += [number for number in numbers if number in html]
        assert ("?page=3" in html) == (page == "2")
    assert shown == numbers
    for nonsense in ("0", "-1", "x", "９", "9" * 30):
        assert office.get(url("determination", run, page=nonsense)).status_code == 200


def test_queries_of_list_and_case_do_not_grow_with_rows(office, window, django_assert_max_num_queries):
    run = allocated(window, *["10000.00"] * 6)
    with django_assert_max_num_queries(18):
        office.get(url("determination", run))
    with django_assert_max_num_queries(20):
        office.get(url("oversight_case", run.applications.first()))


def rows_of(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline="")))


def test_a_name_that_a_spreadsheet_would_run_is_kept_as_text(office, window):
    run = allocated(window)
    entity = run.applications.get().legal_entity
    type(entity).objects.filter(pk=entity.pk).update(name='=HYPERLINK("http://x","北京")')
    assert rows_of(office.get(url("determination_csv", run)))[1][1] == '\'=HYPERLINK("http://x","北京")'


def test_the_csv_of_a_determination_has_its_own_list(office, window):
    run = allocated(window)
    office.post(url("determine", run), words(run))
    made = Determination.objects.get()
    lines = rows_of(office.get(url("determined_csv", made)))
    assert (len(lines), lines[1][8], lines[-1][8]) == (3, "80000.00", "80000.00")


def test_looking_changes_nothing(office, window):
    run = allocated(window)
    before = Event.objects.count()
    for name, obj in (("determination", run), ("determination_csv", run), ("oversight_case", run.applications.get())):
        office.get(url(name, obj))
    office.get(url("determine", run, **seen(run)))
    assert Event.objects.count() == before
