"""Records from rows of the database: pseudonyms for people, text as far as the text mode allows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agreement import Schema
from annotate.models import Project, Task
from release.models import Release
from release.reading import ArticleRow, MarkRow, TaskRow
from release.records import Annotation, Article, Fragment, Relation, Span, Time, Value
from release.splits import split_of
from release.values import values_of

CONTEXT = 32  # code points before and after a span
STATUS = {Task.State.SUBMITTED: "complete", Task.State.SKIPPED: "skipped"}
TEXT_STATUS = {
    Release.TextMode.FULL: "full",
    Release.TextMode.QUOTES: "excerpt",
    Release.TextMode.POSITIONS: "none",
}


# How exactly a release says when people worked.
COARSE = {"second": "%Y-%m-%dT%H:%M:%SZ", "day": "%Y-%m-%dT00:00:00Z", "month": "%Y-%m-01T00:00:00Z"}
NO_TIMES = "none"


def time_of(moment: datetime | None, times: str = "second") -> Time | None:
    """UTC, whole seconds, ``Z``; the first second of the day or month, or null, with coarser ``times``."""
    if moment is None or times == NO_TIMES:
        return None
    return Time(moment.astimezone(UTC).strftime(COARSE[times]))


def state_of(moment: datetime, times: str) -> Time:
    """The time a release as a whole bears: without times still the month, as it comes from somebody's work too."""
    return Time(moment.astimezone(UTC).strftime(COARSE["month" if times == NO_TIMES else times]))


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """What a mark's label says about it."""

    code: str
    layer: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scheme:
    """The parts of a project's codebook that records need."""

    codebook_version: str
    guideline_version: str | None
    labels: Mapping[int, LabelFacts]
    layers: tuple[str, ...]
    indexes: Mapping[str, int]
    questions: tuple[str, ...]
    schema: Schema

    def labels_of(self, layer: str) -> list[str]:
        return [label.code for label in self.labels.values() if label.layer == layer]

    def layer_of(self, code: str) -> str:
        return next(label.layer for label in self.labels.values() if label.code == code)


def question_code(question: Mapping[str, Any]) -> str:
    return str(question.get("code") or question.get("name"))


@dataclass(slots=True)
class Counts:
    """Counts for the manifest, gathered while records go by."""

    statuses: dict[str, int] = field(default_factory=dict)
    labels: dict[str, dict[str, int]] = field(default_factory=dict)
    spans: int = 0
    relations: int = 0
    splits: dict[str, int] = field(default_factory=dict)
    languages: dict[str, int] = field(default_factory=dict)
    readings: dict[str, int] = field(default_factory=dict)
    latest: datetime | None = None

    def see(self, moment: datetime | None) -> None:
        if moment is not None and (self.latest is None or moment > self.latest):
            self.latest = moment


class Recorder:
    """Makes the records of one release."""

    def __init__(self, project: Project, scheme: Scheme, people: Mapping[int, str], text_mode: str, times: str) -> None:
        self._project = project
        self._scheme = scheme
        self._people = people
        self._times = times
        self._mode = Release.TextMode(text_mode)
        self._shown = self._mode != Release.TextMode.POSITIONS
        self.counts = Counts()

    def article(self, row: ArticleRow) -> Article:
        full = self._mode == Release.TextMode.FULL
        named = self._shown
        # An event where there is one, else near duplicates, else the article alone: what shares content stays together.
        split = split_of(row.story or row.near_duplicates or row.uuid)
        counts = self.counts
        counts.see(row.created_at)
        counts.splits[split] = counts.splits.get(split, 0) + 1
        if row.language:
            counts.languages[row.language] = counts.languages.get(row.language, 0) + 1
        return Article(
            article_id=row.uuid,
            event_id=row.story,
            outlet=row.outlet,
            title=(row.title or None) if named else None,
            byline=(row.byline or None) if named else None,
            published=time_of(row.published_at),
            language=row.language or None,
            source_url=row.url or None,
            archive_url=None,
            retrieved=time_of(row.created_at),
            text_status=TEXT_STATUS[self._mode],
            text=row.text if full else None,
            text_sha256=row.text_sha256,
            text_normalization=f"NFC;LF;cleaner-{row.cleaner_version}",
            n_chars=row.n_chars,
            license_text=row.rights or None,
            split=split,
        )

    def annotations(self, row: ArticleRow) -> Iterator[Annotation]:
        for task in row.tasks:
            yield self._annotation(row, task)

    def _annotation(self, row: ArticleRow, task: TaskRow) -> Annotation:
        status = STATUS.get(Task.State(task.state), "in_progress")
        annotator = self._people[task.annotator_id]
        counts = self.counts
        counts.see(task.submitted_at)
        counts.see(task.closed_at)
        counts.statuses[status] = counts.statuses.get(status, 0) + 1
        counts.readings.setdefault(annotator, 0)
        if status == "complete":
            counts.readings[annotator] += 1
        spans = [self._span(row.text, mark) for mark in task.marks]
        counts.spans += len(spans)
        counts.relations += len(task.relations)
        return Annotation(
            annotation_id=task.uuid,
            article_id=row.uuid,
            annotator_id=annotator,
            round=task.round,
            status=status,
            codebook_version=self._scheme.codebook_version,
            guideline_version=self._scheme.guideline_version,
            seconds=task.seconds,
            submitted=time_of(task.submitted_at, self._times) if status == "complete" else None,
            spans=spans,
            relations=[Relation._make(relation) for relation in task.relations],
            article_labels=values_of(task.answers, self._scheme.questions),
        )

    def _span(self, article: str, mark: MarkRow) -> Span:
        span_id, label_id, start, end, as_stored, confidence, comment, unsure, attributes = mark
        label = self._scheme.labels[label_id]
        of_layer = self.counts.labels.setdefault(label.layer, {})
        of_layer[label.code] = of_layer.get(label.code, 0) + 1
        shown = self._shown
        text = article[start:end] if shown else None
        if as_stored == f"[[{start}, {end}]]":
            fragments = [Fragment(start, end, text)]
        else:
            fragments = [Fragment(s, e, article[s:e] if shown else None) for s, e in json.loads(as_stored)]
        # In the order of the record's fields: names would take as long as the rest.
        return Span(
            span_id,
            label.layer,
            label.code,
            fragments,
            start,
            end,
            text,
            article[start - CONTEXT if start > CONTEXT else 0 : start] if shown else None,
            article[end : end + CONTEXT] if shown else None,
            confidence,
            comment or None,
            unsure,
            [] if attributes == "{}" else values_of(json.loads(attributes), label.attributes),
        )


def member_id(annotation_id: str, span_id: str) -> str:
    """How units and adjudicated spans name a span."""
    return f"{annotation_id}#{span_id}"


def attributes_of(values: Sequence[Value]) -> dict[str, list[str]]:
    """name → the values set, as text."""
    found: dict[str, list[str]] = {}
    for value in values:
        found.setdefault(value.name, []).append(value.value)
    return found
