"""Every address × every role: nothing breaks, nobody gets in where they should not."""

import pytest
from django.db import transaction
from django.test import Client

from pilot_portal.accounts.roles import ADMIN_ROLES, APPLICANTS, OVERSIGHT, Role
from tests import make
from tests.browser.addresses import NOON, STAFF, addresses, build

PEOPLE = ["owner", "stranger", "insurer", "other insurer", *(role.value for role in STAFF)]
PUBLIC = {
    *(f"accounts:{name}" for name in "login register password_reset password_reset_sent password_reset_confirm".split()),
    *(f"programme:{name}" for name in "home notices notice guide calculator lists list verify verified progress".split()),
    *(f"programme:{name}" for name in "accessibility privacy sitemap report_error healthz readyz metrics".split()),
}
# Whose an address is, by its beginning, and the addresses below it that others may open too.
DESKS = {
    "/admin/": (ADMIN_ROLES, set()),
    "/oversight/": (OVERSIGHT, set()),
    "/insurer/": ({Role.INSURER}, set()),
    "/enterprise/applications/": (APPLICANTS, {"subsidies:applications"}),
    "/enterprise/policies/": ({Role.ENTERPRISE}, {"insurers:policy_paper", "insurers:row_paper"}),
    "/enterprise/": ({Role.ENTERPRISE}, set()),
}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Built once, in a transaction that ends with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(make.moment(NOON), tick=False)


class Visitor:
    """Sends requests and undoes whatever they did."""

    def __init__(self, user=None):
        self.client = Client(raise_request_exception=False)
        if user:
            self.client.force_login(user)
        self.cookies = self.client.cookies.copy()

    def __call__(self, url: str, method: str = "get"):
        with transaction.atomic():
            self.client.cookies = self.cookies.copy()
            response = getattr(self.client, method)(url)
            if response.streaming:
                b"".join(response)  # to its end, which closes its file
            transaction.set_rollback(True)
        return response


@pytest.mark.parametrize("person", [*PEOPLE, "guest"])
def test_no_page_ever_breaks(world, person):
    visit = Visitor(world.people.get(person))
    broken = [(method, url) for _, url in addresses(world) for method in ("get", "post") if visit(url, method).status_code >= 500]
    assert not broken


def test_a_guest_is_led_to_the_login_unless_the_page_is_public(world):
    visit = Visitor()
    wrong = []
    for name, url in addresses(world):
        response = visit(url)
        led_away = response.status_code == 302 and response.url.startswith(("/account/login/?next=", "/admin/login/?next="))
        if led_away == (name in PUBLIC):
            wrong.append((name, response.status_code))
    assert not wrong
