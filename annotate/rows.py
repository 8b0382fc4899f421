"""Marks, relations and answers of one task as plain values, keyed as operations name them.

An image says how some rows stand: {"spans": {id: row | null}, "relations": …, "answers": …}; null = not there.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypedDict

from django.db import connection

from annotate.models import RelationAnnotation, SpanAnnotation, Task

_LINKS_AND_ANSWERS = """
SELECT (SELECT json_agg(kept)::text FROM (
            SELECT id, type, from_span_id AS from_span, to_span_id AS to_span FROM annotate_relationannotation
            WHERE task_id = %(task)s AND deleted_at IS NULL ORDER BY id
        ) kept),
       (SELECT json_object_agg(question, value)::text FROM annotate_articleannotation WHERE task_id = %(task)s)
"""


class SpanRow(TypedDict):
    """SPAN of the API: [start, end) is the hull of the fragments, in code points; quote is the text there."""

    id: str
    label: str
    start: int
    end: int
    fragments: list[list[int]]
    quote: str
    attributes: dict[str, Any]
    unsure: bool
    confidence: float | None
    comment: str


class RelationRow(TypedDict):
    """RELATION of the API."""

    id: str
    type: str
    from_span: str
    to_span: str


class Image(TypedDict):
    """Rows by id (answers by the question's code); None = not there."""

    spans: dict[str, SpanRow | None]
    relations: dict[str, RelationRow | None]
    answers: dict[str, Any]


@dataclass(slots=True)
class Rows:
    """The rows that stand."""

    spans: dict[str, SpanRow] = field(default_factory=dict)
    relations: dict[str, RelationRow] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)

    def put(self, image: Image) -> None:
        """Make the rows stand as ``image`` says."""
        _put(self.spans, image.get("spans", {}))
        _put(self.relations, image.get("relations", {}))
        _put(self.answers, image.get("answers", {}))

    def fit(self, image: Image) -> bool:
        """Whether the rows stand as ``image`` says."""
        return (
            _fit(self.spans, image.get("spans", {}))
            and _fit(self.relations, image.get("relations", {}))
            and _fit(self.answers, image.get("answers", {}))
        )

    def copy(self) -> "Rows":
        """A copy whose rows may be added and removed; rows themselves are never changed in place."""
        return Rows(dict(self.spans), dict(self.relations), dict(self.answers))


def image(
    spans: dict[str, SpanRow | None] | None = None,
    relations: dict[str, RelationRow | None] | None = None,
    answers: dict[str, Any] | None = None,
) -> Image:
    return {"spans": spans or {}, "relations": relations or {}, "answers": answers or {}}


def span_row(span: SpanAnnotation) -> SpanRow:
    """The row of a mark; its label must be joined."""
    return {
        "id": str(span.pk),
        "label": span.label.code,
        "start": span.start,
        "end": span.end,
        "fragments": span.fragments,
        "quote": span.quote,
        "attributes": span.attributes,
        "unsure": span.unsure,
        "confidence": span.confidence,
        "comment": span.comment,
    }


def relation_row(relation: RelationAnnotation) -> RelationRow:
    return {
        "id": str(relation.pk),
        "type": relation.type,
        "from_span": str(relation.from_span_id),
        "to_span": str(relation.to_span_id),
    }


def load_rows(task: Task) -> Rows:
    """Everything that stands in ``task``, spans in the order of the text (two queries)."""
    spans = SpanAnnotation.objects.filter(task=task, deleted_at=None).select_related("label")
    with connection.cursor() as cursor:
        cursor.execute(_LINKS_AND_ANSWERS, {"task": task.pk})
        relations, answers = cursor.fetchone()
    return Rows(
        keyed(span_row(span) for span in spans),
        keyed(json.loads(relations) if relations else []),
        json.loads(answers) if answers else {},
    )


def keyed[R: (SpanRow, RelationRow)](rows: Iterable[R]) -> dict[str, R]:
    return {row["id"]: row for row in rows}


def _put(rows: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, row in changes.items():
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row


def _fit(rows: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(rows.get(key) == row for key, row in wanted.items())
