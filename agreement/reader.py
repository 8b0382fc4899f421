"""Documents from lines of JSON, or an error that names the line and the field."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from agreement.documents import MOST_LABELS, Document, Mark, Rating
from spans.span import Span

# Longer than any text, and small enough that sums of products of lengths stay within 64 bits.
LARGEST_INTEGER = (1 << 31) - 1
LABELS_LINE = {"labels"}


class BadInputError(ValueError):
    """Input that cannot be read; the message names the line and, where there is one, the field."""

    def __init__(self, line: int, field: str, problem: str) -> None:
        super().__init__(f"line {line}: {field}: {problem}" if field else f"line {line}: {problem}")
        self.line = line
        self.field = field


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents of a file and the label set they are measured with, in its order (declared) or sorted (seen)."""

    documents: list[Document]
    labels: list[str]


def read_documents(lines: Iterable[bytes]) -> Corpus:
    """Parse lines as of ``python -m agreement``: UTF-8 JSON, an optional first line ``{"labels": […]}``.

    Raises BadInputError at the first thing that is wrong. Blank lines are skipped.
    """
    documents: list[Document] = []
    declared: list[str] | None = None
    seen: set[str] = set()
    ids: dict[str, int] = {}
    first = True
    for number, entry in _objects(lines):
        if first and "id" not in entry and "labels" in entry:
            declared = _declared(number, entry)
            first = False
            continue
        first = False
        document = _Entry(number, entry).document()
        if document.id in ids:
            raise BadInputError(number, "id", f"{document.id!r} was used on line {ids[document.id]}")
        ids[document.id] = number
        for place, mark in enumerate(document.marks):
            if declared is not None and mark.label not in declared:
                raise BadInputError(number, f"spans[{place}].label", f"{mark.label!r} is not among the declared labels")
            seen.add(mark.label)
        if len(seen) > MOST_LABELS:
            raise BadInputError(number, "spans", f"more than {MOST_LABELS} different labels")
        documents.append(document)
    return Corpus(documents, sorted(seen) if declared is None else declared)


