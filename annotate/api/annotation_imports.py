"""Imports of annotations into a project: files in, looked through or taken, then what became of them. For managers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, parser_classes, permission_classes
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.annotation_files_form import FilesForm
from annotate.api.bodies import checked_object, form_errors, is_on, unknown_fields
from annotate.api.documenting import BODY, refusals
from annotate.api.errors import Clash, FieldError, Invalid
from annotate.api.idempotency import HEADER, idempotent
from annotate.api.querying import Newest, Nothing, Paging, page_of, paged, read_query
from annotate.api.requests import user_of
from annotate.api.scopes import MANAGE, takes
from annotate.doors.formats import ALL
from annotate.doors.records import CODE_POINTS, GRAPHEMES, UTF_16
from annotate.doors.remedies import API
from annotate.models import AnnotationImport, AnnotationIssue, Project
from annotate.operations.doors.rejected_files import as_row
from annotate.operations.doors.uploads import ask_again, cancel_upload, keep_upload, queue_upload
from annotate.values import is_storable
from annotate.views.access import project_for

_SWITCHES = ("create_annotators", "widen", "dry_run")
_MAPS = ("label_map", "annotator_map")
_MOST_MAPPED = 5_000
_LONGEST_NAME = 500


class AnnotationImportFilters(Paging):
    """Parameters of the list of imports of annotations."""

    state = serializers.ChoiceField(choices=AnnotationImport.State.values, required=False)


class SentFileSchema(serializers.Serializer[Any]):
    """A file as it was sent."""

    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")


class DoneSchema(serializers.Serializer[Any]):
    """Entries of the files dealt with, of how many; `total` is 0 until they are counted."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()


class TakenSchema(serializers.Serializer[Any]):
    """What was taken or, of a dry run, would be."""

    created = serializers.IntegerField(help_text="Readings.")
    updated = serializers.IntegerField(help_text="Readings of an earlier import that were completed.")
    unchanged = serializers.IntegerField(help_text="Readings that were there already.")
    spans = serializers.IntegerField()
    relations = serializers.IntegerField()
    answers = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="By the maps.")
    incomplete = serializers.IntegerField(help_text="Readings taken that lack what the codebook requires.")
    rejected = serializers.IntegerField()


class UnknownNameSchema(serializers.Serializer[Any]):
    """A label or relation type that the project does not have."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["label", "relation"])
    count = serializers.IntegerField()
    nearest = serializers.ListField(child=serializers.CharField(), help_text="Codes that resemble it, best first.")


class UnknownPersonSchema(serializers.Serializer[Any]):
    """Somebody who is no annotator of the project."""

    name = serializers.CharField()
    readings = serializers.IntegerField()


class AnnotationImportSchema(serializers.Serializer[Any]):
    """One import of annotations."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(
        choices=AnnotationImport.State.values, help_text="`checked`: a dry run is through; `done`: imported."
    )
    dry_run = serializers.BooleanField()
    format = serializers.ChoiceField(choices=[door.name for door in ALL])
    files = SentFileSchema(many=True)
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    progress = DoneSchema()
    counts = TakenSchema()
    unknown = UnknownNameSchema(many=True, help_text="To be mapped in `label_map`.")
    unknown_annotators = UnknownPersonSchema(many=True, help_text="To be mapped in `annotator_map`, or made.")
    annotators_created = serializers.ListField(child=serializers.CharField())
    members_added = serializers.ListField(child=serializers.CharField())
    error = serializers.CharField(allow_blank=True, help_text="Why the whole import failed, and what to do.")


class NewAnnotationImportSchema(serializers.Serializer[Any]):
    """Files and settings. Switches are `true` or `false`; maps are JSON objects of names, "" leaves out."""

    files = serializers.ListField(
        child=serializers.FileField(), help_text="One or several, repeating the field; or a zip archive."
    )
    format = serializers.ChoiceField(choices=[door.name for door in ALL])
    dry_run = serializers.BooleanField(required=False, help_text="Say what would happen, and write nothing.")
    annotator = serializers.CharField(
        required=False, max_length=150, help_text="Username, where the files do not say whose work it is."
    )
    offsets = serializers.ChoiceField(
        choices=["text", "raw"], required=False, help_text="What offsets count in where a file brings no text."
    )
    unit = serializers.ChoiceField(
        choices=[CODE_POINTS, UTF_16, GRAPHEMES], required=False, help_text="Where it is not what the format says."
    )
    label_map = serializers.CharField(required=False, help_text="From names of labels and relations in the files.")
    annotator_map = serializers.CharField(required=False, help_text="From names of people in the files to usernames.")
    create_annotators = serializers.BooleanField(
        required=False, help_text="Make accounts, without a password, and memberships that are missing."
    )
    widen = serializers.BooleanField(
        required=False, help_text="Make room where an article has all the readings that it wants."
    )


