"""Tokens: made, used, revoked."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from annotate.errors import Refusal
from annotate.models import ApiToken

PREFIX = "slw_"
LONGEST_DAYS = 365
# A use is noted once a minute at most, so that reading does not become writing.
NOTED_EVERY = timedelta(minutes=1)
_HINT = 8


def digest_of(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def create_token(*, user: User, name: str, scopes: Collection[str], days: int, now: datetime) -> tuple[ApiToken, str]:
    """A token and its key, which is told this once and stored nowhere.

    Raises Refusal where the name is empty or in use, no scope or an unknown one is named, or ``days`` is not 1 to 365.
    """
    name = name.strip()
    if not name or len(name) > 80:
        raise Refusal("bad_name", "Give the token a name of 1 to 80 characters that says what it is for.")
    unknown = sorted(set(scopes) - set(ApiToken.Scope.values))
    if unknown or not scopes:
        raise Refusal("bad_scopes", f"Choose one or more of the scopes {', '.join(ApiToken.Scope.values)}.")
    if not 1 <= days <= LONGEST_DAYS:
        raise Refusal("bad_expiry", f"A token lasts 1 to {LONGEST_DAYS} days.")
    key = PREFIX + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            token = ApiToken.objects.create(
                user=user,
                name=name,
                digest=digest_of(key),
                hint=key[:_HINT],
                scopes=[scope for scope in ApiToken.Scope.values if scope in scopes],
                expires_at=now + timedelta(days=days),
            )
    except IntegrityError:
        raise Refusal(
            "name_in_use", f"You have a token called “{name}” already: revoke it, or choose another name."
        ) from None
    return token, key


@transaction.atomic
def revoke_token(*, token: ApiToken, now: datetime) -> bool:
    """Nobody comes in by it any more; False where it was revoked before."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=now))


def note_use(*, token: ApiToken, now: datetime) -> None:
    """Remember when the token was last used, to the minute."""
    if token.last_used_at is None or now - token.last_used_at >= NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
