"""docs/api.md does what it says, step by step, against the running server."""

import json
import re
from string import Template

import pytest
from django.conf import settings

from pilot_portal.workflow.refusals import CATALOGUE
from subsidies.models import Application
from tests import curl, make
from tests.subsidies.api import key_of

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = (settings.BASE_DIR / "docs/api.md").read_text()
STEP = re.compile(r"```sh\n(.+?)\n```\s+```json\n(.+?)\n```(.*?)(?=```|\n## )", re.DOTALL)
NOTED = re.compile(r"答复的 `([\w.]+)` 记为 `\$(\w+)`")


def test_the_worked_example_leads_from_the_key_to_a_filed_application(live_server, time_machine):
    time_machine.move_to(make.FILED, tick=False)
    insurer, entity = make.insurer(), make.entity()
    make.window()
    make.entrustment(entity, insurer)
    known = {
        "PORTAL": live_server.url,
        "KEY": key_of(insurer)[1],
        "CODE": entity.credit_code,
        "NAME": entity.name,
        "PRODUCT": insurer.products.get().filing_number,
    }
    files = {name: make.pdf(name).read() for name in ("policy.pdf", "invoice.pdf", "payment.pdf")}
    steps = STEP.findall(TEXT)
    assert len(steps) == TEXT.count("```sh") == TEXT.count("```json") == 13
    for command, told, after in steps:
        answered = curl.run(command, known, files)
        assert curl.holds(json.loads(Template(told).substitute(known)), answered), (command, answered)
        known |= {name: curl.picked(answered, path) for path, name in NOTED.findall(after)}
    filed = Application.objects.get()
    assert (filed.number, filed.state, filed.channel) == (known["NUMBER"], "submitted", "insurer")


def test_the_codes_that_it_names_exist_with_the_status_it_says():
    rows = re.findall(r"^\| (4\d\d) \| (.+?) \|", TEXT, re.MULTILINE)
    named = [(int(status), code) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)]
    assert len(named) > 15
    assert [(status, code) for status, code in named if CATALOGUE[code].status != status] == []