def _objects(lines: Iterable[bytes]) -> Iterator[tuple[int, dict[str, object]]]:
    for number, line in enumerate(lines, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise BadInputError(number, "", f"not UTF-8 at byte {error.start}") from error
        if not text.strip():
            continue
        try:
            entry = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadInputError(number, "", f"not JSON: {error}") from error
        if not isinstance(entry, dict):
            raise BadInputError(number, "", "not a JSON object")
        yield number, entry


def _declared(line: int, entry: dict[str, object]) -> list[str]:
    labels = entry["labels"]
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise BadInputError(line, "labels", "must be a list of strings")
    if len(set(labels)) != len(labels):
        raise BadInputError(line, "labels", "a label is declared twice")
    if len(labels) > MOST_LABELS:
        raise BadInputError(line, "labels", f"at most {MOST_LABELS} labels")
    if set(entry) != LABELS_LINE:
        raise BadInputError(line, min(set(entry) - LABELS_LINE), "does not belong beside labels")
    return labels


class _Entry:
    """One line of a document, checked field by field."""

    def __init__(self, line: int, entry: dict[str, object]) -> None:
        self.line = line
        self.entry = entry

    def wrong(self, field: str, problem: str) -> BadInputError:
        return BadInputError(self.line, field, problem)

    def document(self) -> Document:
        name = self.name()
        length = self.whole_number(self.entry, "length", "length")
        annotators = self.annotators()
        text = self.entry.get("text")
        if text is not None and not isinstance(text, str):
            raise self.wrong("text", "must be a string")
        if text is not None and len(text) != length:
            raise self.wrong("length", f"is {length}, but text has {len(text)} code points")
        return Document(
            id=name,
            length=length,
            annotators=annotators,
            marks=tuple(self.marks(length, set(annotators))),
            text=text,
            tokens=self.tokens(length),
            ratings=dict(self.ratings(set(annotators))),
            values=dict(self.values(set(annotators))),
        )

    def name(self) -> str:
        found = self.entry.get("id")
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        if not isinstance(found, str):
            raise self.wrong("id", "missing" if found is None else "must be a string")
        return found

    def whole_number(self, holder: dict[str, object], key: str, field: str) -> int:
        found = holder.get(key)
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= LARGEST_INTEGER:
            problem = "missing" if found is None else f"must be a whole number from 0 to {LARGEST_INTEGER}"
            raise self.wrong(field, problem)
        return found

    def annotators(self) -> tuple[str, ...]:
        found = self.entry.get("annotators")
        if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
            raise self.wrong("annotators", "missing" if found is None else "must be a list of strings")
        if len(set(found)) != len(found):
            raise self.wrong("annotators", "somebody is named twice")
        return tuple(found)

    def marks(self, length: int, annotators: set[str]) -> Iterator[Mark]:
        found = self.entry.get("spans", [])
        if not isinstance(found, list):
            raise self.wrong("spans", "must be a list")
        for place, span in enumerate(found):
            field = f"spans[{place}]"
            if not isinstance(span, dict):
                raise self.wrong(field, "must be an object")
            annotator, label = span.get("annotator"), span.get("label")
            if not isinstance(annotator, str):
                raise self.wrong(f"{field}.annotator", "missing" if annotator is None else "must be a string")
            if annotator not in annotators:
                raise self.wrong(f"{field}.annotator", f"{annotator!r} is not among the annotators")
            if not isinstance(label, str):
                raise self.wrong(f"{field}.label", "missing" if label is None else "must be a string")
            start = self.whole_number(span, "start", f"{field}.start")
            end = self.whole_number(span, "end", f"{field}.end")
            if end > length:
                raise self.wrong(f"{field}.end", f"{end} is beyond the length {length}")
            pieces = self.ranges(span.get("fragments"), f"{field}.fragments")
            try:
                whole = Span(start, end, label, pieces or ())
            except ValueError as error:
                raise self.wrong(f"{field}.fragments" if pieces and start < end else field, str(error)) from error
            yield Mark(annotator, start, end, label, whole.fragments)

    def ranges(self, found: object, field: str) -> tuple[tuple[int, int], ...] | None:
        """Pairs of whole numbers; None where there are none at all."""
        if found is None:
            return None
        if not isinstance(found, list):
            raise self.wrong(field, "must be a list of pairs [start, end]")
        result = []
        for place, pair in enumerate(found):
            if not isinstance(pair, list) or len(pair) != 2:
                raise self.wrong(f"{field}[{place}]", "must be a pair [start, end]")
            ends = {"start": pair[0], "end": pair[1]}
            start = self.whole_number(ends, "start", f"{field}[{place}][0]")
            end = self.whole_number(ends, "end", f"{field}[{place}][1]")
            result.append((start, end))
        return tuple(result)

    def tokens(self, length: int) -> tuple[tuple[int, int], ...] | None:
        found = self.ranges(self.entry.get("tokens"), "tokens")
        if found is None:
            return None
        for place, (start, end) in enumerate(found):
            if start >= end or end > length:
                raise self.wrong(f"tokens[{place}]", f"[{start}, {end}) is empty or beyond the length {length}")
        for place, (before, after) in enumerate(pairwise(found), start=1):
            if after[0] < before[1]:
                raise self.wrong(f"tokens[{place}]", "tokens must be in order and must not overlap")
        return found

    def by_annotator(self, field: str, annotators: set[str]) -> Iterator[tuple[str, object]]:
        found = self.entry.get(field)
        if found is None:
            return
        if not isinstance(found, dict):
            raise self.wrong(field, "must be an object by annotator")
        for annotator, given in found.items():
            if annotator not in annotators:
                raise self.wrong(field, f"{annotator!r} is not among the annotators")
            if given is not None:
                yield annotator, given

    def ratings(self, annotators: set[str]) -> Iterator[tuple[str, Rating]]:
        for annotator, given in self.by_annotator("ratings", annotators):
            if not isinstance(given, (str, bool, int, float)) or not _is_finite(given):
                raise self.wrong(f"ratings.{annotator}", "must be a string, a boolean or a finite number")
            yield annotator, given

    def values(self, annotators: set[str]) -> Iterator[tuple[str, float]]:
        for annotator, given in self.by_annotator("values", annotators):
            number = given.get("normalised") if isinstance(given, dict) else None
            field = f"values.{annotator}.normalised"
            if isinstance(given, dict) and number is None:
                continue
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not _is_finite(number):
                raise self.wrong(field, "must be a finite number")
            yield annotator, number


def _is_finite(given: str | float) -> bool:
    if isinstance(given, str):
        return True
    try:
        return math.isfinite(given)
    except OverflowError:
        return False
