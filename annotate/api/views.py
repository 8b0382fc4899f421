"""The API's views: who asks, which task, which operation, which answer."""

import re
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from annotate.api import serializers as shapes
from annotate.marking import WrongShape, read_revision
from annotate.models import Membership, Project, RelationAnnotation, Role, SpanAnnotation, Task
from annotate.operations import tasks as operations
from annotate.operations.marks import apply_operations
from annotate.operations.user_settings import change_settings, remember, replace_settings
from annotate.permissions import may
from annotate.state import TaskState, read_state
from annotate.user_settings import memory_of, settings_of
from corpus.models import Article

PROBLEM = OpenApiResponse(shapes.ProblemSchema)
REFUSALS = {400: PROBLEM, 401: PROBLEM, 403: PROBLEM, 404: PROBLEM}


class ByAge(CursorPagination):
    """Oldest first, so that a walk through the pages meets what is added on the way."""

    ordering = "pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Cursor | None:
        """A cursor that somebody wrote by hand is no page of ours; 404 as for every other one that cannot be read."""
        cursor = super().decode_cursor(request)
        position = "0" if cursor is None or cursor.position is None else str(cursor.position)
        if not re.fullmatch(r"[0-9]{1,19}", position):
            raise NotFound(self.invalid_cursor_message)
        return cursor


@extend_schema(
    summary="Claim the next task",
    request=None,
    responses={
        200: PolymorphicProxySerializer(
            component_name="Claim",
            serializers=[shapes.StateSchema, shapes.NothingLeftSchema],
            resource_type_field_name=None,
        ),
        **REFUSALS,
    },
)
@api_view(["POST"])
def claim(request: Request, slug: str) -> Response | HttpResponse:
    """The task in hand, or a new one. Claiming twice gives the same task."""
    project = Project.objects.of_member(_user(request), Role.ANNOTATOR).get(slug=slug)
    task = operations.claim_task(project=project, user=_user(request), now=timezone.now())
    if task is None:
        is_open = project.state == Project.State.OPEN
        code, message = (
            ("nothing_left", "There is no article left for you in this project.")
            if is_open
            else ("project_not_open", f"The project is {project.get_state_display()}.")
        )
        return Response({"task": None, "code": code, "message": message})
    return _answer(_state(request, task.uuid))


@extend_schema(summary="State of a task", responses={200: shapes.StateSchema, **REFUSALS})
@api_view(["GET"])
def task_detail(request: Request, uuid: UUID) -> HttpResponse:
    """Text, codebook, marks, answers, history: all that labelling needs; 304 to who has it already (``If-None-Match``)."""
    state = _state(request, uuid)
    if state.etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": state.etag})
    return _answer(state)


@extend_schema(
    summary="Save operations",
    request=shapes.OperationsSchema,
    responses={200: shapes.OutcomeSchema, 409: shapes.ConflictSchema, **REFUSALS},
)
@api_view(["POST"])
def save_operations(request: Request, uuid: UUID) -> Response:
    """Apply a batch of operations in order, each op_id once."""
    body = _body(request, "base_revision", "operations")
    outcome = apply_operations(
        uuid=uuid,
        user=_user(request),
        base_revision=body["base_revision"],
        operations=body["operations"],
        now=timezone.now(),
        active_seconds=_active_seconds(body),
    )
    answer: dict[str, Any] = {
        "revision": outcome.revision,
        "applied": outcome.applied,
        "refused": outcome.refused,
    }
    if outcome.late:
        answer |= {"late": True, "message": "This task was closed; your marks are kept, but do not count."}
    if outcome.state not in Task.WORKABLE:
        answer["state"] = _state(request, uuid).as_json()
    return Response(answer)


@extend_schema(
    summary="Submit a task",
    request=shapes.RevisionSchema,
    responses={200: shapes.NextSchema, 409: shapes.ConflictSchema, 422: shapes.IncompleteSchema, **REFUSALS},
)
@api_view(["POST"])
def submit(request: Request, uuid: UUID) -> Response:
    """Count the work as this person's reading, and claim the next task."""
    body = _body(request, "revision")
    task = operations.submit_task(
        task=Task(uuid=uuid),
        user=_user(request),
        revision=read_revision(body["revision"], "revision"),
        now=timezone.now(),
        active_seconds=_active_seconds(body),
    )
    return Response(_next(request, task))


