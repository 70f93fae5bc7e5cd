"""Who asks: the bearer key of an insurer's system, what it opens, and how often it may ask."""

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from insurers.models import ApiKey, Scope
from insurers.services import key_of
from pilot_portal.accounts.throttle import allowed
from pilot_portal.workflow.refusals import Refusal

A_MINUTE, FILES_A_MINUTE, GUESSES_A_MINUTE = 300, 60, 30


class BearerKey(HttpBearer):
    """Authorization: Bearer pp_…, with this scope."""

    def __init__(self, scope: Scope):
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = key_of(token, at=timezone.now())
        if key is None:
            _count("api_guess", request, GUESSES_A_MINUTE)
            return None
        _count("api", request, A_MINUTE, key)
        if self.scope == Scope.FILES:
            _count("api_files", request, FILES_A_MINUTE, key)
        if self.scope not in key.scopes:
            raise Refusal("scope_missing", scope=self.scope.label)
        return key


def _count(what: str, request: HttpRequest, most: int, key: ApiKey | None = None) -> None:
    """Raises Refusal asked_too_often. While nothing can be counted known keys go on, and no guess finds a key of so many characters."""
    if not allowed(what, request, most=most, seconds=60, key=str(key.pk) if key else "", uncounted=True):
        raise Refusal("asked_too_often")
