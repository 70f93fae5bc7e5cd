"""What an officer and an enterprise open all day, at a million cases against a thousand: p95 of whole requests."""

from statistics import quantiles

from django.test import Client
from django.test.utils import setup_test_environment
from django.urls import reverse

from bench.crowd import BASE, crowd
from bench.row import Row, seconds
from pilot_portal.accounts.roles import Role
from subsidies.models import Application
from tests import make

FEW, MANY, REQUESTS = 1_000, 1_000_000, 60
ONE = BASE + 77  # a copied case of the smaller crowd too


def rows() -> list[Row]:
    setup_test_environment()  # the client's host is allowed
    few, many = p95_of_each(FEW), p95_of_each(MANY)
    return [Row(f"{name}, p95 at {MANY:,} cases against {FEW:,}", many[name] / few[name], 1.5) for name in few]


def p95_of_each(count: int) -> dict[str, float]:
    crowd(count)
    officer, applicant = Client(), Client()
    officer.force_login(make.officer(Role.HANDLER))
    applicant.force_login(make.owner_of(Application.objects.order_by("pk")[0].legal_entity))
    queue, own = reverse("admin:subsidies_application_changelist"), reverse("subsidies:applications")
    second = officer.get(queue, {"state": "submitted"}).context["cl"].older
    pages = {
        "handler's queue": (officer, queue, {"state": "submitted"}),
        "handler's queue, second page": (officer, f"{queue}?{second}", {}),
        "handler's queue, all cases": (officer, queue, {}),
        "search by name prefix": (officer, queue, {"q": f"北京第{ONE}"}),
        "search by a prefix that thousands share": (officer, queue, {"q": "北京第10"}),
        "search by credit code": (officer, queue, {"q": f"91110108{ONE}"}),
        "search by number": (officer, queue, {"q": f"BJIP-2026-{ONE}"}),
        "search by policy": (officer, queue, {"q": f"QC{ONE}"}),
        "search by invoice": (officer, queue, {"q": f"1{ONE}"}),
        "an enterprise's own list": (applicant, own, {}),
    }
    return {name: p95(*page) for name, page in pages.items()}


def p95(client: Client, address: str, query: dict) -> float:
    def ask() -> None:
        assert client.get(address, query or None).status_code == 200

    ask()
    return quantiles((seconds(ask) for _ in range(REQUESTS)), n=20)[-1]
