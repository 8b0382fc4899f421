"""The totals of a project, or of a part of it, and the figures that follow from sums alone. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum

from agreement import Metric, Schema, StatRow, metrics
from agreement.documents import LabelIndexes
from agreement.fields import field_names
from annotate.models import AgreementTotal, ArticleAgreement, Project

_KEY = ("measure", "label", "m", "key_c", "key_k", "annotator_a", "annotator_b")
_EPOCH = date(1970, 1, 1)
# Answers are compared within their article, so sums of theirs mean nothing.
NOT_SUMMED = ("doc_rating", "value")
# What the trend reads.
BY_WEEK = ("reading", "char_set", "f1_overlap")


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

    def answered(self, question: str) -> int:
        """Articles in which two or more readers answered the question: each has a row for each of its m answers."""
        by_m: dict[int, int] = defaultdict(int)
        for row, documents in zip(self.rows, self.documents, strict=True):
            if row.measure == "answer_read" and row.label == question:
                by_m[row.m] += documents
        return sum(answers // m for m, answers in by_m.items())

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


def totals_of(agreements: QuerySet[ArticleAgreement]) -> Totals:
    """Sums of the stored counts of some articles, made by the database."""
    return _summed(agreements, "NULL").get(None, Totals())


def totals_of_by_part(agreements: QuerySet[ArticleAgreement]) -> dict[str, list[StatRow]]:
    """The same for each part, by its number as text."""
    found = _summed(agreements, f"stat.article_id %% {AgreementTotal.PARTS}")
    return {f"{part:03}": totals.rows for part, totals in found.items()}


def totals_of_by_week(agreements: QuerySet[ArticleAgreement], *, latest: int) -> dict[date, Totals]:
    """The same for each of the ``latest`` weeks, only what the trend reads."""
    found = sorted(_summed(agreements, "own.week", BY_WEEK).items())
    return dict(found[-latest:])


def _summed(agreements: QuerySet[ArticleAgreement], by: str, measures: Iterable[str] = ()) -> dict[Any, Totals]:
    """Sums by what the expression ``by`` says; of ``measures`` only, if any are named."""
    chosen, parameters = agreements.order_by().values("pk").query.sql_with_params()
    query = f"""
        SELECT {by} AS bucket, stat.measure, stat.label, stat.m, stat.key_c, stat.key_k,
            coalesce(stat.annotator_a_id, 0), coalesce(stat.annotator_b_id, 0),
            sum(stat.n), sum(stat.size_a), sum(stat.size_b), count(*)
        FROM annotate_agreementstat stat
        JOIN annotate_articleagreement own ON own.project_id = stat.project_id AND own.article_id = stat.article_id
        WHERE own.id IN ({chosen}) AND stat.measure <> ALL(%s) AND (%s OR stat.measure = ANY(%s))
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
    """  # noqa: S608 - expressions of this module and Django's own
    names = list(measures)
    buckets: dict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(query, [*parameters, list(NOT_SUMMED), not names, names])
        for bucket, *columns in cursor.fetchall():
            buckets[bucket].append(tuple(columns))
    return {bucket: _totals(rows) for bucket, rows in buckets.items()}


def sum_of_rows(rows: Iterable[StatRow]) -> Totals:
    """The sums of rows at hand."""
    sums: defaultdict[tuple[str | int, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        if row.measure not in NOT_SUMMED:
            own = sums[summed_key(row)]
            for place, amount in enumerate((row.n, row.size_a, row.size_b, 1)):
                own[place] += amount
    return _totals((*key, *amounts) for key, amounts in sums.items())


def summed_key(row: StatRow) -> tuple[str | int, ...]:
    """What rows have in common that are summed: people are numbers, 0 for nobody."""
    people = int(row.annotator_a or 0), int(row.annotator_b or 0)
    return row.measure, row.label, row.m, row.key_c, row.key_k, *people


def _totals(rows: Iterable[tuple[Any, ...]]) -> Totals:
    totals = Totals()
    # Databases keep no order; that of the rows must not show anywhere.
    for *key, n, size_a, size_b, documents in sorted(rows):
        totals.add(key, int(n), int(size_a), int(size_b), int(documents))
    return totals


def metrics_of(
    totals: Totals, labels: LabelIndexes, names: Iterable[str] | None = None, schema: Schema | None = None
) -> dict[str, Metric]:
    """The figures that the articles' own rows would give, without intervals."""
    found = metrics({"all": totals.rows}, labels, names=None if names is None else list(names), schema=schema)
    return with_documents(found, totals, schema)


def with_documents(found: Mapping[str, Metric], totals: Totals, schema: Schema | None) -> dict[str, Metric]:
    """``found`` with the number of articles that each figure rests on."""
    read = totals.n_documents
    of_name = {} if schema is None else field_names(schema)
    questions = {of_name[name].path for name in found if name in of_name and of_name[name].owner == "answer"}
    answered = {f"answer:{question}": totals.answered(question) for question in questions}
    return {
        name: replace(metric, n_documents=answered.get(of_name[name].unit, read) if name in of_name else read)
        for name, metric in found.items()
    }


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
