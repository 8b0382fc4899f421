"""What a batch of operations needs of its task, locked and read in one statement."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection

from annotate.enabled import EnabledCodebook, enabled_codebook
from annotate.marking import Logged, Op, ids_named
from annotate.models import Project, Task
from annotate.rows import Rows

# ``seen`` is the revision in the snapshot with which all other tables are read. Where the lock had to wait for another
# batch, the locked row is newer than that.
_TAKE = """
WITH task AS MATERIALIZED (
    SELECT task.* FROM annotate_task task
    WHERE task.uuid = %(task)s AND task.annotator_id = %(user)s AND EXISTS (
        SELECT FROM annotate_membership member
        WHERE member.project_id = task.project_id AND member.user_id = %(user)s AND member.role = 'annotator'
    ) FOR UPDATE
)/* wide */
SELECT task.id, task.state, task.revision, (SELECT revision FROM annotate_task WHERE id = task.id),
       task.claimed_at, task.lease_expires, task.active_seconds,
       project.id, project.state, project.lease_minutes, project.switches::text, codebook.id, codebook.sha256, article.text,
       (SELECT json_agg(json_build_array(op_id, kind, before, after))::text FROM annotate_operation
        WHERE task_id = task.id AND op_id = ANY(%(op_ids)s::uuid[])),
       (SELECT json_agg(kept)::text FROM (
            SELECT span.id, label.code AS label, span.start, span."end", span.fragments, span.quote, span.attributes,
                   span.unsure, span.confidence, span.comment,
                   span.task_id = task.id AS own, span.deleted_at IS NULL AS stands
            FROM annotate_spanannotation span JOIN annotate_label label ON label.id = span.label_id
            WHERE /* spans */
        ) kept),
       /* relations and answers */
FROM task
JOIN annotate_project project ON project.id = task.project_id
JOIN annotate_codebook codebook ON codebook.id = task.codebook_id
JOIN corpus_article article ON article.id = task.article_id
"""
_NARROW = (
    _TAKE.replace("/* wide */", "")
    .replace("/* spans */", "span.id = ANY(%(ids)s::uuid[])")
    .replace("/* relations and answers */", "NULL, NULL")
)
# With operations that touch relations: also those of the marks named, and both ends of each; with an undo or a redo:
# also the rows that the operation taken back changed.
_WIDE = (
    _TAKE.replace(
        "/* wide */",
        """, image AS MATERIALIZED (
    SELECT side.image FROM annotate_operation undone JOIN task ON task.id = undone.task_id
    CROSS JOIN LATERAL (VALUES (undone.before), (undone.after)) side(image)
    WHERE undone.op_id = ANY(%(undone)s::uuid[])
), relation_image AS (
    SELECT each.key, each.value FROM image CROSS JOIN LATERAL jsonb_each(image.image->'relations') each
), named AS MATERIALIZED (
    SELECT unnest(%(ids)s::uuid[]) AS id
    UNION SELECT jsonb_object_keys(image.image->'spans')::uuid FROM image
    UNION SELECT key::uuid FROM relation_image
    UNION SELECT (value->>'from_span')::uuid FROM relation_image WHERE jsonb_typeof(value) = 'object'
    UNION SELECT (value->>'to_span')::uuid FROM relation_image WHERE jsonb_typeof(value) = 'object'
), link AS MATERIALIZED (
    SELECT relation.id, relation.type, relation.from_span_id AS from_span, relation.to_span_id AS to_span,
           relation.task_id = task.id AS own, relation.deleted_at IS NULL AS stands
    FROM annotate_relationannotation relation CROSS JOIN task
    WHERE relation.id IN (SELECT id FROM named)
       OR relation.task_id = task.id AND (
           relation.from_span_id IN (SELECT id FROM named) OR relation.to_span_id IN (SELECT id FROM named)
       )
)""",
    )
    .replace(
        "/* spans */",
        """span.id IN (
                SELECT id FROM named
                UNION SELECT from_span FROM link WHERE own AND stands
                UNION SELECT to_span FROM link WHERE own AND stands
            )""",
    )
    .replace(
        "/* relations and answers */",
        """(SELECT json_agg(link)::text FROM link),
       (SELECT json_object_agg(question, value)::text FROM annotate_articleannotation WHERE task_id = task.id)""",
    )
)
_WIDE_KINDS = frozenset({"delete", "relate", "unrelate", "answer", "undo", "redo"})


@dataclass(slots=True)
class Stock:
    """One locked task and what its operations touch.

    ``rows`` stand in the task; ``taken`` are ids in use in other tasks, ``gone`` those deleted in this one; ``log``
    has the operations to be taken back, ``known`` the op_ids of the batch that were applied before.
    """

    task: Task
    text: str
    codebook: EnabledCodebook
    rows: Rows = field(default_factory=Rows)
    taken: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    log: dict[str, Logged] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)


def take_stock(*, uuid: UUID, user: User, ops: Sequence[Op]) -> Stock:
    """Lock the person's own task and read what ``ops`` touch.

    Raises Task.DoesNotExist where the task is not theirs, or they are no annotator of its project any more.
    """
    sent = {op.op_id for op in ops}
    undone = {op.undoes for op in ops if op.undoes}
    statement = _WIDE if any(op.kind in _WIDE_KINDS for op in ops) else _NARROW
    values: dict[str, Any] = {
        "task": uuid,
        "user": user.pk,
        "op_ids": list(sent | undone),
        "undone": list(undone),
        "ids": list(ids_named(ops)),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
        if row is not None and row[2] != row[3]:
            # We waited for another batch: what was read beside the task is of before it. Now the lock is ours.
            cursor.execute(statement, values)
            row = cursor.fetchone()
    if row is None:
        raise Task.DoesNotExist
    (
        pk, state, revision, _, claimed_at, lease_expires, active_seconds,
        project, project_state, lease_minutes, switches, codebook, sha256, text,
        log, spans, relations, answers,
    ) = row  # fmt: skip
    stock = Stock(
        task=Task(
            pk=pk,
            uuid=uuid,
            state=state,
            revision=revision,
            claimed_at=claimed_at,
            lease_expires=lease_expires,
            active_seconds=active_seconds,
            annotator=user,
            codebook_id=codebook,
            project=Project(pk=project, state=project_state, lease_minutes=lease_minutes, codebook_id=codebook),
        ),
        text=text,
        codebook=enabled_codebook(pk=codebook, sha256=sha256, switches=json.loads(switches)),
    )
    for op_id, kind, before, after in _rows(log):
        if op_id in undone:
            stock.log[op_id] = Logged(kind, before, after)
        if op_id in sent:
            stock.known.add(op_id)
    stock.rows.relations = _standing(_rows(relations), stock)
    stock.rows.spans = _standing(_rows(spans), stock)
    stock.rows.answers = json.loads(answers) if answers else {}
    return stock


def _standing(rows: list[dict[str, Any]], stock: Stock) -> dict[str, Any]:
    """The rows that stand in this task; the ids of the others are put down as taken or gone."""
    kept = {}
    for row in rows:
        own, stands = row.pop("own"), row.pop("stands")
        if not own:
            stock.taken.add(row["id"])
        elif not stands:
            stock.gone.add(row["id"])
        else:
            kept[row["id"]] = row
    return kept


def _rows(text: str | None) -> list[Any]:
    """Rows from the JSON that the database made of them; it makes null of none."""
    return json.loads(text) if text else []
