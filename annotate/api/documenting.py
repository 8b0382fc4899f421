"""The refusals of every operation, for the schema."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from annotate.api import serializers as shapes
from annotate.problems import PROBLEM_JSON

_WORDS = {
    400: "The request is not valid: `errors` names what, and what to do.",
    401: "Nobody is signed in, or the token is unknown, expired or revoked.",
    403: "The token's scopes do not admit this, or the CSRF token is missing.",
    404: "There is no such thing, or it is not yours.",
    409: "The state of the thing does not admit this.",
    413: "The body is too large.",
    415: "The body is of another type than this operation takes.",
    422: "The Idempotency-Key came with another request.",
    429: "Too many requests: wait as `Retry-After` says.",
}
_EXAMPLE = {
    "type": "urn:slantwise:problem:not_found",
    "title": "Not Found",
    "status": 404,
    "detail": "There is no such thing, or it is not yours.",
    "code": "not_found",
    "message": "There is no such thing, or it is not yours.",
}


def refusals(*more: int) -> dict[tuple[int, str], OpenApiResponse]:
    """401, 403, 404 and 429, which every operation may answer, 400 and ``more``."""
    return {(code, PROBLEM_JSON): _refusal(code) for code in sorted({400, 401, 403, 404, 429, *more})}


def _refusal(code: int) -> OpenApiResponse:
    examples: list[Any] = [OpenApiExample("Not found", _EXAMPLE)] if code == 404 else []
    return OpenApiResponse(shapes.ProblemSchema, _WORDS[code], examples=examples)


# What operations that take a JSON body may answer besides.
BODY = (413, 415)
