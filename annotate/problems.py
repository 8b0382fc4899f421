"""Refusals as RFC 9457 writes them."""

from http import HTTPStatus
from typing import Any

PROBLEM_JSON = "application/problem+json"


def problem_body(status_code: int, code: str, message: str, **more: Any) -> dict[str, Any]:
    """What such an answer holds."""
    return {
        "type": f"urn:slantwise:problem:{code}",
        "title": HTTPStatus(status_code).phrase,
        "status": status_code,
        "detail": message,
        "code": code,
        "message": message,
        **more,
    }
