"""What tests of an applicant's pages share: somebody who is logged in, and a page read as text."""

import html
import re

from django.test import Client
from django.urls import reverse


def browser(user) -> Client:
    """A browser in which this person is logged in."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def url(name: str, *args) -> str:
    return reverse(f"subsidies:{name}", args=args)


def text_of(response) -> str:
    """What a reader sees of the main part, without tags and runs of blanks."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.DOTALL)[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def received(response) -> bytes:
    """The bytes of a file that was served inline, private and not stored."""
    assert response.status_code == 200
    content = b"".join(response.streaming_content)  # read to its end, the file is closed
    assert response["Content-Disposition"].startswith("inline")
    assert {"private", "no-store"} <= set(response["Cache-Control"].split(", "))
    return content


def read(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.content.decode()
    return text_of(response)
