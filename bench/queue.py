"""What an officer and an enterprise open all day, at a million cases against a thousand: p95 of whole requests.

Both databases stand side by side and are asked in turn, so that a slow moment of the machine hits both.
"""

from collections.abc import Callable
from statistics import quantiles

from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import setup_test_environment
from django.urls import reverse

from bench.crowd import BASE, crowd
from bench.row import Row, seconds
from pilot_portal.accounts.roles import Role
from subsidies.models import Application
from tests import databases, make

FEW, MANY = 1_000, 1_000_000
TURNS, AT_ONCE = 12, 8  # turns of either database, requests in a turn
ONE = BASE + 77  # a copied case of either crowd
Ask = Callable[[], object]


def rows() -> list[Row]:
    setup_test_environment()  # the client's host is allowed
    aside = f"{settings.DATABASE}_few"
    crowd(FEW)
    few = pages()
    databases.drop(aside)
    connections.close_all()
    with databases.owner_on("postgres") as cursor:
        cursor.execute(f"ALTER DATABASE {settings.DATABASE} RENAME TO {aside}")
    crowd(MANY)
    many = pages()
    try:
        found = [Row(f"{name}, p95 at {MANY:,} cases against {FEW:,}", ratio(few[name], many[name], aside), 1.5) for name in few]
    finally:
        databases.drop(aside)
    return found


def pages() -> dict[str, Ask]:
    """Each page, opened once."""
    officer, applicant = Client(), Client()
    officer.force_login(make.officer(Role.HANDLER))
    applicant.force_login(make.owner_of(Application.objects.order_by("pk")[0].legal_entity))
    queue, own = reverse("admin:subsidies_application_changelist"), reverse("subsidies:applications")
    second = officer.get(queue, {"state": "submitted"}).context["cl"].older
    opened = {
        "handler's queue": (officer, f"{queue}?state=submitted"),
        "handler's queue, second page": (officer, f"{queue}?{second}"),
        "handler's queue, all cases": (officer, queue),
        "search by name prefix": (officer, f"{queue}?q=北京第{ONE}"),
        "search by a prefix that thousands share": (officer, f"{queue}?q=北京第10"),
        "search by credit code": (officer, f"{queue}?q=91110108{ONE}"),
        "search by number": (officer, f"{queue}?q=BJIP-2026-{ONE}"),
        "search by policy": (officer, f"{queue}?q=QC{ONE}"),
        "search by invoice": (officer, f"{queue}?q=1{ONE}"),
        "an enterprise's own list": (applicant, own),
    }
    return {name: _ask(*page) for name, page in opened.items()}


def _ask(client: Client, address: str) -> Ask:
    def ask() -> None:
        assert client.get(address).status_code == 200

    return ask


def ratio(few: Ask, many: Ask, aside: str) -> float:
    """p95 of the one in units of the other's."""
    taken: dict[str, list[float]] = {aside: [], settings.DATABASE: []}
    for _ in range(TURNS):
        for name, ask in ((aside, few), (settings.DATABASE, many)):
            connection.close()
            connection.settings_dict["NAME"] = name
            ask()  # the new connection is warm
            taken[name] += [seconds(ask) for _ in range(AT_ONCE)]
    return quantiles(taken[settings.DATABASE], n=20)[-1] / quantiles(taken[aside], n=20)[-1]
