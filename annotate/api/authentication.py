"""Sessions for the pages' own requests, tokens for programs (see the settings for the order)."""

import re

from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.request import Request

from annotate.api.throttling import AnonymousRate
from annotate.models import ApiToken
from annotate.operations.api_tokens import digest_of, note_use

_HEADER = re.compile(r"(?:Bearer|Token) +([!-~]{1,200}) *", re.I)


class CsrfFailed(PermissionDenied):
    """The request bears a session but no valid CSRF token."""

    default_detail = "The CSRF token is missing or out of date; reload the page or send X-CSRFToken."
    default_code = "csrf_failed"


class SessionWithCsrf(SessionAuthentication):
    """DRF's, with a code of its own where the CSRF token fails, so that the page can fetch a fresh one."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied:
            raise CsrfFailed from None


class SessionWithCsrfScheme(SessionScheme):
    """Names the session cookie in the schema."""

    target_class = "annotate.api.authentication.SessionWithCsrf"


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer KEY``, or ``Token KEY`` as before; one query, and a write a minute to note the use."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        given = request.headers.get("Authorization", "")
        scheme = given.partition(" ")[0].lower()
        if scheme not in ("bearer", "token"):
            return None
        wait = AnonymousRate().wait_of(request)
        if wait is not None:
            raise Throttled(wait)
        match = _HEADER.fullmatch(given)
        now = timezone.now()
        token = (
            ApiToken.objects.select_related("user").filter(digest=digest_of(match[1])).first()
            if match is not None
            else None
        )
        if token is None or not token.user.is_active:
            raise AuthenticationFailed(
                "This token is not known. Make one under Settings, API tokens.", code="token_unknown"
            )
        state = token.state(now)
        if state != "in force":
            raise AuthenticationFailed(
                f"This token is {state}. Make a new one under Settings, API tokens.", code=f"token_{state}"
            )
        note_use(token=token, now=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's signature
        return 'Bearer realm="Slantwise"'


class TokenScheme(OpenApiAuthenticationExtension):
    """Names the token in the schema."""

    target_class = "annotate.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002 - its signature
        return {"type": "http", "scheme": "bearer", "description": "A token made under Settings, API tokens."}
