"""Whatever is asked, the running server keeps to openapi.json: no 5xx, no status, media type or body that is not described there.

Tried with requests that fit the description, with such as are about rows that are there, and with such as break it.
"""

import os
from itertools import count

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from insurers.models import Insurer
from pilot_portal.accounts.roles import Role
from pilot_portal.files.services import store_upload
from subsidies.models import Part
from subsidies.services import applications, corrections, drafts
from tests import make
from tests.subsidies.api import key_of

pytestmark = pytest.mark.django_db(transaction=True)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 30 if "LONG" in os.environ else 5
serial = count(1)


def case_of(entity, insurer: Insurer, window):
    person = insurer.staff.get().user
    policy = make.policy(entity)
    case = drafts.start(entity, window, by=person, at=make.FILED)
    category, account = entity.categories.first(), entity.bank_accounts.get(closed_at__isnull=True)
    filled = {"policy": policy, "category": category, "bank_account": account, "pledged": True}
    return drafts.save_draft(case, by=person, at=make.FILED, **filled)


@pytest.fixture
def world(time_machine):
    """Clients of an insurer: one with a draft that is ready, one whose case is filed, one whose case is to be corrected, one new."""
    time_machine.move_to(make.FILED, tick=False)
    insurer, window, entities = make.insurer(), make.window(), [make.entity() for _ in range(4)]
    person, mandates = insurer.staff.get().user, [make.entrustment(entity, insurer) for entity in entities]
    cases = [case_of(entity, insurer, window) for entity in entities[:3]]
    for case in cases[1:]:
        applications.submit(case, by=person, at=make.FILED)
    items = [(Part.OTHER, "请说明出口情况"), (Part.CATEGORY, "请补交证书")]
    corrections.ask_correction(cases[2], by=make.officer(Role.HANDLER), at=make.FILED, items=items)
    file = store_upload(make.pdf("paper"), by=person, at=make.FILED)
    return {
        "key": key_of(insurer)[1],
        "pk": {
            "applications": [case.pk for case in cases],
            "policies": [*(case.policy_id for case in cases), make.policy(entities[3], confirmed=False).pk],
            "entrustments": [mandate.pk for mandate in mandates],
            "files": [file.pk],
        },
        "item": [item.pk for item in cases[2].corrections.get().items.all()],
        "kind": ["category", "district"],
        "credit_code": [entity.credit_code for entity in entities],
        "window": [window.pk],
        "policy": [case.policy_id for case in cases],
        "category": [entity.categories.first().pk for entity in entities],
        "bank_account": [entity.bank_accounts.first().pk for entity in entities],
        "product": [insurer.products.get().filing_number],
        "paper": [file.pk],
        "file": [file.pk],
        "version": [None],
        "signed_on": ["2026-06-14"],
        "starts_on": ["2026-06-15"],
        "last_day": ["2027-06-14"],
        "number": ["QIPL-1"],
    }


def operations_of(live_server, monkeypatch) -> list:
    for limit in ("A_MINUTE", "FILES_A_MINUTE"):
        monkeypatch.setattr(f"subsidies.api.keys.{limit}", 1_000_000)
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/openapi.json")
    return [found.ok() for found in schema.get_all_operations()]


def made_real(case, world: dict, data) -> None:
    """Keys of rows that are there, and a name of its own, in the place of what was drawn."""
    for places in (case.path_parameters, case.body if isinstance(case.body, dict) else None):
        for name in places or ():
            known = world.get(name)
            real = known.get(case.path.split("/")[3], [1]) if isinstance(known, dict) else known
            if real:
                places[name] = data.draw(st.sampled_from(real))
    if case.method == "POST":
        case.headers["Idempotency-Key"] = f"schema-{next(serial):06d}"


def exercise(operation, world: dict, mode: GenerationMode, *, real: bool) -> set[int]:
    """The statuses that were answered."""
    answered = set()

    @hypothesis_settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def keeps_its_word(case, data):
        if real:
            made_real(case, world, data)
        response = case.call(headers={"Authorization": f"Bearer {world['key']}"})
        case.validate_response(response, checks=CHECKS)
        answered.add(response.status_code)

    keeps_its_word()
    return answered


def exercise_all(world, live_server, monkeypatch, mode: GenerationMode, *, real: bool = False) -> dict[str, set[int]]:
    operations = operations_of(live_server, monkeypatch)
    assert len(operations) > 30
    return {operation.label: exercise(operation, world, mode, real=real) for operation in operations}


def test_what_fits_the_description_is_answered_as_described(world, live_server, monkeypatch):
    exercise_all(world, live_server, monkeypatch, GenerationMode.POSITIVE)


def test_what_breaks_the_description_is_answered_as_described(world, live_server, monkeypatch):
    exercise_all(world, live_server, monkeypatch, GenerationMode.NEGATIVE)


def test_what_is_about_rows_that_are_there_is_answered_as_described_and_much_of_it_done(world, live_server, monkeypatch):
    answered = exercise_all(world, live_server, monkeypatch, GenerationMode.POSITIVE, real=True)
    done = {label for label, statuses in answered.items() if statuses & {200, 201}}
    assert {label for label in answered if label.startswith("GET")} <= done
    assert {label for label in done if label.startswith("POST")}
