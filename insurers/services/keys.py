"""Keys for insurers' systems: made, rotated, revoked by the insurer, and recognised again by what a system sends."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from insurers.models import ApiKey, Insurer, Scope
from pilot_portal.accounts.models import User
from pilot_portal.accounts.roles import Role
from pilot_portal.audit.services import record
from pilot_portal.notifications.services import notify
from pilot_portal.workflow.moving import lock
from pilot_portal.workflow.refusals import Refusal

from .staff import MANAGERS, insurer_of, require_insurer

LIVE_AT_ONCE = 20  # keys of one insurer
OVERLAP, LONGEST_OVERLAP = timedelta(days=1), timedelta(days=30)  # for so long an old key works on beside the one that replaces it
WARNED = (timedelta(days=14), timedelta(days=3))  # before its end
SEEN_EVERY = timedelta(minutes=1)


@transaction.atomic
def make_key(insurer: Insurer, *, by: User, at: datetime, name: str, scopes: list[str], period: timedelta) -> tuple[ApiKey, str]:
    """The key and its secret, which nobody can read again. Raises Refusal: not_its_insurer, not_manager, keys_too_many."""
    require_insurer(insurer, by, MANAGERS)
    insurer = lock(insurer)
    if insurer.api_keys.live_at(at).count() >= LIVE_AT_ONCE:
        raise Refusal("keys_too_many", most=LIVE_AT_ONCE)
    return _make(insurer, by, at, name, scopes, period)


def _make(insurer: Insurer, by: User, at: datetime, name: str, scopes: list[str], period: timedelta) -> tuple[ApiKey, str]:
    prefix = secrets.token_hex(4)
    secret = f"pp_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        insurer=insurer,
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=[scope.value for scope in Scope if scope in scopes],
        created_by=by,
        created_at=at,
        expires_at=at + period,
    )
    record("make_api_key", key, by=by, at=at, scopes=key.scopes, expires_at=key.expires_at)
    return key, secret


def _hash(secret: str) -> str:
    """A plain hash is enough: the secret is random, 256 bits of it."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def rotate_key(key: ApiKey, *, by: User, at: datetime, overlap: timedelta = OVERLAP) -> tuple[ApiKey, str]:
    """A new key for the same use and as long a period; the old one works on for `overlap`, at most LONGEST_OVERLAP.

    Raises Refusal: not_its_insurer, not_manager, key_over.
    """
    locked = _live(key, by, at)
    made = _make(locked.insurer, by, at, locked.name, locked.scopes, locked.expires_at - locked.created_at)
    locked.expires_at = min(locked.expires_at, at + min(overlap, LONGEST_OVERLAP))
    locked.save(update_fields=["expires_at"])
    record("rotate_api_key", locked, by=by, at=at, replaced_by=made[0].prefix, expires_at=locked.expires_at)
    return made


@transaction.atomic
def revoke_key(key: ApiKey, *, by: User, at: datetime) -> ApiKey:
    """End a key now. Raises Refusal: not_its_insurer, key_over."""
    locked = _live(key, by, at)
    locked.revoked_at = at
    locked.save(update_fields=["revoked_at"])
    record("revoke_api_key", locked, by=by, at=at)
    return locked


def _live(key: ApiKey, by: User, at: datetime) -> ApiKey:
    require_insurer(key.insurer, by, MANAGERS)
    locked = lock(key)
    if not locked.is_live(at):
        raise Refusal("key_over", key=locked)
    return locked


def key_of(token: str, *, at: datetime) -> ApiKey | None:
    """The live key with this secret, if the person it acts for still works for its insurer; notes that it was used."""
    prefix = token.removeprefix("pp_").partition("_")[0]
    if not (prefix.isascii() and prefix.isalnum()):
        return None
    key = ApiKey.objects.live_at(at).filter(prefix=prefix).select_related("insurer", "created_by").first()
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(token)):
        return None
    person = key.created_by
    if not person.is_active or person.role != Role.INSURER or insurer_of(person) != key.insurer:
        return None
    unseen = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at - SEEN_EVERY)
    ApiKey.objects.filter(unseen, pk=key.pk).update(last_used_at=at)
    return key


def warn_of_keys(*, at: datetime) -> int:
    """Tell the managers of an insurer, in time, of a key that ends and that no newer one of the same use follows. Returns how many end."""
    ending = ApiKey.objects.live_at(at).filter(expires_at__lte=at + max(WARNED)).select_related("insurer")
    newer = ApiKey.objects.live_at(at).filter(insurer=OuterRef("insurer"), name=OuterRef("name"), pk__gt=OuterRef("pk"))
    alone = list(ending.exclude(Exists(newer)))
    for key in alone:
        left = min(span for span in WARNED if key.expires_at - span <= at)
        notify(
            "api_key_ends",
            User.objects.filter(insurer_staff__insurer=key.insurer, insurer_staff__role__in=MANAGERS, is_active=True),
            key=f"api_key_ends:{key.pk}:{left.days}",
            subject=f"接口密钥“{key.name}”将到期",
            body=f"接口密钥“{key}”{timezone.localtime(key.expires_at):%Y 年 %m 月 %d 日 %H:%M} 到期，之后使用它的系统不能再查询和办理。"
            "请更换一把，并在系统里换上。",
            at=at,
            link="/insurer/keys/",
        )
    return len(alone)
