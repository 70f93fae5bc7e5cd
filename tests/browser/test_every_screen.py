"""Every page that is not the workbench's, as its person sees it: anyone can use it, it fits a phone, and it is light."""

import gzip

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, Response

from tests.browser import steps
from tests.browser.addresses import NOON, World, addresses, build

pytestmark = pytest.mark.django_db(transaction=True)
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
LIGHT = 300_000  # bytes that a page may bring over the line, without files
PEOPLE = ["guest", "owner", "insurer", "ip_office"]
ELSEWHERE = ("/admin/", "/api/")  # the workbench has its own tests; the interface has no pages


@pytest.fixture
def world(clock) -> World:
    clock(NOON)
    return build()


def enter(page: Page, person: str, world: World, site: str) -> Client:
    """The same login for the browser and for the client that looks for pages."""
    client = Client()
    if person in world.people:
        client.force_login(world.people[person])
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])
    return client


def pages_of(client: Client, world: World) -> list[str]:
    """Addresses that answer with a page, not with a file, another page or a refusal."""
    found = []
    for _, url in addresses(world):
        if url.startswith(ELSEWHERE):
            continue
        response = client.get(url)
        body = b"".join(response)  # to its end, which closes a file
        if response.status_code == 200 and b"<!doctype html>" in body:
            found.append(url)
    return found


def weight(response: Response, site: str) -> int:
    """Bytes over the line of what belongs to the page, not of a paper it shows: what is static is kept compressed by the server."""
    if not response.ok or not response.url.startswith(site) or "pdf" in response.headers.get("content-type", ""):
        return 0
    body = response.body()
    return len(gzip.compress(body)) if settings.STATIC_URL in response.url else len(body)


@pytest.mark.parametrize("person", PEOPLE)
def test_every_page_can_be_used_by_anyone_fits_a_phone_and_is_light(someone, live_server, world, person):
    page = someone(viewport=WIDE)
    answers: list[Response] = []

    def note(answer: Response) -> None:  # playwright does not take a method of a list
        answers.append(answer)

    page.on("response", note)
    found = pages_of(enter(page, person, world, live_server.url), world)
    assert len(found) > 10
    faults = []
    for url in found:
        page.goto("about:blank")  # what the page before still waits for comes no more
        answers.clear()
        page.set_viewport_size(WIDE)
        page.goto(url, wait_until="load")
        faults += [f"{url}: {fault}" for fault in steps.barriers(page)]
        page.set_viewport_size(PHONE)
        if not steps.fits(page):
            faults.append(f"{url}: too wide for a phone")
        if (bytes_sent := sum(weight(answer, live_server.url) for answer in answers)) > LIGHT:
            faults.append(f"{url}: {bytes_sent} bytes")
    assert not faults, "\n".join(faults)
