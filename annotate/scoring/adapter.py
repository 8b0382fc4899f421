"""From rows of the database to what the package agreement counts, and back to figures. No rule of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Prefetch

from agreement import Document, Field, Mark, Relation, Schema, StatRow, metrics, printed
from annotate.enabled import enabled_codebook
from annotate.models import (
    AgreementStat,
    ArticleAnnotation,
    Project,
    ProjectArticle,
    RelationAnnotation,
    SpanAnnotation,
    Task,
)
from corpus.models import Article

_CHUNK = 500


def label_indexes(project: Project) -> dict[str, int]:
    """The labels switched on in ``project``, in the codebook's order, with their permanent bits."""
    indexes = dict(project.codebook.labels.values_list("code", "index"))
    return {label: indexes[label] for label in label_layers(project)}


def label_layers(project: Project) -> dict[str, str]:
    """The layer of each label switched on in ``project``, in the codebook's order."""
    layers = _content(project)["layers"]
    return {label["code"]: layer["code"] for layer in layers for label in layer["labels"]}


def schema_of(project: Project) -> Schema:
    """The questions, attributes, relations and layers switched on in ``project``, and how their values compare."""
    content = _content(project)
    labels = [label for layer in content["layers"] for label in layer["labels"]]
    return Schema(
        layers=label_layers(project),
        questions={question["code"]: _field(question) for question in content["questions"]},
        attributes={
            f"{label['code']}.{attribute['name']}": _field(attribute)
            for label in labels
            for attribute in label["attributes"]
        },
        relations=tuple(sorted({relation["type"] for relation in content["relations"]})),
    )


def _field(asked: Mapping[str, Any]) -> Field:
    options = tuple(value["code"] for value in asked["values"])
    if asked.get("many"):
        return Field("set", options)
    if asked["type"] == "number":
        return Field("number")
    return Field("rank" if asked.get("ordered") else "nominal", options)


def _content(project: Project) -> Mapping[str, Any]:
    codebook = project.codebook
    return enabled_codebook(pk=codebook.pk, sha256=codebook.sha256, switches=project.switches).content


def documents(
    project: Project, articles: Iterable[Article] | None = None, labels: Collection[str] | None = None
) -> Iterator[Document]:
    """The submitted readings, article by article; a reading without marks is there too.

    Only ``labels`` (those that the project has switched on, unless they are named), only attributes, relations and
    answers that are on, and not articles that it excludes. Annotators are named by their account's key, articles by
    their uuid.
    """
    on = label_indexes(project) if labels is None else labels
    schema = schema_of(project)
    tasks = (
        Task.objects.filter(project=project)
        .submitted()
        .exclude(article__in=ProjectArticle.objects.filter(project=project, excluded=True).values("article"))
        .order_by("article", "annotator")
        .select_related("article")
        .only("annotator", "article__uuid", "article__n_chars", "project")
        .prefetch_related(*_parts(schema, on))
    )
    if articles is not None:
        tasks = tasks.filter(article__in=[article.pk for article in articles])
    for article, readings in groupby(tasks.iterator(chunk_size=_CHUNK), key=lambda task: task.article):
        yield _document(article, list(readings), schema)


def _parts(schema: Schema, labels: Collection[str]) -> Iterator[Prefetch]:
    """What belongs to a reading; nothing is asked for that the project has switched off."""
    yield Prefetch(
        "spans",
        queryset=SpanAnnotation.objects.filter(deleted_at__isnull=True, label__code__in=labels)
        .select_related("label")
        .only("task", "start", "end", "fragments", "attributes", "label__code"),
    )
    if schema.relations:
        relations = RelationAnnotation.objects.filter(deleted_at__isnull=True, type__in=schema.relations)
        yield Prefetch("relations", queryset=relations.only("task", "type", "from_span", "to_span"))
    if schema.questions:
        yield Prefetch("answers", queryset=ArticleAnnotation.objects.filter(question__in=list(schema.questions)))


