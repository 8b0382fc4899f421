"""Tasks and one's own settings: who asks, which task, which operation, which answer."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiResponse, PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes, throttle_classes
from rest_framework.request import Request
from rest_framework.response import Response

from annotate.api import serializers as shapes
from annotate.api.documenting import BODY, refusals
from annotate.api.querying import Newest, Paging, page_of, paged, read_query
from annotate.api.requests import user_of
from annotate.api.scopes import ANNOTATE, takes
from annotate.api.throttling import WorkRate
from annotate.marking import WrongShape, read_revision
from annotate.models import Membership, Project, Role, Task
from annotate.operations import tasks as operations
from annotate.operations.marks import apply_operations
from annotate.operations.user_settings import change_settings, remember, replace_settings
from annotate.problems import PROBLEM_JSON
from annotate.state import TaskState, read_state
from annotate.user_settings import memory_of, settings_of
from annotate.views.access import project_for

CONFLICT = OpenApiResponse(shapes.ConflictSchema, "The sender's picture is out of date: the state as it stands.")
INCOMPLETE = OpenApiResponse(shapes.IncompleteSchema, "What stands between the task and its submission.")


class TaskFilters(Paging):
    """Parameters of the list of one's tasks."""

    project = serializers.SlugField(required=False)
    state = serializers.ChoiceField(
        choices=[one for one in Task.State.values if one != Task.State.OPEN], required=False
    )


