"""Rows of agreement.jsonl: the figures that ``score`` prints, the set-valued ones again for each layer, and by event.

They are counted from the very readings that go into the release, so annotations.jsonl and articles.jsonl alone give
them again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isnan

import numpy as np

from agreement import Document, Field, Mark, Metric
from agreement.characters import PairCounts
from agreement.document_groups import CharacterGroups, Coincidences
from agreement.documents import NO_VALUES, is_read_twice
from agreement.documents import Relation as Link
from agreement.figures import Figure
from agreement.tally import Tally
from agreement.values import Value as Answer
from release.columns import rounded
from release.records import AgreementFigure, Annotation, Article, Value
from release.rows import Scheme

MISSING = "assigned_only: a complete reading without marks says nothing here; whoever did not complete it is missing"
EVENTS_AT_ONCE = 512
# By layer those that depend on which labels are offered; by event the headline figures.
SETS = ("char_alpha_set_nominal", "char_alpha_set_jaccard", "char_alpha_set_masi", "char_alpha_any")


@dataclass(slots=True)
class Base:
    """How much the figures of an event, or of the whole corpus, rest on: articles that two or more completed."""

    n_documents: int = 0
    characters: int = 0
    annotators: int = 0  # a bit for each

    def add(self, document: Document, annotators: int) -> None:
        self.n_documents += 1
        self.characters += document.length
        self.annotators |= annotators


class Readings:
    """What figures need of the complete readings of a release: counts, gathered while records go by in order of ids.

    Memory grows with events, by a few numbers for every two sets of labels that meet in one, but with neither articles
    nor marks.
    """

    def __init__(self, scheme: Scheme) -> None:
        self._schema = scheme.schema
        self.tally = Tally(scheme.indexes, scheme.schema)
        self.whole = Base()
        self.spans: Counter[str] = Counter()
        self.events: dict[str | None, int] = {}  # numbers by first appearance
        self.bases: list[Base] = []
        self._people: dict[str, int] = {}

    def add(self, article: Article, annotations: Sequence[Annotation]) -> None:
        """An article somebody read to the end; others say nothing about agreement."""
        complete = {a.annotator_id: a for a in sorted(annotations, key=lambda a: -a.round) if a.status == "complete"}
        if not complete:
            return
        event = self.events.setdefault(article.event_id, len(self.events))
        if event == len(self.bases):
            self.bases.append(Base())
        document = self._document(article, complete)
        self.tally.add(document, event)
        if is_read_twice(document):
            people = self._people
            bits = sum(1 << people.setdefault(annotator, len(people)) for annotator in complete)
            self.whole.add(document, bits)
            self.bases[event].add(document, bits)
            for annotation in complete.values():
                self.spans.update([span.label for span in annotation.spans])

    @property
    def drawn(self) -> str:
        """What intervals draw, in words."""
        return self.tally.drawn.replace("documents", "articles")

    def _document(self, article: Article, complete: Mapping[str, Annotation]) -> Document:
        schema = self._schema
        marks = tuple(
            Mark(
                annotator,
                span.start,
                span.end,
                span.label,
                tuple((piece.start, piece.end) for piece in span.fragments) if len(span.fragments) > 1 else (),
                span.span_id,
                _compared(span.attributes, schema.attributes, f"{span.label}.") if span.attributes else NO_VALUES,
            )
            for annotator, annotation in complete.items()
            for span in annotation.spans
        )
        answers: dict[str, dict[str, Answer]] = {question: {} for question in schema.questions}
        for annotator, annotation in complete.items():
            for question, answer in _compared(annotation.article_labels, schema.questions).items():
                answers[question][annotator] = answer
        relations = tuple(
            Link(annotator, relation.type, relation.from_span, relation.to_span)
            for annotator, annotation in complete.items()
            for relation in annotation.relations
            if relation.type in schema.relations
        )
        return Document(
            article.article_id,
            article.n_chars,
            tuple(sorted(complete)),
            marks,
            answers=answers,
            relations=relations,
        )


def _compared(given: Sequence[Value], fields: Mapping[str, Field], prefix: str = "") -> dict[str, Answer]:
    """Values as the package agreement compares them: the number where there is one, else the text; several as a list."""
    found: dict[str, Answer] = {}
    several: dict[str, list[str]] = defaultdict(list)
    for name, value, number in given:
        field = fields.get(prefix + name)
        if field is None:
            continue
        if field.kind == "set":
            several[name].append(value)
        else:
            found[name] = value if number is None else number
    return {**found, **several}


@dataclass(frozen=True, slots=True)
class About:
    """What a figure's name says: the measure without its label part, the label, the subject and the unit."""

    metric: str
    label: str | None
    subject: str | None
    unit: str

    @classmethod
    def of(cls, name: str) -> About:
        metric, _, rest = name.partition(":")
        if metric.startswith("attribute_"):
            path, *option = rest.split("=", 1)
            label, _, attribute = path.rpartition(".")
            return cls(metric, label, "=".join([attribute, *option]), "attribute")
        if metric.startswith(("doc_", "relation_")):
            return cls(metric, None, rest or None, "document" if metric.startswith("doc_") else "relation")
        return cls(metric, rest or None, None, "span" if metric.startswith("span_f1_") else "character")


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the figures of a release are computed."""

    bootstrap: int
    seed: int
    implementation: str


def agreement_figures(readings: Readings, scheme: Scheme, wanted: Wanted) -> Iterator[AgreementFigure]:
    """The corpus over all layers, then layer by layer, then each event over all layers and without intervals."""
    everything = readings.tally.everything()
    yield from _corpus(readings, everything, scheme, None, wanted)
    if len(scheme.layers) > 1:
        for layer in scheme.layers:
            yield from _corpus(readings, everything, scheme, layer, wanted)
    yield from _events(readings, scheme, wanted)


def _corpus(
    readings: Readings, whole: CharacterGroups, scheme: Scheme, layer: str | None, wanted: Wanted
) -> Iterator[AgreementFigure]:
    """All measures; for one layer those that depend on which labels are offered."""
    indexes = dict(scheme.indexes)
    if layer is None:
        figures = readings.tally.metrics(wanted.bootstrap, wanted.seed)
    else:
        labels = set(scheme.labels_of(layer))
        indexes = {label: index for label, index in indexes.items() if label in labels}
        figures = readings.tally.metrics_within(labels, wanted.bootstrap, wanted.seed, names=SETS)
    of_layer = sum(1 << index for index in indexes.values())
    coincidences = {"set": whole.sets(of_layer), "any": whole.yes_or_no(of_layer)}
    coincidences |= {label: whole.yes_or_no(1 << index) for label, index in indexes.items()}
    for name, metric in figures.items():
        about = About.of(name)
        found = None
        if about.metric.startswith("char_"):
            found = coincidences[about.label or ("any" if about.metric == "char_alpha_any" else "set")]
        yield AgreementFigure(
            scope="corpus",
            scope_id=None,
            layer=scheme.layer_of(about.label) if about.label else layer,
            label=about.label,
            subject=about.subject,
            metric=about.metric,
            unit=about.unit,
            value=metric.value,
            reason=metric.reason,
            ci_low=metric.ci[0] if metric.ci else None,
            ci_high=metric.ci[1] if metric.ci else None,
            percent_agreement=found.percent_agreement(0) if found else None,
            prevalence=found.prevalence(0) if found else None,
            n_articles=metric.n_documents,
            n_annotators=metric.n_annotators,
            n_units=_units_of(readings, about, metric),
            missing_policy=MISSING,
            implementation=wanted.implementation,
        )


def _events(readings: Readings, scheme: Scheme, wanted: Wanted) -> Iterator[AgreementFigure]:
    """Headline figures of every event by name, some events at a time. Articles of no event are left out."""
    names = sorted(event for event in readings.events if event is not None)
    place = np.full(len(readings.events), len(names), dtype=np.int64)
    place[[readings.events[name] for name in names]] = np.arange(len(names))
    counts = readings.tally.by_group()
    places = place[counts.document]
    order = np.argsort(places, kind="stable")
    ends = np.arange(0, len(names) + EVENTS_AT_ONCE, EVENTS_AT_ONCE).clip(max=len(names))
    bounds = np.searchsorted(places[order], ends)
    for block, (low, high) in enumerate(pairwise(bounds.tolist())):
        some, first = order[low:high], block * EVENTS_AT_ONCE
        columns = (places - first, counts.m, counts.key_c, counts.key_k, counts.n)
        events = CharacterGroups(PairCounts(*(column[some] for column in columns)), EVENTS_AT_ONCE)
        bases = {name: readings.bases[readings.events[name]] for name in names[first : first + EVENTS_AT_ONCE]}
        yield from _of_events(bases, events, scheme, wanted)


def _of_events(
    bases: Mapping[str, Base], events: CharacterGroups, scheme: Scheme, wanted: Wanted
) -> Iterator[AgreementFigure]:
    families: list[tuple[str, str | None, list[Figure], Coincidences]] = [
        ("char_alpha_set_nominal", None, events.set_alphas(), events.sets()),
        ("char_alpha_any", None, events.alphas_of_two(), events.yes_or_no()),
    ]
    for label, index in scheme.indexes.items():
        mask = 1 << index
        families.append(("char_alpha_label", label, events.alphas_of_two(mask), events.yes_or_no(mask)))
    for place, (event, base) in enumerate(bases.items()):
        for metric, label_or_none, figures, found in families:
            value = float(figures[place].values()[0])
            yield AgreementFigure(
                scope="event",
                scope_id=event,
                layer=scheme.layer_of(label_or_none) if label_or_none else None,
                label=label_or_none,
                subject=None,
                metric=metric,
                unit="character",
                value=None if isnan(value) else value,
                reason=figures[place].reason,
                ci_low=None,
                ci_high=None,
                percent_agreement=found.percent_agreement(place),
                prevalence=found.prevalence(place),
                n_articles=base.n_documents,
                n_annotators=base.annotators.bit_count(),
                n_units=base.characters,
                missing_policy=MISSING,
                implementation=wanted.implementation,
            )


def _units_of(readings: Readings, about: About, metric: Metric) -> int | None:
    """How many units a figure rests on; spans are those in the pairs compared, under one label or all."""
    match about.unit:
        case "span":
            return readings.spans[about.label] if about.label else readings.spans.total()
        case "attribute":
            return metric.n_pairs
        case "document":
            return metric.n_documents
        case "relation":
            return None
    return readings.whole.characters


def headline(figures: Sequence[AgreementFigure]) -> dict[str, float | None]:
    """The figures of the corpus that versions are compared by."""
    return {
        f"{figure.metric}:{figure.label}" if figure.label else figure.metric: _rounded(figure.value)
        for figure in figures
        if figure.scope == "corpus"
        and (figure.metric == "char_alpha_label" or figure.layer is None)
        and figure.metric in (*SETS, "char_alpha_label", "span_f1_exact")
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else rounded(value)


def implementation_of(tool_version: str) -> str:
    return f"slantwise {tool_version} agreement"
