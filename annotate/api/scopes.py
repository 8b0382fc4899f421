"""What a token may be used for. A session may do whatever its person may; a token, what its scopes name besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request

from annotate.models import ApiToken

if TYPE_CHECKING:
    # The settings name this module, and rest_framework.views reads them while it is imported.
    from rest_framework.views import APIView

READ, ANNOTATE, MANAGE, RELEASE = ApiToken.Scope.values


class _InScope(BasePermission):
    """Reading takes ``reading`` (any of them), everything else ``writing``; an empty ``writing`` admits no token."""

    reading: tuple[str, ...] = (READ,)
    writing: tuple[str, ...] = ()
    code = "insufficient_scope"

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - DRF's signature
        token = request.auth
        if not isinstance(token, ApiToken):
            return True
        wanted = self.reading if request.method in SAFE_METHODS else self.writing
        self.message = f"This token's scopes ({', '.join(token.scopes)}) do not admit this; it takes {' or '.join(wanted) or 'a session'}."
        return not set(wanted).isdisjoint(token.scopes)


class InReadScope(_InScope):
    """The default: tokens read."""


def takes(scope: str) -> Sequence[type[BasePermission]]:
    """Permissions of a view whose writing takes ``scope``; reading takes it too, or ``read``."""
    made = type(f"InScope{scope.title()}", (_InScope,), {"reading": (READ, scope), "writing": (scope,)})
    return [IsAuthenticated, made]
