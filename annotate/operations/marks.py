"""Operations on marks: applied in order, each once, in one transaction, with as many queries for 200 as for one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q

from annotate.codebook import enabled_content
from annotate.errors import Conflict, Refusal
from annotate.marking import Logged, Marking, Op, Stale, ids_named, read_operations, read_revision
from annotate.models import ArticleAnnotation, Label, Operation, RelationAnnotation, SpanAnnotation, Task
from annotate.operations.tasks.claiming import resume_expired, stay_active
from annotate.operations.tasks.closing import lock_own
from annotate.rows import Image, RelationRow, Rows, SpanRow, relation_row, span_row

_WITH_RELATIONS = frozenset({"delete", "relate", "unrelate", "undo", "redo"})
_WITH_ANSWERS = frozenset({"answer", "undo", "redo"})
_SPAN_COLUMNS = (
    "label", "start", "end", "fragments", "quote", "attributes", "unsure", "confidence", "comment", "deleted_at",
)  # fmt: skip


class RefusedOp(TypedDict):
    """An operation that was not applied, and what to do about it."""

    op_id: str
    code: str
    message: str


@dataclass(slots=True)
class Outcome:
    """What became of a batch.

    ``applied`` holds the op_ids that are in the log now, whether this batch put them there or an earlier one did.
    ``state`` is the task's state; ``late`` says that it is closed and the operations were kept on it all the same.
    """

    revision: int
    state: str
    applied: list[str] = field(default_factory=list)
    refused: list[RefusedOp] = field(default_factory=list)
    late: bool = False


def apply_operations(
    *, task: Task, user: User, base_revision: int, operations: Sequence[dict[str, Any]], now: datetime
) -> Outcome:
    """Apply ``operations`` (OPERATION of the API) to ``task`` in order; each op_id once, however often it is sent.

    A bad operation is refused with its reason and the others go on, those that rest on it excepted. Marks of other
    rows may have changed since ``base_revision``; only a ``before`` that is not what stands is a conflict.

    Raises WrongShape, Task.DoesNotExist where the task is not this member's own, Conflict (nothing applied).
    """
    ops = read_operations(operations)
    read_revision(base_revision, "base_revision")
    try:
        return _apply(task, user, base_revision, ops, now)
    except IntegrityError:
        # Somebody used one of our new ids in another task between our look and our write: look again.
        return _apply(task, user, base_revision, ops, now)


@transaction.atomic
def _apply(task: Task, user: User, base_revision: int, ops: list[Op], now: datetime) -> Outcome:
    locked = lock_own(task, user)
    if base_revision > locked.revision:
        raise Conflict(locked.revision, "unknown_revision", "The task never had this revision.")
    log, known = _read_log(locked, ops)
    fresh = _without_repeats([op for op in ops if op.op_id not in known])
    outcome = Outcome(locked.revision, locked.state)
    if fresh and locked.state == Task.State.EXPIRED:
        resumed = resume_expired(task=locked, user=user, now=now)
        if resumed is not None:
            locked.state, locked.lease_expires = resumed.state, resumed.lease_expires
        outcome.state = locked.state
    if fresh and locked.state == Task.State.SUBMITTED:
        outcome.refused = [
            _say(op, "task_submitted", "The task is submitted; nothing more is changed.") for op in fresh
        ]
    elif fresh:
        outcome.late = locked.state not in Task.WORKABLE
        known |= _write(locked, user, fresh, log, outcome, now)
    outcome.applied = list(dict.fromkeys(op.sent_id for op in ops if op.op_id in known))
    return outcome


def _write(task: Task, user: User, ops: list[Op], log: dict[str, Logged], outcome: Outcome, now: datetime) -> set[str]:
    """Apply and store fresh operations; the op_ids applied."""
    stock = _load(task, ops, log)
    marking = Marking(
        text=task.article.text,
        content=enabled_content(task.codebook.content, task.project.switches),
        rows=stock.rows.copy(),
        taken=stock.taken,
        gone=stock.gone,
        log=log,
    )
    records: list[Operation] = []
    for op in ops:
        try:
            logged = marking.apply(op)
        except Refusal as refusal:
            outcome.refused.append(_say(op, refusal.code, refusal.message))
            continue
        except Stale:
            raise Conflict(outcome.revision) from None
        task.revision += 1
        records.append(_record(task, user, op, logged, now))
    if records:
        _store(task, stock, marking.rows, records, now)
        Operation.objects.bulk_create(records)
    stay_active(task, now)
    task.save(update_fields=["revision", "lease_expires", "active_seconds"])
    outcome.revision = task.revision
    return {str(record.op_id) for record in records}


def _read_log(task: Task, ops: list[Op]) -> tuple[dict[str, Logged], set[str]]:
    """Logged operations that ``ops`` take back, and the op_ids of ``ops`` that are known already."""
    sent = {op.op_id for op in ops}
    undone = {op.undoes for op in ops if op.undoes}
    found = Operation.objects.filter(task=task, op_id__in=sent | undone).values_list("op_id", "kind", "before", "after")
    rows = {str(op_id): Logged(kind, before, after) for op_id, kind, before, after in found}
    return {op_id: logged for op_id, logged in rows.items() if op_id in undone}, sent & rows.keys()


def _without_repeats(ops: list[Op]) -> list[Op]:
    """The first operation of each op_id."""
    return list({op.op_id: op for op in reversed(ops)}.values())[::-1]


@dataclass(slots=True)
class _Stock:
    """What was loaded: the rows that stand, ids in use in other tasks, ids deleted in this one."""

    rows: Rows = field(default_factory=Rows)
    taken: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)


def _load(task: Task, ops: list[Op], log: dict[str, Logged]) -> _Stock:
    stock = _Stock()
    ids = ids_named(ops, log)
    kinds = {op.kind for op in ops}
    if kinds & _WITH_RELATIONS:
        ends = Q(task=task) & (Q(from_span__in=ids) | Q(to_span__in=ids))
        for relation in RelationAnnotation.objects.filter(Q(pk__in=ids) | ends):
            if _sort_in(relation, task, stock):
                stock.rows.relations[str(relation.pk)] = relation_row(relation)
                ids |= {str(relation.from_span_id), str(relation.to_span_id)}
    for span in SpanAnnotation.objects.filter(pk__in=ids).select_related("label"):
        if _sort_in(span, task, stock):
            stock.rows.spans[str(span.pk)] = span_row(span)
    if kinds & _WITH_ANSWERS:
        stock.rows.answers = dict(ArticleAnnotation.objects.filter(task=task).values_list("question", "value"))
    return stock


def _sort_in(row: SpanAnnotation | RelationAnnotation, task: Task, stock: _Stock) -> bool:
    """Whether the row stands in this task; the id of any other is put down as taken or gone."""
    if row.task_id != task.pk:
        stock.taken.add(str(row.pk))
    elif row.deleted_at is not None:
        stock.gone.add(str(row.pk))
    return row.task_id == task.pk and row.deleted_at is None


def _store(task: Task, stock: _Stock, rows: Rows, records: list[Operation], now: datetime) -> None:
    """Bring the tables from ``stock`` to ``rows``: for each table one statement for rows it has, one for new ones."""
    befores = [cast("Image", record.before) for record in records]
    spans = _changes(stock.rows.spans, rows.spans, stock.gone, [image["spans"] for image in befores])
    if spans:
        _store_spans(task, spans, now)
    relations = _changes(stock.rows.relations, rows.relations, stock.gone, [image["relations"] for image in befores])
    if relations:
        _store_relations(task, relations, now)
    answers = {code for image in befores for code in image["answers"]}
    if answers:
        _store_answers(task, {code: rows.answers.get(code) for code in answers})


@dataclass(frozen=True, slots=True)
class _Change[R]:
    """How a row is to be stored: its last content, whether it stands, whether the table has it."""

    row: R
    stands: bool
    there: bool


def _changes[R](
    old: dict[str, R], new: dict[str, R], gone: set[str], images: list[dict[str, R | None]]
) -> dict[str, _Change[R]]:
    """The rows to store, in the order they were touched; ``images`` are the before-images of the operations.

    A row added and deleted within the batch is stored as deleted: its id is used up, and undo may bring it back.
    """
    changes: dict[str, _Change[R]] = {}
    last: dict[str, R] = {}
    for image in images:
        last |= {key: row for key, row in image.items() if row is not None}
    for key in dict.fromkeys(key for image in images for key in image):
        row = new.get(key, last.get(key))
        if row is not None and (key not in old or old.get(key) != new.get(key)):
            changes[key] = _Change(row, key in new, key in old or key in gone)
    return changes


def _store_spans(task: Task, changes: dict[str, _Change[SpanRow]], now: datetime) -> None:
    labels = dict(Label.objects.filter(codebook=task.codebook_id).values_list("code", "pk"))
    there: list[SpanAnnotation] = []
    new: list[SpanAnnotation] = []
    for key, change in changes.items():
        row = change.row
        span = SpanAnnotation(
            id=UUID(key),
            task=task,
            codebook_id=task.codebook_id,
            label_id=labels[row["label"]],
            start=row["start"],
            end=row["end"],
            fragments=row["fragments"],
            quote=row["quote"],
            attributes=row["attributes"],
            unsure=row["unsure"],
            confidence=row["confidence"],
            comment=row["comment"],
            deleted_at=None if change.stands else now,
        )
        (there if change.there else new).append(span)
    # Rows that are there belong to this locked task, so the upsert can only meet our own.
    if there:
        SpanAnnotation.objects.bulk_create(
            there, update_conflicts=True, unique_fields=["id"], update_fields=_SPAN_COLUMNS
        )
    if new:
        SpanAnnotation.objects.bulk_create(new)


def _store_relations(task: Task, changes: dict[str, _Change[RelationRow]], now: datetime) -> None:
    there: list[RelationAnnotation] = []
    new: list[RelationAnnotation] = []
    for key, change in changes.items():
        relation = RelationAnnotation(
            id=UUID(key),
            task=task,
            type=change.row["type"],
            from_span_id=UUID(change.row["from_span"]),
            to_span_id=UUID(change.row["to_span"]),
            deleted_at=None if change.stands else now,
        )
        (there if change.there else new).append(relation)
    # Deletions first: the same two marks may be linked anew in the same batch.
    there.sort(key=lambda relation: relation.deleted_at is None)
    if there:
        RelationAnnotation.objects.bulk_create(
            there, update_conflicts=True, unique_fields=["id"], update_fields=["deleted_at"]
        )
    if new:
        RelationAnnotation.objects.bulk_create(new)


def _store_answers(task: Task, answers: dict[str, Any]) -> None:
    gone = [code for code, value in answers.items() if value is None]
    kept = [
        ArticleAnnotation(task=task, question=code, value=value) for code, value in answers.items() if value is not None
    ]
    if gone:
        ArticleAnnotation.objects.filter(task=task, question__in=gone).delete()
    if kept:
        ArticleAnnotation.objects.bulk_create(
            kept, update_conflicts=True, unique_fields=["task", "question"], update_fields=["value"]
        )


def _record(task: Task, user: User, op: Op, logged: Logged, now: datetime) -> Operation:
    return Operation(
        task=task,
        seq=task.revision,
        op_id=UUID(op.op_id),
        kind=op.kind,
        target=UUID(op.target) if op.target else None,
        actor=user,
        before=logged.before,
        after=logged.after,
        undoes=UUID(op.undoes) if op.undoes else None,
        at=now,
    )


def _say(op: Op, code: str, message: str) -> RefusedOp:
    return {"op_id": op.sent_id, "code": code, "message": message}