@extend_schema(
    summary="Skip a task",
    request=shapes.ReasonSchema,
    responses={200: shapes.NextSchema, 409: shapes.ConflictSchema, **REFUSALS},
)
@api_view(["POST"])
def skip(request: Request, uuid: UUID) -> Response:
    """Close the task for good, saying why, and claim the next one."""
    body = _body(request, "reason")
    reason = body["reason"]
    if not isinstance(reason, str):
        raise WrongShape("reason must be text.")
    task = operations.skip_task(
        task=Task(uuid=uuid),
        user=_user(request),
        reason=reason,
        now=timezone.now(),
        active_seconds=_active_seconds(body),
    )
    return Response(_next(request, task))


@extend_schema(
    summary="Hand a task back",
    request=shapes.TimeSchema,
    responses={200: shapes.NextSchema, 409: shapes.ConflictSchema, **REFUSALS},
)
@api_view(["POST"])
def hand_back(request: Request, uuid: UUID) -> Response:
    """Give the task up for now; it comes back when nothing else is left."""
    operations.hand_back(
        task=Task(uuid=uuid), user=_user(request), now=timezone.now(), active_seconds=_time_told(request)
    )
    return Response({"next": None})


@extend_schema(summary="Renew the lease", request=shapes.TimeSchema, responses={200: shapes.LeaseSchema, **REFUSALS})
@api_view(["POST"])
def renew(request: Request, uuid: UUID) -> Response:
    """A sign of life: the task stays this person's for another lease."""
    task = operations.renew_lease(
        task=Task(uuid=uuid), user=_user(request), now=timezone.now(), active_seconds=_time_told(request)
    )
    return Response({"state": task.state, "lease_expires": task.lease_expires})


@extend_schema(methods=["GET"], summary="One's own settings", responses={200: shapes.SettingsSchema, **REFUSALS})
@extend_schema(
    methods=["PUT"],
    summary="Replace one's own settings",
    request=shapes.SettingsSchema,
    responses={200: shapes.SettingsSchema, **REFUSALS},
)
@extend_schema(
    methods=["PATCH"],
    summary="Change some of one's own settings",
    request=shapes.SettingsSchema,
    responses={200: shapes.SettingsSchema, **REFUSALS},
)
@api_view(["GET", "PUT", "PATCH"])
def my_settings(request: Request) -> Response:
    """PUT sets what is not named back to its default, PATCH leaves it; both answer with the whole."""
    user = _user(request)
    if request.method == "GET":
        return Response(settings_of(user).as_json())
    if request.method == "PUT":
        return Response(replace_settings(user=user, document=_body(request)).as_json())
    return Response(change_settings(user=user, changes=_body(request)).as_json())


@extend_schema(
    methods=["GET"],
    summary="What the labelling page remembers in a project",
    responses={200: shapes.MemorySchema, **REFUSALS},
)
@extend_schema(
    methods=["PATCH"],
    summary="Change some of what the labelling page remembers in a project",
    request=shapes.MemorySchema,
    responses={200: shapes.MemorySchema, **REFUSALS},
)
@api_view(["GET", "PATCH"])
def my_memory(request: Request, slug: str) -> Response:
    """One's own, in a project that one belongs to."""
    user, project = _user(request), _project(request, slug)
    if request.method == "GET":
        return Response(memory_of(user, project.slug))
    return Response(remember(user=user, project=project, changes=_body(request)))


