"""data/spans_typed.jsonl: one flat row a span, with a typed column for each attribute of the shipped codebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from release.columns import columns_of
from release.formats.registry import Book
from release.records import AggregatedSpan, Annotation, Article, Span, TypedSpan
from release.writing import RecordFile, WrittenFile

PATH = "data/spans_typed.jsonl"
COLUMNS = columns_of(TypedSpan)
ATTRIBUTES = COLUMNS[[column.name for column in COLUMNS].index("confidence") + 1 :]


class TypedSpanWriter:
    """Spans of complete readings."""

    def __init__(self, root: Path, book: Book) -> None:  # noqa: ARG002
        self._file = RecordFile(root, PATH, TypedSpan)

    def add(self, article: Article, annotations: Sequence[Annotation], units: Sequence[AggregatedSpan]) -> None:  # noqa: ARG002
        for annotation in annotations:
            if annotation.status == "complete":
                self._file.write_all([typed(article, annotation, span) for span in annotation.spans])

    def close(self) -> list[WrittenFile]:
        self._file.close()
        return [self._file.written]


def typed(article: Article, annotation: Annotation, span: Span) -> TypedSpan:
    """The span with its attributes side by side; those not set are null, lists empty."""
    values: dict[str, Any] = {column.name: [] if column.many else None for column in ATTRIBUTES}
    kinds = {column.name: column for column in ATTRIBUTES}
    for value in span.attributes:
        column = kinds.get(value.name)
        if column is None:
            continue
        if column.many:
            values[value.name].append(value.value)
        elif column.kind is float:
            values[value.name] = value.number
        elif column.kind is bool:
            values[value.name] = value.value == "true"
        else:
            values[value.name] = value.value
    return TypedSpan(
        span_id=span.span_id,
        annotation_id=annotation.annotation_id,
        article_id=article.article_id,
        annotator_id=annotation.annotator_id,
        event_id=article.event_id,
        outlet=article.outlet,
        split=article.split,
        layer=span.layer,
        label=span.label,
        start=span.start,
        end=span.end,
        text=span.text,
        unsure=span.unsure,
        confidence=span.confidence,
        **values,
    )
