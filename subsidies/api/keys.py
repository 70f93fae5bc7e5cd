"""Who asks: the bearer key of an insurer's system, what it opens, and how often it may ask."""

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from insurers.api_keys import ApiKey, Scope
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
            if not allowed("api_guess", request, most=GUESSES_A_MINUTE, seconds=60):
                raise Refusal("asked_too_often")
            return None
        if not allowed("api", request, most=A_MINUTE, seconds=60, key=str(key.pk)):
            raise Refusal("asked_too_often")
        if self.scope == Scope.FILES and not allowed("api_files", request, most=FILES_A_MINUTE, seconds=60, key=str(key.pk)):
            raise Refusal("asked_too_often")
        if self.scope not in key.scopes:
            raise Refusal("scope_missing", scope=self.scope.label)
        return key
