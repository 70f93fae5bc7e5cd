"""docs/api.md does what it says, against the running server."""

import json
import re
from http.client import HTTPConnection
from string import Template
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from insurers.api_keys import Scope
from subsidies.services import applications, drafts
from tests import make
from tests.subsidies.api import key_of

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = (settings.BASE_DIR / "docs/api.md").read_text()
STEP = re.compile(r"```http\n(\w+) (\S+)\n```\s+```json\n(.+?)\n```", re.DOTALL)


@pytest.fixture
def world(time_machine):
    """A client's case, filed by its insurer; the clock of the server stands with ours."""
    time_machine.move_to(make.FILED, tick=False)
    insurer, window, entity = make.insurer(), make.window(), make.entity()
    make.entrustment(entity, insurer)
    policy, person = make.policy(entity), insurer.staff.get().user
    case = drafts.start(entity, window, by=person, at=make.FILED)
    category, account = entity.categories.first(), entity.bank_accounts.get(closed_at__isnull=True)
    filled = {"policy": policy, "category": category, "bank_account": account, "pledged": True}
    case = drafts.save_draft(case, by=person, at=make.FILED, **filled)
    applications.submit(case, by=person, at=make.FILED)
    return {"ID": case.pk, "CODE": entity.credit_code, "KEY": key_of(insurer, Scope.READ)[1]}


def ask(server, method: str, address: str, key: str) -> dict:
    connection = HTTPConnection(urlsplit(server.url).netloc, timeout=20)
    try:
        connection.request(method, address, headers={"Authorization": f"Bearer {key}"})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def holds(told: object, answered: object) -> bool:
    """Whether all that the guide shows is in the answer; a list goes on after what is shown."""
    if isinstance(told, dict):
        return isinstance(answered, dict) and all(name in answered and holds(told[name], answered[name]) for name in told)
    if isinstance(told, list):
        return len(told) <= len(answered) and all(map(holds, told, answered))
    return told == answered


def test_the_worked_example_works(world, live_server):
    steps = STEP.findall(TEXT)
    assert len(steps) == TEXT.count("```http") == 6
    for method, address, told in steps:
        answered = ask(live_server, method, Template(address).substitute(world), world["KEY"])
        assert holds(json.loads(told), answered), (address, answered)
