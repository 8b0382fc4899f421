"""Releases of a project: the list, one of them, asking for one, its archive."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.api.bodies import checked_object
from annotate.api.documenting import BODY, refusals
from annotate.api.errors import Clash, Invalid
from annotate.api.idempotency import HEADER, idempotent
from annotate.api.querying import Newest, Nothing, Paging, page_of, paged, read_query
from annotate.api.requests import user_of
from annotate.api.scopes import RELEASE, takes
from annotate.views.access import project_for
from release import tasks
from release.downloads import OTHER_TYPE, TYPES, archive_response, file_response
from release.exceptions import BadVersionError, ExclusionError, FormatError, ThresholdError, VersionTakenError
from release.formats.registry import FORMATS
from release.forms import DEFAULT_THRESHOLD
from release.models import Release
from release.operations.exclusions import LONGEST_REASON, MOST
from release.operations.releases import cancel_release, request_release, retry_release
from release.operations.versions import LONGEST, suggested_version


class ReleaseFilters(Paging):
    """Parameters of the list of releases."""

    state = serializers.ChoiceField(choices=Release.State.values, required=False)


class BuildProgressSchema(serializers.Serializer[Any]):
    """Articles written, of how many; both 0 before the worker began."""

    done = serializers.IntegerField()
    total = serializers.IntegerField()


class LeftOutSchema(serializers.Serializer[Any]):
    """An article that a release leaves out."""

    article = serializers.CharField(max_length=200, help_text="Its UUID, or its external id.")
    reason = serializers.CharField(max_length=LONGEST_REASON, help_text="The release says it to its readers.")


class ReleaseSchema(serializers.Serializer[Any]):
    """One version of the project's dataset."""

    version = serializers.CharField()
    state = serializers.ChoiceField(choices=Release.State.values)
    text_mode = serializers.ChoiceField(choices=Release.TextMode.values)
    times = serializers.ChoiceField(choices=Release.Times.values, help_text="How exactly it says when people worked.")
    formats = serializers.ListField(child=serializers.CharField(), help_text="Beside JSON Lines.")
    threshold = serializers.FloatField(help_text="Least intersection over union of two marks in one unit.")
    exclusions = LeftOutSchema(many=True, help_text="Besides what the project leaves out.")
    created_at = serializers.DateTimeField()
    built_at = serializers.DateTimeField(allow_null=True)
    sha256 = serializers.CharField(allow_blank=True, help_text="Of manifest.json; empty until it is built.")
    progress = BuildProgressSchema()
    error = serializers.CharField(allow_blank=True)
    download = serializers.CharField(allow_null=True, help_text="Address of the archive; null until it is built.")


class ReleaseDetailSchema(ReleaseSchema):
    """With its manifest: counts, terms, and the hash of every file."""

    manifest = serializers.DictField()


class NewReleaseSchema(serializers.Serializer[Any]):
    """What is asked for; without a version, the next minor one."""

    version = serializers.CharField(required=False, max_length=LONGEST, help_text="Semantic, e.g. 1.2.0.")
    text_mode = serializers.ChoiceField(choices=Release.TextMode.values, required=False)
    times = serializers.ChoiceField(choices=Release.Times.values, required=False)
    formats = serializers.ListField(child=serializers.ChoiceField(choices=list(FORMATS)), required=False)
    threshold = serializers.DecimalField(
        required=False,
        coerce_to_string=False,
        max_digits=3,
        decimal_places=2,
        min_value=Decimal("0.01"),
        max_value=1,
        help_text="Least intersection over union of two marks in one unit; 0.5 unless said.",
    )
    exclusions = serializers.ListField(child=LeftOutSchema(), required=False, max_length=MOST)


@extend_schema(
    methods=["GET"],
    operation_id="releases_list",
    tags=["releases"],
    summary="Releases of a project",
    parameters=[ReleaseFilters],
    responses={200: paged(ReleaseSchema, "Releases"), **refusals()},
)
@extend_schema(
    methods=["POST"],
    operation_id="releases_create",
    tags=["releases"],
    summary="Build a release",
    parameters=[HEADER],
    request=NewReleaseSchema,
    responses={202: ReleaseSchema, **refusals(409, 422, *BODY)},
    examples=[OpenApiExample("Positions only", {"version": "1.1.0", "text_mode": "positions"}, request_only=True)],
)
@api_view(["GET", "POST"])
@permission_classes(takes(RELEASE))
@idempotent
def releases(request: Request, slug: str) -> Response:
    """The newest first; a POST asks the worker for one (202): follow `Location` until its state is `built`."""
    user = user_of(request)
    if request.method == "GET":
        asked = read_query(request, ReleaseFilters)
        rows = _releases(request, slug)
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        return page_of(request, rows.defer("manifest"), _shown, Newest)
    project, _ = project_for(user, slug, "build_release")
    # An empty body asks for the next version in full text.
    wanted = checked_object(request.data, NewReleaseSchema)
    version = wanted.get("version") or suggested_version(project)
    try:
        with transaction.atomic():
            made = request_release(
                project=project,
                version=version,
                text_mode=wanted.get("text_mode", Release.TextMode.FULL),
                times=wanted.get("times", Release.Times.SECOND),
                formats=wanted.get("formats", ()),
                threshold=wanted.get("threshold", DEFAULT_THRESHOLD),
                exclusions=[(row["article"], row["reason"]) for row in wanted.get("exclusions", ())],
                actor=user,
            )
            transaction.on_commit(partial(tasks.build.enqueue, made.pk))
    except BadVersionError as error:
        raise Invalid([{"field": "version", "code": "bad_version", "message": str(error)}]) from None
    except FormatError as error:
        raise Invalid([{"field": "formats", "code": "bad_format", "message": str(error)}]) from None
    except ThresholdError as error:
        raise Invalid([{"field": "threshold", "code": "bad_threshold", "message": str(error)}]) from None
    except ExclusionError as error:
        raise Invalid([{"field": "exclusions", "code": "bad_exclusion", "message": str(error)}]) from None
    except VersionTakenError as error:
        raise Clash(str(error), "version_taken") from None
    return Response(
        _shown(made), 202, headers={"Location": reverse("release-api:detail", args=[project.slug, made.version])}
    )


