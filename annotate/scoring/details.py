"""What the agreement pages show beside the figures of the whole project: layers, weeks, what readers differ on most.

Plain JSON, as the worker stores it and ``annotate.dashboard.page`` reads it; figures as ``python -m agreement`` prints
them: ``percent`` {label or "": share}, ``splits`` {label or "": {class: n}} (``agreement.disagreement``), ``layers``
{code: {"alpha", "overlap", "percent"}}, ``trend`` [{"week", "alpha", "overlap"}], ``articles`` [{"uuid", "title",
"share", "characters", "readers"}], ``passages`` [{"uuid", "title", "start", "end", "quote", "share", "readers"}],
``choices`` {"outlets", "stories"}; people are in ``annotate.scoring.people``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count

from agreement import (
    Document,
    Metric,
    StatRow,
    disagreement,
    metrics,
    printed,
    reduced_to_labels,
)
from agreement.documents import LabelIndexes
from agreement.split import CLASSES
from annotate.codebook import enabled_content
from annotate.models import ArticleAgreement, Project
from annotate.scoring.adapter import label_indexes
from annotate.scoring.counts import Counts
from annotate.scoring.people import of_people
from annotate.scoring.totals import Totals, metrics_of, percent_agreement
from corpus.borders import sentences_of
from corpus.models import Article

MOST_SHOWN = 10
# Passages are looked for in so many articles, those on which readers differ most.
ARTICLES_SEARCHED = 30
# A shorter stretch is a name or a date, on which two people differ wholly or not at all.
SHORTEST_PASSAGE = 20
# A list to choose from names so many outlets, and so many stories.
MOST_CHOICES = 200


def quick_details(counts: Counts) -> dict[str, Any]:
    """What follows from sums and from indexes: of a whole project at the same cost however large it is."""
    labels = label_indexes(counts.project)
    return {
        "percent": percent_agreement(counts.totals.rows),
        "splits": splits(counts.totals),
        "layers": of_layers(counts, labels),
        "trend": trend(counts, labels),
        "articles": worst_articles(counts),
    }


def slow_details(counts: Counts, units: Mapping[str, list[StatRow]], bootstrap: int, seed: int) -> dict[str, Any]:
    """What takes drawing ``units``, or reading marks."""
    labels = label_indexes(counts.project)
    return {
        "layers": of_layers(counts, labels, units, bootstrap, seed),
        "passages": worst_passages(counts),
        **of_people(counts, counts.by_article() if counts.many else units, labels, bootstrap, seed),
    }


def splits(totals: Totals) -> dict[str, dict[str, int]]:
    """By label, and "" for all labels together."""
    by_label = disagreement(totals.rows)
    together: Counter[str] = Counter()
    for counts in by_label.values():
        together.update(counts)
    return {"": dict.fromkeys(CLASSES, 0) | together, **by_label} if by_label else {}


def of_layers(
    counts: Counts,
    labels: LabelIndexes,
    units: Mapping[str, list[StatRow]] | None = None,
    bootstrap: int = 0,
    seed: int = 0,
) -> dict[str, dict[str, Any]]:
    """Each layer as if only its labels had been offered; with ``units`` to draw, with intervals."""
    found = {}
    for code, own in layer_labels(counts.project).items():
        rows = {name: reduced_to_labels(of, labels, own) for name, of in (units or {"": counts.totals.rows}).items()}
        values = metrics(rows, own, bootstrap or None, seed, names=["char_alpha_set_nominal", "span_f1_overlap"])
        percent = percent_agreement(row for of in rows.values() for row in of).get("")
        found[code] = _two(values, counts.totals.n_documents) | {"percent": percent}
    return found


def layer_labels(project: Project) -> dict[str, dict[str, int]]:
    """The labels switched on, with their bits, by layer in the codebook's order."""
    labels = label_indexes(project)
    content = enabled_content(project.codebook.content, project.switches)
    return {
        layer["code"]: {label["code"]: labels[label["code"]] for label in layer["labels"]}
        for layer in content["layers"]
    }


def trend(counts: Counts, labels: LabelIndexes) -> list[dict[str, Any]]:
    """Alpha over the sets of labels and overlap F1 of the articles completed in each of the latest weeks."""
    return [
        {"week": week.isoformat()}
        | _two(metrics_of(totals, labels, ["char_alpha_set_nominal", "span_f1_overlap"]), totals.n_documents)
        for week, totals in sorted(counts.weeks().items())
    ]


