"""Money goes to an account that two persons of the payee know of, or known for a day; finance sees what the review did not."""

from datetime import timedelta

import pytest

from enterprises import services as enterprises
from pilot_portal.accounts.roles import Role
from subsidies.models import Batch
from subsidies.services import payments
from tests import drive, make
from tests.expect import refused
from tests.workbench import look, press, text

pytestmark = pytest.mark.django_db
NEW = "6222999900001111"


@pytest.fixture
def window():
    return make.window()


@pytest.fixture
def case(window):
    return drive.approved(window=window)


def prepare(window, at=make.BATCHED, **options):
    return payments.prepare_batch(window, make.pilot().appropriations.first(), by=make.officer(Role.FINANCE), at=at, **options)


def change(case, at, *, confirmed=False):
    return make.account(case.legal_entity, at=at, number=NEW, confirmed=confirmed)


def test_an_account_just_changed_is_not_paid_to_and_the_moment_is_named(window, case):
    change(case, make.BATCHED - timedelta(hours=23))
    with refused("account_waits") as caught:
        prepare(window)
    assert case.legal_entity.name in caught.value.sentence and "2026-10-22 11:00" in caught.value.sentence
    assert not Batch.objects.exists()


def test_after_a_day_or_with_a_second_person_it_is(window, case):
    change(case, make.BATCHED - timedelta(hours=24))
    assert prepare(window).payments.get().account_last_four == "1111"


def test_confirmed_by_a_second_person_it_is_paid_to_at_once(window, case):
    change(case, make.BATCHED, confirmed=True)
    assert prepare(window).payments.get().account_last_four == "1111"


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_change_after_preparing_stops_the_approval(window, case, confirmed):
    batch = prepare(window)
    change(case, make.BATCHED, confirmed=confirmed)
    with refused("account_left") as caught:
        payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    assert case.legal_entity.name in caught.value.sentence


def test_a_change_after_the_approval_stops_the_first_export_and_no_later_one(window, case):
    batch = prepare(window)
    payments.approve_batch(batch, by=make.officer(Role.HEAD), at=make.BATCHED)
    changed = change(case, make.BATCHED)
    with refused("account_left"):
        payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED)
    enterprises.decline_bank_account(changed, by=make.owner_of(case.legal_entity), at=make.BATCHED)
    file = payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.BATCHED)
    change(case, make.PAID, confirmed=True)
    assert payments.export_batch(batch, by=make.officer(Role.FINANCE), at=make.PAID) == file


def test_finance_sees_the_waiting_account_unticked_and_then_that_it_is_not_the_reviewed_one(window, case):
    reviewed = case.bank_account
    change(case, make.BATCHED - timedelta(hours=1))
    page = look(Role.FINANCE, window, at=make.BATCHED)
    assert page.context["prepare"].chosen() == set()
    assert "刚更换，不能付" in text(page)
    page = look(Role.FINANCE, window, at=make.BATCHED + timedelta(hours=24))
    assert page.context["prepare"].chosen() == {case.number}
    assert "与审核时不同" in text(page) and reviewed.masked in text(page)


def test_finance_and_head_see_in_the_batch_what_the_review_did_not(window, case):
    change(case, make.BATCHED, confirmed=True)
    batch = prepare(window)
    for role in (Role.FINANCE, Role.HEAD):
        assert "与审核时不同" in text(look(role, batch, at=make.BATCHED))


def test_the_batch_says_which_account_has_changed_before_anybody_presses(window, case):
    batch = prepare(window)
    assert "企业已更换账户" not in text(look(Role.HEAD, batch, at=make.BATCHED))
    change(case, make.BATCHED)
    assert "企业已更换账户" in text(look(Role.HEAD, batch, at=make.BATCHED))
    refusal = press(Role.HEAD, batch, "approve_batch", at=make.BATCHED)
    assert "更换了收款账户" in text(refusal)


def test_after_a_return_the_bank_alone_may_be_mended_and_waits_like_any_change(window, case):
    batch, file = drive.sent(window)
    drive.settle(batch, file, returned={case.payments.get().serial: "R02"})
    entity, old = case.legal_entity, case.bank_account
    colleague = make.colleague_of(entity)
    facts = {"holder": entity.name, "cnaps": old.cnaps, "number": old.number, "bank_name": "示例银行北京中关村支行"}
    mended = enterprises.set_bank_account(entity, by=make.owner_of(entity), at=make.PAID, **facts)
    (row,) = look(Role.FINANCE, window, at=make.PAID).context["prepare"].rows()
    assert (row.is_unmended, row.is_ready) == (False, False)
    enterprises.confirm_bank_account(mended, by=colleague, at=make.PAID)
    (row,) = look(Role.FINANCE, window, at=make.PAID).context["prepare"].rows()
    assert row.is_ready
    assert prepare(window, at=make.PAID).payments.get().bank_name == mended.bank_name