@extend_schema(
    operation_id="releases_retrieve",
    tags=["releases"],
    summary="One release",
    responses={200: ReleaseDetailSchema, **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(RELEASE))
def release(request: Request, slug: str, version: str) -> Response:
    """Its state and, once it is built, its manifest."""
    read_query(request, Nothing)
    found = _releases(request, slug).get(version=version)
    return Response(_shown(found) | {"manifest": found.manifest})


_IN_PARTS = [
    OpenApiParameter(
        "Range", str, OpenApiParameter.HEADER, description="`bytes=N-` goes on where a download broke off."
    ),
    OpenApiParameter("If-Range", str, OpenApiParameter.HEADER, description="The `ETag` of what is there already."),
]
_IN_PART: dict[Any, Any] = {
    304: OpenApiResponse(description="You have it already."),
    416: OpenApiResponse(description="The range lies beyond the end; `Content-Range` tells the size."),
}


@extend_schema(
    operation_id="releases_file",
    tags=["releases"],
    summary="Download one file of a release",
    parameters=[*_IN_PARTS, OpenApiParameter("path", str, OpenApiParameter.PATH, description="As in the manifest.")],
    responses={
        **{(code, kind): OpenApiTypes.BINARY for code in (200, 206) for kind in (*TYPES.values(), OTHER_TYPE)},
        (200, TYPES[".json"]): OpenApiTypes.ANY,
        **_IN_PART,
        **refusals(),
    },
)
@api_view(["GET"])
@permission_classes(takes(RELEASE))
def file(request: Request, slug: str, version: str, path: str) -> HttpResponseBase:
    """One that the manifest names, or `manifest.json`; its `ETag` is its SHA-256."""
    read_query(request, Nothing)
    project, _ = project_for(user_of(request), slug, "download_release")
    found = Release.objects.select_related("project").get(project=project, version=version, state=Release.State.BUILT)
    # DRF's request hands on what is Django's own.
    return file_response(request._request, found, path)


@extend_schema(
    operation_id="releases_download",
    tags=["releases"],
    summary="Download a release",
    parameters=_IN_PARTS,
    responses={
        (200, "application/zip"): OpenApiTypes.BINARY,
        (206, "application/zip"): OpenApiTypes.BINARY,
        **_IN_PART,
        **refusals(),
    },
)
@api_view(["GET"])
@permission_classes(takes(RELEASE))
def download(request: Request, slug: str, version: str) -> HttpResponseBase:
    """All files as one .zip, the same bytes every time: a download that broke off goes on by `Range`."""
    read_query(request, Nothing)
    project, _ = project_for(user_of(request), slug, "download_release")
    found = Release.objects.select_related("project").get(project=project, version=version, state=Release.State.BUILT)
    # DRF's request hands on what is Django's own.
    return archive_response(request._request, found)


@extend_schema(
    operation_id="releases_retry",
    tags=["releases"],
    summary="Build a failed release again",
    request=None,
    responses={200: ReleaseSchema, **refusals(409)},
)
@api_view(["POST"])
@permission_classes(takes(RELEASE))
def retry(request: Request, slug: str, version: str) -> Response | HttpResponse:
    """Also one that was called off. 409 for others."""
    project, _ = project_for(user_of(request), slug, "build_release")
    found = Release.objects.select_related("project").get(project=project, version=version)
    with transaction.atomic():
        if not retry_release(release=found):
            raise Clash(
                f"The release is {found.get_state_display()}; only one that failed or was called off is built again."
            )
        transaction.on_commit(partial(tasks.build.enqueue, found.pk))
    found.refresh_from_db()
    return Response(_shown(found))


@extend_schema(
    operation_id="releases_cancel",
    tags=["releases"],
    summary="Call a release off",
    request=None,
    responses={200: ReleaseSchema, **refusals(409)},
)
@api_view(["POST"])
@permission_classes(takes(RELEASE))
def cancel(request: Request, slug: str, version: str) -> Response:
    """Nothing of it is kept. 409 where it is built or has failed."""
    project, _ = project_for(user_of(request), slug, "build_release")
    found = Release.objects.select_related("project").get(project=project, version=version)
    if not cancel_release(release=found):
        raise Clash(f"The release is {found.get_state_display()}; only one that waits or is being built is called off.")
    found.refresh_from_db()
    return Response(_shown(found))


def _releases(request: Request, slug: str) -> QuerySet[Release]:
    project, _ = project_for(user_of(request), slug, "see_releases")
    return Release.objects.filter(project=project).select_related("project")


def _shown(release: Release) -> dict[str, Any]:
    is_built = release.state == Release.State.BUILT
    address = reverse("release-api:download", args=[release.project.slug, release.version])
    return {
        "version": release.version,
        "state": release.state,
        "text_mode": release.text_mode,
        "times": release.times,
        "formats": release.formats,
        "threshold": float(release.threshold),
        "exclusions": [{"article": uuid, "reason": reason} for uuid, reason in release.exclusions.items()],
        "created_at": release.created_at,
        "built_at": release.built_at,
        "sha256": release.sha256,
        "progress": {"done": release.progress, "total": release.total},
        "error": release.error,
        "download": address if is_built else None,
    }
