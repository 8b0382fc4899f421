"""Rows of agreement.jsonl: the figures that ``score`` prints, the set-valued ones again for each layer, and by event.

They are counted from the very readings that go into the release, so annotations.jsonl and articles.jsonl alone give
them again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan

from agreement import Document, Mark, document_metrics
from agreement.document_groups import CharacterGroups, Coincidences
from agreement.figures import Figure
from release.columns import DIGITS
from release.records import AgreementFigure, Annotation, Article
from release.rows import Scheme

MISSING = "assigned_only: a complete reading without marks says nothing here; whoever did not complete it is missing"
# By layer those that depend on which labels are offered; by event the headline figures.
SETS = ("char_alpha_set_nominal", "char_alpha_set_jaccard", "char_alpha_set_masi", "char_alpha_any")


class Readings:
    """The complete readings of a release as the package agreement takes them, gathered while records go by."""

    def __init__(self) -> None:
        self._by_event: dict[str | None, list[Document]] = defaultdict(list)

    def add(self, article: Article, annotations: Sequence[Annotation]) -> None:
        """An article somebody read to the end; others say nothing about agreement."""
        complete = {a.annotator_id: a for a in sorted(annotations, key=lambda a: -a.round) if a.status == "complete"}
        if not complete:
            return
        marks = tuple(
            Mark(
                annotator,
                span.start,
                span.end,
                span.label,
                tuple((piece.start, piece.end) for piece in span.fragments) if len(span.fragments) > 1 else (),
            )
            for annotator, annotation in complete.items()
            for span in annotation.spans
        )
        document = Document(article.article_id, article.n_chars, tuple(sorted(complete)), marks)
        self._by_event[article.event_id].append(document)

    def all(self) -> list[Document]:
        return [document for documents in self._by_event.values() for document in documents]

    def by_event(self) -> list[tuple[str, list[Document]]]:
        """Articles of no event are left out."""
        return sorted((event, documents) for event, documents in self._by_event.items() if event is not None)


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
    for name, metric in document_metrics(documents, indexes, wanted.bootstrap, wanted.seed, names).items():
        family, _, label = name.partition(":")
        of_spans = family.startswith("span_f1_")
        on_characters = family.startswith("char_")
        found = coincidences[label or ("any" if family == "char_alpha_any" else "set")]
        yield AgreementFigure(
            scope="corpus",
            scope_id=None,
            layer=scheme.layer_of(label) if label else layer,
            label=label or None,
            metric=family,
            unit="span" if of_spans else "character",
            value=metric.value,
            reason=metric.reason,
            ci_low=metric.ci[0] if metric.ci else None,
            ci_high=metric.ci[1] if metric.ci else None,
            percent_agreement=found.percent_agreement(0) if on_characters else None,
            prevalence=found.prevalence(0) if on_characters else None,
            n_articles=metric.n_documents,
            n_annotators=metric.n_annotators,
            n_units=base.spans_of(label) if of_spans else base.characters,
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

    def spans_of(self, label: str) -> int:
        """Spans in the pairs compared, under one label or, for "", all."""
        return self._spans[label] if label else self._spans.total()

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
