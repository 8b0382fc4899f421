"""Rows of agreement.jsonl: the figures that ``score`` prints, the set-valued ones again for each layer, and by event.

They are counted from the very readings that go into the release, so annotations.jsonl and articles.jsonl alone give
them again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

from agreement import Document, Field, Mark, Metric, Schema, document_metrics
from agreement.document_groups import CharacterGroups, Coincidences
from agreement.documents import NO_VALUES
from agreement.documents import Relation as Link
from agreement.figures import Figure
from agreement.values import Value as Answer
from release.columns import DIGITS
from release.records import AgreementFigure, Annotation, Article, Value
from release.rows import Scheme

MISSING = "assigned_only: a complete reading without marks says nothing here; whoever did not complete it is missing"
# By layer those that depend on which labels are offered; by event the headline figures.
SETS = ("char_alpha_set_nominal", "char_alpha_set_jaccard", "char_alpha_set_masi", "char_alpha_any")


class Readings:
    """The complete readings of a release as the package agreement takes them, gathered while records go by."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._by_event: dict[str | None, list[Document]] = defaultdict(list)

    def add(self, article: Article, annotations: Sequence[Annotation]) -> None:
        """An article somebody read to the end; others say nothing about agreement."""
        complete = {a.annotator_id: a for a in sorted(annotations, key=lambda a: -a.round) if a.status == "complete"}
        if not complete:
            return
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
        document = Document(
            article.article_id,
            article.n_chars,
            tuple(sorted(complete)),
            marks,
            answers=answers,
            relations=relations,
        )
        self._by_event[article.event_id].append(document)

    def all(self) -> list[Document]:
        return [document for documents in self._by_event.values() for document in documents]

    def by_event(self) -> list[tuple[str, list[Document]]]:
        """Articles of no event are left out."""
        return sorted((event, documents) for event, documents in self._by_event.items() if event is not None)


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
    documents = readings.all()
    whole = CharacterGroups(documents, [0] * len(documents), 1, scheme.indexes)
    yield from _corpus(documents, whole, scheme, None, wanted)
    if len(scheme.layers) > 1:
        for layer in scheme.layers:
            yield from _corpus(documents, whole, scheme, layer, wanted)
    yield from _events(readings.by_event(), scheme, wanted)


def _corpus(
    documents: Sequence[Document], whole: CharacterGroups, scheme: Scheme, layer: str | None, wanted: Wanted
) -> Iterator[AgreementFigure]:
    """All measures; for one layer those that depend on which labels are offered."""
    indexes = dict(scheme.indexes)
    if layer is not None:
        labels = set(scheme.labels_of(layer))
        indexes = {label: index for label, index in indexes.items() if label in labels}
        documents = [
            Document(d.id, d.length, d.annotators, tuple([mark for mark in d.marks if mark.label in labels]))
            for d in documents
        ]
    names = None if layer is None else SETS
    of_layer = sum(1 << index for index in indexes.values())
    coincidences = {"set": whole.sets(of_layer), "any": whole.yes_or_no(of_layer)}
    coincidences |= {label: whole.yes_or_no(1 << index) for label, index in indexes.items()}
    base = _Base(documents)
    figures = document_metrics(documents, indexes, wanted.bootstrap, wanted.seed, names, schema=scheme.schema)
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
            n_units=base.units_of(about, metric),
            missing_policy=MISSING,
            implementation=wanted.implementation,
        )


def _events(
    by_event: Sequence[tuple[str, list[Document]]], scheme: Scheme, wanted: Wanted
) -> Iterator[AgreementFigure]:
    """Headline figures, all events from one sweep."""
    documents = [document for _, of_event in by_event for document in of_event]
    places = [place for place, (_, of_event) in enumerate(by_event) for _ in of_event]
    events = CharacterGroups(documents, places, len(by_event), scheme.indexes)
    families: list[tuple[str, str | None, list[Figure], Coincidences]] = [
        ("char_alpha_set_nominal", None, events.set_alphas(), events.sets()),
        ("char_alpha_any", None, events.alphas_of_two(), events.yes_or_no()),
    ]
    for label, index in scheme.indexes.items():
        mask = 1 << index
        families.append(("char_alpha_label", label, events.alphas_of_two(mask), events.yes_or_no(mask)))
    for place, (event, of_event) in enumerate(by_event):
        base = _Base(of_event)
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
                n_annotators=base.n_annotators,
                n_units=base.characters,
                missing_policy=MISSING,
                implementation=wanted.implementation,
            )


class _Base:
    """How much a figure rests on."""

    def __init__(self, documents: Sequence[Document]) -> None:
        pairable = [d for d in documents if len(d.annotators) >= 2]
        comparable = [d for d in pairable if d.length > 0]
        self.n_documents = len(comparable)
        self.n_annotators = len({annotator for d in comparable for annotator in d.annotators})
        self.characters = sum(d.length for d in pairable)
        self._pairable = pairable

    def units_of(self, about: About, metric: Metric) -> int | None:
        """How many units the figure rests on; spans are those in the pairs compared, under one label or all."""
        match about.unit:
            case "span":
                return self._spans[about.label] if about.label else self._spans.total()
            case "attribute":
                return metric.n_pairs
            case "document":
                return metric.n_documents
            case "relation":
                return None
        return self.characters

    @cached_property
    def _spans(self) -> Counter[str]:
        return Counter(mark.label for document in self._pairable for mark in document.marks)


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
    return None if value is None else round(value, DIGITS) + 0.0


def implementation_of(tool_version: str) -> str:
    return f"slantwise {tool_version} agreement"
