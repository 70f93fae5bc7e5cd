"""The API for insurers' systems, /api/v1/: what their people may look up and do on the pages, by the same rules."""

import json
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.parser import Parser

from pilot_portal.workflow.refusals import Refusal

from . import filing, reading, writing  # noqa: F401 - their operations stand on one router
from .problems import MB, MOST_JSON, MOST_UPLOAD, PROBLEM_JSON, handle_on, refuse


class StrictParser(Parser):
    """JSON as RFC 8259 has it, without what no column could keep: NaN, Infinity, NUL, half a surrogate pair."""

    def parse_body(self, request: HttpRequest):
        parsed = json.loads(request.body, parse_constant=_no_number)
        _require_text(parsed)
        return parsed


def _no_number(name: str):
    raise ValueError(f"{name} is no number")


def _require_text(parsed: object) -> None:
    """Raises ValueError where a text, or a name, is none that can be written down."""
    waiting = [parsed]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            waiting += item
        elif isinstance(item, str) and ("\0" in item or any("\ud800" <= char <= "\udfff" for char in item)):
            raise ValueError("no text")


class InsurersApi(NinjaAPI):
    written: dict | None = None

    def get_openapi_schema(self, **where):
        """Written once: it takes a second and never changes."""
        if self.written is None:
            self.written = self._write(**where)
        return self.written

    def _write(self, **where) -> dict:
        """As ninja writes it, but for the media type of problems."""
        schema = super().get_openapi_schema(**where)
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, response in operation["responses"].items():
                    if int(status) >= 400:
                        response["content"] = {PROBLEM_JSON: response["content"]["application/json"]}
        return schema


api = InsurersApi(
    title="知识产权海外纠纷法律费用保险试点 · 保险公司接口",
    version="1",
    description=(
        "每次请求带 Authorization: Bearer 密钥，每个 POST 带 Idempotency-Key。"
        "出错时答 application/problem+json，code 不变，detail 给人读。金额是到分的文本，日期是 2026-06-14，时刻带时区。"
    ),
    urls_namespace="api",
    docs_url=None,
    openapi_url="openapi.json",
    parser=StrictParser(),
)
handle_on(api)
api.add_router("", reading.router)


def addresses() -> tuple:
    """Its addresses, outside the login: a system brings its key."""
    patterns, app, namespace = api.urls
    for pattern in patterns:
        pattern.callback = _at_the_door(pattern.callback)
    return patterns, app, namespace


def _at_the_door(view: Callable) -> Callable:
    """Bodies are measured before they are read; a method that is not there is a problem like any other."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        most = MOST_UPLOAD if request.content_type == "multipart/form-data" else MOST_JSON
        if _length_of(request) > most:
            return refuse(Refusal("request_too_large", limit=most // MB))
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            return refuse(Refusal("method_not_allowed"), Allow=response["Allow"])
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    guarded.login_required = False  # type: ignore[attr-defined]
    return guarded


def _length_of(request: HttpRequest) -> int:
    told = request.META.get("CONTENT_LENGTH") or "0"
    return int(told) if told.isdecimal() else 0
