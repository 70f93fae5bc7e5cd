"""What the API answers when it cannot do what it is asked: application/problem+json (RFC 9457) with the refusal's code and clause."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from pilot_portal.workflow.refusals import Refusal

from .schemas import Problem

PROBLEM_JSON = "application/problem+json"
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


def refuse(refusal: Refusal, errors: list[dict] | None = None) -> HttpResponse:
    headers = {}
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = "60"
    return answer(problem(refusal, errors), refusal.status, **headers)


def handle_on(api: NinjaAPI) -> None:
    """Every error of the API as a problem; what nobody foresaw stays Django's to report."""
    api.add_exception_handler(Refusal, lambda request, refusal: refuse(refusal))
    api.add_exception_handler(Http404, lambda request, error: refuse(Refusal("nothing_here")))
    api.add_exception_handler(AuthenticationError, lambda request, error: refuse(Refusal("key_invalid")))
    api.add_exception_handler(HttpError, lambda request, error: refuse(Refusal("request_unreadable")))
    api.add_exception_handler(ValidationError, _shape)


def _shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return refuse(Refusal("request_invalid"), [{"field": _field(each["loc"]), "message": each["msg"]} for each in error.errors])


def _field(location: tuple) -> str:
    """`premium`, `invoices.0.amount`: where in the request it is."""
    return ".".join(str(part) for index, part in enumerate(location) if not (index == 0 and part in PARTS) and part != "payload")


def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    return refuse(Refusal("nothing_here"))


nothing_here.login_required = False  # type: ignore[attr-defined]  # a system is told, not led to a login page
nothing_here.csrf_exempt = True  # type: ignore[attr-defined]
