"""The queue of applications: search, filters, pages, and its price in queries."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from enterprises.models import Branch, FormerName, LegalEntity
from pilot_portal.accounts.roles import ADMIN_ROLES, CENTRE, Role
from pilot_portal.audit.counting import capped_all
from pilot_portal.reference.models import Entry, Kind
from subsidies.models import Application, Finding, Verdict
from subsidies.services import applications, objections
from subsidies.services.assignments import assign
from subsidies.states import State
from tests import drive, make
from tests.subsidies import cases
from tests.workbench import enter, list_of, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def window():
    return make.window()


def found(role=Role.HANDLER, **query) -> set[str]:
    with time_machine.travel(make.REVIEWED, tick=False):
        response = enter(role).get(list_of(Application, **query))
    assert response.status_code == 200
    return {case.number for case in response.context["cl"].result_list}


def test_search_finds_by_number_name_code_policy_and_invoice(window):
    one = make.application(window=window, legal_entity=make.entity(name="北京沐川智能装备有限公司"))
    FormerName.objects.create(legal_entity=one.legal_entity, name="北京木川科技有限公司", until="2025-01-01")
    Branch.objects.create(legal_entity=one.legal_entity, credit_code="91310000MA1FL4B248", name="沐川上海分公司")
    make.application(window=window)
    number, code, invoice = one.number, one.legal_entity.credit_code, one.policy.invoices.get().number
    terms = (
        number,
        number.lower(),
        number[:16],
        number.removeprefix("BJIP-"),
        "北京沐川",
        "北京木川",
        code,
        code.lower(),
        one.policy.number,
        invoice,
    )
    for term in (*terms, "91310000MA1FL4B248"):
        assert found(q=term) == {number}, term
    assert found(q="沐川") == set()  # a prefix, so that an index answers
    assert found(q="' OR 1=1 --") == found(q="北京%") == found(q="%") == set()


def test_search_shows_names_in_their_order_and_each_case_once(window):
    second = make.application(window=window, legal_entity=make.entity(name="北京沐川乙有限公司"))
    first = make.application(window=window, legal_entity=make.entity(name="北京沐川甲有限公司"))
    renamed = make.application(window=window, legal_entity=make.entity(name="北京观复有限公司"))
    for case, name in ((renamed, "北京沐川丙有限公司"), (renamed, "北京沐川丁有限公司"), (first, "北京沐川戊有限公司")):
        FormerName.objects.create(legal_entity=case.legal_entity, name=name, until="2025-01-01")
    in_order = sorted([first, second], key=lambda case: case.legal_entity.name)
    response = enter(Role.HANDLER).get(list_of(Application, q="北京沐川"))
    assert numbers_on(response) == [case.number for case in [*in_order, renamed]]
    assert found(q="北京沐川", state="accepted") == set()


def test_filters_narrow_by_category_district_insurer_finding_and_colleague(window):
    one, other = make.application(window=window), make.application(window=window, state=State.ACCEPTED)
    colleague = make.user(Role.HANDLER, "chen")
    Application.objects.filter(pk=other.pk).update(handler=colleague)
    district = Entry.objects.filter(kind=Kind.DISTRICT).exclude(pk=one.legal_entity.district_id).first()
    LegalEntity.objects.filter(pk=other.legal_entity_id).update(district=district)
    Application.objects.filter(pk=other.pk).update(category=None)
    Finding.objects.filter(application=one).update(verdict=Verdict.PASSED, judged_by=colleague, judged_at=make.FILED)
    Finding.objects.filter(application=other, code="same_account").update(verdict=Verdict.FAILED, judged_by=colleague, judged_at=make.FILED)
    every = {one.number, other.number}
    assert found(district=district.pk) == {other.number}
    assert found(category=one.category.category_id) == {one.number}
    assert found(category="none") == {other.number}
    assert found(insurer=one.policy.insurer_id) == every
    assert found(insurer=one.policy.insurer_id + 1000) == set()
    assert found(finding="failed") == found(finding="same_account") == {other.number}
    assert one.number not in found(finding="open")
    assert found(handler=colleague.pk) == {other.number}
    assert found(district="²", category="' OR", insurer="9" * 40, finding="nonsense") == set()


def test_filters_narrow_by_state_due_handler_and_window(window):
    submitted, accepted = make.application(window=window), make.application(window=window, state=State.ACCEPTED)
    held = make.application(window=window)
    applications.hold(held, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实")
    Application.objects.filter(pk=submitted.pk).update(due_at=make.ACCEPTED)
    assert found(state="accepted") == {accepted.number}
    assert found(due="over") == {submitted.number}
    assert found(due="held") == {held.number}
    assert found(handler="me") == {accepted.number}
    assert found(handler="none") == {submitted.number, held.number}
    assert found(window=window.pk) == {submitted.number, accepted.number, held.number}
    assert found(window=window.pk + 1) == set()


def test_matters_that_a_state_does_not_say_are_found(window):
    fresh, corrected = make.application(window=window), cases.handed_in(window)
    refusal, replied = cases.refusal_proposed(window), cases.replied(window)
    endorsed = cases.endorsed(window)
    objected, recovering = cases.objected(make.window()), drive.recovering(window=make.window()).application
    wanted = {
        "fresh": fresh,
        "corrected": corrected,
        "refusal": refusal,
        "replied": replied,
        "recompute": endorsed,
        "objection": objected,
        "recovery": recovering,
    }
    for matter, case in wanted.items():
        assert found(matter=matter) == {case.number}, matter
    assert found(turn="reviewer") == {refusal.number}
    assert refusal.number not in found(turn="handler")
    assert found(matter="nonsense") == {case.number for case in wanted.values()}
    rows = text(enter(Role.HANDLER).get(list_of(Application)))
    assert all(mark in rows for mark in ("补正已提交", "待确认不予受理", "有陈述申辩"))


def test_a_case_held_for_another_reason_is_not_to_be_recomputed(window):
    case = cases.endorsed(window)
    head = make.officer(Role.HEAD)
    objections.recompute(case, by=head, at=make.DETERMINED, reason="批减")
    applications.hold(case, by=head, at=make.PUBLICISED, reason="核实举报")
    assert found(matter="recompute") == set()
    assert found(due="held") == {case.number}
    assert found(due="running") == set()


def test_what_the_applicant_has_to_do_is_not_late_at_the_centre(window):
    asked, replied, submitted = cases.asked(window), cases.replied(window), make.application(window=window)
    Application.objects.filter(pk__in=[asked.pk, replied.pk, submitted.pk]).update(due_at=make.ACCEPTED)
    assert found(due="over") == {submitted.number}
    Application.objects.filter(pk__in=[asked.pk, replied.pk, submitted.pk]).update(due_at=make.moment("2026-10-22 00:00"))
    with time_machine.travel(make.moment("2026-10-21 09:00"), tick=False):
        assert set(numbers_on(enter(Role.HANDLER).get(list_of(Application, due="today")))) == {submitted.number}
    with time_machine.travel(make.moment("2026-10-20 09:00"), tick=False):
        assert not numbers_on(enter(Role.HANDLER).get(list_of(Application, due="today")))


def test_due_cases_come_first_within_a_state(window):
    later, sooner = make.application(window=window), make.application(window=window)
    Application.objects.filter(pk=sooner.pk).update(due_at=make.ACCEPTED)
    response = enter(Role.HANDLER).get(list_of(Application, state="submitted"))
    assert [case.pk for case in response.context["cl"].result_list] == [sooner.pk, later.pk]


def test_drafts_are_not_in_the_queue(window):
    make.draft(window=window)
    assert found() == set()
    assert found(Role.AUDITOR) == set()


@pytest.fixture
def two_a_page(monkeypatch):
    monkeypatch.setattr(_admin(), "list_per_page", 2)


def numbers_on(response) -> list[str]:
    return [case.number for case in response.context["cl"].result_list]


def walk(client, direction: str, **query) -> list[list[str]]:
    """The pages from the first to the last, or back from the last that was reached."""
    pages, link = [], list_of(Application, **query)
    while link:
        response = client.get(link)
        pages.append(numbers_on(response))
        following = getattr(response.context["cl"], direction)
        link = following and f"{list_of(Application)}?{following}"
    return pages


@pytest.mark.parametrize("query", [{}, {"state": "submitted"}, {"q": "北京"}, {"q": "BJIP-2026-"}, {"due": "running", "q": "北京"}])
def test_pages_lead_to_every_case_once_and_back_again(window, two_a_page, query):
    made = [make.application(window=window) for _ in range(5)]
    Application.objects.filter(pk=made[1].pk).update(due_at=None)
    Application.objects.filter(pk=made[2].pk).update(due_at=make.ACCEPTED)
    client = enter(Role.HANDLER)
    pages = walk(client, "older", **query)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert {number for page in pages for number in page} == {case.number for case in made}
    last = client.get(list_of(Application, **query))
    for _ in range(2):
        last = client.get(f"{list_of(Application)}?{last.context['cl'].older}")
    back = f"{list_of(Application)}?{last.context['cl'].newer}"
    assert [numbers_on(last), numbers_on(client.get(back))] == [pages[2], pages[1]]
    assert all(f"{name}=" in back for name in query)


def test_cases_that_come_and_go_are_neither_repeated_nor_lost_between_pages(window, two_a_page):
    """With pages by position the second would begin one case too late."""
    made = [make.application(window=window) for _ in range(4)]
    client = enter(Role.HANDLER)
    first = client.get(list_of(Application, state="submitted"))
    applications.withdraw(made[0], by=make.owner_of(made[0].legal_entity), at=make.ACCEPTED, reason="重新准备")
    fresh = make.application(window=window)
    Application.objects.filter(pk=fresh.pk).update(due_at=make.FILED)
    second = client.get(f"{list_of(Application)}?{first.context['cl'].older}")
    assert numbers_on(first) == [made[0].number, made[1].number]
    assert numbers_on(second) == [made[2].number, made[3].number]
    assert numbers_on(client.get(f"{list_of(Application)}?{second.context['cl'].newer}")) == [fresh.number, made[1].number]


def test_pages_are_not_counted(window, two_a_page, django_assert_max_num_queries):
    for _ in range(3):
        make.application(window=window)
    client = enter(Role.HANDLER)
    with django_assert_max_num_queries(12) as queries:
        client.get(list_of(Application))
    assert not any("COUNT" in query["sql"] and "subsidies_application" in query["sql"] for query in queries.captured_queries)


@pytest.mark.parametrize("token", ["x", "W10", "WzAsbnVsbF0", "WzksMV0", "Wy0xLDFd", "WzAsIlx1MDAwMCJd", "WzAsW11d", "é"])
def test_a_page_that_no_list_gave_out_is_not_found(window, token):
    """Not JSON, too short, empty, another run, before the first, a NUL, a list, no ASCII."""
    assert enter(Role.HANDLER).get(list_of(Application, after=token)).status_code == 404
    assert enter(Role.HANDLER).get(list_of(Application, before=token)).status_code == 404


def _admin():
    from django.contrib import admin

    return admin.site._registry[Application]


def test_queue_takes_few_queries_however_many_rows(window, django_assert_max_num_queries):
    make.application(window=window)
    client = enter(Role.HANDLER)
    with django_assert_max_num_queries(12) as first:
        client.get(list_of(Application, q="北京"))
    for _ in range(4):
        make.application(window=window, state=State.ACCEPTED)
    with django_assert_max_num_queries(12) as second:
        response = client.get(list_of(Application, q="北京"))
    assert len(response.context["cl"].result_list) == 5
    assert len(second) == len(first)


def test_unknown_filter_is_refused_without_a_500(window):
    assert enter(Role.HANDLER).get(list_of(Application, legal_entity__bank_accounts__number_hmac="x")).status_code in (302, 400)


def desk(role: Role, at=make.REVIEWED) -> dict[str, tuple]:
    with time_machine.travel(at, tick=False):
        response = enter(role).get(reverse("admin:index"))
    assert response.status_code == 200
    return {line.title: line for line in response.context["desk"]}


def test_desk_counts_are_links_to_what_they_count(window):
    make.application(window=window)
    make.application(window=window, state=State.ACCEPTED)
    make.application(window=window, state=State.REVIEWED)
    for build in (cases.asked, cases.handed_in, cases.refusal_proposed, cases.replied, cases.endorsed):
        build(window)
    held = make.application(window=window, state=State.ACCEPTED)
    applications.hold(held, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实")
    wanted = {
        Role.HANDLER: {"待受理": 1, "补正已提交": 1, "待初审": 1, "待补正": 1},
        Role.REVIEWER: {"待复核": 1, "待确认不予受理": 1},
        Role.HEAD: {"等待核定": 0, "拟不予补贴待复议": 1, "须重新核算": 1, "已暂停": 2},
    }
    for role, counts in wanted.items():
        lines = desk(role)
        assert {title: lines[title].count for title in counts} == counts
        for title, count in counts.items():
            with time_machine.travel(make.REVIEWED, tick=False):
                listed = enter(role).get(lines[title].url)
            assert len(listed.context["cl"].result_list) == count, title


def test_desk_names_what_is_overdue(window):
    case = make.application(window=window)
    Application.objects.filter(pk=case.pk).update(due_at=make.ACCEPTED)
    assert desk(Role.HANDLER)["已超期"].count == 1
    with time_machine.travel(make.REVIEWED, tick=False):
        assert "已超期" in text(enter(Role.HANDLER).get(reverse("admin:index")))


@pytest.mark.parametrize("role", sorted(ADMIN_ROLES))
def test_desk_takes_few_queries_however_much_there_is_to_do(window, role, django_assert_max_num_queries):
    make.application(window=window)
    client = enter(role)
    client.get(reverse("admin:index"))
    with django_assert_max_num_queries(15) as first:
        client.get(reverse("admin:index"))
    for build in (make.application, cases.refusal_proposed, cases.replied, cases.handed_in):
        build(window=window)
    make.application(window=make.window(), state=State.REVIEWED)
    with django_assert_max_num_queries(15) as second:
        client.get(reverse("admin:index"))
    assert len(first) == len(second)


@pytest.mark.parametrize("role", sorted(CENTRE))
def test_every_figure_on_the_desk_is_a_link_to_just_these_rows(role):
    """The lists count as the desk does, whatever has happened."""
    full_of_work()
    with time_machine.travel(make.PAID, tick=False):
        client = enter(role)
        lines = client.get(reverse("admin:index")).context["desk"]
        for line in lines:
            page = client.get(line.url)
            if "cl" in page.context and line.title not in ("待确认预算指标", "待核实成员"):
                assert len(page.context["cl"].result_list) == line.count, line.title
    assert sum(line.count > 0 for line in lines) >= (1 if role == Role.FINANCE else 3)


def full_of_work():
    """Cases at every desk, mine and others', on time and late."""
    window = make.window()
    me, head = make.officer(Role.HANDLER), make.officer(Role.HEAD)
    for state in (State.SUBMITTED, State.ACCEPTED, State.REVIEWED, State.CHECKED):
        make.application(window=window, state=state)
    for build in (cases.asked, cases.handed_in, cases.refusal_proposed, cases.replied, cases.endorsed):
        build(window)
    applications.hold(make.application(window=window, state=State.ACCEPTED), by=head, at=make.ACCEPTED, reason="核实")
    assign({case.pk: case.version for case in Application.objects.filter(state=State.SUBMITTED)[:1]}, by=head, at=make.ACCEPTED, to=me)
    today = make.application(window=window)
    Application.objects.filter(pk=today.pk).update(due_at=make.PAID + timedelta(minutes=5))
    cases.objected(make.window())
    drive.recovering(window=make.window())
    paying = make.window()
    make.application(window=paying, state=State.CHECKED)
    make.batch(paying)


def test_desk_shows_the_money_as_a_picture_and_as_figures(window):
    make.application(window=window, state=State.CHECKED)
    make.allocated(window)
    for role in CENTRE:
        page = enter(role).get(reverse("admin:index")).content.decode()
        assert '<svg class="budget"' in page and 'role="img"' in page
        assert all(word in page for word in ("可用预算", "已核定未拨付", "预留", "剩余", "其中退票", "本年度预算指标"))
        assert f"{window.draw:,.2f}" in page
    assert '<svg class="budget"' not in enter(Role.SECURITY).get(reverse("admin:index")).content.decode()


def test_counting_stops_at_a_thousand_and_knows_what_is_empty(window, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr("pilot_portal.audit.counting.COUNTED", 3)
    one = make.application(window=window)
    sets = [Application.objects.none(), Application.objects.filter(pk=one.pk), Application.objects.order_by("due_at", "pk")]
    assert capped_all(sets) == [0, 1, 1]
    make.application(window=window), make.application(window=window), make.application(window=window)
    with django_assert_num_queries(1):
        assert capped_all([*sets, Application.objects.filter(state="%s")]) == [0, 1, "2+", 0]
    assert capped_all([Application.objects.none()]) == [0]
