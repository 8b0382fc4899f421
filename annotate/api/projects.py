"""Projects a person belongs to, and how far they are."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.api.documenting import refusals
from annotate.api.querying import Nothing, Paging, page_of, paged, read_query
from annotate.api.requests import user_of
from annotate.models import Membership, Project, ProjectAgreement, Role, Task
from annotate.progress import projects_to_label, projects_to_see
from annotate.views.access import project_for
from annotate.views.dashboard import is_stale


class ProjectSchema(serializers.Serializer[Any]):
    """A project as its members see it; `roles` are the person's own."""

    slug = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=Project.State.values)
    codebook = serializers.CharField(help_text="NAME@VERSION.")
    annotators_per_article = serializers.IntegerField()
    blind_fields = serializers.ListField(child=serializers.CharField(), help_text="What annotators are not shown.")
    roles = serializers.ListField(child=serializers.ChoiceField(choices=Role.values))
    created_at = serializers.DateTimeField()


class ProjectDetailSchema(ProjectSchema):
    """A project with its guidelines, and what the person may do there now."""

    guidelines = serializers.CharField(allow_blank=True, help_text="Markdown.")
    actions = serializers.ListField(child=serializers.CharField())


class ProjectFilters(Paging):
    """Parameters of the list of projects."""

    state = serializers.ChoiceField(choices=Project.State.values, required=False)


class LabelProgressSchema(serializers.Serializer[Any]):
    """How often a label is marked in submitted readings."""

    marks = serializers.IntegerField()
    prevalence = serializers.FloatField(allow_null=True, help_text="Share of characters, where two or more read.")


class AnnotatorProgressSchema(serializers.Serializer[Any]):
    """One annotator's work, by pseudonym."""

    annotator = serializers.CharField()
    submitted = serializers.IntegerField()
    marks = serializers.IntegerField()
    unsure = serializers.IntegerField()
    median_seconds = serializers.FloatField(allow_null=True)
    last_active = serializers.DateTimeField(allow_null=True)


class WholeProgressSchema(serializers.Serializer[Any]):
    """The whole project's, as of a time: the worker counts it."""

    as_of = serializers.DateTimeField(allow_null=True)
    stale = serializers.BooleanField(help_text="Whether readings came in since.")
    tasks = serializers.DictField(child=serializers.IntegerField(), help_text="By state, of those that hold a slot.")
    articles = serializers.IntegerField()
    articles_read_twice = serializers.IntegerField()
    marks = serializers.IntegerField()
    labels = serializers.DictField(child=LabelProgressSchema())
    annotators = AnnotatorProgressSchema(many=True)


class OwnProgressSchema(serializers.Serializer[Any]):
    """The person's own share, counted up to 10,000; `left` up to 1,000."""

    submitted = serializers.IntegerField()
    articles = serializers.IntegerField()
    left = serializers.IntegerField()
    in_hand = serializers.IntegerField()


class ProjectProgressSchema(serializers.Serializer[Any]):
    """`own` is null for who does not annotate here, `project` for who may not see it."""

    own = OwnProgressSchema(allow_null=True)
    project = WholeProgressSchema(allow_null=True)


@extend_schema(
    operation_id="projects_list",
    tags=["projects"],
    summary="Projects of one's own",
    parameters=[ProjectFilters],
    responses={200: paged(ProjectSchema, "Projects"), **refusals()},
)
@api_view(["GET"])
def projects(request: Request) -> Response:
    """Every project the person belongs to; for a superuser all."""
    asked = read_query(request, ProjectFilters)
    rows = projects_to_see(user_of(request))
    if "state" in asked:
        rows = rows.filter(state=asked["state"])
    return page_of(request, rows.order_by("pk"), _shown)


@extend_schema(
    operation_id="projects_retrieve",
    tags=["projects"],
    summary="One project",
    responses={200: ProjectDetailSchema, **refusals()},
)
@api_view(["GET"])
def project(request: Request, slug: str) -> Response:
    """With its guidelines and `actions`: what the person may do there at the moment."""
    read_query(request, Nothing)
    found, actions = project_for(user_of(request), slug)
    roles = Membership.objects.filter(project=found, user=user_of(request)).order_by("role")
    found.own_memberships = list(roles)  # type: ignore[attr-defined]  # as in the list
    return Response(_shown(found) | {"guidelines": found.guidelines, "actions": sorted(actions)})


@extend_schema(
    operation_id="projects_progress",
    tags=["projects"],
    summary="Progress of a project",
    responses={200: ProjectProgressSchema, **refusals()},
    examples=[
        OpenApiExample(
            "Of an annotator",
            {"own": {"submitted": 12, "articles": 40, "left": 27, "in_hand": 1}, "project": None},
            response_only=True,
            status_codes=["200"],
        )
    ],
)
@api_view(["GET"])
def progress(request: Request, slug: str) -> Response:
    """One's own share, and for adjudicators, researchers and managers the whole, annotators by pseudonym."""
    read_query(request, Nothing)
    user = user_of(request)
    found, actions = project_for(user, slug)
    own = projects_to_label(user).filter(pk=found.pk).first()
    share = None
    if own is not None:
        in_hand = Task.objects.filter(project=found, annotator=user, state__in=Task.WORKABLE).count()
        # Annotated by projects_to_label.
        counted: Any = own
        share = {
            "submitted": counted.own_submitted,
            "articles": counted.n_articles,
            "left": counted.n_left,
            "in_hand": in_hand,
        }
    return Response({"own": share, "project": _whole(found) if "see_progress" in actions else None})


def _whole(project: Project) -> dict[str, Any]:
    agreement = ProjectAgreement.objects.filter(project=project).first() or ProjectAgreement(project=project)
    summary = agreement.summary
    names = dict(
        Membership.objects.filter(project=project, role=Role.ANNOTATOR).values_list("user", "pseudonym").order_by("pk")
    )
    figures = summary.get("annotators", {})
    return {
        "as_of": agreement.computed_at,
        "stale": is_stale(agreement),
        "tasks": summary.get("tasks", {}),
        "articles": summary.get("articles", 0),
        "articles_read_twice": summary.get("articles_read_twice", 0),
        "marks": summary.get("marks", 0),
        "labels": summary.get("labels", {}),
        "annotators": [
            {
                "annotator": names[user],
                "submitted": own.get("submitted", 0),
                "marks": own.get("marks", 0),
                "unsure": own.get("unsure", 0),
                "median_seconds": own.get("median_seconds"),
                "last_active": own.get("last_active"),
            }
            for user in names
            for own in [figures.get(str(user), {})]
        ],
    }


def _shown(project: Project) -> dict[str, Any]:
    memberships: list[Membership] = project.own_memberships  # type: ignore[attr-defined]  # prefetched
    return {
        "slug": project.slug,
        "title": project.title,
        "state": project.state,
        "codebook": str(project.codebook),
        "annotators_per_article": project.annotators_per_article,
        "blind_fields": project.blind_fields,
        "roles": [membership.role for membership in memberships],
        "created_at": project.created_at,
    }
