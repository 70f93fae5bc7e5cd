"""预算指标: finance enters, the head confirms."""

from decimal import Decimal

import pytest
from django.urls import reverse

from pilot_portal.accounts.roles import Role
from pilot_portal.workflow.models import Proposal
from subsidies.models import Appropriation
from subsidies.services import windows
from tests import make
from tests.workbench import enter, list_of, text

pytestmark = pytest.mark.django_db
PROPOSE = "admin:subsidies_appropriation_propose"


def typed(**changed) -> dict:
    return {"pilot": make.pilot().pk, "document_number": "京财预〔2026〕88号", "amount": "1,000,000.00", "reason": "追加指标", **changed}


def proposal() -> Proposal:
    facts = {"document_number": "京财预〔2026〕88号", "amount": Decimal("1000000.00"), "reason": "追加指标"}
    return windows.propose_appropriation(make.pilot(), by=make.officer(Role.FINANCE), at=make.OPENS, **facts)


def decide(role, one, confirmed="yes"):
    return enter(role).post(reverse("admin:subsidies_appropriation_decide", args=[one.pk]), {"confirmed": confirmed, "remark": "同意"})


def test_finance_enters_and_the_head_confirms():
    assert enter(Role.FINANCE).post(reverse(PROPOSE), typed()).status_code == 302
    assert not Appropriation.objects.exists()
    assert decide(Role.HEAD, Proposal.objects.get()).status_code == 302
    made = Appropriation.objects.get()
    assert (made.amount, made.prepared_by, made.approved_by) == (Decimal("1000000.00"), make.officer(Role.FINANCE), make.officer(Role.HEAD))


def test_head_sends_it_back_and_nothing_counts():
    one = proposal()
    assert decide(Role.HEAD, one, "no").status_code == 302
    one.refresh_from_db()
    assert (one.confirmed, Appropriation.objects.count()) == (False, 0)


@pytest.mark.parametrize("role", [Role.HEAD, Role.HANDLER, Role.AUDITOR])
def test_only_finance_enters(role):
    assert enter(role).post(reverse(PROPOSE), typed()).status_code == 403
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("role", [Role.FINANCE, Role.HANDLER, Role.AUDITOR])
def test_only_the_head_confirms(role):
    assert decide(role, proposal()).status_code == 403
    assert not Appropriation.objects.exists()


def test_second_decision_is_refused():
    one = proposal()
    decide(Role.HEAD, one)
    again = decide(Role.HEAD, one)
    assert again.status_code == 409
    assert "已有结论" in text(again)
    assert Appropriation.objects.count() == 1


def test_known_document_is_refused_and_the_proposal_stays_open():
    one = proposal()
    make.appropriation(Decimal("5.00"))
    Appropriation.objects.update(document_number="京财预〔2026〕88号")
    refused = decide(Role.HEAD, one)
    one.refresh_from_db()
    assert (refused.status_code, one.confirmed) == (409, None)
    assert "已录入过" in text(refused)


@pytest.mark.parametrize(("amount", "kept"), [("1.234", "1.234"), ("0", "0"), ("一百万", "一百万")])
def test_wrong_amount_is_refused_and_kept(amount, kept):
    response = enter(Role.FINANCE).post(reverse(PROPOSE), typed(amount=amount))
    assert response.status_code == 422
    assert kept in response.content.decode()


def test_waiting_one_stands_on_the_list():
    proposal()
    assert "京财预〔2026〕88号" in text(enter(Role.HEAD).get(list_of(Appropriation)))
    second = enter(Role.FINANCE).post(reverse(PROPOSE), typed())
    assert second.status_code == 409
