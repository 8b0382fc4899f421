"""Keeping the counts of agreement in line with the submitted readings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import batched

from django.db import connection, transaction
from django.db.models import Max

from agreement import StatRow, document_rows
from annotate.models import AgreementStat, ArticleAgreement, Project
from annotate.operations.figures import compute_project
from annotate.operations.totals import note_change, recount_totals
from annotate.scoring.adapter import (
    ArticleCounts,
    article_counts,
    documents,
    keyed_rows,
    label_indexes,
    monday_of,
    schema_of,
    stat_of,
    stored_rows,
)
from annotate.tasks import refresh_agreement
from corpus.models import Article

__all__ = ["Difference", "compute_project", "recount_project", "refresh_article", "request_figures"]

_AT_ONCE = 200
# The row of the project's figures, made by its first reading; computed_revision stays behind until they are computed.
NOTE_CHANGE = """
INSERT INTO annotate_projectagreement
    (project_id, revision, computed_revision, intervals_revision, intervals_seconds, metrics, summary, details)
VALUES (%s, 1, 0, 0, 0, '{}', '{}', '{}') ON CONFLICT (project_id) DO UPDATE SET revision = annotate_projectagreement.revision + 1
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """An article whose stored counts were not those of its readings: rows too many, rows too few.

    ``article`` is "" for the project's totals that were not the sums of the stored counts.
    """

    article: str
    surplus: int
    missing: int


@transaction.atomic(savepoint=False)
def refresh_article(*, project: Project, article: Article) -> None:
    """Count the article's submitted readings anew, note what that changes in the totals, have the figures computed.

    Call it in the transaction that submits, returns or closes a task: the lock lasts until its end, so of two
    annotators who submit at once the second counts the first one's reading too.
    """
    _lock(project, article.pk)
    _rewrite(project, article, _counted(project, [article]).get(str(article.uuid), []))
    _note_change(project)


def request_figures(*, project: Project, at_once: bool = False) -> None:
    """Ask the worker for the project's figures once the transaction stands; ``at_once``: the intervals too, even where
    they were computed a moment ago."""
    transaction.on_commit(lambda: refresh_agreement.enqueue(project.pk, at_once=at_once))


@transaction.atomic
def recount_project(*, project: Project) -> list[Difference]:
    """Count every article from scratch and put right what differs; [] where nothing did, as it should be.

    Then the totals are summed from scratch; a difference there is one without an article. Also the way to bring the
    counts in line after labels were switched on or off.
    """
    differences = []
    for articles in batched(_articles_concerned(project), _AT_ONCE):
        stored, counted = stored_rows(project, articles), _counted(project, articles)
        kept, told = _kept(project, articles), _told(project, articles, counted)
        suspects = [
            a
            for a in articles
            if _differ(stored.get(str(a.uuid), []), counted.get(str(a.uuid), [])) or kept.get(a.pk) != told.get(a.pk)
        ]
        for article in suspects:
            # Somebody may have submitted between the two reads: look again, now with the lock.
            _lock(project, article.pk)
            old = stored_rows(project, [article]).get(str(article.uuid), [])
            new = _counted(project, [article])
            rows = new.get(str(article.uuid), [])
            if _differ(old, rows) or _kept(project, [article]) != _told(project, [article], new):
                _rewrite(project, article, rows)
                surplus, missing = len(set(old) - set(rows)), len(set(rows) - set(old))
                differences.append(Difference(str(article.uuid), surplus, missing))
    surplus, missing = recount_totals(project=project)
    if surplus or missing:
        differences.append(Difference("", surplus, missing))
    if differences:
        _note_change(project)
    return differences


def _articles_concerned(project: Project) -> Iterator[Article]:
    counted = AgreementStat.objects.filter(project=project).values("article")
    read = project.tasks.submitted().values("article")
    articles = Article.objects.filter(pk__in=counted.union(read)).only("uuid").order_by("pk")
    return articles.iterator(chunk_size=_AT_ONCE)


def _counted(project: Project, articles: Iterable[Article]) -> dict[str, list[StatRow]]:
    indexes, schema = label_indexes(project), schema_of(project)
    return {document.id: document_rows(document, indexes, schema) for document in documents(project, articles, indexes)}


def _differ(old: list[StatRow], new: list[StatRow]) -> bool:
    return len(old) != len(new) or set(old) != set(new)


def _rewrite(project: Project, article: Article, rows: list[StatRow]) -> None:
    """Replace the article's counts by ``rows``, touching only those that differ, and note the change for the totals."""
    kept = {row: key for key, row in keyed_rows(project, article)}
    new, own = set(rows), _kept(project, [article]).get(article.pk)
    told = _told(project, [article], {str(article.uuid): rows}).get(article.pk)
    gone = [key for row, key in kept.items() if row not in new]
    if gone:
        AgreementStat.objects.filter(pk__in=gone).delete()
    AgreementStat.objects.bulk_create(
        [stat_of(row, project_id=project.pk, article_id=article.pk) for row in rows if row not in kept], batch_size=5000
    )
    if told is None:
        ArticleAgreement.objects.filter(project=project, article=article).delete()
    elif own != told:
        ArticleAgreement.objects.bulk_create(
            [ArticleAgreement(project=project, article=article, share=told.share, **asdict(told))],
            update_conflicts=True,
            unique_fields=["project", "article"],
            update_fields=["readers", "differing", "compared", "share", "week"],
        )
    note_change(
        project=project,
        article_id=article.pk,
        before=kept,
        after=rows,
        week_before=own.week if own else None,
        week_after=told.week if told else None,
    )


def _kept(project: Project, articles: Iterable[Article]) -> dict[int, ArticleCounts]:
    """What is stored of each article as a whole."""
    stored = ArticleAgreement.objects.filter(project=project, article__in=[article.pk for article in articles])
    return {row.article_id: ArticleCounts(row.readers, row.differing, row.compared, row.week) for row in stored}


def _told(
    project: Project, articles: Iterable[Article], counted: Mapping[str, list[StatRow]]
) -> dict[int, ArticleCounts]:
    """What should be stored of each article as a whole; nothing of one without counts."""
    with_rows = [article for article in articles if counted.get(str(article.uuid))]
    last = dict(
        project.tasks.submitted()
        .filter(article__in=[article.pk for article in with_rows])
        .order_by()
        .values_list("article")
        .annotate(Max("submitted_at"))
    )
    return {
        article.pk: article_counts(counted[str(article.uuid)], monday_of(last[article.pk])) for article in with_rows
    }


def _note_change(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NOTE_CHANGE, [project.pk])
    request_figures(project=project)


def _lock(project: Project, article_id: int) -> None:
    """Until the end of the transaction nobody else counts this article of this project."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"agreement {project.pk} {article_id}"]
        )
