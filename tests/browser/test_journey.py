"""One case from the registration of an account to 已拨付, on screen, by every person with a login of their own."""

import re
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
from tests.subsidies import papers

pytestmark = pytest.mark.django_db(transaction=True)
NAME, CODE, POLICY, ACCOUNT = "北京远航智能装备有限公司", make.credit_code(2026), "QIPL2026-7001", "0200001234567890123"
WINDOW, MINUTES = "2026年第一期", "会议纪要〔2026〕8号"
PREMIUM, ENTITLED = "128,888.88", "103,111.10"  # 80 %, down to the fen
DRAW = "100000.00"  # less than the 129,777.76 that both may get
AWARDS = [Decimal("79452.05"), Decimal("20547.94")]  # in proportion, down to the fen; 0.01 is left
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
    worker.wait_idle()

    review(someone, clock, number)
    make.application(window=window, state=State.CHECKED, premium=Decimal("33333.33"))
    decide_and_publish(someone, clock)
    totals = pay(someone, worker, clock)

    enterprise = someone("yuanhang")
    enterprise.goto("/enterprise/applications/")
    steps.follow(enterprise, number)
    steps.arrive(enterprise, number)
    expect(enterprise.get_by_role("listitem").filter(has_text="拨付到账")).to_contain_text("10-26")
    expect(enterprise.get_by_text("已拨付", exact=True)).to_be_visible()
    notice = papers.joined(steps.download(enterprise, "保费补贴资金拨付通知书（PDF）"))
    assert f"¥{AWARDS[0]:,}" in notice
    cases = Application.objects.order_by("number")
    assert [(case.state, case.awarded) for case in cases] == [(State.PAID, award) for award in AWARDS]
    assert totals == {"batch": TOTAL, "approval sheet": TOTAL, "detail": TOTAL, "lines of the detail": TOTAL, "payment file": TOTAL}
    assert sum(AWARDS) == TOTAL


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
    steps.add_an_invoice(enterprise, "26110001", PREMIUM)
    steps.add_a_payment(enterprise, "LS260616001", PREMIUM)
    steps.confirm_the_policy(someone(insurer.staff.get().user.username), POLICY)


def apply(enterprise) -> str:
    """From the draft to the receipt; the number of the case."""
    steps.start_an_application(enterprise, WINDOW)
    steps.do_the_tasks(enterprise, WINDOW)
    expect(enterprise.get_by_role("complementary")).to_contain_text(ENTITLED)
    expect(enterprise.get_by_role("complementary")).to_contain_text("80%")
    steps.check_the_answers(enterprise)
    number = steps.file_the_application(enterprise)
    receipt = papers.joined(steps.download(enterprise, "查看申报回执（PDF）"))
    assert number in receipt
    assert Policy.objects.get().paper.sha256 in receipt
    return number


def review(someone, clock, number):
    clock("2026-09-02 10:00")
    handler = someone("the-handler")
    centre.accept(handler, number, NAME)
    assert centre.judge_everything(handler)
    expect(handler.get_by_role("main")).to_contain_text(ENTITLED)
    centre.review(handler)
    clock("2026-09-03 10:00")
    centre.check(someone("the-reviewer"), number, NAME)


def decide_and_publish(someone, clock):
    clock("2026-10-09 10:00")
    head = someone("the-head")
    centre.allocate(head, WINDOW, f"{TOTAL:,}")
    centre.send_the_list(head, "中知促纪要〔2026〕3号", "2026-10-09")
    clock("2026-10-12 10:00")
    centre.determine(someone("the-ip_office"), WINDOW, MINUTES)
    clock("2026-10-13 10:00")
    centre.publish_the_list(someone("the-head"), WINDOW, 2, f"{TOTAL:,}")
    clock("2026-10-14 10:00")
    steps.read_the_public_list(someone(), WINDOW, NAME, f"{AWARDS[0]:,}")
    clock("2026-10-21 10:00")
    centre.approve_the_list(someone("the-head"), WINDOW, 2, f"{TOTAL:,}")


def pay(someone, worker, clock) -> dict[str, Decimal]:
    """Batch, approval, papers, payment file, bank result; the total that each of them names."""
    clock("2026-10-22 10:00")
    centre.make_a_batch(someone("the-finance"), WINDOW, Appropriation.objects.get().document_number)
    centre.approve_the_batch(someone("the-head"))
    worker.wait_idle()
    clock("2026-10-26 10:00")
    finance = someone("the-finance")
    centre.open_batch(finance, "待导出批次")
    totals = read_the_papers(finance)
    payment_file = centre.take_the_payment_file(finance)
    filed = read_payment_file(payment_file)
    assert [payment.amount for payment in filed.payments] == AWARDS
    assert filed.payments[0].account == ACCOUNT
    expect(finance.get_by_role("main").get_by_text("已导出").first).to_be_visible()  # the screen shows itself anew
    centre.bring_the_bank_result(finance, write_bank_result_template(payment_file, paid_on=date(2026, 10, 26)))
    return totals | {"payment file": filed.total}


def read_the_papers(finance) -> dict[str, Decimal]:
    """Sheet, detail and one notice an enterprise, read back as text; the totals they print."""
    batch = Batch.objects.get()
    sheet, detail = (steps.download(finance, kind.label) for kind in (DocumentKind.APPROVAL_SHEET, DocumentKind.PAYMENT_DETAIL))
    of_sheet = re.search(r"合计（元）([\d,.]+)合计大写(\w+)序号", papers.joined(sheet))
    of_detail = re.search(r"合计（2笔）(\w+)¥([\d,.]+\.\d\d)", papers.joined(detail))
    assert of_sheet[2] == of_detail[1] == rmb_capitals(TOTAL)
    assert batch.sha256 in papers.joined(sheet)
    assert batch.sha256 in papers.joined(detail)
    for payment, award in zip(batch.payments.order_by("serial"), AWARDS, strict=True):
        row = finance.get_by_role("row").filter(has_text=payment.serial)
        notice = papers.joined(steps.download(row, "下载"))
        assert f"{payment.holder}：" in notice
        assert f"{rmb_capitals(award)}（¥{award:,}）" in notice
    lines = re.findall(r"^([\d,]+\.\d\d)\n人民币", papers.text(detail, "-raw"), re.MULTILINE)
    return {
        "batch": batch.total,
        "approval sheet": yuan(of_sheet[1]),
        "detail": yuan(of_detail[2]),
        "lines of the detail": sum(map(yuan, lines)),
    }


def yuan(figure: str) -> Decimal:
    return Decimal(figure.replace(",", ""))