@extend_schema(
    summary="Articles of a project",
    responses={
        200: PolymorphicProxySerializer(
            component_name="ProjectArticle",
            serializers=[shapes.ArticleSerializer, shapes.AnnotatorArticleSerializer],
            resource_type_field_name=None,
            many=True,
        ),
        **REFUSALS,
    },
)
@api_view(["GET"])
def articles(request: Request, slug: str) -> Response:
    """All articles for researchers and managers; for annotators those of their own tasks, as they may see them."""
    user = _user(request)
    project = _project(request, slug)
    if may(user, project, "see_articles"):
        everything = Article.objects.filter(projects=project).select_related("outlet", "story")
        return _page(request, everything.defer("raw", "raw_fields", "segments", "removed"), shapes.ArticleSerializer)
    own = Task.objects.filter(project=project).of_annotator(user).values("article")
    return _page(
        request,
        Article.objects.filter(pk__in=own),
        shapes.AnnotatorArticleSerializer,
    )


@extend_schema(summary="Annotations of a project", responses={200: shapes.ReadingSerializer(many=True), **REFUSALS})
@api_view(["GET"])
def annotations(request: Request, slug: str) -> Response:
    """All submitted readings for who may see them; for annotators their own work, in whatever state."""
    user = _user(request)
    project = _project(request, slug)
    tasks = Task.objects.filter(project=project)
    chosen = tasks.submitted() if may(user, project, "see_marks") else tasks.of_annotator(user)
    pseudonym = Membership.objects.filter(
        project=OuterRef("project"), user=OuterRef("annotator"), role=Role.ANNOTATOR
    ).values("pseudonym")
    spans = SpanAnnotation.objects.filter(deleted_at=None).select_related("label")
    relations = RelationAnnotation.objects.filter(deleted_at=None)
    rows = (
        chosen.annotate(pseudonym=Subquery(pseudonym))
        .select_related("article")
        .only("uuid", "state", "revision", "submitted_at", "article__uuid")
        .prefetch_related(
            Prefetch("spans", spans, to_attr="spans_that_stand"),
            Prefetch("relations", relations, to_attr="relations_that_stand"),
            "answers",
        )
    )
    return _page(request, rows, shapes.ReadingSerializer)


def _user(request: Request) -> User:
    """Signed in: the default permission let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


def _active_seconds(body: dict[str, Any]) -> int | None:
    """The time worked on the task so far, as the browser counted it; None where it does not say."""
    given = body.get("active_seconds")
    return None if given is None else read_revision(given, "active_seconds")


def _time_told(request: Request) -> int | None:
    """The same of a request that may have no body at all."""
    if not (request.content_type or "").startswith("application/json"):
        return None
    return _active_seconds(request.data) if isinstance(request.data, dict) else None


def _state(request: Request, uuid: UUID) -> TaskState:
    return read_state(uuid=uuid, user=_user(request))


def _answer(state: TaskState) -> HttpResponse:
    """STATE as it is; its JSON is not made anew."""
    return HttpResponse(state.as_text(), content_type="application/json", headers={"ETag": state.etag})


def _next(request: Request, task: Task) -> dict[str, Any]:
    """The address of the person's next task in the same project, claimed for them; null where none is left.

    Who asks with ``Prefer: return=representation`` is given its state with it.
    """
    following = operations.claim_task(project=task.project, user=_user(request), now=timezone.now())
    if following is None:
        return {"next": None}
    answer: dict[str, Any] = {"next": reverse("annotate:task", args=[following.uuid])}
    if "return=representation" in request.headers.get("Prefer", ""):
        answer["state"] = _state(request, following.uuid).as_json()
    return answer


def _project(request: Request, slug: str) -> Project:
    user = _user(request)
    projects = Project.objects.all() if user.is_superuser else Project.objects.of_member(user)
    return projects.get(slug=slug)


def _body(request: Request, *keys: str) -> dict[str, Any]:
    """The body, an object that has ``keys``; others are left out of account."""
    data = request.data
    if not isinstance(data, dict):
        raise WrongShape("The body must be a JSON object.")
    for key in keys:
        if key not in data:
            raise WrongShape(f"The body must have {key}.")
    return data


def _page(request: Request, rows: QuerySet[Any], serializer: type[BaseSerializer[Any]]) -> Response:
    paginator = ByAge()
    page = paginator.paginate_queryset(rows, request)
    return paginator.get_paginated_response(serializer(page, many=True).data)
