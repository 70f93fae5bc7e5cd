"""One case from the registration of an account to 已拨付, on screen, by every person with a login of their own."""

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from insurers.models import Policy
from pilot_portal.accounts.roles import Role
from subsidies.models import Application, Appropriation, Batch, DocumentKind
from subsidies.payment_files import read_payment_file, write_bank_result_template
from subsidies.rules import rmb_capitals
from subsidies.states import State
from tests import make
from tests.browser import centre, steps
from tests.subsidies.papers import joined

pytestmark = pytest.mark.django_db(transaction=True)
NAME, CODE, POLICY, ACCOUNT = "北京远航智能装备有限公司", make.credit_code(2026), "QIPL2026-7001", "0200001234567890123"
WINDOW, DRAW = "2026年第一期", "100000.00"
ENTITLED = {"128888.88": Decimal("103111.10"), "33333.33": Decimal("26666.66")}  # 80 %, down to the fen
AWARDS = Decimal("79452.05"), Decimal("20547.94")  # 100,000.00 shared in proportion; 0.01 is left
TOTAL = Decimal("99999.99")


def test_a_case_goes_from_registration_to_the_bank(someone, worker, clock):
    clock("2026-09-01 10:00")
    window = make.window(draw=DRAW)
    for role in (Role.HANDLER, Role.REVIEWER, Role.HEAD, Role.FINANCE, Role.IP_OFFICE):
        make.officer(role)

    enterprise = someone()
    register_and_be_verified(enterprise, handler=someone("the-handler"))
    insure(enterprise, someone)
    number = apply(enterprise)
    paper = Policy.objects.get().paper
    receipt = joined(steps.download(enterprise, "查看申报回执（PDF）"))
    assert number in receipt
    assert paper.sha256 in receipt
    worker.wait_idle()

    clock("2026-09-02 10:00")
    accept_and_review(someone("the-handler"), number)
    clock("2026-09-03 10:00")
    centre.check(someone("the-reviewer"), number, NAME)
    other = make.application(window=window, state=State.CHECKED, premium=Decimal("33333.33"))

    decide_and_publish(someone, clock, number)
    total = pay(someone, worker, clock)

    enterprise = someone("yuanhang")
    enterprise.goto(Application.objects.get(number=number).get_absolute_url())
    steps.arrive(enterprise, number)
    expect(enterprise.get_by_role("main")).to_contain_text("已拨付")
    assert [case.awarded for case in Application.objects.order_by("pk")] == [*AWARDS]
    assert sum(AWARDS) == total == TOTAL
    other.refresh_from_db()
    assert other.state == State.PAID


def register_and_be_verified(enterprise, handler):
    steps.open_an_account(enterprise, "yuanhang")
    steps.register_the_enterprise(enterprise, NAME, CODE)
    centre.verify_the_enterprise(handler, NAME)
    steps.preregister(enterprise)
    centre.confirm_the_preregistration(handler, NAME)
    steps.add_a_category(enterprise)
    steps.add_an_account(enterprise, ACCOUNT)


def insure(enterprise, someone):
    insurer = make.insurer()
    steps.register_a_policy(enterprise, insurer.name, POLICY, "１２８，888.88")
    steps.add_an_invoice(enterprise, "26110001", "128,888.88")
    steps.add_a_payment(enterprise, "LS260616001", "128,888.88")
    steps.confirm_the_policy(someone(insurer.staff.get().user.username), POLICY)


def apply(enterprise) -> str:
    steps.start_an_application(enterprise, WINDOW)
    steps.do_the_tasks(enterprise, WINDOW)
    expect(enterprise.get_by_role("complementary")).to_contain_text("103,111.10")
    steps.check_the_answers(enterprise)
    return steps.file_the_application(enterprise)


def accept_and_review(handler, number):
    centre.accept(handler, number, NAME)
    assert centre.judge_everything(handler)
    expect(handler.get_by_role("main")).to_contain_text("103,111.10")
    centre.review(handler)


def decide_and_publish(someone, clock, number):
    clock("2026-10-09 10:00")
    centre.allocate(someone("the-head"), WINDOW)
    clock("2026-10-12 10:00")
    centre.determine(someone("the-ip_office"), WINDOW, "会议纪要〔2026〕8号")
    clock("2026-10-13 10:00")
    centre.publish_the_list(someone("the-head"), WINDOW, 2, f"{TOTAL:,}")
    clock("2026-10-14 10:00")
    steps.read_the_public_list(someone(), WINDOW, NAME, f"{AWARDS[0]:,}")
    clock("2026-10-21 10:00")
    centre.approve_the_list(someone("the-head"), WINDOW, 2, f"{TOTAL:,}")


def pay(someone, worker, clock) -> Decimal:
    """Batch, approval, papers, payment file, bank result; the total that all of them name."""
    clock("2026-10-22 10:00")
    finance = someone("the-finance")
    centre.make_a_batch(finance, WINDOW, Appropriation.objects.get().document_number)
    centre.approve_the_batch(someone("the-head"))
    worker.wait_idle()
    clock("2026-10-26 10:00")
    finance = someone("the-finance")
    centre.open_batch(finance, "待导出批次")
    read_the_papers(finance)
    content = centre.take_the_payment_file(finance)
    filed = read_payment_file(content)
    assert [payment.amount for payment in filed.payments] == [*AWARDS]
    finance.reload()
    centre.bring_the_bank_result(finance, write_bank_result_template(content, paid_on=date(2026, 10, 26)))
    return filed.total


def read_the_papers(finance):
    """Sheet, detail and notices as text: totals, capitals, one notice an enterprise."""
    batch = Batch.objects.get()
    capitals = rmb_capitals(TOTAL)
    sheet, detail = (joined(steps.download(finance, kind.label)) for kind in (DocumentKind.APPROVAL_SHEET, DocumentKind.PAYMENT_DETAIL))
    for paper in (sheet, detail):
        assert f"{TOTAL:,}" in paper
        assert capitals in paper
        assert batch.sha256 in paper
    for payment, award in zip(batch.payments.order_by("serial"), AWARDS, strict=True):
        row = finance.get_by_role("row").filter(has_text=payment.serial)
        notice = joined(steps.download(row, "下载"))
        assert payment.holder in notice
        assert f"¥{award:,}" in notice
        assert rmb_capitals(award) in notice
        assert f"{award:,}" in detail
