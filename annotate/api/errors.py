"""Every answer that is not 2xx is application/problem+json (RFC 9457), with what the contract says for 409 and 422.

``code`` is for programs and ``message`` for people; ``errors`` names fields, each with its remedy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed, NotAuthenticated, Throttled, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from annotate.api.parsers import BodyTooLarge
from annotate.api.throttling import AnonymousRate
from annotate.errors import Conflict, Incomplete, Refusal
from annotate.marking import WrongShape
from annotate.models import Task
from annotate.problems import PROBLEM_JSON, problem_body
from annotate.state import read_state


class FieldError(TypedDict):
    """One field that is wrong, and what to do."""

    field: str
    code: str
    message: str


class Invalid(APIException):
    """The request names something wrongly; ``errors`` says what, field by field."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "invalid"
    default_detail = "The request is not valid; see errors."

    def __init__(self, errors: Sequence[FieldError], *, code: str = "", detail: str = "") -> None:
        super().__init__(detail or self.default_detail, code or self.default_code)
        self.errors = list(errors)


class KeyReused(APIException):
    """The Idempotency-Key came before with another request."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key came with another request within the last 24 hours. Send a new key."


class Clash(APIException):
    """The thing is in a state, or bears a name, that does not admit this."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


def problem(
    status_code: int, code: str, message: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> Response:
    """The answer as RFC 9457 has it."""
    body = problem_body(status_code, code, message, **more)
    return Response(body, status_code, content_type=PROBLEM_JSON, headers=headers)


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None leaves the exception to Django."""
    match exc:
        case Conflict():
            return _conflict(exc, context)
        case Incomplete():
            message = "The task is not complete yet; see missing."
            return problem(422, "incomplete", message, missing=exc.missing)
        case Refusal():
            return problem(400, exc.code, exc.message)
        case WrongShape():
            return problem(400, "wrong_shape", str(exc))
        case RequestDataTooBig():
            return problem(BodyTooLarge.status_code, BodyTooLarge.default_code, BodyTooLarge.default_detail)
        case SuspiciousOperation():
            return problem(400, "refused", "The form has too many fields or files; send fewer at once.")
        case ObjectDoesNotExist() | Http404():
            return not_found()
        case NotAuthenticated() | AuthenticationFailed():
            return _signed_out(exc, context)
    # DRF's own sets the headers, and rolls back where a transaction is open.
    response = exception_handler(exc, context)
    if response is None or not isinstance(exc, APIException):
        return response
    headers = {name: value for name, value in response.items() if name.lower() != "content-type"}
    if isinstance(exc, Invalid):
        return problem(exc.status_code, _code(exc), str(exc.detail), headers=headers, errors=exc.errors)
    if isinstance(exc, ValidationError):
        return problem(400, "invalid", Invalid.default_detail, errors=field_errors(exc))
    if isinstance(exc, Throttled):
        return _throttled(getattr(exc, "wait", None) or 0)
    return problem(exc.status_code, _code(exc), str(exc.detail), headers=headers)


def not_found() -> Response:
    """The answer to strangers too: it does not tell whether the thing exists."""
    return problem(404, "not_found", "There is no such thing, or it is not yours.")


def field_errors(error: ValidationError) -> list[FieldError]:
    """DRF's nested details as a flat list; the field's path has dots."""
    found: list[FieldError] = []

    def walk(detail: Any, path: tuple[str, ...]) -> None:
        if isinstance(detail, Mapping):
            for name, inner in detail.items():
                walk(inner, (*path, str(name)))
        elif isinstance(detail, list):
            for at, inner in enumerate(detail):
                walk(inner, path if isinstance(inner, str) else (*path, str(at)))
        else:
            found.append(
                {"field": ".".join(path), "code": str(getattr(detail, "code", "invalid")), "message": str(detail)}
            )

    walk(error.detail, ())
    return found


def _code(exc: APIException) -> str:
    code = exc.get_codes()
    return code if isinstance(code, str) else "invalid"


def _signed_out(exc: APIException, context: dict[str, Any]) -> Response:
    """401, counted by address: who knocks too often is told to wait."""
    rate, request = AnonymousRate(), context["request"]
    wait = rate.wait_of(request)
    if wait is not None:
        return _throttled(wait)
    rate.count(request)
    challenge = getattr(exc, "auth_header", "")
    return problem(401, _code(exc), str(exc.detail), headers={"WWW-Authenticate": challenge} if challenge else None)


def _throttled(wait: float) -> Response:
    seconds = int(wait) + 1
    message = f"Too many requests: wait {seconds} seconds, or ask for more at once (page_size)."
    return problem(429, "throttled", message, headers={"Retry-After": str(seconds)})


def _conflict(conflict: Conflict, context: dict[str, Any]) -> Response:
    """409 with the state as it stands: the operation was rolled back, so it is read anew."""
    try:
        state = read_state(uuid=context["kwargs"]["uuid"], user=context["request"].user)
    except Task.DoesNotExist:
        return not_found()
    return problem(409, conflict.code, conflict.message, revision=state.revision, state=state.as_json())
