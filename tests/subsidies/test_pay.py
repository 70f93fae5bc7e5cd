"""制单, 批准, 导出, 回单: money leaves once a case, by two persons, and only as approved."""

from datetime import date, timedelta
from decimal import Decimal
from threading import Event as Signal
from time import sleep

import pytest

from enterprises.models import BankAccount
from insurers.models import Endorsement, EndorsementKind
from insurers.states import PolicyState
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.models import Event
from pilot_portal.notifications.models import Message
from pilot_portal.reference.models import Pilot
from subsidies.models import Application, Appropriation, Batch, Payment, Window
from subsidies.payment_files import read_payment_file, write_bank_result_template
from subsidies.services import applications, payments
from subsidies.states import BatchState, PaymentState, State
from tests import make
from tests.expect import refused, violates
from tests.races import PATIENCE, at_once, codes

pytestmark = pytest.mark.django_db
PAID_ON = date(2026, 10, 26)


def approved_window(cases=1):
    window = make.window()
    for _ in range(cases):
        make.application(window=window, state=State.CHECKED)
    make.approved(window)
    return window


@pytest.fixture
def window():
    return approved_window()


def prepare(window, by=None, **options):
    appropriation = options.pop("appropriation", None) or make.pilot().appropriations.first()
    return payments.prepare_batch(window, appropriation, by=by or make.officer(Role.FINANCE), at=make.BATCHED, **options)


def approve(batch, by=None, **options):
    return payments.approve_batch(batch, by=by or make.officer(Role.HEAD), at=make.BATCHED, **options)


def export(batch, by=None):
    return payments.export_batch(batch, by=by or make.officer(Role.FINANCE), at=make.BATCHED)


def book(batch, content, by=None):
    return payments.import_bank_result(batch, content, by=by or make.officer(Role.FINANCE), at=make.PAID)


def sent(window):
    """An exported batch and its payment file."""
    batch = approve(prepare(window))
    return batch, export(batch)


def answer(file, **returned):
    return write_bank_result_template(file, paid_on=PAID_ON, returned=returned.get("returned"))


# the whole way


def test_a_batch_is_prepared_approved_sent_and_paid_to_the_fen(window):
    batch = prepare(window)
    assert (batch.state, batch.count, str(batch.total), batch.prepared_by) == (BatchState.DRAFT, 1, "80000.00", make.officer(Role.FINANCE))
    approve(batch)
    assert (batch.state, len(batch.sha256), batch.first_notice) == (BatchState.APPROVED, 64, 1)
    file = export(batch)
    said, line = read_payment_file(file), batch.payments.get()
    assert (said.batch_number, said.total, said.sha256) == (batch.number, batch.total, batch.sha256)
    assert (said.payments[0].account, line.state) == (line.account, PaymentState.SENT)
    book(batch, answer(file))
    line.refresh_from_db()
    case = line.application
    assert (batch.state, line.state, line.paid_on, case.state) == (BatchState.SETTLED, PaymentState.PAID, PAID_ON, State.PAID)
    assert (case.paid_by, batch.settled_by) == (make.officer(Role.FINANCE), make.officer(Role.FINANCE))
    assert "2026-10-26" in Message.objects.get(event="paid", channel="inbox").body
    trail = Event.objects.filter(action__in=["prepare_batch", "approve_batch", "export_batch", "import_bank_result", "settle_batch"])
    assert trail.count() == 5


def test_the_account_stands_only_as_ciphertext_in_the_line(window):
    line = prepare(window).payments.get()
    number = line.application.legal_entity.bank_accounts.get().number
    assert line.account == number
    assert number not in "|".join(str(value) for value in Payment.objects.values_list().get(pk=line.pk))


def test_the_same_file_is_exported_each_time_and_sends_once(window):
    batch, file = sent(window)
    at = batch.exported_at
    assert export(batch) == file
    assert (batch.exported_at, batch.state) == (at, BatchState.EXPORTED)


# preparing


def test_only_cases_that_may_be_paid_get_a_line():
    window = approved_window(3)
    held, other, _ = window.applications.order_by("pk")
    applications.hold(held, by=make.officer(Role.HEAD), at=make.APPROVED, reason="举报核查")
    first = prepare(window, numbers=[other.number])
    assert [line.application for line in first.payments.all()] == [other]
    assert prepare(window).count == 1
    with refused("nothing_to_pay"):
        prepare(window)


