"""公示异议 at the workbench: registered from a letter or a call, masked, decided by somebody who has not handled the case."""

from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from subsidies.models import Objection
from subsidies.states import ObjectionState, State
from tests import drive, make
from tests.workbench import buttons, enter, list_of, look, press, text, url

pytestmark = pytest.mark.django_db
ADD = "admin:subsidies_objection_add"


@pytest.fixture
def case():
    return drive.published(window=make.window())[0]


@pytest.fixture
def objection(case):
    return drive.objection(case)


def letter(case, **changed) -> dict:
    return {"number": case.number, "objector": "王举报", "contact": "13900139000", "grounds": "该企业没有海外业务", **changed}


def register(role, data, *, at=drive.OBJECTED):
    with time_machine.travel(at, tick=False):
        return enter(role).post(reverse(ADD), data)


@pytest.mark.parametrize("role", [Role.HANDLER, Role.HEAD])
def test_letter_is_registered_and_freezes_its_case_alone(case, role):
    response = register(role, letter(case, number=f" {case.number.lower()} ", papers=[make.pdf("letter")]))
    made = Objection.objects.get()
    assert response["Location"] == url(made)
    case.refresh_from_db()
    assert (made.application, made.state, made.received_by, case.is_held) == (case, ObjectionState.OPEN, make.officer(role), True)
    assert [paper.file.name for paper in made.papers.all()] == ["letter.pdf"]
    assert "王举报" not in made.objector_ciphertext
    assert (made.objector, made.contact) == ("王举报", "13900139000")


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.FINANCE, Role.AUDITOR])
def test_other_roles_register_none(case, role):
    assert register(role, letter(case)).status_code == 403
    assert not Objection.objects.exists()


def test_what_is_wrong_is_said_and_what_was_sent_stays(case):
    unknown = register(Role.HANDLER, letter(case, number="BJIP-2026-999999-XXXX"))
    assert unknown.status_code == 422
    assert "没有这个编号的申报" in text(unknown)
    assert "该企业没有海外业务" in unknown.content.decode()
    empty = register(Role.HANDLER, letter(case, grounds=" ", papers=[make.pdf("letter")]))
    assert empty.status_code == 422
    assert "letter.pdf" in text(empty)
    late = register(Role.HANDLER, letter(case), at=make.APPROVED)
    assert late.status_code == 409
    assert "不在公示期内" in text(late)
    assert not Objection.objects.exists()


def test_page_takes_the_number_from_its_address(case):
    assert enter(Role.HANDLER).get(reverse(ADD), {"number": case.number}).context["form"]["number"].value() == case.number


def test_objector_is_masked_and_each_look_leaves_a_trace(objection):
    page = look(Role.HEAD, objection)
    assert "王**" in text(page)
    assert "139****9000" in text(page)
    assert "13900139000" not in page.content.decode()
    assert not Event.objects.filter(action="reveal_objector").exists()
    revealed = enter(Role.HEAD).post(url(objection, "objector"))
    assert "王举报" in text(revealed)
    assert "13900139000" in text(revealed)
    assert "no-store" in revealed["Cache-Control"]
    assert Event.objects.get(action="reveal_objector", object_id=objection.pk).actor == make.officer(Role.HEAD).username


def test_opening_the_address_reveals_nothing(objection):
    assert enter(Role.HEAD).get(url(objection, "objector")).status_code == 403


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.FINANCE])
def test_objector_is_not_for_everyone(objection, role):
    assert enter(role).post(url(objection, "objector")).status_code == 403
    assert not Event.objects.filter(action="reveal_objector").exists()


def test_list_is_by_state_and_finance_has_none(objection):
    client = enter(Role.HEAD)
    for state, found in ((ObjectionState.OPEN, [objection]), (ObjectionState.UPHELD, [])):
        assert list(client.get(list_of(Objection, state=state)).context["cl"].result_list) == found
    for term in (objection.number, objection.application.number, objection.application.legal_entity.name[:4]):
        assert list(client.get(list_of(Objection, q=term)).context["cl"].result_list) == [objection]
    assert enter(Role.FINANCE).get(list_of(Objection)).status_code == 403


