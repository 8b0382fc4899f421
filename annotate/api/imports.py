"""Imports of articles: files in, then what became of them. For managers, as in the admin."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, parser_classes, permission_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotate import visibility as rules
from annotate.api.bodies import form_errors, is_on, unknown_fields
from annotate.api.documenting import BODY, refusals
from annotate.api.errors import Clash, FieldError, Invalid
from annotate.api.idempotency import HEADER, idempotent
from annotate.api.querying import Newest, Nothing, Paging, page_of, paged, read_query
from annotate.api.requests import user_of
from annotate.api.scopes import MANAGE, takes
from annotate.values import is_storable
from corpus import cleaning, uploads, visibility
from corpus.admin.upload_form import UploadForm
from corpus.import_settings import NEAR_DUPLICATES, ImportSettings
from corpus.models import ImportBatch, ImportIssue
from corpus.operations.uploads import cancel_import, queue_import, retry_import
from corpus.readers import ALL, AUTO
from corpus.readers.rows import FIELDS

_SWITCHES = ("repair_mojibake", "outlet_from_host", "summaries")


class ImportFilters(Paging):
    """Parameters of the list of imports."""

    state = serializers.ChoiceField(choices=ImportBatch.State.values, required=False)


class CountsSchema(serializers.Serializer[Any]):
    """What was stored, what was there already, what was refused."""

    created = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    rejected = serializers.IntegerField()


class ReadSoFarSchema(serializers.Serializer[Any]):
    """How far the worker is; `bytes_total` is 0 where it is not known."""

    records = serializers.IntegerField()
    bytes_read = serializers.IntegerField()
    bytes_total = serializers.IntegerField()


class ImportSchema(serializers.Serializer[Any]):
    """One import."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=ImportBatch.State.values)
    source = serializers.CharField(help_text="Names of the files.")  # type: ignore[assignment]
    format = serializers.CharField()
    project = serializers.CharField(allow_null=True, help_text="Where the articles go besides the corpus.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    counts = CountsSchema()
    progress = ReadSoFarSchema()
    error = serializers.CharField(allow_blank=True, help_text="Why the whole import failed, and what to do.")


class NewImportSchema(serializers.Serializer[Any]):
    """Files and settings. Switches are `true` or `false`."""

    files = serializers.ListField(child=serializers.FileField(), help_text="One or several; repeat the field.")
    format = serializers.ChoiceField(choices=[AUTO, *(one.name for one in ALL)], required=False)
    encoding = serializers.CharField(required=False, help_text="Tried where a file is not UTF-8, e.g. cp1252.")
    story = serializers.CharField(required=False, max_length=100, help_text="For articles that name none.")
    outlet = serializers.CharField(required=False, max_length=200, help_text="For articles that name none.")
    project = serializers.CharField(required=False, help_text="Slug of a project that takes the articles in.")
    near_duplicates = serializers.ChoiceField(choices=NEAR_DUPLICATES, required=False)
    columns = serializers.CharField(
        required=False, help_text=f"Of tables: a JSON object from our fields ({', '.join(FIELDS)}) to columns."
    )
    rules_off = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Cleaning rules not to use; repeat the field."
    )
    repair_mojibake = serializers.BooleanField(required=False)
    outlet_from_host = serializers.BooleanField(required=False)
    summaries = serializers.BooleanField(required=False)


class RejectedSchema(serializers.Serializer[Any]):
    """A record that was not stored, and what to do about it."""

    source = serializers.CharField()  # type: ignore[assignment]  # a field, not where DRF reads one
    line = serializers.IntegerField(allow_null=True)
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()
    excerpt = serializers.CharField(allow_blank=True)


class SentFiles(UploadForm):
    """The form of the admin's page: the same checks, the same words."""

    asks_again = False


@extend_schema(
    methods=["GET"],
    operation_id="imports_list",
    tags=["imports"],
    summary="Imports",
    parameters=[ImportFilters],
    responses={200: paged(ImportSchema, "Imports"), **refusals()},
)
@extend_schema(
    methods=["POST"],
    operation_id="imports_create",
    tags=["imports"],
    summary="Import files",
    parameters=[HEADER],
    request={"multipart/form-data": NewImportSchema},
    responses={202: ImportSchema, **refusals(*BODY, 422)},
    examples=[
        OpenApiExample(
            "Waiting for the worker",
            {
                "id": 7,
                "state": "queued",
                "source": "articles.jsonl",
                "format": "auto",
                "project": "caravan",
                "created_at": "2026-11-22T10:00:00Z",
                "started_at": None,
                "finished_at": None,
                "counts": {"created": 0, "duplicates": 0, "rejected": 0},
                "progress": {"records": 0, "bytes_read": 0, "bytes_total": 10240},
                "error": "",
            },
            response_only=True,
            status_codes=["202"],
        )
    ],
)
@api_view(["GET", "POST"])
@permission_classes(takes(MANAGE))
@parser_classes([MultiPartParser])
@idempotent
def imports(request: Request) -> Response:
    """Own imports, and those that brought articles of one's projects; a POST hands files to the worker (202)."""
    user = _manager(request)
    if request.method == "GET":
        asked = read_query(request, ImportFilters)
        rows = visibility.batches_for(user)
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        return page_of(request, rows, lambda batch: _shown(batch, user), Newest)
    files, settings = _sent(request, user)
    batch = queue_import(files=files, settings=settings, created_by=user)
    return Response(_shown(batch, user), 202, headers={"Location": reverse("api:import", args=[batch.pk])})


