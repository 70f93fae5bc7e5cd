"""A client without an account: entered, entrusted on paper, insured, filed, corrected, by its insurer alone."""

import pytest
from django.utils import timezone

from enterprises import services as enterprises
from enterprises.models import LegalEntity
from insurers import services
from insurers.states import EntrustmentState, PolicyState
from pilot_portal.reference.models import Entry, Kind
from subsidies.models import Application, Channel, Part
from subsidies.services import corrections
from subsidies.states import State
from tests import make
from tests.insurers import desk
from tests.subsidies.pages import read, received, text_of, url

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_september(time_machine):
    time_machine.move_to(make.FILED)


def sent(browser, address: str, data: dict) -> str:
    """What the person reads after sending a form that is in order."""
    response = browser.post(address, data, follow=True)
    assert response.redirect_chain, text_of(response)
    assert response.status_code == 200
    return text_of(response)


def test_a_client_without_an_account_is_filed_and_corrected_by_its_insurer():
    insurer, window = make.insurer(), make.window()
    browser = desk.desk_of(insurer)
    entity, mandate = enter_and_entrust(browser, insurer)
    assert not entity.memberships.exists()
    policy = insure(browser, insurer, entity)
    case = fill_in_and_file(browser, entity, window, policy)
    assert (case.channel, case.insurer, case.entrustment) == (Channel.INSURER, insurer, mandate)
    assert received(browser.get(url("receipt", case.pk))).startswith(b"%PDF")
    correct(browser, case, policy)
    assert f"申报 {case.number}" in read(browser, f"/insurer/clients/{entity.pk}/")


def enter_and_entrust(browser, insurer):
    """The code, the licence, the sealed mandate; the centre verifies both."""
    code = make.credit_code()
    assert "登记客户" in text_of(browser.get(desk.NEW, {"credit_code": code}, follow=True))
    assert "接下来请发起委托" in sent(browser, f"{desk.NEW}{code}/", desk.licence())
    entity = LegalEntity.objects.get(credit_code=code)
    assert "等企业在线确认" in sent(browser, f"{desk.NEW}{code}/mandate/", desk.mandate())
    mandate = entity.entrustments.get()
    assert browser.get(f"/entrustments/{mandate.pk}/paper/").content.startswith(b"%PDF")
    paper = {"paper": make.pdf("sealed mandate"), "version": mandate.version}
    assert "等中心核实" in sent(browser, f"/insurer/mandates/{mandate.pk}/upload/", paper)
    assert "等中心核验" in read(browser, f"/insurer/clients/{entity.pk}/")
    enterprises.verify(entity, by=desk.handler(), at=timezone.now(), in_beijing=True)
    services.confirm_entrustment(mandate, by=desk.handler(), at=timezone.now())
    assert mandate.state == EntrustmentState.CONFIRMED
    assert "下一步：登记保单" in read(browser, f"/insurer/clients/{entity.pk}/")
    return entity, mandate


def insure(browser, insurer, entity):
    """The policy with its papers; the insurer's own word on it is given with it."""
    address = f"/insurer/clients/{entity.pk}/"
    assert "保单已登记并确认" in sent(browser, address + "policies/new/", desk.policy(insurer))
    policy = entity.policies.get()
    assert (policy.insurer, policy.state) == (insurer, PolicyState.CONFIRMED)
    assert "发票已保存" in sent(browser, f"/enterprise/policies/{policy.pk}/invoices/new/", desk.invoice())
    assert "付款凭证已保存" in sent(browser, f"/enterprise/policies/{policy.pk}/payments/new/", desk.payment())
    category = {"category": Entry.objects.get(kind=Kind.CATEGORY, code="specialised").pk, "evidence": make.pdf("category")}
    assert "企业类别已保存" in sent(browser, address + "category/", category)
    page = sent(browser, address + "account/", desk.account())
    assert "尾号 0777" in page
    assert "6222000000000777" not in page
    return policy


def fill_in_and_file(browser, entity, window, policy) -> Application:
    assert "下一步：开始申报" in read(browser, f"/insurer/clients/{entity.pk}/")
    assert "尚未提交" in sent(browser, f"/insurer/clients/{entity.pk}/windows/{window.pk}/start/", {})
    draft = entity.applications.get()
    for task, data in (
        ("policy", {"policy": policy.pk}),
        ("category", {"category": entity.categories.get().pk}),
        ("account", {"bank_account": entity.bank_accounts.get().pk}),
        ("pledge", {"pledged": "on"}),
    ):
        assert "已保存" in sent(browser, url(task, draft.pk), data)
    assert "80,000.00" in read(browser, url("check", draft.pk))
    draft.refresh_from_db()
    assert "贵公司受北京海淀光谱科技有限公司委托" in read(browser, url("declare", draft.pk))
    page = sent(browser, url("submit", draft.pk), {"version": draft.version})
    draft.refresh_from_db()
    assert draft.number in page
    return draft


def correct(browser, case, policy):
    """An invoice is asked for; the insurer adds it and hands the correction in, under the same number."""
    corrections.ask_correction(case, by=desk.handler(), at=timezone.now(), items=[(Part.INVOICES, "还缺一张发票，请补充。")])
    assert "办理补正" in read(browser, f"/insurer/clients/{case.legal_entity_id}/")
    assert "还缺一张发票" in read(browser, url("correction", case.pk))
    assert "添加发票" in read(browser, f"/insurer/policies/{policy.pk}/")
    assert "发票已保存" in sent(browser, f"/enterprise/policies/{policy.pk}/invoices/new/", desk.invoice(number="34993303", amount="10.00"))
    case.refresh_from_db()
    assert case.number in sent(browser, url("resubmit", case.pk), {"version": case.version})
    number = case.number
    case.refresh_from_db()
    assert (case.state, case.number, case.corrections.get().closed_by) == (State.SUBMITTED, number, case.submitted_by)
