"""What the agreement pages show beside the figures of the whole project: layers, weeks, what readers differ on most.

Plain JSON, as the worker stores it and ``annotate.agreement_page`` reads it:
``percent`` {label or "": share}, ``splits`` {label or "": {class: n}} (``agreement.disagreement``), ``layers`` {code: {"alpha", "overlap", "percent"}}, ``trend`` [{"week", "alpha",
"overlap"}], ``articles`` [{"uuid", "title", "share", "characters", "readers"}], ``passages`` [{"uuid", "title",
"start", "end", "quote", "share", "readers"}]; figures as ``python -m agreement`` prints them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from agreement import Document, Metric, disagreement, metrics, printed, reduced_to_labels
from agreement.documents import LabelIndexes
from agreement.split import CLASSES
from annotate.codebook import enabled_content
from annotate.models import ArticleAgreement, Project
from annotate.scoring import documents, label_indexes
from annotate.totals import Totals, metrics_of, percent_agreement, totals_by_week
from corpus.borders import sentences_of
from corpus.models import Article

MOST_SHOWN = 10
# Passages are looked for in so many articles, those on which readers differ most.
ARTICLES_SEARCHED = 30
# A shorter stretch is a name or a date, on which two people differ wholly or not at all.
SHORTEST_PASSAGE = 20
# The trend shows about a year and a half.
MOST_WEEKS = 80


def quick_details(project: Project, totals: Totals) -> dict[str, Any]:
    """What follows from the totals and from indexes: at the same cost however large the project is."""
    labels = label_indexes(project)
    return {
        "percent": percent_agreement(totals.rows),
        "splits": splits(totals),
        "layers": of_layers(project, totals, labels),
        "trend": trend(project, labels),
        "articles": worst_articles(project),
    }


def splits(totals: Totals) -> dict[str, dict[str, int]]:
    """By label, and "" for all labels together."""
    by_label = disagreement(totals.rows)
    together: Counter[str] = Counter()
    for counts in by_label.values():
        together.update(counts)
    return {"": dict.fromkeys(CLASSES, 0) | together, **by_label} if by_label else {}


def of_layers(project: Project, totals: Totals, labels: LabelIndexes) -> dict[str, dict[str, Any]]:
    """Each layer as if only its labels had been offered."""
    found = {}
    for code, own in layer_labels(project).items():
        rows = reduced_to_labels(totals.rows, labels, own)
        values = metrics({"all": rows}, own, names=["char_alpha_set_nominal", "span_f1_overlap"])
        found[code] = _two(values, totals.n_documents) | {"percent": percent_agreement(rows).get("")}
    return found


def layer_labels(project: Project) -> dict[str, dict[str, int]]:
    """The labels switched on, with their bits, by layer in the codebook's order."""
    labels = label_indexes(project)
    content = enabled_content(project.codebook.content, project.switches)
    return {
        layer["code"]: {label["code"]: labels[label["code"]] for label in layer["labels"]}
        for layer in content["layers"]
    }


def trend(project: Project, labels: LabelIndexes) -> list[dict[str, Any]]:
    """Alpha over the sets of labels and overlap F1 of the articles completed in each of the latest weeks."""
    weeks = sorted(totals_by_week(project, latest=MOST_WEEKS).items())
    return [
        {"week": week.isoformat()}
        | _two(metrics_of(totals, labels, ["char_alpha_set_nominal", "span_f1_overlap"]), totals.n_documents)
        for week, totals in weeks
    ]


def _two(values: Mapping[str, Metric], n_documents: int) -> dict[str, Any]:
    shown = printed(values)
    for metric in shown.values():
        metric["n_documents"] = n_documents
    return {"alpha": shown["char_alpha_set_nominal"], "overlap": shown["span_f1_overlap"]}


def worst_articles(project: Project) -> list[dict[str, Any]]:
    """The articles with the largest share of characters on which two readers differ; none on which nobody does."""
    leading = (
        _leading(project)
        .select_related("article")
        .only("readers", "share", "compared", "project", "article__uuid", "article__title")
    )
    return [
        {
            "uuid": str(row.article.uuid),
            "title": str(row.article),
            "share": row.share,
            "characters": 2 * row.compared // (row.readers * (row.readers - 1)),
            "readers": row.readers,
        }
        for row in leading[:MOST_SHOWN]
    ]


def _leading(project: Project) -> Any:
    return ArticleAgreement.objects.filter(project=project, differing__gt=0).order_by("-share", "article")


def worst_passages(project: Project) -> list[dict[str, Any]]:
    """The sentences on which readers differ most, from the articles that lead."""
    keys = list(_leading(project).values_list("article", flat=True)[:ARTICLES_SEARCHED])
    articles = {str(a.uuid): a for a in Article.objects.filter(pk__in=keys).only("uuid", "title", "text", "n_chars")}
    passages = []
    for document in documents(project, articles.values()):
        article = articles[document.id]
        flat = sentences_of(article.text)
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
