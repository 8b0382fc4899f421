"""How many requests a minute: by token or account, and by address where nobody is signed in.

Two counters a key and no list of times: a request costs the same whatever the rate. They are kept in the cache, which
belongs to one web process unless CACHES says otherwise, so a service of n processes admits up to n times the rate.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from annotate.models import ApiToken

if TYPE_CHECKING:
    # The settings name this module, and rest_framework.views reads them while it is imported.
    from rest_framework.views import APIView

WINDOW = 60  # seconds


class _Rate(BaseThrottle):
    """A sliding minute, of which the part that lies in the minute before counts in proportion. A rate of 0 is no limit."""

    setting: str
    kind: str

    def __init__(self) -> None:
        self._wait: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - DRF's signature
        self._wait = self.wait_of(request)
        if self._wait is not None:
            return False
        self.count(request)
        return True

    def wait(self) -> float | None:
        return self._wait

    def wait_of(self, request: Request) -> float | None:
        """Seconds after which the next request is admitted; None where it is now."""
        most = settings.API_RATES[self.setting]
        now = time.time()
        minute, into = divmod(now, WINDOW)
        key = self._key(request)
        counted = cache.get_many([f"{key}:{minute:.0f}", f"{key}:{minute - 1:.0f}"])
        current = counted.get(f"{key}:{minute:.0f}", 0)
        before = counted.get(f"{key}:{minute - 1:.0f}", 0)
        if not most or current + before * (WINDOW - into) / WINDOW < most:
            return None
        if current >= most:
            # All of these count at the beginning of the next minute, and less and less as it goes on.
            return WINDOW - into + WINDOW * (1 - most / current)
        return WINDOW - into - WINDOW * (most - current) / before

    def count(self, request: Request) -> None:
        key = f"{self._key(request)}:{time.time() // WINDOW:.0f}"
        if not cache.add(key, 1, timeout=2 * WINDOW):
            cache.incr(key)

    def _key(self, request: Request) -> str:
        return f"api:{self.kind}:{self._who(request)}"

    def _who(self, request: Request) -> Any:
        if isinstance(request.auth, ApiToken):
            return f"token:{request.auth.pk}"
        return f"user:{request.user.pk}" if request.user else self.get_ident(request)


class AccountRate(_Rate):
    """The ordinary one."""

    setting, kind = "account", "account"


class WorkRate(_Rate):
    """Labelling: saving, renewing, submitting. Far above what a person does, so that no save of a page waits."""

    setting, kind = "work", "work"


class AnonymousRate(_Rate):
    """Requests without a valid token or session, by address. Counted where they are refused."""

    setting, kind = "anonymous", "anonymous"

    def _who(self, request: Request) -> Any:
        return self.get_ident(request)