@extend_schema(
    operation_id="imports_retrieve",
    tags=["imports"],
    summary="One import",
    responses={200: ImportSchema, **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(MANAGE))
def one_import(request: Request, pk: int) -> Response:
    """How far it is; `done` with rejected records tells their number in `counts`."""
    read_query(request, Nothing)
    user = _manager(request)
    return Response(_shown(_batches(user).get(pk=pk), user))


@extend_schema(
    operation_id="imports_rejected",
    tags=["imports"],
    summary="Rejected records of an import",
    parameters=[Paging],
    responses={200: paged(RejectedSchema, "RejectedRecords"), **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(MANAGE))
def rejected(request: Request, pk: int) -> Response:
    """Each with file, line, field, and what to do."""
    read_query(request, Paging)
    batch = _batches(_manager(request)).get(pk=pk)
    return page_of(request, ImportIssue.objects.filter(batch=batch), _issue)


@extend_schema(
    operation_id="imports_cancel",
    tags=["imports"],
    summary="Call an import off",
    request=None,
    responses={200: ImportSchema, **refusals(409)},
)
@api_view(["POST"])
@permission_classes(takes(MANAGE))
def cancel(request: Request, pk: int) -> Response:
    """Nothing of it is stored. 409 where it is finished already."""
    user = _manager(request)
    batch = _batches(user).get(pk=pk)
    if not cancel_import(batch=batch):
        raise Clash(f"The import is {batch.get_state_display()}; only a waiting or running one can be called off.")
    return Response(_shown(batch, user))


@extend_schema(
    operation_id="imports_retry",
    tags=["imports"],
    summary="Try an import again",
    request=None,
    responses={200: ImportSchema, **refusals(409)},
)
@api_view(["POST"])
@permission_classes(takes(MANAGE))
def retry(request: Request, pk: int) -> Response:
    """One that failed or was called off, while its files are there (14 days)."""
    user = _manager(request)
    batch = _batches(user).get(pk=pk)
    if not retry_import(batch=batch):
        raise Clash(f"The import is {batch.get_state_display()}, or its files are gone; send the files again.")
    return Response(_shown(batch, user))


def _manager(request: Request) -> User:
    """Imports are for who manages a project; to others there are none. Raises Http404."""
    user = user_of(request)
    if not user.is_superuser and not rules.manages(user):
        raise Http404
    return user


def _batches(user: User) -> QuerySet[ImportBatch]:
    return visibility.batches_for(user)


def _sent(request: Request, user: User) -> tuple[list[Any], ImportSettings]:
    """The files and what to do with them. Raises Invalid."""
    sent = request.data
    assert isinstance(sent, QueryDict)  # the form's parser gives nothing else
    wrong = unknown_fields(sent, NewImportSchema)
    given = QueryDict(mutable=True)
    for name in ("format", "encoding", "story", "outlet", "project", "near_duplicates", *_SWITCHES):
        value = sent.get(name)
        if isinstance(value, str) and (name not in _SWITCHES or is_on(value)):
            given[name] = value
    rules_off = {name for name in sent.getlist("rules_off") if isinstance(name, str)}
    there_are = [rule["name"] for rule in cleaning.describe()]
    wrong += [
        {
            "field": "rules_off",
            "code": "unknown_rule",
            "message": f"There is no rule {name[:60]!r}; there are {', '.join(there_are)}.",
        }
        for name in sorted(rules_off - set(there_are))
    ]
    given.setlist("rules", [name for name in there_are if name not in rules_off])
    projects = uploads.projects_for(user)
    if given.get("project") and given["project"] not in dict(projects):
        known_projects = ", ".join(slug for slug, _ in projects) or "none"
        message = f"Choose a project that you manage and that is not closed: {known_projects}."
        wrong.append({"field": "project", "code": "invalid_choice", "message": message})
    columns = _columns(sent.get("columns"), wrong)
    files = MultiValueDict({"pages": request.FILES.getlist("files")})
    form = SentFiles(given, files, projects=projects)
    if not form.is_valid():
        told = {error["field"] for error in wrong}
        wrong += [error for error in form_errors(form) if error["field"] not in told]
    if wrong:
        raise Invalid(wrong)
    return form.cleaned_data["pages"], replace(form.import_settings, columns=columns)


def _columns(text: object, wrong: list[FieldError]) -> dict[str, str]:
    """From our fields to the table's columns; what is wrong is added to ``wrong``."""
    if text is None or text == "":
        return {}
    try:
        columns = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        columns = None
    if (
        not isinstance(columns, dict)
        or not set(columns) <= set(FIELDS)
        or not all(isinstance(name, str) and is_storable(name) and len(name) < 300 for name in columns.values())
    ):
        message = (
            f'Write a JSON object from fields to columns, e.g. {{"text": "body"}}; the fields: {", ".join(FIELDS)}.'
        )
        wrong.append({"field": "columns", "code": "bad_columns", "message": message})
        return {}
    return columns


def _shown(batch: ImportBatch, user: User) -> dict[str, Any]:
    # Where somebody else's import went besides is theirs to know.
    is_own = batch.created_by_id == user.pk or user.is_superuser
    return {
        "id": batch.pk,
        "state": batch.state,
        "source": batch.source,
        "format": batch.format,
        "project": (batch.options.get("project") or None) if is_own else None,
        "created_at": batch.created_at,
        "started_at": batch.started_at,
        "finished_at": batch.finished_at,
        "counts": {"created": batch.n_created, "duplicates": batch.n_duplicates, "rejected": batch.n_rejected},
        "progress": {
            "records": batch.progress,
            "bytes_read": batch.bytes_read,
            "bytes_total": batch.bytes_total,
        },
        "error": batch.error,
    }


def _issue(issue: ImportIssue) -> dict[str, Any]:
    return {name: getattr(issue, name) for name in ("source", "line", "field", "code", "message", "excerpt")}