@extend_schema(
    operation_id="tasks_list",
    tags=["tasks"],
    summary="Tasks of one's own",
    parameters=[TaskFilters],
    responses={200: paged(shapes.OwnTaskSchema, "Tasks"), **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def tasks(request: Request) -> Response:
    """In every state, the latest first, of the projects in which the person annotates."""
    asked = read_query(request, TaskFilters)
    user = user_of(request)
    annotating = Membership.objects.filter(user=user, role=Role.ANNOTATOR).values("project")
    rows = Task.objects.of_annotator(user).filter(project__in=annotating)
    if "project" in asked:
        rows = rows.filter(project__slug=asked["project"])
    if "state" in asked:
        rows = rows.filter(state=asked["state"])
    shape = shapes.OwnTaskSchema()
    rows = rows.select_related("project", "article").only("uuid", "project__slug", "article__uuid", *shape.COLUMNS)
    return page_of(request, rows, shape.to_representation, Newest)


@extend_schema(
    operation_id="projects_claim",
    tags=["tasks"],
    summary="Claim the next task",
    request=None,
    responses={
        200: PolymorphicProxySerializer(
            component_name="Claim",
            serializers=[shapes.StateSchema, shapes.NothingLeftSchema],
            resource_type_field_name=None,
        ),
        **refusals(),
    },
)
@api_view(["POST"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def claim(request: Request, slug: str) -> Response | HttpResponse:
    """The task in hand, or a new one. Claiming twice gives the same task."""
    project = Project.objects.of_member(user_of(request), Role.ANNOTATOR).get(slug=slug)
    task = operations.claim_task(project=project, user=user_of(request), now=timezone.now())
    if task is None:
        is_open = project.state == Project.State.OPEN
        code, message = (
            ("nothing_left", "There is no article left for you in this project.")
            if is_open
            else ("project_not_open", f"The project is {project.get_state_display()}.")
        )
        return Response({"task": None, "code": code, "message": message})
    return _answer(_state(request, task.uuid))


@extend_schema(
    operation_id="tasks_retrieve",
    tags=["tasks"],
    summary="State of a task",
    responses={200: shapes.StateSchema, **refusals()},
)
@api_view(["GET"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def task_detail(request: Request, uuid: UUID) -> HttpResponse:
    """Text, codebook, marks, answers, history: all that labelling needs; 304 to who has it already (``If-None-Match``)."""
    state = _state(request, uuid)
    if state.etag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": state.etag})
    return _answer(state)


@extend_schema(
    operation_id="tasks_operations",
    tags=["tasks"],
    summary="Save operations",
    request=shapes.OperationsSchema,
    responses={200: shapes.OutcomeSchema, (409, PROBLEM_JSON): CONFLICT, **refusals(*BODY)},
)
@api_view(["POST"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def save_operations(request: Request, uuid: UUID) -> Response:
    """Apply a batch of operations in order, each op_id once."""
    body = _body(request, "base_revision", "operations")
    outcome = apply_operations(
        uuid=uuid,
        user=user_of(request),
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
    operation_id="tasks_submit",
    tags=["tasks"],
    summary="Submit a task",
    request=shapes.RevisionSchema,
    responses={
        200: shapes.NextSchema,
        (409, PROBLEM_JSON): CONFLICT,
        (422, PROBLEM_JSON): INCOMPLETE,
        **refusals(*BODY),
    },
)
@api_view(["POST"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def submit(request: Request, uuid: UUID) -> HttpResponse:
    """Count the work as this person's reading, and claim the next task."""
    body = _body(request, "revision")
    task = operations.submit_task(
        task=Task(uuid=uuid),
        user=user_of(request),
        revision=read_revision(body["revision"], "revision"),
        now=timezone.now(),
        active_seconds=_active_seconds(body),
    )
    return _next(request, task)


@extend_schema(
    operation_id="tasks_skip",
    tags=["tasks"],
    summary="Skip a task",
    request=shapes.ReasonSchema,
    responses={200: shapes.NextSchema, (409, PROBLEM_JSON): CONFLICT, **refusals(*BODY)},
)
@api_view(["POST"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def skip(request: Request, uuid: UUID) -> HttpResponse:
    """Close the task for good, saying why, and claim the next one."""
    body = _body(request, "reason")
    reason = body["reason"]
    if not isinstance(reason, str):
        raise WrongShape("reason must be text.")
    task = operations.skip_task(
        task=Task(uuid=uuid),
        user=user_of(request),
        reason=reason,
        now=timezone.now(),
        active_seconds=_active_seconds(body),
    )
    return _next(request, task)


@extend_schema(
    operation_id="tasks_hand_back",
    tags=["tasks"],
    summary="Hand a task back",
    request=shapes.TimeSchema,
    responses={200: shapes.NextSchema, (409, PROBLEM_JSON): CONFLICT, **refusals(*BODY)},
)
@api_view(["POST"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def hand_back(request: Request, uuid: UUID) -> Response:
    """Give the task up for now; it comes back when nothing else is left."""
    operations.hand_back(
        task=Task(uuid=uuid), user=user_of(request), now=timezone.now(), active_seconds=_time_told(request)
    )
    return Response({"next": None})


@extend_schema(
    operation_id="tasks_renew",
    tags=["tasks"],
    summary="Renew the lease",
    request=shapes.TimeSchema,
    responses={200: shapes.LeaseSchema, **refusals(*BODY)},
)
@api_view(["POST"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def renew(request: Request, uuid: UUID) -> Response:
    """A sign of life: the task stays this person's for another lease."""
    task = operations.renew_lease(
        task=Task(uuid=uuid), user=user_of(request), now=timezone.now(), active_seconds=_time_told(request)
    )
    return Response({"state": task.state, "lease_expires": task.lease_expires})


@extend_schema(
    operation_id="settings_retrieve",
    tags=["settings"],
    methods=["GET"],
    summary="One's own settings",
    responses={200: shapes.SettingsSchema, **refusals(*BODY)},
)
@extend_schema(
    operation_id="settings_replace",
    tags=["settings"],
    methods=["PUT"],
    summary="Replace one's own settings",
    request=shapes.SettingsSchema,
    responses={200: shapes.SettingsSchema, **refusals(*BODY)},
)
@extend_schema(
    operation_id="settings_change",
    tags=["settings"],
    methods=["PATCH"],
    summary="Change some of one's own settings",
    request=shapes.SettingsSchema,
    responses={200: shapes.SettingsSchema, **refusals(*BODY)},
)
@api_view(["GET", "PUT", "PATCH"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def my_settings(request: Request) -> Response:
    """PUT sets what is not named back to its default, PATCH leaves it; both answer with the whole."""
    user = user_of(request)
    if request.method == "GET":
        return Response(settings_of(user).as_json())
    if request.method == "PUT":
        return Response(replace_settings(user=user, document=_body(request)).as_json())
    return Response(change_settings(user=user, changes=_body(request)).as_json())


@extend_schema(
    operation_id="memory_retrieve",
    tags=["settings"],
    methods=["GET"],
    summary="What the labelling page remembers in a project",
    responses={200: shapes.MemorySchema, **refusals()},
)
@extend_schema(
    operation_id="memory_change",
    tags=["settings"],
    methods=["PATCH"],
    summary="Change some of what the labelling page remembers in a project",
    request=shapes.MemorySchema,
    responses={200: shapes.MemorySchema, **refusals(*BODY)},
)
@api_view(["GET", "PATCH"])
@permission_classes(takes(ANNOTATE))
@throttle_classes([WorkRate])
def my_memory(request: Request, slug: str) -> Response:
    """One's own, in a project that one belongs to."""
    user = user_of(request)
    project, _ = project_for(user, slug)
    if request.method == "GET":
        return Response(memory_of(user, project.slug))
    return Response(remember(user=user, project=project, changes=_body(request)))


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
    return read_state(uuid=uuid, user=user_of(request))


def _answer(state: TaskState) -> HttpResponse:
    """STATE as it is; its JSON is not made anew."""
    return HttpResponse(state.as_text(), content_type="application/json", headers={"ETag": state.etag})


def _next(request: Request, task: Task) -> HttpResponse:
    """The address of the person's next task in the same project, claimed for them; null where none is left.

    Who asks with ``Prefer: return=representation`` is given its state with it, the JSON of which is not made anew.
    """
    following = operations.claim_task(project=task.project, user=user_of(request), now=timezone.now())
    if following is None:
        return Response({"next": None})
    address = reverse("annotate:task", args=[following.uuid])
    if "return=representation" not in request.headers.get("Prefer", ""):
        return Response({"next": address})
    state = _state(request, following.uuid).as_text()
    return HttpResponse(f'{{"next":{json.dumps(address)},"state":{state}}}', content_type="application/json")


def _body(request: Request, *keys: str) -> dict[str, Any]:
    """The body, an object that has ``keys``; others are left out of account."""
    data = request.data
    if not isinstance(data, dict):
        raise WrongShape("The body must be a JSON object.")
    for key in keys:
        if key not in data:
            raise WrongShape(f"The body must have {key}.")
    return data
