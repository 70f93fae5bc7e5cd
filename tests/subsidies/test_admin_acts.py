"""Every decision that turns a case aside: who has its button and when, an old page, two officers at once, an error keeps the words."""

from dataclasses import dataclass, field

import pytest
import time_machine

from pilot_portal.accounts.roles import CENTRE, Role
from pilot_portal.audit.models import Event
from subsidies.services import applications
from subsidies.states import State
from tests import drive, make
from tests.races import at_once
from tests.subsidies import cases
from tests.workbench import buttons, enter, press, text, url

pytestmark = pytest.mark.django_db
WORDS = "经核实的理由和条款"
ONE_ITEM = {"rows": "2", "part_0": "pledge", "sentence_0": "承诺书没有盖章，请盖章后上传。", "part_1": "", "sentence_1": ""}


@dataclass(frozen=True)
class Pressed:
    name: str
    build: object
    role: Role
    at: object
    data: dict
    target: State
    typed: str = WORDS  # what must still stand on the page after a refusal
    elsewhere: int = 409  # status where the case is not in a state for it
    wrong: dict = field(default_factory=dict)  # what is refused beside its field
    errors: tuple = ()


def _paid(window):
    return drive.paid(window=window)


def _replied(window):
    return cases.replied(window)


def _recommended(window):
    return drive.reviewed_for_rejection(window=window)


LATER = drive.AFTERWARDS
ACTS = [
    Pressed(
        "ask_correction",
        cases.submitted,
        Role.HANDLER,
        drive.TOLD,
        ONE_ITEM,
        State.CORRECTION,
        typed=ONE_ITEM["sentence_0"],
        wrong={"part_0": ""},
        errors=("part_0",),
    ),
    Pressed("propose_refusal", cases.submitted, Role.HANDLER, drive.TOLD, {"reason": WORDS}, State.SUBMITTED),
    Pressed("confirm_refusal", cases.refusal_proposed, Role.REVIEWER, drive.TOLD, {"remark": WORDS}, State.NOT_ACCEPTED),
    Pressed("decline_refusal", cases.refusal_proposed, Role.REVIEWER, drive.TOLD, {"remark": WORDS}, State.SUBMITTED),
    Pressed("propose_rejection", _recommended, Role.REVIEWER, drive.REJECTING, {"reason": WORDS}, State.REJECTION_PROPOSED),
    Pressed("reconsider", _replied, Role.HEAD, drive.REPLIED, {"reason": WORDS}, State.ACCEPTED),
    Pressed(
        "extend_correction",
        cases.asked,
        Role.HEAD,
        drive.TOLD,
        {"days": "5", "reason": WORDS},
        State.CORRECTION,
        wrong={"days": "99"},
        errors=("days",),
    ),
    Pressed(
        "recompute",
        cases.endorsed,
        Role.HEAD,
        make.DETERMINED,
        {"reason": WORDS},
        State.CHECKED,
        wrong={"lowered_to": "64000.01"},
        errors=("lowered_to",),
    ),
    Pressed(
        "cancel",
        cases.endorsed,
        Role.HEAD,
        make.DETERMINED,
        {"ground": "保单已退保", "words": WORDS},
        State.CANCELLED,
        wrong={"ground": ""},
        errors=("ground",),
    ),
    Pressed("archive", _paid, Role.HEAD, LATER, {}, State.ARCHIVED, typed=""),
    Pressed(
        "propose_recovery",
        _paid,
        Role.HEAD,
        LATER,
        {"amount": "10,000.00", "reason": WORDS},
        State.PAID,
        elsewhere=422,
        wrong={"amount": "80000.01"},
        errors=("amount",),
    ),
]
BY_NAME = pytest.mark.parametrize("act", ACTS, ids=[act.name for act in ACTS])


@pytest.fixture
def window():
    return make.window()


def stir(case, at) -> None:
    """Somebody else does something with the case, and leaves it as it was."""
    verbs = (applications.release, applications.hold) if case.is_held else (applications.hold, applications.release)
    for verb in verbs:
        verb(case, by=make.officer(Role.HEAD), at=at, reason="核实举报线索")


