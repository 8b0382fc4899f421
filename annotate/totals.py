"""The totals of a project, or of a part of it, and the figures that follow from sums alone. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from agreement import Metric, StatRow, metrics
from agreement.documents import LabelIndexes
from annotate.models import AgreementStat, AgreementTotal, Project

_KEY = ("measure", "label", "m", "key_c", "key_k", "annotator_a", "annotator_b")
_EPOCH = date(1970, 1, 1)
# Answers are compared within their article, so sums of theirs mean nothing.
NOT_SUMMED = ("doc_rating", "value")


@dataclass(slots=True)
class Totals:
    """Summed rows, and in how many articles there was one of each.

    ``readings``: articles by the number of their readers. Of rows that are compared within their article (answers)
    there are no sums.
    """

    rows: list[StatRow] = field(default_factory=list)
    documents: list[int] = field(default_factory=list)

    @property
    def n_documents(self) -> int:
        """Articles that two or more people read: each has a row for each of its m readers."""
        by_m: dict[int, int] = defaultdict(int)
        for row, documents in zip(self.rows, self.documents, strict=True):
            if row.measure == "reading":
                by_m[row.m] += documents
        return sum(readings // m for m, readings in by_m.items())

    def add(self, key: Iterable[str | int], n: int, size_a: int, size_b: int, documents: int) -> None:
        measure, label, m, key_c, key_k, a, b = key
        self.rows.append(
            StatRow(
                str(measure),
                str(label),
                int(m),
                int(key_c),
                int(key_k),
                str(a) if a else "",
                str(b) if b else "",
                n,
                size_a,
                size_b,
            )
        )
        self.documents.append(documents)


def project_totals(project: Project) -> Totals:
    """Sums over the whole project, as far as changes were taken in (``settle_changes``)."""
    rows = (
        AgreementTotal.objects.filter(project=project, kind=AgreementTotal.Kind.PART)
        .order_by()
        .values_list(*_KEY)
        .annotate(Sum("n"), Sum("size_a"), Sum("size_b"), Sum("documents"))
    )
    return _totals(rows)


def totals_by_week(project: Project, *, latest: int) -> dict[date, Totals]:
    """Sums over the articles whose last reading was submitted in the week that begins on the day, for the ``latest``
    weeks in which any was."""
    weeks: dict[date, Totals] = {}
    of_project = AgreementTotal.objects.filter(project=project, kind=AgreementTotal.Kind.WEEK)
    buckets = of_project.order_by("-bucket").values_list("bucket", flat=True).distinct()[:latest]
    rows = of_project.filter(bucket__in=list(buckets)).order_by("bucket", "pk")
    for bucket, *key, n, size_a, size_b, documents in rows.values_list(
        "bucket", *_KEY, "n", "size_a", "size_b", "documents"
    ):
        weeks.setdefault(_EPOCH + timedelta(days=bucket), Totals()).add(key, n, size_a, size_b, documents)
    return weeks


def rows_by_part(project: Project) -> dict[str, list[StatRow]]:
    """The sums of each part, by its number as text."""
    parts: dict[str, Totals] = {}
    rows = AgreementTotal.objects.filter(project=project, kind=AgreementTotal.Kind.PART).order_by("bucket", "pk")
    for bucket, *key, n, size_a, size_b, documents in rows.values_list(
        "bucket", *_KEY, "n", "size_a", "size_b", "documents"
    ).iterator(chunk_size=5000):
        parts.setdefault(f"{bucket:03}", Totals()).add(key, n, size_a, size_b, documents)
    return {part: totals.rows for part, totals in parts.items()}


def totals_of(stats: QuerySet[AgreementStat]) -> Totals:
    """Sums of stored counts, made by the database."""
    rows = (
        stats.exclude(measure__in=NOT_SUMMED)
        .order_by()
        .annotate(a=Coalesce("annotator_a_id", 0), b=Coalesce("annotator_b_id", 0))
        .values_list(*_KEY[:5], "a", "b")
        .annotate(Sum("n"), Sum("size_a"), Sum("size_b"), Count("pk"))
    )
    return _totals(rows)


def _totals(rows: Iterable[tuple[Any, ...]]) -> Totals:
    totals = Totals()
    # Databases keep no order; that of the rows must not show anywhere.
    for *key, n, size_a, size_b, documents in sorted(rows):
        totals.add(key, int(n), int(size_a), int(size_b), int(documents))
    return totals


def metrics_of(totals: Totals, labels: LabelIndexes, names: Iterable[str] | None = None) -> dict[str, Metric]:
    """The figures that the articles' own rows would give, but for those about answers, without intervals."""
    found = metrics({"all": totals.rows}, labels, names=None if names is None else list(names))
    n_documents = totals.n_documents
    return {name: replace(metric, n_documents=n_documents) for name, metric in found.items()}


def percent_agreement(rows: Iterable[StatRow]) -> dict[str, float]:
    """Share of characters on which two readers agree, each article weighing as in alpha; by label, "" for the sets.

    Without a label's rows there is no entry.
    """
    same: dict[str, float] = defaultdict(float)
    everything: dict[str, float] = defaultdict(float)
    for row in rows:
        if row.measure in ("char_set", "char_label"):
            weight = row.n / (row.m - 1)
            everything[row.label] += weight if row.key_c == row.key_k else 2 * weight
            if row.key_c == row.key_k:
                same[row.label] += weight
    return {label: same[label] / total for label, total in everything.items() if total}


def prevalences_of(rows: Iterable[StatRow]) -> dict[str, float]:
    """Share of characters with each label over all readings of articles that two or more people read."""
    with_label: dict[str, float] = defaultdict(float)
    everything: dict[str, float] = defaultdict(float)
    for row in rows:
        if row.measure == "char_label":
            # A cell of two values stands for its mirror image too: one of the two has the label.
            weight = row.n / (row.m - 1)
            with_label[row.label] += weight * (row.key_c if row.key_c == row.key_k else 1)
            everything[row.label] += weight * (1 if row.key_c == row.key_k else 2)
    return {label: with_label[label] / total for label, total in everything.items() if total}
