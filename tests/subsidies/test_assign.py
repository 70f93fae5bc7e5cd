"""交办: cases go to a colleague all together or not at all; trail, inbox and desk know it."""

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import Application
from subsidies.services import applications
from subsidies.services.assignments import MOST, assign
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.races import at_once, codes
from tests.workbench import enter, list_of, text

pytestmark = pytest.mark.django_db
URL = reverse("admin:subsidies_application_assign")


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def chen():
    return make.user(Role.HANDLER, "chen", display_name="陈经办")


def seen(*cases) -> dict[int, int]:
    return {case.pk: case.version for case in cases}


def ticked(*cases) -> list[str]:
    return [f"{case.pk}-{case.version}" for case in cases]


def post(role, cases, to, **query):
    with time_machine.travel(make.ACCEPTED, tick=False):
        data = {"case": cases if isinstance(cases, list) else ticked(*cases), "to": getattr(to, "pk", to)}
        return enter(role).post(reverse("admin:subsidies_application_assign", query=query), data)


def test_head_gives_cases_to_a_handler_whose_desk_and_inbox_know_it(window, chen):
    one, other = make.application(window=window), make.application(window=window, state=State.ACCEPTED)
    former = other.handler
    answer = post(Role.HEAD, (one, other), chen, state="submitted")
    assert (answer.status_code, answer["Location"]) == (302, list_of(Application, state="submitted"))
    assert set(Application.objects.filter(handler=chen)) == {one, other}
    for case in (one, other):
        event = Event.objects.filter(object_id=case.pk, action="assign").get()
        assert event.data["after"] == "陈经办"
    assert event.data["before"] == former.get_full_name()
    letter = Message.objects.inbox_of(chen).get(event="assigned")
    assert one.number in letter.body and other.number in letter.body
    assert enter(chen).get(letter.link).context["cl"].result_list == [other, one]
    assert other.number in Message.objects.inbox_of(former).get(event="assigned").body
    assert "陈经办" in text(enter(Role.HANDLER).get(list_of(Application)))


def test_a_handler_takes_cases_without_a_letter_to_itself(window):
    case, me = make.application(window=window), make.officer(Role.HANDLER)
    assign(seen(case), by=me, at=make.ACCEPTED, to=me)
    assert Application.objects.get(handler=me) == case
    assert not Message.objects.filter(event="assigned").exists()


def test_a_case_on_hold_may_change_hands(window, chen):
    case = make.application(window=window)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实")
    assert assign(seen(case), by=make.officer(Role.HEAD), at=make.ACCEPTED, to=chen) == [case]


@pytest.mark.parametrize("state", [State.REVIEWED, State.CHECKED])
def test_one_case_past_its_review_keeps_all_where_they_are(window, chen, state):
    late, good = make.application(window=window, state=state), make.application(window=window)
    answer = post(Role.HANDLER, (late, good), chen)
    assert answer.status_code == 409
    assert f"{late.number} 已不在受理和初审阶段" in text(answer)
    assert f'value="{good.pk}-{good.version}" aria-label="选择 {good.number}" checked' in answer.content.decode()
    assert f'<option value="{chen.pk}" selected>' in answer.content.decode()
    assert not Application.objects.filter(handler=chen).exists()


def test_a_case_that_moved_since_the_list_was_read_is_refused_by_name(window, chen):
    case = make.application(window=window)
    stale = ticked(case)
    applications.accept(case, by=make.officer(Role.HANDLER), at=make.ACCEPTED)
    answer = post(Role.HANDLER, stale, chen)
    assert answer.status_code == 409
    assert f"{case.number} 在您打开页面后已有变化" in text(answer)


def test_every_other_role_is_refused(window, chen):
    case = make.application(window=window)
    for officer in make.everybody_but(Role.HANDLER, Role.HEAD):
        with refused("wrong_role"):
            assign(seen(case), by=officer, at=make.ACCEPTED, to=chen)
    for role in (Role.REVIEWER, Role.FINANCE, Role.AUDITOR):
        assert post(role, (case,), chen).status_code == 403
        assert 'name="case"' not in enter(role).get(list_of(Application)).content.decode()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.HEAD, Role.ENTERPRISE])
def test_only_a_handler_at_work_receives_cases(window, role):
    case = make.application(window=window)
    gone = make.user(Role.HANDLER, "gone", is_active=False)
    for to in (make.officer(role), gone):
        with refused("not_a_handler"):
            assign(seen(case), by=make.officer(Role.HEAD), at=make.ACCEPTED, to=to)


def test_nothing_ticked_nobody_chosen_or_nonsense_is_told(window, chen):
    case = make.application(window=window)
    assert "还没有勾选申报" in text(post(Role.HANDLER, [], chen))
    assert "还没有选择交给谁" in text(post(Role.HANDLER, (case,), ""))
    for nonsense in ("x", "1", "1-", "-1-1", "1-1-1", f"{'9' * 30}-1", "²-1"):
        assert post(Role.HANDLER, [nonsense], chen).status_code == 422
    assert post(Role.HANDLER, (case,), "9" * 30).status_code == 422
    assert "一次最多交办" in text(post(Role.HANDLER, [f"{pk}-1" for pk in range(1, MOST + 5)], chen))
    Application.objects.filter(pk=case.pk).update(handler=chen)
    assert "已经由陈经办承办" in text(post(Role.HANDLER, (case,), chen))
    assert enter(Role.HANDLER).get(URL).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_heads_give_the_same_case_at_once_and_one_is_told(window, chen):
    case, head = make.application(window=window), make.officer(Role.HEAD)
    colleagues = [chen, make.user(Role.HANDLER, "wang")]
    before = seen(case)

    acts = [lambda to=to: assign(before, by=head, at=make.ACCEPTED, to=to) for to in colleagues]
    outcomes = at_once(*acts, meet="subsidies.services.assignments._refuse")
    assert codes(outcomes) == ["done", "moved_on_many"]
    assert Event.objects.filter(action="assign").count() == 1