def test_case_and_its_papers_stand_beside_the_objection(objection):
    page = look(Role.HEAD, objection)
    assert [kind for kind, _, _ in page.context["papers"]][:3] == ["异议材料", "营业执照", "保险单"]
    assert "80,000.00" in text(page)
    assert objection.application.number in text(page)
    assert enter(Role.HEAD).get(url(objection, "paper", objection.papers.get().file_id)).status_code == 200


def test_head_dismisses_and_the_case_goes_on(objection):
    assert buttons(Role.HEAD, objection) == {"dismiss_objection", "uphold_objection"}
    assert press(Role.HEAD, objection, "dismiss_objection", at=drive.DECIDED, decision="有报关单为证").status_code == 302
    objection.refresh_from_db()
    objection.application.refresh_from_db()
    assert (objection.state, objection.decision, objection.decided_by) == (
        ObjectionState.DISMISSED,
        "有报关单为证",
        make.officer(Role.HEAD),
    )
    assert (objection.application.state, objection.application.is_held) == (State.PUBLICIZED, False)
    assert buttons(Role.HEAD, objection) == set()


def test_head_upholds_with_a_lower_amount(objection):
    data = {"decision": "一张发票重复", "lowered_to": "60,000.00"}
    assert press(Role.HEAD, objection, "uphold_objection", at=drive.DECIDED, **data).status_code == 302
    case = objection.application
    case.refresh_from_db()
    assert (case.state, case.entitled, case.is_held) == (State.CHECKED, Decimal("60000.00"), False)


@pytest.mark.parametrize(
    ("act", "data", "status", "field"),
    [
        ("dismiss_objection", {"decision": " "}, 422, "decision"),
        ("uphold_objection", {"decision": "属实", "lowered_to": "90000"}, 422, "lowered_to"),
        ("uphold_objection", {"decision": "属实", "lowered_to": "6万"}, 422, "lowered_to"),
        ("uphold_objection", {"decision": "属实", "lowered_to": ""}, 409, "lowered_to"),
    ],
)
def test_wrong_decision_is_refused_beside_its_field_and_kept(objection, act, data, status, field):
    response = press(Role.HEAD, objection, act, at=drive.DECIDED, **data)
    assert response.status_code == status
    assert response.context["form"].errors[field]
    assert data["decision"].strip() in text(response)
    objection.refresh_from_db()
    assert objection.state == ObjectionState.OPEN


@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.AUDITOR])
def test_only_the_head_decides(objection, role):
    assert buttons(role, objection) == set()
    assert press(role, objection, "dismiss_objection", decision="不成立").status_code == 403
    objection.refresh_from_db()
    assert objection.state == ObjectionState.OPEN


def test_officer_of_the_case_does_not_decide_even_as_head(objection):
    officer = objection.application.reviewed_by
    make.change_role(officer, Role.HEAD)
    assert "须由未经办本件的负责人决定" in text(look(officer, objection))
    assert press(officer, objection, "dismiss_objection", decision="不成立").status_code == 403
    objection.refresh_from_db()
    assert objection.state == ObjectionState.OPEN


def test_decision_on_an_old_page_or_a_second_one_is_refused(objection):
    assert press(Role.HEAD, objection, "dismiss_objection", version=objection.version + 1, decision="不成立").status_code == 409
    press(Role.HEAD, objection, "dismiss_objection", at=drive.DECIDED, decision="不成立")
    assert press(Role.HEAD, objection, "uphold_objection", decision="成立").status_code == 409


def test_desk_and_window_lead_to_what_is_open(objection):
    desk = {line.title: line for line in enter(Role.HEAD).get(reverse("admin:index")).context["desk"]}
    assert (desk["待处理异议"].count, desk["待处理异议"].urgent) == (1, True)
    window = objection.application.window
    page = look(Role.HEAD, window, at=drive.DECIDED)
    assert "待处理的公示异议 1 件" in text(page)
    assert reverse(ADD) in page.content.decode()
    paid_by = look(Role.FINANCE, window, at=drive.DECIDED)
    assert "待处理的公示异议" not in text(paid_by)
    assert reverse(ADD) not in paid_by.content.decode()


def test_screen_takes_few_queries_however_many_objections(case, django_assert_max_num_queries):
    first = drive.objection(case)
    client = enter(Role.HEAD)
    with django_assert_max_num_queries(30) as few:
        client.get(url(first))
    for _ in range(3):
        drive.objection(case)
    with django_assert_max_num_queries(30) as many:
        client.get(url(first))
    assert len(few) == len(many)
