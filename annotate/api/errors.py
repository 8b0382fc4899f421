"""Every answer that is not 2xx is {"code", "message"}, or what the contract says for 409 and 422."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler

from annotate.api.parsers import BodyTooLarge
from annotate.errors import Conflict, Incomplete, Refusal
from annotate.marking import WrongShape
from annotate.models import Task
from annotate.state import read_state

NOT_FOUND = {"code": "not_found", "message": "There is no such thing, or it is not yours."}


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler; None leaves the exception to Django."""
    match exc:
        case Conflict():
            return _conflict(exc, context)
        case Incomplete():
            return Response({"missing": exc.missing}, status.HTTP_422_UNPROCESSABLE_ENTITY)
        case Refusal():
            return _answer(exc.code, exc.message, status.HTTP_400_BAD_REQUEST)
        case WrongShape():
            return _answer("wrong_shape", str(exc), status.HTTP_400_BAD_REQUEST)
        case RequestDataTooBig():
            return _answer(BodyTooLarge.default_code, BodyTooLarge.default_detail, BodyTooLarge.status_code)
        case ObjectDoesNotExist() | Http404():
            return Response(NOT_FOUND, status.HTTP_404_NOT_FOUND)
    response = exception_handler(exc, context)
    if response is not None and isinstance(exc, APIException):
        detail = exc.detail if isinstance(exc.detail, str) else "The request is not valid."
        code = exc.get_codes()
        response.data = {"code": code if isinstance(code, str) else "invalid", "message": str(detail)}
    return response


def _conflict(conflict: Conflict, context: dict[str, Any]) -> Response:
    """409 with the state as it stands: the operation was rolled back, so it is read anew."""
    try:
        state = read_state(uuid=context["kwargs"]["uuid"], user=context["request"].user)
    except Task.DoesNotExist:
        return Response(NOT_FOUND, status.HTTP_404_NOT_FOUND)
    return Response(
        {
            "revision": state.revision,
            "state": state.as_json(),
            "code": conflict.code,
            "message": conflict.message,
        },
        status.HTTP_409_CONFLICT,
    )


def _answer(code: str, message: str, status_code: int) -> Response:
    return Response({"code": code, "message": message}, status_code)
