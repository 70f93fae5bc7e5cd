"""Every address × every role: nothing breaks, nobody gets in where they should not."""

from functools import cache
from typing import NamedTuple

import pytest
from django.db import transaction
from django.test import Client

from pilot_portal.accounts.roles import ADMIN_ROLES, APPLICANTS, OVERSIGHT, Role
from tests import make
from tests.browser.addresses import NOON, STAFF, addresses, build
from tests.subsidies.api import NAMES

GUEST = "guest"
PEOPLE = ["owner", "stranger", "insurer", "other insurer", *(role.value for role in STAFF), GUEST]
PUBLIC = {
    *(f"accounts:{name}" for name in "login register password_reset password_reset_sent password_reset_confirm".split()),
    *(
        f"programme:{name}"
        for name in "home notices notice guide calculator self_check checklist lists list list_paper verify verified progress".split()
    ),
    *(f"programme:{name}" for name in "object objection objection_progress".split()),
    "enterprises:invitation",
    "insurers:staff_invitation",
    *(f"programme:{name}" for name in "accessibility privacy sitemap report_error healthz readyz metrics".split()),
    *NAMES,
}
# Whose an address is, by its beginning, and the addresses below it that others may open too.
DESKS = {
    "/admin/": (ADMIN_ROLES, set()),
    "/oversight/": (OVERSIGHT, set()),
    "/sampling/": ({Role.AUDITOR, Role.EVALUATOR}, set()),
    "/insurer/": ({Role.INSURER}, set()),
    "/enterprise/applications/": (APPLICANTS, {"subsidies:applications"}),
    "/enterprise/policies/": (APPLICANTS, {"insurers:policy_paper", "insurers:row_paper"}),
    "/enterprise/": ({Role.ENTERPRISE}, set()),
}
# Addresses that carry the key of an object, by whose object it is.
OF_A_CASE = (
    "application enterprise policy papers category account pledge further copy autosave attach detach delete "
    "check declare submit submitted withdraw"
)
PAPERS_OF_A_CASE = "receipt document paper preview pledge_paper application_form"
AFTER_FILING = "correction correction_category answer take_back resubmit resubmitted reply abandon propose confirm decline"
OF_AN_ENTRUSTMENT = "entrustment entrustment_confirm entrustment_revoke request offer_choose request_withdraw"
OF_A_POLICY = "policy policy_edit policy_paper invoice_new payment_new row_paper row_delete"
OWNED = {
    "owner": {
        *(f"subsidies:{name}" for name in f"{OF_A_CASE} {PAPERS_OF_A_CASE} entrustment_paper".split()),
        *(f"subsidies:{name}" for name in AFTER_FILING.split()),
        *(f"subsidies:{name}" for name in ("conversation", "conversation_read")),
        *(f"insurers:{name}" for name in f"{OF_A_POLICY} {OF_AN_ENTRUSTMENT}".split()),
        *(f"enterprises:{name}" for name in "member_role member_remove handover handover_withdraw invitation_withdraw".split()),
        *("enterprises:category_paper", "notifications:message", "notifications:read"),
    },
    "insurer": {
        *(f"insurers:{name}" for name in f"insurer_policy confirm dispute insurer_request offer refuse {OF_A_POLICY}".split()),
        *(f"insurers:{name}" for name in "client_policy_new client_category client_account mandate mandate_upload mandate_revoke".split()),
        *(f"insurers:{name}" for name in ("key_rotate", "key_revoke", "staff_role", "staff_remove", "staff_invitation_withdraw")),
        *(f"subsidies:{name}" for name in "client client_start endorse surrender".split()),
        *(f"subsidies:{name}" for name in "import import_progress import_commit import_recheck import_annotated".split()),
        *("subsidies:entrustment_paper", "insurers:underwriting_list_file"),
    },
}
DOORS = {"admin:login", "admin:logout"}  # lead away whoever may not enter


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """Built once, in a transaction that ends with the module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def at_noon(time_machine):
    time_machine.move_to(make.moment(NOON), tick=False)


class Answer(NamedTuple):
    name: str
    url: str
    method: str
    status: int
    location: str

    @property
    def leads_to_login(self) -> bool:
        return self.status == 302 and self.location.startswith(("/account/login/?next=", "/admin/login/?next="))

    @property
    def is_closed(self) -> bool:
        return self.status in (403, 404) or self.leads_to_login


class Visitor:
    """Sends requests and undoes whatever they did."""

    def __init__(self, user=None):
        self.client = Client(raise_request_exception=False)
        if user:
            self.client.force_login(user)
        self.cookies = self.client.cookies.copy()

    def __call__(self, name: str, url: str, method: str) -> Answer:
        with transaction.atomic():
            self.client.cookies = self.cookies.copy()
            response = getattr(self.client, method)(url)
            if response.streaming:
                b"".join(response)  # to its end, which closes its file
            transaction.set_rollback(True)
        return Answer(name, url, method, response.status_code, response.headers.get("Location", ""))


@pytest.fixture(scope="module")
def answers(world):
    """How each address answers a person's GET and POST, asked once; each is tried in the world as it was at first."""

    @cache
    def ask(person: str) -> list[Answer]:
        visit = Visitor(world.people.get(person))
        return [visit(name, url, method) for name, url in addresses(world) for method in ("get", "post")]

    return ask


def may_enter(role: Role | None, answer: Answer) -> bool:
    """Whether the page behind this answer is in a room that is open to the role, or to everyone."""
    roles, also = next((desk for beginning, desk in DESKS.items() if answer.url.startswith(beginning)), (set(Role), PUBLIC))
    return role in roles or answer.name in also | DOORS


@pytest.mark.parametrize("person", PEOPLE)
def test_no_page_breaks_and_nobody_gets_into_the_rooms_of_another_role(world, answers, person):
    role = world.people[person].role if person in world.people else None
    found = answers(person)
    assert not [answer for answer in found if answer.status >= 500]
    assert not [answer for answer in found if not may_enter(role, answer) and not answer.is_closed]


def test_a_guest_is_led_to_the_login_unless_the_page_is_public(answers):
    private = [answer for answer in answers(GUEST) if answer.name not in DOORS]
    assert not [answer for answer in private if answer.leads_to_login == (answer.name in PUBLIC)]


@pytest.mark.parametrize(("stranger", "owner"), [("stranger", "owner"), ("other insurer", "insurer")])
def test_a_stranger_of_the_same_role_finds_nothing_of_anothers(answers, stranger, owner):
    """Whatever its owner may open by the key of an object is not there for a stranger."""
    of_its_owner = [answer for answer in answers(owner) if answer.name in OWNED[owner]]
    opened = [answer for answer in of_its_owner if not answer.is_closed and answer.status != 405]
    for_stranger = {(answer.url, answer.method): answer for answer in answers(stranger)}
    assert {answer.name for answer in opened} == OWNED[owner]
    assert not [answer for answer in opened if for_stranger[answer.url, answer.method].status != 404]
