"""Creating requests that may be sent twice: with an ``Idempotency-Key`` the second is given the answer of the first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from annotate.api.errors import Invalid, KeyReused
from annotate.api.requests import user_of
from annotate.operations.kept_answers import keep_answer, take_key

LONGEST = 200
HEADER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "maxLength": LONGEST, "minLength": 1, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Any word of your own, e.g. a UUID. The same key with the same request within 24 hours gives the answer "
    "of the first; with another request 422.",
)


def idempotent(view: Callable[..., Response]) -> Callable[..., Response]:
    """For the function under ``api_view``: its writes and the kept answer are one transaction."""

    @wraps(view)
    def wrapped(request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if request.method != "POST" or key is None:
            return view(request, *args, **kwargs)
        if not 1 <= len(key) <= LONGEST or not all("!" <= c <= "~" for c in key):
            message = f"The key is 1 to {LONGEST} visible ASCII characters, such as a UUID."
            raise Invalid([{"field": "Idempotency-Key", "code": "bad_key", "message": message}], detail=message)
        with transaction.atomic():
            row, is_new = take_key(user=user_of(request), key=key, request_hash=_hash_of(request), now=timezone.now())
            if not is_new:
                if row.request_hash != _hash_of(request):
                    raise KeyReused
                headers = {"Idempotency-Replayed": "true"} | ({"Location": row.location} if row.location else {})
                return Response(row.body, row.status, headers=headers)
            response = view(request, *args, **kwargs)
            # As it is sent: times and UUIDs as text.
            body = json.loads(json.dumps(response.data, cls=JSONEncoder))
            keep_answer(row=row, status=response.status_code, body=body, location=response.get("Location", ""))
        return response

    return wrapped


def _hash_of(request: Request) -> str:
    """SHA-256 over method, path and body: JSON with its keys in order, or the fields and files of a form."""
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    data = request.data
    if not hasattr(data, "lists"):
        digest.update(json.dumps(data, sort_keys=True).encode())
        return digest.hexdigest()
    for name, values in sorted(data.lists()):
        for value in values:
            digest.update(f"\n{name}\n".encode())
            if isinstance(value, UploadedFile):
                digest.update(f"{value.name}\n".encode())
                for chunk in value.chunks():
                    digest.update(chunk)
                value.seek(0)
            else:
                digest.update(cast("str", value).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
