"""Browsers of several persons, each with a login of their own, and the portal's clock."""

import pytest
from playwright.sync_api import expect

from tests import make
from tests.browser import steps

SLOW = 30_000  # ms: all cores may be drawing papers
HARMLESS = "Failed to load resource: the server responded with a status of 4"  # a refusal is shown on the page


@pytest.fixture(autouse=True)
def patience():
    expect.set_options(timeout=SLOW)


@pytest.fixture
def someone(new_context):
    """Opens a browser for somebody, logged in if named. What the pages complain of in the console fails the test."""
    complaints: list[str] = []

    def sit_down(username: str = "", **device):
        page = new_context(reduced_motion="reduce", **device).new_page()  # colours are judged when they have arrived
        page.set_default_timeout(SLOW)
        page.on("console", lambda message: message.type == "error" and HARMLESS not in message.text and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if username:
            steps.log_in(page, username)
        return page

    yield sit_down
    assert not complaints


@pytest.fixture
def clock(time_machine):
    """The portal lives on the day of the last call; browsers and the worker keep their own time."""

    def go_to(text: str) -> None:
        time_machine.move_to(make.moment(text), tick=True)

    return go_to
