"""W3C Web Annotation (www.w3.org/TR/annotation-model): ARTICLE.jsonl, one annotation a span.

The target is the article's address, or its urn where it has none; the selectors are its position in code points and,
as far as the text mode shows it, its quote with context. A span in pieces has one target a piece, without context.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from release.columns import Json
from release.formats.registry import Book
from release.records import AggregatedSpan, Annotation, Article, Fragment, Relation, Span
from release.writing import FileSet, WrittenFile, line_of

FOLDER = "extra/w3c"
CONTEXT = "http://www.w3.org/ns/anno.jsonld"


class WebAnnotationWriter:
    """A file for each article that somebody completed and marked."""

    def __init__(self, root: Path, book: Book) -> None:  # noqa: ARG002
        self._files = FileSet(root)

    def add(self, article: Article, annotations: Sequence[Annotation], units: Sequence[AggregatedSpan]) -> None:  # noqa: ARG002
        lines: list[bytes] = []
        for annotation in annotations:
            if annotation.status == "complete":
                lines += [_line(span_annotation(article, annotation, span)) for span in annotation.spans]
                lines += [_line(relation_annotation(annotation, relation)) for relation in annotation.relations]
        if lines:
            self._files.write(f"{FOLDER}/{article.article_id}.jsonl", b"".join(lines))

    def close(self) -> list[WrittenFile]:
        return self._files.written()


def _line(content: Json) -> bytes:
    return line_of(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False))


def _head(annotation: Annotation, identity: str, motivation: str) -> dict[str, Json]:
    found: dict[str, Json] = {
        "@context": CONTEXT,
        "id": f"urn:uuid:{identity}",
        "type": "Annotation",
        "motivation": motivation,
        "creator": {"id": f"urn:slantwise:annotator:{annotation.annotator_id}", "type": "Person"},
    }
    if annotation.submitted is not None:
        found["created"] = annotation.submitted
    return found


def span_annotation(article: Article, annotation: Annotation, span: Span) -> dict[str, Json]:
    """Label, values and comment as bodies; where they apply as targets."""
    body: list[Json] = [{"type": "TextualBody", "purpose": "classifying", "value": span.label}]
    said = [f"{value.name}={value.value}" for value in span.attributes]
    if span.unsure:
        said.append("unsure=true")
    if span.confidence is not None:
        said.append(f"confidence={span.confidence!r}")
    body += [{"type": "TextualBody", "purpose": "tagging", "value": value} for value in said]
    if span.comment:
        body.append({"type": "TextualBody", "purpose": "commenting", "value": span.comment})
    source = article.source_url or f"urn:uuid:{article.article_id}"
    whole = len(span.fragments) == 1
    targets: list[Json] = [
        {
            "type": "SpecificResource",
            "source": source,
            "selector": _selectors(piece, span.prefix if whole else None, span.suffix if whole else None),
        }
        for piece in span.fragments
    ]
    return {
        **_head(annotation, span.span_id, "classifying"),
        "body": body,
        "target": targets[0] if whole else targets,
    }


def _selectors(piece: Fragment, prefix: str | None, suffix: str | None) -> list[Json]:
    selectors: list[Json] = [{"type": "TextPositionSelector", "start": piece.start, "end": piece.end}]
    if piece.text is not None:
        quote: dict[str, Json] = {"type": "TextQuoteSelector", "exact": piece.text}
        if prefix is not None:
            quote["prefix"] = prefix
        if suffix is not None:
            quote["suffix"] = suffix
        selectors.append(quote)
    return selectors


def relation_annotation(annotation: Annotation, relation: Relation) -> dict[str, Json]:
    """A link from one span's annotation to another's."""
    return {
        **_head(annotation, relation.relation_id, "linking"),
        "body": [
            {"type": "TextualBody", "purpose": "classifying", "value": relation.type},
            {"id": f"urn:uuid:{relation.to_span}", "type": "Annotation"},
        ],
        "target": f"urn:uuid:{relation.from_span}",
    }