def test_a_case_chosen_on_the_screen_that_can_no_longer_be_paid_is_not_left_out_in_silence():
    window = approved_window(2)
    numbers = list(window.applications.values_list("number", flat=True))
    applications.hold(window.applications.first(), by=make.officer(Role.HEAD), at=make.APPROVED, reason="举报核查")
    with refused("list_changed"):
        prepare(window, numbers=numbers)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.FINANCE, Role.SYSTEM)])
def test_only_finance_prepares_exports_and_books(window, role):
    person = make.officer(role)
    with refused("wrong_role"):
        prepare(window, by=person)
    batch = prepare(window)
    with refused("wrong_role"):
        export(batch, by=person)
    with refused("wrong_role"):
        book(batch, b"", by=person)


def test_nothing_is_paid_without_an_account_or_to_another_name(window):
    entity = window.applications.get().legal_entity
    entity.bank_accounts.update(holder="别家公司")
    with refused("payee_differs"):
        prepare(window)
    entity.bank_accounts.update(closed_at=make.BATCHED)
    with refused("account_missing"):
        prepare(window)
    assert not Batch.objects.exists()


def test_the_account_of_the_day_is_paid_not_the_one_of_the_filing(window):
    entity = window.applications.get().legal_entity
    make.account(entity, at=make.APPROVED, number="6222999900001111")
    assert prepare(window).payments.get().account_last_four == "1111"


def test_a_line_that_the_bank_could_not_read_is_found_before_anybody_approves_it(window):
    BankAccount.objects.update(cnaps="12")
    with refused("batch_unpayable") as caught:
        prepare(window)
    assert "联行号应为12位数字" in caught.value.sentence
    assert not Batch.objects.exists()


def test_a_policy_surrendered_meanwhile_stops_the_payment(window):
    type(window.applications.get().policy).objects.update(state=PolicyState.SURRENDERED)
    with refused("recheck_failed"):
        prepare(window)


@pytest.mark.parametrize(("premium_after", "pays"), [("99999.99", False), ("100000.00", True)])
def test_an_endorsement_below_the_award_stops_the_payment(window, premium_after, pays):
    Endorsement.objects.create(
        policy=window.applications.get().policy,
        kind=EndorsementKind.REDUCTION,
        number="PD1",
        effective_on=date(2026, 10, 1),
        premium_after=Decimal(premium_after),
        reported_by=make.officer(Role.HANDLER),
        reported_at=make.APPROVED,
    )
    if pays:
        assert prepare(window).count == 1
    else:
        with refused("recheck_failed"):
            prepare(window)


def test_another_pilots_appropriation_does_not_pay(window):
    foreign = Appropriation.objects.create(
        pilot=Pilot.objects.create(year=2025, name="2025 年试点", basis="试点方案"),
        document_number="京财预〔2025〕1号",
        amount=Decimal("9000000.00"),
        prepared_by=make.officer(Role.FINANCE),
        approved_by=make.officer(Role.HEAD),
        approved_at=make.OPENS,
    )
    with refused("appropriation_of_another_pilot"):
        prepare(window, appropriation=foreign)


# approving, voiding, exporting


def test_who_prepared_does_not_approve_even_with_another_role(window):
    batch = prepare(window)
    person = batch.prepared_by
    make.change_role(person, Role.HEAD)
    with refused("same_person"):
        approve(batch, by=person)


@pytest.mark.parametrize("role", [role for role in Role if role not in (Role.HEAD, Role.SYSTEM)])
def test_only_a_head_approves(window, role):
    batch = prepare(window)
    with refused("wrong_role"):
        approve(batch, by=make.officer(role))


def test_a_case_held_after_preparation_keeps_its_batch_from_approval_and_export(window):
    batch, case = prepare(window), window.applications.get()
    applications.hold(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="举报核查")
    with refused("on_hold"):
        approve(batch)
    applications.release(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="查无实据")
    approve(batch)
    applications.hold(case, by=make.officer(Role.HEAD), at=make.BATCHED, reason="再次举报")
    with refused("on_hold"):
        export(batch)
    assert batch.payments.get().state == PaymentState.PLANNED