class AgainSchema(serializers.Serializer[Any]):
    """What is to be otherwise; what is not named stays as it was."""

    dry_run = serializers.BooleanField(required=False, help_text="Look through it again instead of importing.")
    label_map = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    annotator_map = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    create_annotators = serializers.BooleanField(required=False)
    widen = serializers.BooleanField(required=False)


class NotTakenSchema(serializers.Serializer[Any]):
    """Something that was not taken, and what to do about it."""

    file = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField(allow_null=True)
    entry = serializers.CharField(allow_blank=True, help_text="Where in the file, if it has no lines.")
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    reason = serializers.CharField()
    remedy = serializers.CharField(allow_blank=True, help_text="Empty where the reason says it.")


@extend_schema(
    methods=["GET"],
    operation_id="annotation_imports_list",
    tags=["imports"],
    summary="Imports of annotations",
    parameters=[AnnotationImportFilters],
    responses={200: paged(AnnotationImportSchema, "AnnotationImports"), **refusals()},
)
@extend_schema(
    methods=["POST"],
    operation_id="annotation_imports_create",
    tags=["imports"],
    summary="Import annotations",
    parameters=[HEADER],
    request={"multipart/form-data": NewAnnotationImportSchema},
    responses={202: AnnotationImportSchema, **refusals(*BODY, 422)},
    examples=[
        OpenApiExample(
            "Waiting for the worker",
            {
                "id": 7,
                "state": "waiting",
                "dry_run": True,
                "format": "label-studio",
                "files": [{"name": "export.json", "size": 20480}],
                "created_at": "2026-11-22T10:00:00Z",
                "finished_at": None,
                "progress": {"done": 0, "total": 0},
                "counts": {
                    "created": 0,
                    "updated": 0,
                    "unchanged": 0,
                    "spans": 0,
                    "relations": 0,
                    "answers": 0,
                    "left_out": 0,
                    "incomplete": 0,
                    "rejected": 0,
                },
                "unknown": [],
                "unknown_annotators": [],
                "annotators_created": [],
                "members_added": [],
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
def annotation_imports(request: Request, slug: str) -> Response:
    """The newest first; a POST hands files to the worker (202): follow `Location` until its state is `checked` or `done`."""
    user = user_of(request)
    if request.method == "GET":
        asked = read_query(request, AnnotationImportFilters)
        rows = _uploads(request, slug).prefetch_related("files")
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        return page_of(request, rows, _shown, Newest)
    project, _ = project_for(user, slug, "manage")
    files, options, is_check = _sent(request)
    upload = keep_upload(
        project=project,
        files=files,
        format=options.pop("format"),
        options=options,
        created_by=user,
        now=timezone.now(),
        is_check=is_check,
    )
    queue_upload(upload)
    return Response(_shown(upload), 202, headers={"Location": _address(project, upload)})


@extend_schema(
    operation_id="annotation_imports_retrieve",
    tags=["imports"],
    summary="One import of annotations",
    responses={200: AnnotationImportSchema, **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(MANAGE))
def annotation_import(request: Request, slug: str, upload: int) -> Response:
    """How far it is and what came of it; lists are cut at 500 entries."""
    read_query(request, Nothing)
    return Response(_shown(_uploads(request, slug).get(pk=upload)))


@extend_schema(
    operation_id="annotation_imports_rejected",
    tags=["imports"],
    summary="What an import of annotations could not take",
    parameters=[Paging],
    responses={200: paged(NotTakenSchema, "NotTaken"), **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(MANAGE))
def rejected(request: Request, slug: str, upload: int) -> Response:
    """Each with file, line or entry, field, reason and remedy; of the last run."""
    read_query(request, Paging)
    found = _uploads(request, slug).get(pk=upload)
    return page_of(request, AnnotationIssue.objects.filter(upload=found), lambda issue: as_row(issue, API))


@extend_schema(
    operation_id="annotation_imports_run",
    tags=["imports"],
    summary="Import what was looked through",
    request=AgainSchema,
    responses={202: AnnotationImportSchema, **refusals(409, *BODY)},
    examples=[
        OpenApiExample(
            "With maps", {"label_map": {"Number": "QUANTITY"}, "annotator_map": {"1": "mara"}}, request_only=True
        )
    ],
)
@api_view(["POST"])
@permission_classes(takes(MANAGE))
def run(request: Request, slug: str, upload: int) -> Response:
    """The files are here since the dry run, or the run that failed or was called off; 409 for others."""
    found = _uploads(request, slug).get(pk=upload)
    options = _again(request.data)
    is_check = options.pop("dry_run", False)
    if not ask_again(upload=found, options=options, is_check=is_check, now=timezone.now()):
        raise Clash(f"The import is {found.get_state_display()}; send the files again for another one.")
    queue_upload(found)
    found.refresh_from_db()
    return Response(_shown(found), 202, headers={"Location": _address(found.project, found)})


@extend_schema(
    operation_id="annotation_imports_cancel",
    tags=["imports"],
    summary="Call an import of annotations off",
    request=None,
    responses={200: AnnotationImportSchema, **refusals(409)},
)
@api_view(["POST"])
@permission_classes(takes(MANAGE))
def cancel(request: Request, slug: str, upload: int) -> Response:
    """Nothing of it is stored. 409 where it is through already."""
    found = _uploads(request, slug).get(pk=upload)
    if not cancel_upload(upload=found):
        raise Clash(f"The import is {found.get_state_display()}; only a waiting or running one can be called off.")
    found.refresh_from_db()
    return Response(_shown(found))


def _uploads(request: Request, slug: str) -> QuerySet[AnnotationImport]:
    project, _ = project_for(user_of(request), slug, "manage")
    return AnnotationImport.objects.filter(project=project).select_related("project")


def _address(project: Project, upload: AnnotationImport) -> str:
    return reverse("api:annotation-import", args=[project.slug, upload.pk])


def _sent(request: Request) -> tuple[list[Any], dict[str, Any], bool]:
    """The files, what to do with them, and whether to look only. Raises Invalid."""
    sent = request.data
    assert isinstance(sent, QueryDict)  # the form's parser gives nothing else
    wrong = unknown_fields(sent, NewAnnotationImportSchema)
    given = QueryDict(mutable=True)
    for name in ("format", "annotator", "offsets", "unit"):
        if isinstance(value := sent.get(name), str):
            given[name] = value
    form = FilesForm(given, MultiValueDict({"pages": request.FILES.getlist("files")}))
    if not form.is_valid():
        wrong += form_errors(form)
    maps = {name: _read_map(name, sent.get(name), wrong) for name in _MAPS}
    if wrong:
        raise Invalid(wrong)
    data = form.cleaned_data
    options = {name: data[name] for name in ("format", "annotator", "offsets", "unit") if data[name]}
    options |= {name: found for name, found in maps.items() if found}
    options |= {name: True for name in _SWITCHES if is_on(sent.get(name))}
    is_check = options.pop("dry_run", False)
    return data["pages"], options, is_check


def _read_map(name: str, text: object, wrong: list[FieldError]) -> dict[str, str]:
    """The map of a form's field; what is wrong is added to ``wrong``."""
    if text is None or text == "":
        return {}
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not _is_map(found):
        wrong.append(_bad_map(name))
        return {}
    return found


def _is_map(found: Mapping[Any, Any]) -> bool:
    names = [*found, *found.values()]
    return len(found) <= _MOST_MAPPED and all(
        isinstance(name, str) and len(name) <= _LONGEST_NAME and is_storable(name) for name in names
    )


def _bad_map(name: str) -> FieldError:
    message = (
        f'Write a JSON object from names in the files to names here, e.g. {{"OLD": "NEW"}}; at most {_MOST_MAPPED:,}.'
    )
    return {"field": name, "code": "bad_map", "message": message}


def _again(data: Any) -> dict[str, Any]:
    """The checked body of another run; an empty one changes nothing. Raises Invalid."""
    found = checked_object(data, AgainSchema)
    if wrong := [_bad_map(name) for name in _MAPS if name in found and not _is_map(found[name])]:
        raise Invalid(wrong)
    return found


def _shown(upload: AnnotationImport) -> dict[str, Any]:
    result = upload.result
    counts = ("created", "updated", "unchanged", "spans", "relations", "answers", "left_out")
    return {
        "id": upload.pk,
        "state": upload.state,
        "dry_run": upload.is_check,
        "format": upload.format,
        "files": [{"name": file.name, "size": file.size} for file in upload.files.all()],
        "created_at": upload.created_at,
        "finished_at": upload.finished_at,
        "progress": {"done": upload.progress, "total": upload.total},
        "counts": {
            **{name: result.get(name, 0) for name in counts},
            "incomplete": result.get("n_incomplete", 0),
            "rejected": upload.n_rejected,
        },
        "unknown": [{"name": name, **entry} for name, entry in result.get("unknown", {}).items()],
        "unknown_annotators": [
            {"name": name, "readings": count} for name, count in result.get("unknown_annotators", {}).items()
        ],
        "annotators_created": result.get("annotators_created", []),
        "members_added": result.get("members_added", []),
        "error": upload.error,
    }
