"""A reading in the tables: its task, its operations, its state. Everything goes through the operations that people use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Any, cast
from uuid import UUID, uuid4, uuid5

from django.contrib.auth.models import User

from annotate.doors.records import GivenReading
from annotate.doors.remedies import WIDEN, Remedy
from annotate.errors import Conflict, Refusal
from annotate.marking import MOST_OPERATIONS
from annotate.models import Operation, Project, ProjectArticle, RelationAnnotation, SpanAnnotation, Task
from annotate.operations.doors.contents import NAMESPACE
from annotate.operations.doors.refusals import DoorRefusal
from annotate.operations.marks import apply_operations
from annotate.rows import Rows, load_rows

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
# The version of the uuids that imports give to tasks and operations; those of people are random, version 4.
_OURS = 5
_CLOSED = {"skipped": Task.State.SKIPPED, "in_progress": Task.State.HANDED_BACK}
_POSITION = 0.5


def store_reading(
    *,
    project: Project,
    member: ProjectArticle,
    user: User,
    reading: GivenReading,
    rows: Rows,
    now: datetime,
    widen: bool,
) -> tuple[Task, str]:
    """Make the person's task on the article hold ``rows``; the task, and whether it was created, updated or unchanged.

    What people did is never changed: a reading that only imports touched follows its file, others are refused.
    Raises Refusal.
    """
    task = (
        Task.objects.select_for_update(of=("self",))
        .filter(project=project, article=member.article_id, round=reading.round, annotator=user)
        .first()
    )
    if task is None:
        task = _new_task(project, member, user, reading, now, widen=widen)
        _avoid_taken_ids(task, rows)
        _write(task, user, Rows(), rows, reading, now)
        _finish(task, reading, now)
        return task, CREATED
    _avoid_taken_ids(task, rows)
    current = load_rows(task)
    wanted_state = _CLOSED.get(reading.status, Task.State.SUBMITTED)
    if task.state == wanted_state and current == rows:
        return task, UNCHANGED
    if task.state != wanted_state:
        raise Refusal(
            "has_task",
            f"{user.username} has a task on this article that is {task.get_state_display()}, and the file says "
            f"{reading.status}. Bring it to an end in Slantwise, or import it under another username.",
        )
    _require_untouched(task)
    if task.state == Task.State.SUBMITTED:
        # For the moment of the change: a submitted task takes no operations.
        task.state = Task.State.RETURNED
        task.save(update_fields=["state"])
    _write(task, user, current, rows, reading, now)
    _finish(task, reading, now)
    return task, UPDATED


def _require_untouched(task: Task) -> None:
    """Refusal where a person worked on the task: an import may not change what they did."""
    ids = Operation.objects.filter(task=task).values_list("op_id", flat=True)
    made_here = task.revision == 0 and task.uuid.version != _OURS
    if made_here or any(op_id.version != _OURS for op_id in ids):
        raise Refusal(
            "already_read",
            "This person has worked on this article in Slantwise, and the marks differ from the file's. Theirs stay; to "
            "take the file's, import it under another username.",
        )


def _new_task(
    project: Project, member: ProjectArticle, user: User, reading: GivenReading, now: datetime, *, widen: bool
) -> Task:
    """A task of this person's: a closed one, or one in a slot that is open, for the moment returned."""
    if member.excluded:
        raise Refusal(
            "excluded_article", f"The article is left out of the project ({member.excluded_reason}). Take it in again."
        )
    uuid = _free_uuid(reading.id, f"{project.pk}/{member.article.uuid}/{user.pk}/{reading.round}")
    at = reading.submitted or now
    closed = _CLOSED.get(reading.status)
    if closed is not None:
        return Task.objects.create(
            uuid=uuid,
            project=project,
            codebook_id=project.codebook_id,
            article_id=member.article_id,
            round=reading.round,
            slot=1,
            annotator=user,
            state=closed,
            reason=(reading.reason or "Skipped elsewhere.")[:500] if closed == Task.State.SKIPPED else "",
            position=_POSITION,
            claimed_at=at,
            closed_at=at,
            active_seconds=reading.seconds or 0,
        )
    tasks = Task.objects.filter(project=project, article=member.article_id, round=reading.round)
    task = tasks.filter(state=Task.State.OPEN).order_by("slot").select_for_update().first()
    if task is None:
        slot = _free_slot(project, member, tasks.live().values_list("slot", flat=True), widen=widen)
        position = tasks.values_list("position", flat=True).first()
        task = Task(
            project=project,
            codebook_id=project.codebook_id,
            article_id=member.article_id,
            round=reading.round,
            slot=slot,
            position=_POSITION if position is None else position,
            priority=member.priority,
        )
    task.uuid = uuid
    task.annotator = user
    task.state = Task.State.RETURNED
    task.claimed_at = at
    task.active_seconds = reading.seconds or 0
    task.save()
    return task