def test_a_case_that_is_no_longer_to_be_paid_keeps_its_batch_from_approval(window):
    batch, case = prepare(window), window.applications.get()
    Application.objects.filter(pk=case.pk).update(state=State.PAID, paid_at=make.PAID, paid_by=make.officer(Role.FINANCE))
    with refused("wrong_state"):
        approve(batch)


def test_a_stale_page_approves_nothing(window):
    batch = prepare(window)
    with refused("moved_on"):
        approve(batch, version=batch.version - 1)


def test_nothing_is_exported_before_approval_nor_booked_before_export(window):
    batch = prepare(window)
    with refused("wrong_state"):
        export(batch)
    approve(batch)
    with refused("wrong_state"):
        book(batch, b"")
    with refused("wrong_state"):
        approve(batch)


def test_a_void_batch_frees_its_cases_for_another(window):
    batch = approve(prepare(window))
    payments.void_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED, reason="指标有误")
    line = batch.payments.get()
    assert (batch.state, line.state, batch.void_reason) == (BatchState.VOID, PaymentState.VOID, "指标有误")
    again = prepare(window)
    assert again.payments.get().serial != line.serial


def test_voiding_needs_a_reason_and_comes_too_late_after_export(window):
    batch, _ = sent(window)
    with refused("reason_missing"):
        payments.void_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED, reason=" ")
    with refused("wrong_state"):
        payments.void_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED, reason="指标有误")


def test_an_approved_batch_and_its_lines_do_not_change(window):
    batch = approve(prepare(window))
    with violates("payment_line_is_frozen"):
        batch.payments.update(amount=Decimal("79999.99"))
    with violates("approved_batch_stays_as_approved"):
        Batch.objects.filter(pk=batch.pk).update(sha256="0" * 64)


# the bank's answer


def test_a_returned_payment_is_replaced_by_a_new_one_with_a_new_serial(window):
    batch, file = sent(window)
    serial = batch.payments.get().serial
    book(batch, answer(file, returned={serial: "R02"}))
    line = batch.payments.get()
    case = line.application
    assert (line.state, line.return_code, line.return_reason) == (PaymentState.RETURNED, "R02", "账户已销户")
    assert (batch.state, case.state) == (BatchState.SETTLED, State.APPROVED)
    second, file = sent(window)
    assert second.payments.get().serial != serial
    book(second, answer(file))
    case.refresh_from_db()
    assert case.state == State.PAID


def test_each_return_is_told_to_the_enterprise(window):
    for _ in range(2):
        batch, file = sent(window)
        book(batch, answer(file, returned={batch.payments.get().serial: "R01"}))
    assert Message.objects.filter(event="returned", channel="inbox").count() == 2


def test_the_same_answer_twice_pays_once(window):
    batch, file = sent(window)
    book(batch, answer(file))
    book(batch, answer(file))
    assert Event.objects.filter(action="pay").count() == 1
    assert Message.objects.filter(event="paid", channel="inbox").count() == 1


def test_an_answer_that_contradicts_an_earlier_one_is_refused(window):
    batch, file = sent(window)
    book(batch, answer(file))
    with refused("wrong_state"):
        book(batch, answer(file, returned={batch.payments.get().serial: "R02"}))
    assert batch.payments.get().state == PaymentState.PAID


def test_a_part_of_the_lines_leaves_the_batch_open():
    window = approved_window(2)
    batch, file = sent(window)
    head, first, *_ = answer(file).decode("utf-8-sig").splitlines(keepends=True)
    book(batch, (head + first).encode())
    assert batch.state == BatchState.EXPORTED
    assert sorted(batch.payments.values_list("state", flat=True)) == ["paid", "sent"]
    book(batch, answer(file))
    assert batch.state == BatchState.SETTLED


@pytest.mark.parametrize(
    ("old", "new"),
    [("80000.00", "80000.01"), ("80000.00", "79999.99"), ("支付成功", "成功"), ("2026-10-26", ""), ("-0001", "-0002")],
)
def test_one_wrong_cell_and_nothing_of_the_file_counts(old, new):
    window = approved_window(2)
    batch, file = sent(window)
    content = answer(file).decode("utf-8-sig")
    assert old in content
    with refused("bank_result_invalid"):
        book(batch, content.replace(old, new, 1).encode())
    assert set(batch.payments.values_list("state", flat=True)) == {PaymentState.SENT}
    assert not Event.objects.filter(action="import_bank_result").exists()


