"""Sessions for the pages' own requests, tokens for programs (see the settings for the order)."""

from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request


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
