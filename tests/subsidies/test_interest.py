"""回避: who has an interest in an enterprise does nothing on its cases; the others go on."""

import pytest

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from subsidies.models import DeclaredInterest, Verdict
from subsidies.services import applications, interests, notes, reviews
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.subsidies import test_admin_acts
from tests.workbench import buttons, enter, look, press, text, url

pytestmark = pytest.mark.django_db
WHY = "本人配偶在该企业任职"


@pytest.fixture
def window():
    return make.window()


def recused(case, role: Role):
    officer = make.officer(role)
    interests.declare_interest(case, by=officer, at=make.FILED, reason=WHY)
    case.refresh_from_db()
    return officer


@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.HEAD])
def test_officer_declares_it_and_only_looks_from_then_on(window, role):
    case = make.application(window=window, state=State.ACCEPTED)
    assert press(role, case, "declare_interest", reason=WHY).status_code == 302
    assert buttons(role, case) == set()
    page = look(role, case)
    assert "您已对这家企业声明回避" in text(page)
    assert page.context["note_form"] is page.context["conversation_form"] is page.context["overrule"] is None
    assert Event.objects.filter(action="declare_interest", object_id=case.pk).exists()
    assert Message.objects.filter(recipient=make.officer(Role.HEAD), subject__contains="回避").exists()


@pytest.mark.parametrize("act", test_admin_acts.ACTS, ids=[act.name for act in test_admin_acts.ACTS])
def test_every_decision_is_refused_to_who_has_an_interest(window, act):
    case = act.build(window)
    recused(case, act.role)
    before = (case.state, case.version)
    response = press(act.role, case, act.name, at=act.at, **act.data)
    case.refresh_from_db()
    assert (response.status_code, case.state, case.version) == (403, *before), act.name
    assert "声明回避" in text(response)


def test_checks_notes_and_words_are_refused_too(window):
    case = make.application(window=window, state=State.ACCEPTED)
    handler, finding = recused(case, Role.HANDLER), case.findings.filter(verdict=Verdict.OPEN).first()
    with refused("interest_declared"):
        reviews.judge(finding, by=handler, at=make.ACCEPTED, verdict=Verdict.PASSED, note="已核对")
    with refused("interest_declared"):
        reviews.rescreen(case, by=handler, at=make.ACCEPTED)
    with refused("interest_declared"):
        notes.note(case, by=handler, at=make.ACCEPTED, text="请优先办理")
    assert enter(handler).post(url(case, "conversation"), {"text": "您好"}).status_code == 403


def test_it_holds_for_every_case_of_the_enterprise_and_for_no_other(window):
    case, strange = make.application(window=window), make.application(window=window)
    later = make.application(window=make.window(), legal_entity=case.legal_entity)
    handler = recused(case, Role.HANDLER)
    with refused("interest_declared"):
        applications.accept(later, by=handler, at=make.ACCEPTED)
    applications.accept(strange, by=handler, at=make.ACCEPTED)
    applications.accept(later, by=make.user(Role.HANDLER), at=make.ACCEPTED)


def test_case_loses_its_handler_and_somebody_else_goes_on(window):
    case = make.application(window=window, state=State.ACCEPTED)
    recused(case, Role.HANDLER)
    assert case.handler is None
    other = make.user(Role.HANDLER)
    finding = case.findings.filter(verdict=Verdict.OPEN).first()
    reviews.judge(finding, by=other, at=make.ACCEPTED, verdict=Verdict.PASSED, note="已核对")


def test_head_states_it_of_a_colleague_and_nobody_else_does(window):
    case, handler = make.application(window=window), make.officer(Role.HANDLER)
    assert press(Role.HEAD, case, "recuse", officer=handler.pk, reason=WHY).status_code == 302
    assert DeclaredInterest.objects.get().officer == handler
    assert press(Role.REVIEWER, case, "recuse", officer=handler.pk, reason=WHY).status_code == 403
    with refused("wrong_role"):
        interests.declare_interest(case, by=make.officer(Role.REVIEWER), at=make.FILED, reason=WHY, officer=handler)


def test_it_needs_a_reason_and_is_declared_once(window):
    case = make.application(window=window)
    assert press(Role.HANDLER, case, "declare_interest", reason=" ").status_code == 422
    recused(case, Role.HANDLER)
    with refused("interest_known"):
        interests.declare_interest(case, by=make.officer(Role.HANDLER), at=make.FILED, reason=WHY)
