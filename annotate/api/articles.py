"""Articles of a project and the stories they report: all of it for who may see where they come from, else the allow-list."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.api import serializers as shapes
from annotate.api.documenting import refusals
from annotate.api.querying import ByArticle, ByKey, Nothing, Paging, page_of, paged, read_query
from annotate.api.requests import user_of
from annotate.models import Project, ProjectArticle, Task
from annotate.views.access import project_for
from annotate.visibility import members_to_browse
from corpus.models import Article, Story

HEAVY = ["raw", "raw_fields", "segments", "removed"]


class ArticleFilters(Paging):
    """Parameters of the list for researchers and managers; annotators have paging alone, as filters would tell."""

    story = serializers.SlugField(required=False)
    outlet = serializers.SlugField(required=False, help_text="Slug of the outlet.")
    language = serializers.CharField(required=False, max_length=35)
    stage = serializers.ChoiceField(choices=ProjectArticle.Stage.values, required=False)
    excluded = serializers.BooleanField(required=False, allow_null=True, default=None)
    since = serializers.DateField(required=False, help_text="Published on this day (UTC) or later.")
    until = serializers.DateField(required=False, help_text="Published on this day (UTC) or earlier.")


class StorySchema(serializers.Serializer[Any]):
    """An event that several outlets report."""

    slug = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    date = serializers.DateField(allow_null=True)


class StoryArticleSchema(serializers.Serializer[Any]):
    """One outlet's article on it."""

    uuid = serializers.UUIDField()
    title = serializers.CharField(allow_blank=True)
    outlet = serializers.CharField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    language = serializers.CharField(allow_null=True)
    n_chars = serializers.IntegerField()
    stage = serializers.ChoiceField(choices=ProjectArticle.Stage.values)


@extend_schema(
    operation_id="articles_list",
    tags=["articles"],
    summary="Articles of a project",
    parameters=[ArticleFilters],
    responses={
        200: PolymorphicProxySerializer(
            component_name="ArticlesPage",
            serializers=[
                paged(shapes.ArticleSchema, "ProjectArticles"),
                paged(shapes.AnnotatorArticleSchema, "AnnotatorArticles"),
            ],
            resource_type_field_name=None,
        ),
        **refusals(),
    },
)
@api_view(["GET"])
def articles(request: Request, slug: str) -> Response:
    """All articles for researchers and managers; for annotators those of their own tasks, as they may see them."""
    user = user_of(request)
    project, actions = project_for(user, slug)
    if "see_articles" not in actions:
        # Filters by story, outlet or day would tell what the allow-list hides.
        read_query(request, Paging)
        return page_of(request, _own(user, project), _annotator_article)
    asked = read_query(request, ArticleFilters)
    return page_of(request, _filtered(_members(user, project), asked), _article, ByArticle)


@extend_schema(
    operation_id="articles_retrieve",
    tags=["articles"],
    summary="One article of a project",
    responses={
        200: PolymorphicProxySerializer(
            component_name="Article",
            serializers=[shapes.ArticleSchema, shapes.AnnotatorArticleSchema],
            resource_type_field_name=None,
        ),
        **refusals(),
    },
)
@api_view(["GET"])
def article(request: Request, slug: str, uuid: UUID) -> Response:
    """As in the list."""
    read_query(request, Nothing)
    user = user_of(request)
    project, actions = project_for(user, slug)
    if "see_articles" not in actions:
        return Response(_annotator_article(_own(user, project).get(uuid=uuid)))
    return Response(_article(_members(user, project).get(article__uuid=uuid)))


@extend_schema(
    operation_id="stories_list",
    tags=["stories"],
    summary="Stories of a project",
    parameters=[Paging],
    responses={200: paged(StorySchema, "Stories"), **refusals()},
)
@api_view(["GET"])
def stories(request: Request, slug: str) -> Response:
    """Events that the project's articles report; for researchers and managers."""
    read_query(request, Paging)
    user = user_of(request)
    project, _ = project_for(user, slug, "compare_outlets")
    inside = members_to_browse(user, project).filter(article__story=OuterRef("pk"))
    return page_of(request, Story.objects.filter(Exists(inside)), _story, ByKey)


@extend_schema(
    operation_id="stories_articles",
    tags=["stories"],
    summary="Articles on one story",
    parameters=[Paging],
    responses={200: paged(StoryArticleSchema, "StoryArticles"), **refusals()},
)
@api_view(["GET"])
def story_articles(request: Request, slug: str, story: str) -> Response:
    """What each outlet of the project made of the event, without the texts; for researchers and managers."""
    read_query(request, Paging)
    user = user_of(request)
    project, _ = project_for(user, slug, "compare_outlets")
    members = members_to_browse(user, project).filter(article__story__slug=story)
    if not members.exists():
        raise Story.DoesNotExist
    rows = members.select_related("article__outlet").defer(
        "article__text", "article__zones", *(f"article__{name}" for name in HEAVY)
    )
    return page_of(request, rows, _story_article, ByArticle)


def _members(user: User, project: Project) -> QuerySet[ProjectArticle]:
    return (
        members_to_browse(user, project)
        .select_related("article__outlet", "article__story")
        .defer(*(f"article__{name}" for name in HEAVY))
    )


def _filtered(members: QuerySet[ProjectArticle], asked: dict[str, Any]) -> QuerySet[ProjectArticle]:
    conditions: dict[str, Any] = {}
    for name, lookup in (
        ("story", "article__story__slug"),
        ("outlet", "article__outlet__slug"),
        ("language", "article__language"),
        ("stage", "stage"),
    ):
        if name in asked:
            conditions[lookup] = asked[name]
    if "stage" in asked:
        # What is left out has no stage.
        conditions["excluded"] = False
    if asked.get("excluded") is not None:
        members = members.filter(excluded=asked["excluded"])
    if "since" in asked:
        conditions["published_at__gte"] = datetime.combine(asked["since"], time(), UTC)
    if "until" in asked and asked["until"].year < 9999:
        conditions["published_at__lt"] = datetime.combine(asked["until"] + timedelta(days=1), time(), UTC)
    return members.filter(**conditions)


def _own(user: User, project: Project) -> QuerySet[Article]:
    own = Task.objects.filter(project=project).of_annotator(user).values("article")
    return Article.objects.filter(pk__in=own).defer(*HEAVY)


def _article(member: ProjectArticle) -> dict[str, Any]:
    return {
        **shapes.ArticleSerializer(member.article).data,
        "stage": member.stage,
        "excluded": member.excluded,
        "excluded_reason": member.excluded_reason,
    }


def _annotator_article(article: Article) -> dict[str, Any]:
    return shapes.AnnotatorArticleSchema().to_representation(article)


def _story(story: Story) -> dict[str, Any]:
    return {"slug": story.slug, "title": story.title, "date": story.date}


def _story_article(member: ProjectArticle) -> dict[str, Any]:
    article = member.article
    return {
        "uuid": article.uuid,
        "title": article.title,
        "outlet": article.outlet.name if article.outlet else None,
        "published_at": article.published_at,
        "language": article.language,
        "n_chars": article.n_chars,
        "stage": member.stage,
    }
