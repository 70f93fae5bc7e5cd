"""What the API answers when it cannot do what it is asked: application/problem+json (RFC 9457) with the refusal's code and clause."""

from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from pilot_portal.workflow.refusals import Refusal

from .doing import UnfitError
from .schemas import Problem

PROBLEM_JSON = "application/problem+json"
MB = 1024 * 1024
MOST_JSON, MOST_UPLOAD = 2 * MB, 21 * MB  # a file of 20 MB with what surrounds it
PARTS = {"body", "query", "path", "header", "form", "file"}
TEXT = {"ensure_ascii": False}
REFUSED = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 429), Problem)  # what any operation may answer instead


def problem(refusal: Refusal, errors: list[dict] | None = None) -> dict:
    found = {
        "type": f"urn:pilot-portal:{refusal.code}",
        "title": HTTPStatus(refusal.status).phrase,
        "status": refusal.status,
        "code": refusal.code,
        "detail": refusal.sentence,
        "clause": refusal.clause,
    }
    return {**found, "errors": errors} if errors else found


def answer(body: dict, status: int, **headers: str) -> HttpResponse:
    """A body as JSON, under the name that its status gives it."""
    kind = "application/json" if status < 400 else PROBLEM_JSON
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store", **headers}, content_type=kind, json_dumps_params=TEXT)


def refuse(refusal: Refusal, errors: list[dict] | None = None, **headers: str) -> HttpResponse:
    if refusal.field and not errors:
        errors = [{"field": refusal.field, "message": refusal.sentence}]
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = "60"
    return answer(problem(refusal, errors), refusal.status, **headers)


def handle_on(api: NinjaAPI) -> None:
    """Every error of the API as a problem; what nobody foresaw stays Django's to report."""
    api.add_exception_handler(Refusal, lambda request, refusal: refuse(refusal))
    api.add_exception_handler(UnfitError, lambda request, error: refuse(error.refusal, error.errors))
    api.add_exception_handler(Http404, lambda request, error: refuse(Refusal("nothing_here")))
    api.add_exception_handler(AuthenticationError, lambda request, error: refuse(Refusal("key_invalid")))
    for unreadable in (HttpError, MultiPartParserError, SuspiciousOperation, UnreadablePostError):
        api.add_exception_handler(unreadable, lambda request, error: refuse(Refusal("request_unreadable")))
    api.add_exception_handler(RequestDataTooBig, lambda request, error: refuse(Refusal("request_too_large", limit=MOST_JSON // MB)))
    api.add_exception_handler(ValidationError, _shape)


def _shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    faults = [{"field": _field(each["loc"]), "message": _sentence(each)} for each in error.errors]
    lacks_key = any(next(iter(each["loc"])) == "header" for each in error.errors)  # the only header that is asked for
    return refuse(Refusal("idempotency_key_missing" if lacks_key else "request_invalid"), faults)


def _field(location: tuple) -> str:
    """`premium`, `invoices.0.amount`: where in the request it is."""
    return ".".join(str(part) for index, part in enumerate(location) if not (index == 0 and part in PARTS) and part != "asked")


UNKNOWN = "没有这一项，请核对名称。"
SENTENCES = {
    "missing": "必须填写。",
    "extra_forbidden": UNKNOWN,
    "string_type": "须是文本。",
    "string_too_short": "不能为空。",
    "string_too_long": "最多 {max_length} 个字。",
    "string_pattern_mismatch": "格式不对，应符合 {pattern}。",
    "int_type": "须是整数。",
    "int_parsing": "须是整数。",
    "bool_type": "须是 true 或 false。",
    "greater_than_equal": "不能小于 {ge}。",
    "less_than_equal": "不能大于 {le}。",
    "list_type": "须是列表。",
    "too_long": "最多 {max_length} 项。",
    "literal_error": "只能是 {expected}。",
    "enum": "只能是 {expected}。",
    "model_type": "须是对象。",
}


def _sentence(fault: dict) -> str:
    """What is wrong with a value, in Chinese."""
    return SENTENCES.get(fault["type"], "格式不符合要求，见 openapi.json。").format(**fault.get("ctx", {}))


def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    return refuse(Refusal("nothing_here"))


nothing_here.login_required = False  # type: ignore[attr-defined]  # a system is told, not led to a login page
nothing_here.csrf_exempt = True  # type: ignore[attr-defined]
