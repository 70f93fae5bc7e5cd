"""How a POST is done: once for each Idempotency-Key, by the person whose key it is, with the sentences of the web's own forms."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from django import forms
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Header, Status
from pydantic_core import to_jsonable_python

from enterprises.models import LegalEntity
from insurers import services
from insurers.reports import clients_of
from pilot_portal.accounts.models import User
from pilot_portal.files.models import StoredFile
from pilot_portal.workflow.refusals import Refusal

Once = Annotated[
    str,
    Header(
        alias="Idempotency-Key", pattern="^[A-Za-z0-9_.:-]{8,64}$", description="每项请求一个，例如 UUID；同一个再发，不重复办理，答复相同"
    ),
]


MADE = 201


class UnfitError(Exception):
    """What a form of the web refuses: its first Refusal if a rule said no, and every sentence beside its field."""

    def __init__(self, refusal: Refusal, errors: list[dict]):
        super().__init__(refusal.code)
        self.refusal, self.errors = refusal, errors


def once(request: HttpRequest, name: str, asked: object, act: Callable[[User, datetime], dict], status: int = 200) -> Status:
    """What `act(by, at)` answers; asked again, the same answer. Raises Refusal: idempotency_key_reused, `act`'s own."""
    key, at = request.auth, timezone.now()  # type: ignore[attr-defined]
    content = json.dumps(to_jsonable_python(asked), sort_keys=True, ensure_ascii=False)
    what = f"{request.method} {request.path}\n{content}"
    return Status(status, services.once(key, name, asked=what, at=at, act=lambda: to_jsonable_python(act(key.created_by, at))))


def filled(form: forms.Form, names: dict[str, str] | None = None, under: str = "") -> forms.Form:
    """The form, if it has nothing to say against what was sent.

    `names` are fields by the API's own names, `under` where in the request they are. Raises UnfitError.
    """
    if form.is_valid():
        return form
    found = [(field, error) for field, errors in form.errors.as_data().items() for error in errors]
    refusal = next((error for _, error in found if isinstance(error, Refusal)), Refusal("request_invalid"))
    names = names or {}
    raise UnfitError(refusal, [{"field": under + names.get(field, field), "message": error.messages[0]} for field, error in found])


def file_of(by: User, pk: int | None, field: str) -> StoredFile | None:
    """A file that this person has uploaded. Raises Refusal file_unknown."""
    if pk is None:
        return None
    found = StoredFile.objects.filter(pk=pk, added_by=by).first()
    if found is None:
        raise Refusal("file_unknown", field=field, file=pk)
    return found


def client_of(request: HttpRequest, code: str) -> LegalEntity:
    """A client of the key's insurer. Raises Http404."""
    return get_object_or_404(clients_of(request.auth.insurer), credit_code=code)  # type: ignore[attr-defined]