def _two(values: Mapping[str, Metric], n_documents: int) -> dict[str, Any]:
    shown = printed(values)
    for metric in shown.values():
        metric["n_documents"] = n_documents
    return {"alpha": shown["char_alpha_set_nominal"], "overlap": shown["span_f1_overlap"]}


def worst_articles(counts: Counts) -> list[dict[str, Any]]:
    """The articles with the largest share of characters on which two readers differ; none on which nobody does."""
    leading = counts.leading(MOST_SHOWN)
    articles = Article.objects.only("uuid", "title").in_bulk([key for key, _ in leading])
    return [
        {
            "uuid": str(articles[key].uuid),
            "title": str(articles[key]),
            "share": own.share,
            "characters": 2 * own.compared // (own.readers * (own.readers - 1)),
            "readers": own.readers,
        }
        for key, own in leading
    ]


def worst_passages(counts: Counts) -> list[dict[str, Any]]:
    """The sentences on which readers differ most, from the articles that lead."""
    keys = [key for key, _ in counts.leading(ARTICLES_SEARCHED)]
    articles = {str(a.uuid): a for a in Article.objects.filter(pk__in=keys).only("uuid", "title", "text", "n_chars")}
    passages = []
    for document in counts.readings(articles.values()):
        flat = sentences_of(articles[document.id].text)
        for start, end, share in differing_in(document, list(zip(flat[::2], flat[1::2], strict=True))):
            if end - start >= SHORTEST_PASSAGE and share > 0:
                passages.append((-share, document.id, start, end, len(document.annotators)))
    return [
        {
            "uuid": uuid,
            "title": str(articles[uuid]),
            "start": start,
            "end": end,
            "quote": articles[uuid].text[start:end],
            "share": -share,
            "readers": readers,
        }
        for share, uuid, start, end, readers in sorted(passages)[:MOST_SHOWN]
    ]


def differing_in(document: Document, ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int, float]]:
    """Of each of the sorted, disjoint ``ranges``, the share of its characters on which two readers' labels differ."""
    changes: dict[int, Counter[tuple[str, str]]] = {}
    for mark in document.marks:
        for start, end in mark.pieces:
            changes.setdefault(start, Counter())[mark.annotator, mark.label] += 1
            changes.setdefault(end, Counter())[mark.annotator, mark.label] -= 1
    m = len(document.annotators)
    pairs = m * (m - 1) / 2
    found = []
    borders = sorted(changes)
    active: Counter[tuple[str, str]] = Counter()
    place, share = 0, 0.0
    for start, end in ranges:
        total, at = 0.0, start
        while at < end:
            while place < len(borders) and borders[place] <= at:
                active.update(changes[borders[place]])
                place += 1
                share = _differing_pairs(document.annotators, active) / pairs if pairs else 0.0
            until = min(end, borders[place]) if place < len(borders) else end
            total += share * (until - at)
            at = until
        found.append((start, end, total / (end - start) if end > start else 0.0))
    return found


def _differing_pairs(annotators: Iterable[str], active: Mapping[tuple[str, str], int]) -> int:
    sets: dict[str, set[str]] = {annotator: set() for annotator in annotators}
    for (annotator, label), n in active.items():
        if n > 0:
            sets[annotator].add(label)
    votes = Counter(frozenset(labels) for labels in sets.values())
    m = len(sets)
    return (m * m - sum(n * n for n in votes.values())) // 2


def choices(project: Project) -> dict[str, list[list[str]]]:
    """``{"outlets": [[slug, name]], "stories": [[slug, title]]}`` of the articles that two or more people read: those
    with most of them, by name."""
    articles = ArticleAgreement.objects.filter(project=project).order_by()
    outlets = articles.exclude(article__outlet=None).values_list("article__outlet__slug", "article__outlet__name")
    stories = articles.exclude(article__story=None).values_list("article__story__slug", "article__story__title")
    return {
        "outlets": _most_frequent(outlets.annotate(n=Count("pk"))),
        "stories": _most_frequent(stories.annotate(n=Count("pk"))),
    }


def _most_frequent(rows: Any) -> list[list[str]]:
    frequent = [(slug, name or slug) for slug, name, _ in rows.order_by("-n")[:MOST_CHOICES]]
    return sorted(([slug, name] for slug, name in frequent), key=lambda one: one[1].casefold())