def test_another_accounts_or_names_answer_is_refused(window):
    batch, file = sent(window)
    line, content = batch.payments.get(), answer(file).decode("utf-8-sig")
    for old, new in ((line.account, line.account[::-1]), (line.holder, "别家公司")):
        with refused("bank_result_invalid"):
            book(batch, content.replace(old, new).encode())


def test_another_batchs_answer_is_refused():
    window = approved_window(2)
    numbers = list(window.applications.values_list("number", flat=True))
    files = []
    for number in numbers:
        batch = approve(prepare(window, numbers=[number]))
        files.append((batch, export(batch)))
    with refused("bank_result_invalid"):
        book(files[0][0], answer(files[1][1]))


def test_the_banks_word_is_booked_even_for_a_held_case(window):
    batch, file = sent(window)
    applications.hold(window.applications.get(), by=make.officer(Role.HEAD), at=make.BATCHED, reason="举报核查")
    book(batch, answer(file))
    assert window.applications.get().state == State.PAID


# twice at once


@pytest.mark.django_db(transaction=True)
def test_two_batches_prepared_at_once_never_hold_the_same_case():
    window = approved_window(2)
    people = [make.user(Role.FINANCE) for _ in range(2)]
    copies = [Window.objects.get(pk=window.pk) for _ in people]
    outcomes = at_once(
        *(lambda copy=copy, person=person: prepare(copy, by=person) for copy, person in zip(copies, people, strict=True)),
        meet="subsidies.services.payments.next_value",
    )
    assert codes(outcomes) == ["done", "nothing_to_pay"]
    assert sorted(Payment.objects.values_list("application", flat=True)) == sorted(window.applications.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_an_answer_imported_twice_at_once_pays_once():
    batch, file = sent(approved_window())
    people = [make.user(Role.FINANCE) for _ in range(2)]
    copies = [Batch.objects.get(pk=batch.pk) for _ in people]
    outcomes = at_once(
        *(lambda copy=copy, person=person: book(copy, answer(file), by=person) for copy, person in zip(copies, people, strict=True)),
        meet="subsidies.services.payments._read_result",
    )
    assert codes(outcomes) == ["done", "done"]
    assert Event.objects.filter(action="pay").count() == 1
    assert Event.objects.filter(action="settle_batch").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_batch_exported_while_a_case_of_it_is_being_held_waits_and_is_refused(monkeypatch):
    window = approved_window()
    batch = approve(prepare(window))
    head, finance, case, inside = make.officer(Role.HEAD), make.officer(Role.FINANCE), window.applications.get(), Signal()

    def linger(*_, **__):
        inside.set()
        sleep(PATIENCE)

    def export_meanwhile():
        inside.wait(10)
        return export(batch, by=finance)

    monkeypatch.setattr(applications, "tell", linger)
    outcomes = at_once(lambda: applications.hold(case, by=head, at=make.BATCHED, reason="举报核查"), export_meanwhile)
    assert codes(outcomes) == ["done", "on_hold"]
    assert batch.payments.get().state == PaymentState.PLANNED


@pytest.mark.django_db(transaction=True)
def test_approved_and_voided_at_once_is_only_one_of_both():
    batch = prepare(approved_window())
    copies = [Batch.objects.get(pk=batch.pk) for _ in range(2)]
    head, other = make.user(Role.HEAD), make.user(Role.HEAD)
    outcomes = at_once(
        lambda: approve(copies[0], by=head),
        lambda: payments.void_batch(copies[1], by=other, at=make.BATCHED + timedelta(minutes=1), reason="指标有误"),
        meet="pilot_portal.workflow.moving.find_edge",
    )
    # a batch may be voided after its approval, never approved after its end
    assert codes(outcomes) in (["done", "done"], ["done", "wrong_state"])
    batch.refresh_from_db()
    assert batch.state == BatchState.VOID
    assert set(batch.payments.values_list("state", flat=True)) == {PaymentState.VOID}
