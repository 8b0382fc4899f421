"""Operations on marks: applied in order, each once, in one transaction, with as many queries for 200 as for one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from annotate.errors import Conflict, Refusal
from annotate.marking import Logged, Marking, Op, Stale, read_operations, read_revision
from annotate.models import ArticleAnnotation, RelationAnnotation, Task
from annotate.operations.stock import Stock, take_stock
from annotate.operations.tasks.claiming import resume_expired, stay_active
from annotate.rows import RelationRow, Rows


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
    *,
    uuid: UUID,
    user: User,
    base_revision: int,
    operations: Sequence[dict[str, Any]],
    now: datetime,
    active_seconds: int | None = None,
) -> Outcome:
    """Apply ``operations`` (OPERATION of the API) to the task in order; each op_id once, however often it is sent.

    A bad operation is refused with its reason and the others go on, those that rest on it excepted. Marks of other
    rows may have changed since ``base_revision``; only a ``before`` that is not what stands is a conflict.
    ``active_seconds`` is the time worked on the task so far, where the sender counts it (see ``stay_active``).

    Raises WrongShape, Task.DoesNotExist where the task is not this member's own, Conflict (nothing applied).
    """
    ops = read_operations(operations)
    read_revision(base_revision, "base_revision")
    try:
        return _apply(uuid, user, base_revision, ops, now, active_seconds)
    except IntegrityError:
        # Somebody used one of our new ids in another task between our look and our write: look again.
        return _apply(uuid, user, base_revision, ops, now, active_seconds)


@transaction.atomic
def _apply(
    uuid: UUID, user: User, base_revision: int, ops: list[Op], now: datetime, active_seconds: int | None
) -> Outcome:
    stock = take_stock(uuid=uuid, user=user, ops=ops)
    task = stock.task
    if base_revision > task.revision:
        raise Conflict(task.revision, "unknown_revision", "The task never had this revision.")
    known = set(stock.known)
    fresh = _without_repeats([op for op in ops if op.op_id not in known])
    outcome = Outcome(task.revision, task.state)
    if fresh and task.state == Task.State.EXPIRED:
        resumed = resume_expired(task=task, user=user, now=now)
        if resumed is not None:
            task.state, task.lease_expires = resumed.state, resumed.lease_expires
        outcome.state = task.state
    if fresh and task.state == Task.State.SUBMITTED:
        outcome.refused = [
            _say(op, "task_submitted", "The task is submitted; nothing more is changed.") for op in fresh
        ]
    elif fresh:
        outcome.late = task.state not in Task.WORKABLE
        stay_active(task, now, active_seconds)
        known |= _write(stock, user, fresh, outcome, now)
    outcome.applied = list(dict.fromkeys(op.sent_id for op in ops if op.op_id in known))
    return outcome


def _write(stock: Stock, user: User, ops: list[Op], outcome: Outcome, now: datetime) -> set[str]:
    """Apply and store fresh operations; the op_ids applied."""
    marking = Marking(
        text=stock.text,
        content=stock.codebook.content,
        rows=stock.rows.copy(),
        taken=stock.taken,
        gone=set(stock.gone),
        log=stock.log,
    )
    done: list[tuple[Op, Logged]] = []
    for op in ops:
        try:
            done.append((op, marking.apply(op)))
        except Refusal as refusal:
            outcome.refused.append(_say(op, refusal.code, refusal.message))
        except Stale:
            raise Conflict(outcome.revision) from None
    outcome.revision += len(done)
    _store(stock, marking.rows, done, user, now)
    return {op.op_id for op, _ in done}


def _without_repeats(ops: list[Op]) -> list[Op]:
    """The first operation of each op_id."""
    return list({op.op_id: op for op in reversed(ops)}.values())[::-1]


# The rows of a batch, whatever their number, in one statement. A mark that is there belongs to this locked task (the
# others were refused), so the upsert changes our own rows only; one that is not there may meet an id that another task
# took a moment ago, and is then missing from the count. Sequence numbers go on from the revision before the batch.
_STORE = """
WITH marks AS (
    INSERT INTO annotate_spanannotation AS kept (id, task_id, codebook_id, label_id, start, "end", fragments, quote,
        attributes, unsure, confidence, comment, origin, created_at, deleted_at)
    SELECT sent.id, %(task)s, %(codebook)s, label.id, sent.start, sent."end", sent.fragments, sent.quote,
        sent.attributes, sent.unsure, sent.confidence, sent.comment, 'human', now(),
        CASE WHEN sent.stands THEN NULL ELSE %(now)s END
    FROM jsonb_to_recordset(%(marks)s) AS sent(id uuid, label text, start integer, "end" integer, fragments jsonb,
        quote text, attributes jsonb, unsure boolean, confidence double precision, comment text, stands boolean)
    JOIN annotate_label label ON label.codebook_id = %(codebook)s AND label.code = sent.label
    ON CONFLICT (id) DO UPDATE SET label_id = excluded.label_id, start = excluded.start, "end" = excluded."end",
        fragments = excluded.fragments, quote = excluded.quote, attributes = excluded.attributes,
        unsure = excluded.unsure, confidence = excluded.confidence, comment = excluded.comment,
        deleted_at = excluded.deleted_at
    WHERE kept.task_id = %(task)s
    RETURNING 1
), log AS (
    INSERT INTO annotate_operation (task_id, seq, op_id, kind, target, actor_id, before, after, undoes, at)
    SELECT %(task)s, %(revision)s + sent.nth, sent.op_id, sent.kind, sent.target, %(user)s, sent.before, sent.after,
        sent.undoes, %(now)s
    FROM jsonb_to_recordset(%(log)s) AS sent(nth integer, op_id uuid, kind text, target uuid, before jsonb, after jsonb,
        undoes uuid)
)
UPDATE annotate_task SET revision = %(revision)s + %(n_log)s, lease_expires = %(lease)s, active_seconds = %(active)s
WHERE id = %(task)s RETURNING (SELECT count(*) FROM marks)
"""


def _store(stock: Stock, rows: Rows, done: list[tuple[Op, Logged]], user: User, now: datetime) -> None:
    """Bring the tables from ``stock`` to ``rows``, write the log and the task: one statement for all of them, and one
    or two more for relations and for answers where the batch touches any."""
    task = stock.task
    befores = [logged.before for _, logged in done]
    spans = _changes(stock.rows.spans, rows.spans, stock.gone, [image["spans"] for image in befores])
    log = [
        {
            "nth": number,
            "op_id": op.op_id,
            "kind": op.kind,
            "target": op.target,
            "before": logged.before,
            "after": logged.after,
            "undoes": op.undoes,
        }
        for number, (op, logged) in enumerate(done, 1)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            {
                "task": task.pk,
                "codebook": task.codebook_id,
                "user": user.pk,
                "revision": task.revision,
                "n_log": len(log),
                "lease": task.lease_expires,
                "active": task.active_seconds,
                "marks": json.dumps([{**change.row, "stands": change.stands} for change in spans.values()]),
                "log": json.dumps(log),
                "now": now,
            },
        )
        if cursor.fetchone() != (len(spans),):
            raise IntegrityError("An id of a new mark is in use in another task.")
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


def _say(op: Op, code: str, message: str) -> RefusedOp:
    return {"op_id": op.sent_id, "code": code, "message": message}
