"""What a list may be asked for, one page of it, and whether the asker has it already."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils.http import parse_etags
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.api.errors import FieldError, Invalid, field_errors

MOST_ROWS = 200
_NO_CURSOR = "This cursor is none of ours: begin without one, and follow next."


class Nothing(serializers.Serializer[Any]):
    """A read that takes no parameters."""


class Paging(serializers.Serializer[Any]):
    """What every list takes."""

    cursor = serializers.CharField(required=False, max_length=300, help_text="From `next` or `previous`; opaque.")
    page_size = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_ROWS, help_text="Rows of a page, 50 unless told otherwise."
    )


def read_query(request: Request, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    """The checked parameters. Raises Invalid, which names those there are, for unknown, doubled and wrong ones."""
    known = shape().fields
    names = ", ".join(known) or "none"
    wrong: list[FieldError] = [
        {"field": name, "code": "unknown_parameter", "message": f"There is no such parameter; known here: {names}."}
        for name in request.query_params
        if name not in known
    ]
    wrong += [
        {"field": name, "code": "repeated_parameter", "message": "Give this parameter once."}
        for name, values in request.query_params.lists()
        if name in known and len(values) > 1
    ]
    checked = shape(data=request.query_params.dict())
    try:
        checked.is_valid(raise_exception=True)
    except ValidationError as error:
        wrong += field_errors(error)
    if wrong:
        raise Invalid(
            wrong,
            code=wrong[0]["code"] if len(wrong) == 1 else "",
            detail=f"{wrong[0]['field']}: {wrong[0]['message']}",
        )
    return dict(checked.validated_data)


class ByKey(CursorPagination):
    """Oldest first by a key that never changes: a walk meets each row once, and what is added on the way."""

    ordering = "pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MOST_ROWS

    def decode_cursor(self, request: Request) -> Cursor | None:
        """A cursor that somebody wrote by hand is no page of ours; 404 as for every other one that cannot be read."""
        try:
            cursor = super().decode_cursor(request)
        except ValueError:
            raise NotFound(_NO_CURSOR) from None
        position = "0" if cursor is None or cursor.position is None else str(cursor.position)
        if not re.fullmatch(r"[0-9]{1,18}", position):
            raise NotFound(_NO_CURSOR)
        return cursor


class ByArticle(ByKey):
    """By the article's key: the order of the index that knows which articles a project has."""

    ordering = "article_id"


class Newest(ByKey):
    """Newest first."""

    ordering = "-pk"


def page_of(
    request: Request,
    rows: QuerySet[Any],
    show: Callable[[Any], dict[str, Any]],
    paginator: type[ByKey] = ByKey,
) -> Response:
    """``{"next", "previous", "results"}``; ``next`` is null on the last page."""
    pages = paginator()
    page = pages.paginate_queryset(rows, request)
    return pages.get_paginated_response([show(row) for row in page or ()])


def paged(shape: type[serializers.Serializer[Any]], name: str) -> type[serializers.Serializer[Any]]:
    """The schema of a page of ``shape``."""
    fields = {
        "next": serializers.URLField(allow_null=True, help_text="The page after this one."),
        "previous": serializers.URLField(allow_null=True),
        "results": shape(many=True),
    }
    return type(f"{name}Page", (serializers.Serializer,), {**fields, "__doc__": f"One page of {name}."})


def tagged[**P](view: Callable[P, HttpResponse]) -> Callable[P, HttpResponse]:
    """Reads bear an ``ETag`` of their content; sent back as ``If-None-Match`` it is answered by 304 while it holds."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = args[0]
        assert isinstance(request, HttpRequest)
        response = view(*args, **kwargs)
        if request.method not in ("GET", "HEAD") or response.status_code != 200 or response.streaming:
            return response
        if isinstance(response, SimpleTemplateResponse):
            response.render()
        if not response.has_header("ETag"):
            response["ETag"] = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
        tags = parse_etags(request.headers.get("If-None-Match", ""))
        if response["ETag"] in tags or tags == ["*"]:
            return HttpResponse(status=304, headers={"ETag": response["ETag"]})
        return response

    return wrapped
