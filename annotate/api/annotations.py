"""Annotations: one person's reading of one article, with its marks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.api import serializers as shapes
from annotate.api.documenting import refusals
from annotate.api.querying import Nothing, Paging, page_of, paged, read_query
from annotate.api.requests import user_of
from annotate.models import Membership, RelationAnnotation, Role, SpanAnnotation, Task
from annotate.views.access import project_for


class AnnotationFilters(Paging):
    """Parameters of the list of annotations."""

    article = serializers.UUIDField(required=False)
    annotator = serializers.CharField(required=False, max_length=20, help_text="A pseudonym.")
    since = serializers.DateTimeField(required=False, help_text="Submitted at this time or later.")


@extend_schema(
    operation_id="annotations_list",
    tags=["annotations"],
    summary="Annotations of a project",
    parameters=[AnnotationFilters],
    responses={200: paged(shapes.ReadingSerializer, "Annotations"), **refusals()},
)
@api_view(["GET"])
def all_annotations(request: Request, slug: str) -> Response:
    """All submitted readings for who may see them; for annotators their own work, in whatever state."""
    asked = read_query(request, AnnotationFilters)
    rows = _readings(user_of(request), slug)
    if "article" in asked:
        rows = rows.filter(article__uuid=asked["article"])
    if "annotator" in asked:
        named = Membership.objects.filter(
            project=OuterRef("project"), user=OuterRef("annotator"), pseudonym=asked["annotator"], role=Role.ANNOTATOR
        )
        rows = rows.filter(Exists(named))
    if "since" in asked:
        rows = rows.filter(submitted_at__gte=asked["since"])
    return page_of(request, rows, _shown)


@extend_schema(
    operation_id="annotations_retrieve",
    tags=["annotations"],
    summary="One annotation",
    responses={200: shapes.ReadingSerializer, **refusals()},
)
@api_view(["GET"])
def one_annotation(request: Request, slug: str, uuid: UUID) -> Response:
    """By the key of its task."""
    read_query(request, Nothing)
    return Response(_shown(_readings(user_of(request), slug).get(uuid=uuid)))


def _readings(user: User, slug: str) -> QuerySet[Task]:
    project, actions = project_for(user, slug)
    tasks = Task.objects.filter(project=project)
    chosen = tasks.submitted() if "see_marks" in actions else tasks.of_annotator(user)
    pseudonym = Membership.objects.filter(
        project=OuterRef("project"), user=OuterRef("annotator"), role=Role.ANNOTATOR
    ).values("pseudonym")
    spans = SpanAnnotation.objects.filter(deleted_at=None).select_related("label")
    relations = RelationAnnotation.objects.filter(deleted_at=None)
    return (
        chosen.annotate(pseudonym=Subquery(pseudonym))
        .select_related("article")
        .only("uuid", "state", "revision", "submitted_at", "article__uuid")
        .prefetch_related(
            Prefetch("spans", spans, to_attr="spans_that_stand"),
            Prefetch("relations", relations, to_attr="relations_that_stand"),
            "answers",
        )
    )


def _shown(task: Task) -> dict[str, Any]:
    return dict(shapes.ReadingSerializer(task).data)
