"""The queue of applications: search, filters, pages, and its price in queries."""

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from subsidies.models import Application
from subsidies.services import applications, objections
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


def test_search_finds_by_number_name_prefix_code_and_policy(window):
    one = make.application(window=window, legal_entity=make.entity(name="北京沐川智能装备有限公司"))
    make.application(window=window)
    for term in (one.number, "北京沐川", one.legal_entity.credit_code, one.legal_entity.credit_code.lower(), one.policy.number):
        assert found(q=term) == {one.number}, term
    assert found(q="沐川") == set()  # a prefix, so that an index answers
    assert found(q="' OR 1=1 --") == set()


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


def test_due_cases_come_first_within_a_state(window):
    later, sooner = make.application(window=window), make.application(window=window)
    Application.objects.filter(pk=sooner.pk).update(due_at=make.ACCEPTED)
    response = enter(Role.HANDLER).get(list_of(Application, state="submitted"))
    assert [case.pk for case in response.context["cl"].result_list] == [sooner.pk, later.pk]


def test_drafts_are_not_in_the_queue(window):
    make.draft(window=window)
    assert found() == set()
    assert found(Role.AUDITOR) == set()


def test_pages_follow_without_counting(window, settings, django_assert_max_num_queries):
    for _ in range(3):
        make.application(window=window)
    admin = _admin()
    admin.list_per_page, before = 2, admin.list_per_page
    try:
        client = enter(Role.HANDLER)
        first = client.get(list_of(Application))
        assert len(first.context["cl"].result_list) == 2
        assert (first.context["cl"].newer, first.context["cl"].older) == ("", "p=2")
        with django_assert_max_num_queries(12) as queries:
            second = client.get(list_of(Application, p=2))
        assert not any("COUNT" in query["sql"] and "subsidies_application" in query["sql"] for query in queries.captured_queries)
        assert len(second.context["cl"].result_list) == 1
        assert (second.context["cl"].newer, second.context["cl"].older) == ("p=1", "")
        assert client.get(list_of(Application, p=0)).status_code == 404
    finally:
        admin.list_per_page = before


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


@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.HEAD, Role.FINANCE])
def test_desk_takes_few_queries(window, role, django_assert_max_num_queries):
    make.application(window=window)
    client = enter(role)
    with django_assert_max_num_queries(28) as first:
        client.get(reverse("admin:index"))
    for _ in range(3):
        make.application(window=window)
    with django_assert_max_num_queries(28) as second:
        client.get(reverse("admin:index"))
    assert len(first) == len(second)