def _document(article: Article, readings: list[Task], schema: Schema) -> Document:
    answers: dict[str, dict[str, Any]] = {question: {} for question in schema.questions}
    for task in readings if schema.questions else ():
        for answer in task.answers.all():
            answers[answer.question][str(task.annotator_id)] = answer.value
    return Document(
        id=str(article.uuid),
        length=article.n_chars,
        annotators=tuple(str(task.annotator_id) for task in readings),
        marks=tuple(_mark(str(task.annotator_id), span, schema) for task in readings for span in task.spans.all()),
        answers=answers,
        relations=tuple(
            Relation(str(task.annotator_id), relation.type, str(relation.from_span_id), str(relation.to_span_id))
            for task in (readings if schema.relations else ())
            for relation in task.relations.all()
        ),
    )


def _mark(annotator: str, span: SpanAnnotation, schema: Schema) -> Mark:
    label = span.label.code
    return Mark(
        annotator=annotator,
        start=span.start,
        end=span.end,
        label=label,
        fragments=tuple((start, end) for start, end in span.fragments),
        id=str(span.pk),
        attributes={name: value for name, value in span.attributes.items() if f"{label}.{name}" in schema.attributes},
    )


def stat_of(row: StatRow, *, project_id: int, article_id: int) -> AgreementStat:
    """``row`` as it is stored."""
    return AgreementStat(
        project_id=project_id,
        article_id=article_id,
        measure=row.measure,
        label=row.label,
        m=row.m,
        key_c=row.key_c,
        key_k=row.key_k,
        annotator_a_id=int(row.annotator_a) if row.annotator_a else None,
        annotator_b_id=int(row.annotator_b) if row.annotator_b else None,
        n=row.n,
        size_a=row.size_a,
        size_b=row.size_b,
    )


COLUMNS = ("measure", "label", "m", "key_c", "key_k", "annotator_a", "annotator_b", "n", "size_a", "size_b")


def stored_rows(project: Project, articles: Iterable[Article] | None = None) -> dict[str, list[StatRow]]:
    """The counts kept for each article (or only for ``articles``), by its uuid."""
    rows: dict[str, list[StatRow]] = defaultdict(list)
    kept = AgreementStat.objects.filter(project=project)
    if articles is not None:
        kept = kept.filter(article__in=[article.pk for article in articles])
    stats = kept.order_by("pk").values_list("article__uuid", *COLUMNS)
    for uuid, *columns in stats.iterator(chunk_size=5000):
        rows[str(uuid)].append(_row(columns))
    return rows


def keyed_rows(project: Project, article: Article) -> Iterator[tuple[int, StatRow]]:
    """The counts kept for one article, each with its key in the database."""
    for key, *columns in AgreementStat.objects.filter(project=project, article=article).values_list("pk", *COLUMNS):
        yield key, _row(columns)


def _row(columns: Sequence[Any]) -> StatRow:
    measure, label, m, key_c, key_k, a, b, n, size_a, size_b = columns
    people = "" if a is None else str(a), "" if b is None else str(b)
    return StatRow(measure, label, m, key_c, key_k, *people, n, size_a, size_b)


@dataclass(frozen=True, slots=True)
class ArticleCounts:
    """The fields of ``ArticleAgreement``: of every pair of readers, the characters on which their sets of labels
    differ, and all characters."""

    readers: int
    differing: int
    compared: int
    week: date

    @property
    def share(self) -> float:
        return self.differing / self.compared


def article_counts(rows: Iterable[StatRow], week: date) -> ArticleCounts:
    """Of the rows of an article that two or more people read."""
    readers = length = differing = 0
    for row in rows:
        if row.measure == "reading":
            readers, length = row.m, row.n
        elif row.measure == "char_set" and row.key_c != row.key_k:
            # One cell stands for both orders of a pair, so it counts each pair of people once.
            differing += row.n
    return ArticleCounts(readers, differing, length * readers * (readers - 1) // 2, week)


def monday_of(moment: datetime) -> date:
    """The first day of the week of ``moment``, in UTC."""
    day = moment.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())


def project_metrics(
    project: Project, *, bootstrap: int | None = None, seed: int = 0, jackknife: bool = False
) -> dict[str, dict[str, Any]]:
    """What ``python -m agreement`` prints under "metrics" for the project's readings, from the stored counts.

    ``bootstrap`` None or 0: without percentile intervals.
    """
    rows = stored_rows(project)
    found = metrics(
        rows, label_indexes(project), bootstrap or None, seed, jackknife=jackknife, schema=schema_of(project)
    )
    return printed(found)
