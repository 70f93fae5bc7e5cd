"""追回 on the oversight desk: proposed after an endorsement or surrender, ordered or dropped by the IP office, read by the others."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from insurers import services as insurers
from insurers.models import EndorsementKind
from pilot_portal.accounts.roles import OVERSIGHT, Role
from pilot_portal.audit.models import Event
from programme.oversight import recoveries
from subsidies import payment_files
from subsidies.models import Application, Recovery
from subsidies.services import payments, recovery
from subsidies.states import RecoveryState, State
from tests import make

pytestmark = pytest.mark.django_db
LATER, LATEST = make.moment("2026-11-02 10:00"), make.moment("2026-11-03 10:00")
LIST = reverse("programme:recoveries")


def url(name: str, found: Recovery, **more) -> str:
    return reverse(f"programme:{name}", kwargs={"pk": found.pk, **more})


def pay(batch, at: datetime = make.PAID) -> None:
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    sent = payments.export_batch(batch, by=make.officer(Role.FINANCE), at=at)
    answer = payment_files.write_bank_result_template(sent, paid_on=at.date())
    payments.import_bank_result(batch, answer, by=make.officer(Role.FINANCE), at=at)


def paid_case(draw: str = "5000000.00", premium: str = "100000.00") -> Application:
    window = make.window(draw=draw)
    case = make.application(window=window, state=State.CHECKED, premium=Decimal(premium))
    pay(make.batch(window))
    case.refresh_from_db()
    return case


def endorsed(case: Application, premium_after: str = "60000.00", number: str = "P-1") -> Recovery:
    """What a reduction of the premium after payment proposes."""
    facts = {
        "kind": EndorsementKind.REDUCTION,
        "number": number,
        "effective_on": date(2026, 11, 1),
        "premium_after": Decimal(premium_after),
    }
    made = insurers.endorse(
        case.policy, by=case.policy.insurer.staff.get().user, at=LATER, facts=facts, paper=make.pdf(f"endorsement {number}")
    )
    recovery.follow_endorsement(made, at=LATER)
    return case.recoveries.first()


def surrendered(case: Application) -> Recovery:
    facts = {"number": "T-1", "effective_on": date(2026, 11, 1)}
    insurers.surrender(case.policy, by=case.policy.insurer.staff.get().user, at=LATER, facts=facts, paper=make.pdf("surrender"))
    recovery.follow_endorsements(at=LATER)
    return case.recoveries.first()


@pytest.fixture
def proposed() -> Recovery:
    return endorsed(paid_case())


@pytest.fixture
def office(client, time_machine):
    time_machine.move_to(LATEST, tick=False)
    client.force_login(make.officer(Role.IP_OFFICE))
    return client


def words(found: Recovery, **typed) -> dict:
    return {"version": found.version, "confirmed": "on", **typed}


def test_a_proposed_recovery_is_on_the_desk_and_its_page_shows_case_endorsement_and_figures(office, proposed):
    case = proposed.application
    desk = office.get(reverse("programme:oversight")).content.decode()
    for said in ("拟追回 1 笔", "待您决定", LIST):
        assert said in desk
    listed = office.get(LIST).content.decode()
    for said in (case.number, case.legal_entity.name, "32,000.00", url("recovery", proposed)):
        assert said in listed
    html = office.get(url("recovery", proposed)).content.decode()
    for said in ("P-1", "批减保费", "批改后保费", "60,000.00", "80,000.00", "48,000.00", "32,000.00", "人民币叁万贰仟元整", case.number):
        assert said in html
    assert url("order_recovery", proposed) in html
    assert url("drop_recovery", proposed) in html


def test_figures_add_up_when_the_budget_was_short():
    case = paid_case(draw="40000.00")
    figures = recoveries.figures_of(endorsed(case))
    assert (figures.awarded, figures.amount, figures.stays) == (Decimal("40000.00"), Decimal("16000.00"), Decimal("24000.00"))
    assert [(line.label, line.amount) for line in figures.lines[-2:]] == [
        ("批改后应补金额", Decimal("48000.00")),
        ("批改后的补贴", Decimal("24000.00")),
    ]


def test_a_second_recovery_counts_what_was_taken_back_before(office):
    case = paid_case()
    first = endorsed(case)
    recovery.order_recovery(first, by=make.officer(Role.IP_OFFICE), at=LATER)
    second = surrendered(case)
    figures = recoveries.figures_of(second)
    assert (figures.earlier, figures.amount, figures.stays) == (Decimal("32000.00"), Decimal("48000.00"), Decimal(0))
    html = office.get(url("recovery", second)).content.decode()
    assert "减：此前已追回或正在追回" in html
    assert "退保须退回全部补贴" in html
    recovery.drop_recovery(second, by=make.officer(Role.IP_OFFICE), at=LATEST, reason="保险公司误报")
    assert recoveries.counts().owed == Decimal("32000.00")


def test_a_recovery_for_another_reason_has_its_reason_and_no_reckoning(office):
    case = paid_case()
    made = recovery.propose_recovery(case, by=make.officer(Role.HEAD), at=LATER, amount=Decimal("80000.00"), reason="虚假付款凭证")
    html = office.get(url("recovery", made)).content.decode()
    assert "虚假付款凭证" in html
    assert "没有另附材料" in html
    assert not recoveries.figures_of(made).lines


def test_the_ip_office_orders_what_it_saw_and_the_day_is_said(office, proposed):
    asked = office.get(url("order_recovery", proposed)).content.decode()
    assert "32,000.00" in asked
    assert "15 个工作日" in asked
    answer = office.post(url("order_recovery", proposed), words(proposed))
    assert (answer.status_code, answer.url) == (302, url("recovery", proposed))
    proposed.refresh_from_db()
    assert (proposed.state, proposed.ordered_by) == (RecoveryState.ORDERED, make.officer(Role.IP_OFFICE))
    html = office.get(answer.url).content.decode()
    assert f"{proposed.due_on:%Y-%m-%d}" in html
    assert url("order_recovery", proposed) not in html
    assert proposed.application.number in office.get(LIST).content.decode()


def test_it_is_dropped_only_with_a_reason_and_nothing_typed_is_lost(office, proposed):
    answer = office.post(url("drop_recovery", proposed), {"version": proposed.version, "reason": " "})
    assert answer.status_code == 422
    assert "请写明不予追回的理由" in answer.content.decode()
    answer = office.post(url("drop_recovery", proposed), {"version": proposed.version + 1, "reason": "批单是误报"})
    assert answer.status_code == 409
    assert "批单是误报" in answer.content.decode()
    office.post(url("drop_recovery", proposed), {"version": proposed.version, "reason": "批单是误报"})
    proposed.refresh_from_db()
    assert (proposed.state, proposed.drop_reason) == (RecoveryState.DROPPED, "批单是误报")
    assert "批单是误报" in office.get(url("recovery", proposed)).content.decode()


def test_without_a_tick_nothing_is_ordered(office, proposed):
    answer = office.post(url("order_recovery", proposed), {"version": proposed.version})
    assert answer.status_code == 422
    assert "请核对后勾选" in answer.content.decode()
    proposed.refresh_from_db()
    assert proposed.state == RecoveryState.PROPOSED


def test_what_is_decided_is_not_decided_again(office, proposed):
    office.post(url("order_recovery", proposed), words(proposed))
    for verb, typed in (("order_recovery", {}), ("drop_recovery", {"reason": "改主意"})):
        answer = office.get(url(verb, proposed))
        assert (answer.status_code, answer.url) == (302, url("recovery", proposed))
        assert office.post(url(verb, proposed), words(proposed, **typed)).status_code == 409
    proposed.refresh_from_db()
    assert proposed.state == RecoveryState.ORDERED


def test_ordered_overdue_repaid_and_dropped_ones_stand_in_their_lists(office):
    ordered, late, repaid, dropped = (endorsed(paid_case(), number=f"P-{n}") for n in range(4))
    for found in (ordered, late, repaid):
        recovery.order_recovery(found, by=make.officer(Role.IP_OFFICE), at=LATER)
    recovery.confirm_repayment(repaid, by=make.officer(Role.FINANCE), at=LATEST, amount=repaid.amount, bank_reference="B-1")
    recovery.drop_recovery(dropped, by=make.officer(Role.IP_OFFICE), at=LATER, reason="误报")
    Recovery.objects.filter(pk=late.pk).update(due_on=date(2026, 11, 2))
    recovery.overdue_recoveries(at=LATEST)
    context = office.get(LIST).context
    assert list(context["proposed"]) == []
    assert list(context["owed"]) == [late, ordered]
    assert context["closed"].rows == [dropped, repaid]
    html = office.get(LIST).content.decode()
    for said in ("逾期未退", "已责令退回", "已退回", "不予追回", "64,000.00"):
        assert said in html
    assert "B-1" in office.get(url("recovery", repaid)).content.decode()
    assert "其中逾期" in office.get(reverse("programme:oversight")).content.decode()


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.EVALUATOR])
def test_observers_and_evaluators_read_and_cannot_act(client, time_machine, proposed, role):
    time_machine.move_to(LATEST, tick=False)
    client.force_login(make.officer(role))
    html = client.get(url("recovery", proposed)).content.decode()
    assert "32,000.00" in html
    assert "是否追回由市知识产权局决定" in html
    assert proposed.application.number in client.get(LIST).content.decode()
    for verb in ("order_recovery", "drop_recovery"):
        assert url(verb, proposed) not in html
        assert client.get(url(verb, proposed)).status_code == 403
        assert client.post(url(verb, proposed), words(proposed, reason="x")).status_code == 403
    paper = url("recovery_paper", proposed, file=proposed.endorsement.paper_id)
    assert paper not in html
    assert client.get(paper).status_code == 403
    proposed.refresh_from_db()
    assert proposed.state == RecoveryState.PROPOSED


@pytest.mark.parametrize("role", [role for role in Role if role not in OVERSIGHT | {Role.SYSTEM}])
def test_nobody_else_gets_in(client, time_machine, proposed, role):
    time_machine.move_to(LATEST, tick=False)
    client.force_login(make.user(role))
    names = ("recovery", "order_recovery", "drop_recovery")
    for address in (LIST, *(url(name, proposed) for name in names), url("recovery_paper", proposed, file=1)):
        assert client.get(address).status_code == 403
        assert client.post(address, words(proposed, reason="x")).status_code == 403


def test_papers_of_the_recovery_open_and_no_others(office, proposed):
    answer = office.get(url("recovery_paper", proposed, file=proposed.endorsement.paper_id))
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert office.get(url("recovery_paper", proposed, file=proposed.application.policy.paper_id)).status_code == 404
    recovery.order_recovery(proposed, by=make.officer(Role.IP_OFFICE), at=LATER)
    owner = make.owner_of(proposed.application.legal_entity)
    recovery.prove_repayment(proposed, by=owner, at=LATEST, paper=make.pdf("transfer"))
    proposed.refresh_from_db()
    link = url("recovery_paper", proposed, file=proposed.proof_id)
    assert link in office.get(url("recovery", proposed)).content.decode()
    assert "凭证已上传" in office.get(LIST).content.decode()


def test_unknown_recoveries_are_not_found(office):
    for name in ("recovery", "order_recovery", "drop_recovery"):
        assert office.get(reverse(f"programme:{name}", args=[987654])).status_code == 404


def test_looking_changes_nothing_and_queries_do_not_grow(office, django_assert_max_num_queries):
    for number in range(3):
        found = endorsed(paid_case(), number=f"P-{number}")
    before = Event.objects.count()
    with django_assert_max_num_queries(10):
        office.get(LIST)
    with django_assert_max_num_queries(16):
        office.get(url("recovery", found))
    office.get(url("order_recovery", found))
    assert Event.objects.count() == before
