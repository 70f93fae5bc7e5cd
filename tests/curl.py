"""The curl commands of a guide, run without curl: only the options that the guide uses, anything else is refused."""

import json
import re
import shlex
from http.client import HTTPConnection
from string import Template
from urllib.parse import urlsplit

BOUNDARY = "a-boundary-of-the-tests"


def run(command: str, known: dict, files: dict[str, bytes]) -> dict:
    """The answer to a `curl` command; `known` are the variables of its shell, `files` what lies in its folder."""
    program, *words = shlex.split(Template(_with_escapes_kept(command)).substitute(known))
    assert program == "curl"
    headers, body, method, address = {}, None, "GET", ""
    while words:
        word = words.pop(0)
        if word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word == "-d":
            method, body = "POST", words.pop(0).encode()
        elif word == "-F":
            method, body = "POST", _form(words.pop(0), files)
            headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
        else:
            assert not word.startswith("-") and not address, word
            address = word
    return ask(method, address, headers, body)


def _with_escapes_kept(command: str) -> str:
    return re.sub(r"\\\n\s*", " ", command)


def _form(field: str, files: dict[str, bytes]) -> bytes:
    name, _, path = field.partition("=@")
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{path}"\r\nContent-Type: application/pdf\r\n\r\n'
    return head.encode() + files[path] + f"\r\n--{BOUNDARY}--\r\n".encode()


def ask(method: str, address: str, headers: dict, body: bytes | None) -> dict:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def picked(answer: object, path: str) -> object:
    """`items.0.id` of an answer."""
    for name in path.split("."):
        answer = answer[int(name)] if isinstance(answer, list) else answer[name]  # type: ignore[index]
    return answer


def holds(told: object, answered: object) -> bool:
    """Whether all that a guide shows is in the answer; a list goes on after what is shown."""
    if isinstance(told, dict):
        return isinstance(answered, dict) and all(name in answered and holds(told[name], answered[name]) for name in told)
    if isinstance(told, list):
        return isinstance(answered, list) and len(told) <= len(answered) and all(map(holds, told, answered))
    return told == answered
