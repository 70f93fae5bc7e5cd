"""What the case screen shows beside the case: the policy compared, internal notes, other cases that share something with it."""

import pytest
from django.urls import reverse

from enterprises.models import BankAccount, Branch
from insurers.models import Invoice, Policy
from pilot_portal.accounts.roles import CENTRE, Role
from pilot_portal.audit.models import Event
from subsidies.admin.case_acts import ACTS
from subsidies.models import CaseNote, Verdict
from subsidies.reports import related_cases
from subsidies.services import applications, notes
from subsidies.states import State
from tests import make
from tests.expect import refused
from tests.subsidies import test_admin_acts, test_admin_case
from tests.workbench import enter, look, press, text, url

pytestmark = pytest.mark.django_db
WORDS = "电话核实：王女士说发票正在换开"


@pytest.fixture
def window():
    return make.window()


def test_policy_is_compared_with_its_paper_and_its_insurers_word(window):
    case = make.application(window=window, state=State.ACCEPTED)
    shown = text(look(Role.HANDLER, case))
    assert "保单比对" in shown
    assert "保险公司已确认登记内容" in shown
    assert "没有读到文字，请对照原件核对" in shown


# internal notes


def test_note_is_kept_with_author_and_time_and_read_by_colleagues(window):
    case = make.application(window=window)
    assert press(Role.HANDLER, case, "note", text=WORDS).status_code == 302
    kept = case.notes.get()
    assert (kept.author, kept.at, kept.text) == (make.officer(Role.HANDLER), make.ACCEPTED, WORDS)
    for role in (*CENTRE, Role.AUDITOR):
        assert WORDS in text(look(role, case))
    assert WORDS not in str(Event.objects.get(action="case_note").data)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.SECURITY, Role.ADMINISTRATOR])
def test_note_is_for_the_centre_to_write(window, role):
    case = make.application(window=window)
    with refused("wrong_role"):
        notes.note(case, by=make.officer(role), at=make.FILED, text=WORDS)


def test_note_never_reaches_applicant_or_insurer(window):
    case = make.application(window=window)
    notes.note(case, by=make.officer(Role.HANDLER), at=make.FILED, text=WORDS)
    client = enter(case.created_by)
    for address in (case.get_absolute_url(), reverse("subsidies:conversation", args=[case.pk])):
        response = client.get(address)
        assert response.status_code == 200
        assert WORDS not in response.content.decode()
        assert "内部备注" not in response.content.decode()


def test_note_without_words_is_refused_and_the_same_twice_is_once(window):
    case = make.application(window=window)
    assert press(Role.HANDLER, case, "note", text="  ").status_code == 422
    for _ in range(2):
        assert press(Role.HANDLER, case, "note", text=WORDS).status_code == 302
    assert CaseNote.objects.count() == 1


# an old page

EXTRA = {
    "review": (State.ACCEPTED, Role.HANDLER, {"opinion": "reject", "opinion_reason": WORDS}),
    "judge": (State.ACCEPTED, Role.HANDLER, {"verdict": "failed", "note": WORDS}),
    "overrule": (State.ACCEPTED, Role.HANDLER, {"verdict": "failed", "note": WORDS}),
    "note": (State.SUBMITTED, Role.REVIEWER, {"text": WORDS}),
    "declare_interest": (State.SUBMITTED, Role.REVIEWER, {"reason": WORDS}),
    "recuse": (State.SUBMITTED, Role.HEAD, {"reason": WORDS}),
    "release": (State.ACCEPTED, Role.HEAD, {"reason": WORDS}),
}


def test_every_act_is_pressed_on_an_old_page_somewhere():
    tested = {act.name for act in test_admin_acts.ACTS} | set(test_admin_case.NAMES) | set(EXTRA)
    assert {act.name for act in ACTS} == tested


@pytest.mark.parametrize("name", EXTRA)
def test_act_of_an_old_page_is_refused_with_what_changed_and_the_words_stay(window, name):
    state, role, data = EXTRA[name]
    case = make.application(window=window, state=state)
    finding = case.findings.filter(verdict=Verdict.PASSED if name == "overrule" else Verdict.OPEN).first()
    if name == "recuse":
        data = data | {"officer": make.officer(Role.HANDLER).pk}
    if finding and name in ("judge", "overrule"):
        data = data | {"finding": finding.pk}
    seen, version = Event.objects.latest("pk").pk, case.version
    applications.hold(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="核实举报线索")
    if name != "release":
        applications.release(case, by=make.officer(Role.HEAD), at=make.ACCEPTED, reason="已核实")
    response = press(role, case, name, version=version, seen=seen, **data)
    assert response.status_code == 409
    assert "在您打开页面后已有变化" in text(response)
    assert "核实举报线索" in text(response)
    assert WORDS in response.content.decode()


# other cases


def reasons(case) -> dict[str, list[str]]:
    return {one.number: sorted(one.reasons) for one in related_cases(case)}


def test_other_cases_are_named_with_what_they_share(window):
    case, branchs, invoiced, paid_there, strange = (make.application(window=window) for _ in range(5))
    earlier = make.application(window=make.window(), legal_entity=case.legal_entity)
    branch = branchs.legal_entity
    Branch.objects.create(legal_entity=case.legal_entity, credit_code=branch.credit_code, name=branch.name)
    Invoice.objects.filter(policy=invoiced.policy).update(number=case.policy.invoices.get().number)
    BankAccount.objects.filter(pk=paid_there.bank_account_id).update(number_hmac=case.bank_account.number_hmac)
    Policy.objects.filter(pk=paid_there.policy_id).update(paper=case.policy.paper)
    assert reasons(case) == {
        earlier.number: ["同一企业"],
        branchs.number: ["分支机构、所属法人或同名企业"],
        invoiced.number: ["同一发票号码"],
        paid_there.number: ["同一份文件", "同一收款账户"],
    }
    assert reasons(branchs) == {case.number: ["分支机构、所属法人或同名企业"], earlier.number: ["分支机构、所属法人或同名企业"]}
    assert reasons(strange) == {}
    shown = look(Role.HANDLER, case).content.decode()
    assert url(earlier) in shown
    assert url(strange) not in shown


def test_other_cases_take_one_query_however_many(window, django_assert_num_queries):
    case = make.application(window=window)
    for _ in range(3):
        make.application(window=make.window(), legal_entity=case.legal_entity)
    assert case.bank_account.number_hmac
    with django_assert_num_queries(1):
        assert len(related_cases(case)) == 3
