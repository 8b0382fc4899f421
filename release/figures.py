"""Rows of agreement.jsonl: the figures that ``score`` prints, the set-valued ones again for each layer, and by event.

They are counted from the very readings that go into the release, so annotations.jsonl and articles.jsonl alone give
them again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction

from agreement import Document, Mark
from agreement.characters import PairCounts, pair_counts
from agreement.metrics import document_metrics
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


def agreement_figures(
    readings: Readings, scheme: Scheme, *, bootstrap: int, seed: int, implementation: str
) -> Iterator[AgreementFigure]:
    """The corpus over all layers, then layer by layer, then each event over all layers and without intervals."""
    documents = readings.all()
    yield from _figures(documents, scheme, ("corpus", None), None, None, bootstrap, seed, implementation)
    if len(scheme.layers) > 1:
        for layer in scheme.layers:
            yield from _figures(documents, scheme, ("corpus", None), layer, SETS, bootstrap, seed, implementation)
    headline = ("char_alpha_set_nominal", "char_alpha_any", *(f"char_alpha_label:{label}" for label in scheme.indexes))
    for event, of_event in readings.by_event():
        yield from _figures(of_event, scheme, ("event", event), None, headline, None, seed, implementation)


def _figures(
    documents: Sequence[Document],
    scheme: Scheme,
    scope: tuple[str, str | None],
    layer: str | None,
    names: Sequence[str] | None,
    bootstrap: int | None,
    seed: int,
    implementation: str,
) -> Iterator[AgreementFigure]:
    indexes = dict(scheme.indexes)
    if layer is not None:
        labels = set(scheme.labels_of(layer))
        indexes = {label: index for label, index in indexes.items() if label in labels}
        documents = [
            Document(d.id, d.length, d.annotators, tuple(mark for mark in d.marks if mark.label in labels))
            for d in documents
        ]
    layers = {label.code: label.layer for label in scheme.labels.values()}
    base = _Base(documents, indexes)
    for name, metric in document_metrics(documents, indexes, bootstrap, seed, names).items():
        family, _, label = name.partition(":")
        family = family.removesuffix("_label") if family.startswith("span_f1_") else family
        share, prevalence, n_units = base.of(family, label)
        yield AgreementFigure(
            scope=scope[0],
            scope_id=scope[1],
            layer=layers[label] if label else layer,
            label=label or None,
            metric=name.partition(":")[0],
            unit="span" if family.startswith("span_") else "character",
            value=metric.value,
            reason=metric.reason,
            ci_low=metric.ci[0] if metric.ci else None,
            ci_high=metric.ci[1] if metric.ci else None,
            percent_agreement=share,
            prevalence=prevalence,
            n_articles=metric.n_documents,
            n_annotators=metric.n_annotators,
            n_units=n_units,
            missing_policy=MISSING,
            implementation=implementation,
        )


class _Base:
    """What a figure rests on: raw agreement, prevalence and the number of units compared."""

    def __init__(self, documents: Sequence[Document], indexes: dict[str, int]) -> None:
        pairable = [d for d in documents if len(d.annotators) >= 2]
        self._indexes = indexes
        self._characters = sum(d.length for d in pairable)
        self._spans: dict[str, int] = defaultdict(int)
        for document in pairable:
            for mark in document.marks:
                self._spans[mark.label] += 1
        self._counts = pair_counts(pairable, indexes)
        self._shares: dict[str, tuple[float | None, float | None]] = {}

    def of(self, family: str, label: str) -> tuple[float | None, float | None, int | None]:
        if family.startswith("span_"):
            return None, None, self._spans[label] if label else sum(self._spans.values())
        if not family.startswith("char_"):
            return None, None, self._characters
        what = label or ("any" if family == "char_alpha_any" else "set")
        if what not in self._shares:
            self._shares[what] = self._of_characters(what, label)
        return *self._shares[what], self._characters

    def _of_characters(self, what: str, label: str) -> tuple[float | None, float | None]:
        present = self._counts.in_two(1 << self._indexes[label] if label else -1)
        agreed, _, total = _sums(present if what != "set" else self._counts)
        _, carrying, _ = _sums(present)
        if not total:
            return None, None
        return float(agreed / total), float(carrying / total)


def _sums(counts: PairCounts) -> tuple[Fraction, Fraction, Fraction]:
    """Coincidences on the diagonal, coincidences whose first value is not empty, and all; each pair over m - 1."""
    agreed = carrying = total = Fraction(0)
    by_m: dict[tuple[int, bool, bool, bool], int] = defaultdict(int)
    columns = (counts.m.tolist(), counts.key_c.tolist(), counts.key_k.tolist(), counts.n.tolist())
    for m, c, k, n in zip(*columns, strict=True):
        by_m[m, c == k, c != 0, k != 0] += n
    for (m, same, c, k), n in by_m.items():
        both = Fraction(n, m - 1)
        total += both if same else 2 * both
        if same:
            agreed += both
            carrying += both if c else 0
        else:
            carrying += both * (c + k)
    return agreed, carrying, total


def implementation_of(tool_version: str) -> str:
    return f"slantwise {tool_version} agreement"
