"""What tests of an insurer's pages share: somebody of an insurer who is logged in, and what is typed into its forms."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from insurers import services
from insurers.models import Entrustment, Insurer
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.reference.models import Entry, Kind
from tests import make
from tests.subsidies.pages import browser

CLIENTS, NEW = "/insurer/clients/", "/insurer/clients/new/"


def staff_of(insurer: Insurer) -> User:
    return insurer.staff.order_by("pk").first().user


def desk_of(insurer: Insurer) -> Client:
    return browser(staff_of(insurer))


def licence(**changes) -> dict:
    """A client as on its licence, as typed by its insurer."""
    typed = {
        "name": "北京海淀光谱科技有限公司",
        "kind": "legal_person",
        "registered_address": "北京市海淀区示例路 8 号",
        "district": Entry.objects.get(kind=Kind.DISTRICT, code="110108").pk,
        "legal_representative": "王示例",
        "established_on": "2016-05-04",
        "contact_name": "赵联系",
        "contact_phone": "13900139000",
        "contact_email": "zhao@example.com",
        "licence": make.pdf("licence"),
    }
    return typed | changes


def mandate(**changes) -> dict:
    typed = {"starts_on": "2026-09-01", "ends_on": "2026-12-31", "includes_submission": "on", "includes_correction": "on"}
    return {key: value for key, value in (typed | changes).items() if value is not None}


def policy(insurer: Insurer, **changes) -> dict:
    """A policy of this insurer as on its paper; it is nobody else's, so no insurer is asked for."""
    typed = {
        "product": insurer.products.get().pk,
        "number": "QIPL2026000777",
        "signed_on": "2026-06-14",
        "starts_on": "2026-06-15",
        "last_day": "2027-06-14",
        "end_time": "24:00",
        "liability_limit": "10,000,000",
        "territory": "美国、欧盟",
        "premium": "100,000.00",
        "paper": make.pdf("policy"),
    }
    return typed | changes


def invoice(**changes) -> dict:
    typed = {"number": "34993302", "buyer": "北京海淀光谱科技有限公司", "issued_on": "2026-06-16", "amount": "100,000.00"}
    return typed | {"paper": make.pdf("invoice")} | changes


def payment(**changes) -> dict:
    typed = {"payer": "北京海淀光谱科技有限公司", "paid_on": "2026-06-16", "reference": "R777", "amount": "100,000.00"}
    return typed | {"paper": make.pdf("payment")} | changes


def account(**changes) -> dict:
    typed = {
        "holder": "北京海淀光谱科技有限公司",
        "bank_name": "示例银行北京海淀支行",
        "cnaps": "102100099996",
        "number": "6222000000000777",
    }
    return typed | {"proof": make.pdf("account")} | changes


def proposed(insurer: Insurer, entity, **facts) -> Entrustment:
    """A mandate that waits for the enterprise or the centre."""
    now = timezone.now()
    period = {"starts_at": now, "ends_at": now + timedelta(days=90)}
    return services.propose_entrustment(entity, insurer, by=staff_of(insurer), at=now, facts=period | facts)


def handler() -> User:
    return make.officer(Role.HANDLER)