def _free_slot(project: Project, member: ProjectArticle, taken: Any, *, widen: bool) -> int:
    wanted = project.annotators_per_article if member.annotators is None else member.annotators
    used = set(taken)
    if len(used) >= wanted:
        if not widen:
            raise DoorRefusal(
                "no_slot",
                f"The article wants {wanted} reading{'s' if wanted > 1 else ''} and has as many.",
                Remedy(WIDEN),
            )
        member.annotators = len(used) + 1
        member.save(update_fields=["annotators"])
    return next(slot for slot in range(1, len(used) + 2) if slot not in used)


def _free_uuid(given: str, scope: str) -> UUID:
    """The reading's own uuid where it has one that is free, else one made of its scope."""
    try:
        wanted = UUID(given) if given else uuid5(NAMESPACE, scope)
    except ValueError:
        wanted = uuid5(NAMESPACE, scope)
    return uuid4() if Task.objects.filter(uuid=wanted).exists() else wanted


def _avoid_taken_ids(task: Task, rows: Rows) -> None:
    """Marks and links whose ids are in use in other tasks get others, made of theirs and the task's scope."""
    scope = f"{task.project_id}/{task.article_id}/{task.annotator_id}/{task.round}"

    def others(keys: Iterable[UUID]) -> dict[str, str]:
        return {str(key): str(uuid5(NAMESPACE, f"{scope} {key}")) for key in keys}

    spans = others(
        SpanAnnotation.objects.filter(pk__in=list(rows.spans)).exclude(task=task).values_list("pk", flat=True)
    )
    links = others(
        RelationAnnotation.objects.filter(pk__in=list(rows.relations)).exclude(task=task).values_list("pk", flat=True)
    )
    if spans:
        rows.spans = {spans.get(key, key): {**row, "id": spans.get(key, key)} for key, row in rows.spans.items()}
    if spans or links:
        rows.relations = {
            links.get(key, key): {
                "id": links.get(key, key),
                "type": row["type"],
                "from_span": spans.get(row["from_span"], row["from_span"]),
                "to_span": spans.get(row["to_span"], row["to_span"]),
            }
            for key, row in rows.relations.items()
        }


def _write(task: Task, user: User, current: Rows, rows: Rows, reading: GivenReading, now: datetime) -> None:
    """Apply what leads from ``current`` to ``rows``; what is refused is put down and left out."""
    at = min(reading.submitted, now) if reading.submitted else now
    for some in batched(list(_operations(task, current, rows)), MOST_OPERATIONS):
        try:
            outcome = apply_operations(
                uuid=task.uuid, user=user, base_revision=task.revision, operations=list(some), now=at
            )
        except Conflict as conflict:
            raise Refusal(conflict.code, conflict.message) from None
        task.revision = outcome.revision
        by_id = {op["op_id"]: op for op in some}
        for refused in outcome.refused:
            target = by_id[refused["op_id"]]["target"]
            rows.spans.pop(target, None)
            rows.relations.pop(target, None)
            reading.refuse(f"{by_id[refused['op_id']]['kind']} {target}"[:50], refused["code"], refused["message"])


def _operations(task: Task, current: Rows, rows: Rows) -> Iterator[dict[str, Any]]:
    gone = [key for key in current.spans if key not in rows.spans]
    for key, link in current.relations.items():
        if rows.relations.get(key) != link and link["from_span"] not in gone and link["to_span"] not in gone:
            yield _operation(task, "unrelate", key, None, None)
    for key in gone:
        yield _operation(task, "delete", key, None, None)
    for key, row in rows.spans.items():
        after = {name: value for name, value in row.items() if name != "id"}
        if key not in current.spans:
            yield _operation(task, "add", key, None, after)
        elif current.spans[key] != row:
            before = cast("dict[str, Any]", current.spans[key])
            changed = {name: value for name, value in after.items() if before[name] != value}
            yield _operation(task, "change", key, {name: before[name] for name in changed}, changed)
    for key, link in rows.relations.items():
        if current.relations.get(key) != link:
            ends = {"type": link["type"], "from_span": link["from_span"], "to_span": link["to_span"]}
            yield _operation(task, "relate", key, None, ends)
    for code in {**current.answers, **rows.answers}:
        before_value, after_value = current.answers.get(code), rows.answers.get(code)
        if before_value != after_value:
            yield _operation(
                task,
                "answer",
                str(uuid5(task.uuid, code)),
                None if before_value is None else {"question": code, "value": before_value},
                None if after_value is None else {"question": code, "value": after_value},
            )


def _operation(
    task: Task, kind: str, target: str, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> dict[str, Any]:
    said = json.dumps([task.revision, kind, target, before, after], sort_keys=True)
    return {
        "op_id": str(uuid5(task.uuid, said)),
        "kind": kind,
        "target": target,
        "before": before,
        "after": after,
        "undoes": None,
    }


def _finish(task: Task, reading: GivenReading, now: datetime) -> None:
    """Count a complete reading; the time it was submitted elsewhere is kept."""
    if reading.status != "complete":
        return
    task.state = Task.State.SUBMITTED
    task.submitted_at = min(reading.submitted, now) if reading.submitted else now
    task.lease_expires = None
    task.save(update_fields=["state", "submitted_at", "lease_expires"])