@BY_NAME
def test_its_role_alone_has_the_button_and_the_case_goes_on(window, act):
    case = act.build(window)
    having = {role for role in CENTRE if act.name in buttons(role, case, at=act.at)}
    assert having == {act.role}
    response = press(act.role, case, act.name, at=act.at, **act.data)
    assert (response.status_code, response.get("Location")) == (302, url(case)), text(response)
    case.refresh_from_db()
    assert case.state == act.target


@BY_NAME
@pytest.mark.parametrize("role", [Role.HANDLER, Role.REVIEWER, Role.HEAD, Role.FINANCE])
def test_another_role_is_refused_and_nothing_changes(window, act, role):
    if role == act.role:
        role = Role.AUDITOR
    case = act.build(window)
    before = (case.state, case.version, case.due_at, Event.objects.count())
    assert press(role, case, act.name, at=act.at, **act.data).status_code == 403
    case.refresh_from_db()
    assert (case.state, case.version, case.due_at, Event.objects.count()) == before


@BY_NAME
def test_in_another_state_there_is_no_button_and_its_address_refuses(window, act):
    case = make.application(window=window, state=State.ACCEPTED)
    assert act.name not in buttons(act.role, case, at=act.at)
    assert press(act.role, case, act.name, at=act.at, **act.data).status_code == act.elsewhere
    case.refresh_from_db()
    assert case.state == State.ACCEPTED


@BY_NAME
def test_an_old_page_is_refused_with_what_changed_and_the_words_stay(window, act):
    case = act.build(window)
    seen, version = Event.objects.latest("pk").pk, case.version
    stir(case, act.at)
    state = case.state
    response = press(act.role, case, act.name, at=act.at, version=version, seen=seen, **act.data)
    case.refresh_from_db()
    assert (response.status_code, case.state) == (409, state)
    shown = text(response)
    assert "在您打开页面后已有变化" in shown
    assert "核实举报线索" in shown
    assert act.typed in response.content.decode()
    again = response.context["form"]["version"].value()
    assert press(act.role, case, act.name, at=act.at, version=again, **act.data).status_code == 302


@pytest.mark.django_db(transaction=True)
@BY_NAME
def test_pressed_by_two_officers_at_once_it_is_done_once(act):
    case = act.build(make.window())
    officers = [make.officer(act.role), make.user(act.role)]
    clients = [enter(officer) for officer in officers]
    data = {**act.data, "version": case.version}
    with time_machine.travel(act.at, tick=False):
        outcomes = at_once(*(lambda client=client: client.post(url(case, "do", act.name), data).status_code for client in clients))
    assert sorted(outcomes) == [302, 409]
    case.refresh_from_db()
    assert case.state == act.target


@pytest.mark.parametrize("act", [act for act in ACTS if act.wrong], ids=[act.name for act in ACTS if act.wrong])
def test_what_is_wrong_is_said_beside_its_field_and_the_words_stay(window, act):
    case = act.build(window)
    before = (case.state, case.version)
    response = press(act.role, case, act.name, at=act.at, **act.data | act.wrong)
    case.refresh_from_db()
    assert (response.status_code, case.state, case.version) == (422, *before)
    assert tuple(response.context["form"].errors) == act.errors
    assert act.typed in response.content.decode()


@pytest.mark.parametrize("act", [act for act in ACTS if WORDS in act.data.values()], ids=[a.name for a in ACTS if WORDS in a.data.values()])
def test_without_its_words_it_is_not_done_where_they_are_needed(window, act):
    case = act.build(window)
    blank = {name: "  " if value == WORDS else value for name, value in act.data.items()}
    response = press(act.role, case, act.name, at=act.at, **blank)
    optional = act.name in ("confirm_refusal", "cancel")  # a handler's reason or a usual ground is there
    assert response.status_code == (302 if optional else 422)
