"""Keeping the counts of agreement in line with the submitted readings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import batched

from django.db import connection, transaction

from agreement import StatRow, document_rows
from annotate.models import AgreementStat, Project
from annotate.operations.figures import compute_project
from annotate.scoring import documents, label_indexes, label_layers, stat_of, stored_rows
from annotate.tasks import refresh_agreement
from corpus.models import Article

__all__ = ["Difference", "compute_project", "recount_project", "refresh_article", "request_figures"]

_AT_ONCE = 200
# The row of the project's figures, made by its first reading; computed_revision stays behind until they are computed.
NOTE_CHANGE = """
INSERT INTO annotate_projectagreement (project_id, revision, computed_revision, metrics, summary)
VALUES (%s, 1, 0, '{}', '{}') ON CONFLICT (project_id) DO UPDATE SET revision = annotate_projectagreement.revision + 1
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """An article whose stored counts were not those of its readings: rows too many, rows too few."""

    article: str
    surplus: int
    missing: int


@transaction.atomic(savepoint=False)
def refresh_article(*, project: Project, article: Article) -> None:
    """Count the article's submitted readings anew and have the project's figures computed soon.

    Call it in the transaction that submits, returns or closes a task: the lock lasts until its end, so of two
    annotators who submit at once the second counts the first one's reading too.
    """
    _lock(project, article.pk)
    _rewrite(project, article, _counted(project, [article]).get(str(article.uuid), []))
    _note_change(project)


def request_figures(*, project: Project) -> None:
    """Ask the worker for the project's figures once the transaction stands."""
    transaction.on_commit(lambda: refresh_agreement.enqueue(project.pk))


@transaction.atomic
def recount_project(*, project: Project) -> list[Difference]:
    """Count every article from scratch and put right what differs; [] where nothing did, as it should be.

    Also the way to bring the counts in line after labels were switched on or off.
    """
    differences = []
    for articles in batched(_articles_concerned(project), _AT_ONCE):
        stored, counted = stored_rows(project, articles), _counted(project, articles)
        suspects = [a for a in articles if _differ(stored.get(str(a.uuid), []), counted.get(str(a.uuid), []))]
        for article in suspects:
            # Somebody may have submitted between the two reads: look again, now with the lock.
            _lock(project, article.pk)
            old = stored_rows(project, [article]).get(str(article.uuid), [])
            new = _counted(project, [article]).get(str(article.uuid), [])
            if _differ(old, new):
                _rewrite(project, article, new)
                surplus, missing = len(set(old) - set(new)), len(set(new) - set(old))
                differences.append(Difference(str(article.uuid), surplus, missing))
    if differences:
        _note_change(project)
    return differences


def _articles_concerned(project: Project) -> list[Article]:
    counted = AgreementStat.objects.filter(project=project).values("article")
    read = project.tasks.submitted().values("article")
    return list(Article.objects.filter(pk__in=counted.union(read)).only("uuid").order_by("pk"))


def _counted(project: Project, articles: Iterable[Article]) -> dict[str, list[StatRow]]:
    indexes, layers = label_indexes(project), label_layers(project)
    return {document.id: document_rows(document, indexes, layers) for document in documents(project, articles, indexes)}


def _differ(old: list[StatRow], new: list[StatRow]) -> bool:
    return len(old) != len(new) or set(old) != set(new)


def _rewrite(project: Project, article: Article, rows: Iterable[StatRow]) -> None:
    AgreementStat.objects.filter(project=project, article=article).delete()
    AgreementStat.objects.bulk_create(
        [stat_of(row, project_id=project.pk, article_id=article.pk) for row in rows], batch_size=5000
    )


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
