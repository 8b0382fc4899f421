"""A project's articles with their readings, streamed from the database in the order of the files.

Five server-side cursors run side by side, each ordered by article, and are merged: the number of queries does not
depend on the number of articles or marks, and memory holds one article at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from annotate.models import (
    ArticleAnnotation,
    Membership,
    Project,
    ProjectArticle,
    RelationAnnotation,
    Role,
    SpanAnnotation,
    Task,
)

CHUNK = 2000
FINISHED = (Task.State.SUBMITTED, Task.State.SKIPPED)
UNFINISHED = (Task.State.CLAIMED, Task.State.RETURNED, Task.State.EXPIRED, Task.State.HANDED_BACK)


class MarkRow(NamedTuple):
    """A mark as stored; what most marks have in common, one piece and no attributes, is not even parsed."""

    id: str
    label_id: int
    start: int
    end: int
    fragments: str  # JSON: pairs of start and end
    confidence: float | None
    comment: str
    unsure: bool
    attributes: str  # JSON, "{}" for none


class TaskRow(NamedTuple):
    """Somebody's work on an article."""

    uuid: str
    annotator_id: int
    round: int
    state: str
    seconds: int
    submitted_at: datetime | None
    closed_at: datetime | None
    marks: list[MarkRow]
    relations: list[tuple[str, str, str, str]]
    answers: dict[str, Any]


class ArticleRow(NamedTuple):
    """An article of the project and all work on it that is released."""

    uuid: str
    story: str | None
    outlet: str | None
    near_duplicates: str | None
    title: str
    byline: str | None
    published_at: datetime | None
    language: str | None
    url: str | None
    created_at: datetime
    text: str
    text_sha256: str
    cleaner_version: str
    n_chars: int
    rights: str | None
    tasks: list[TaskRow]


@contextmanager
def snapshot() -> Iterator[None]:
    """Every query inside sees the database as it was at the first, whatever is submitted meanwhile.

    Inside a transaction that is already open (a test) its own isolation level stays.
    """
    own = not connection.in_atomic_block
    with transaction.atomic():
        if own:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


class _Groups:
    """Rows sorted by a key, taken out group by group in rising order of the key."""

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._groups = groupby(rows, key=itemgetter(0))
        self._next = next(self._groups, None)

    def take(self, key: str) -> list[tuple[Any, ...]]:
        """The rows of ``key``; groups before it are passed over."""
        while self._next is not None and self._next[0] < key:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != key:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows


def _text(column: str) -> Cast:
    """A column as Postgres writes it: keys need no objects of their own. Uuids sort the same either way."""
    return Cast(column, TextField())


def articles_with_work(
    project: Project, *, labels: Collection[int], include_unfinished: bool = False, without: Collection[str] = ()
) -> Iterator[ArticleRow]:
    """Articles that are not excluded, by uuid; tasks by uuid; marks by start, end and id.

    ``without``: uuids of more articles to leave out.

    Only marks under ``labels`` (keys of Label) and relations between them: what the project has switched off does not
    count in agreement either.
    """
    states = [*FINISHED, *UNFINISHED] if include_unfinished else list(FINISHED)
    tasks = _Groups(
        Task.objects.filter(project=project, state__in=states)
        .order_by("article__uuid", "uuid")
        .values_list(
            _text("article__uuid"),
            _text("uuid"),
            "annotator_id",
            "round",
            "state",
            "active_seconds",
            "submitted_at",
            "closed_at",
            "id",
        )
        .iterator(chunk_size=CHUNK)
    )
    of_released = {"task__project": project, "task__state__in": states}
    marks = _Groups(
        SpanAnnotation.objects.filter(**of_released, deleted_at=None, label__in=labels)
        .order_by("task__article__uuid", "task_id", "start", "end", "id")
        .values_list(
            _text("task__article__uuid"),
            "task_id",
            _text("id"),
            "label_id",
            "start",
            "end",
            _text("fragments"),
            "confidence",
            "comment",
            "unsure",
            _text("attributes"),
        )
        .iterator(chunk_size=CHUNK)
    )
    relations = _Groups(
        RelationAnnotation.objects.filter(
            **of_released, deleted_at=None, from_span__label__in=labels, to_span__label__in=labels
        )
        .order_by("task__article__uuid", "id")
        .values_list(
            _text("task__article__uuid"), "task_id", _text("id"), "type", _text("from_span_id"), _text("to_span_id")
        )
        .iterator(chunk_size=CHUNK)
    )
    answers = _Groups(
        ArticleAnnotation.objects.filter(**of_released)
        .order_by("task__article__uuid", "id")
        .values_list(_text("task__article__uuid"), "task_id", "question", "value")
        .iterator(chunk_size=CHUNK)
    )
    # What the columns hold is settled by their order above; the type checker cannot follow it through a tuple.
    as_task: Any = TaskRow
    as_article: Any = ArticleRow
    for key, *fields in (
        ProjectArticle.objects.filter(project=project, excluded=False)
        .exclude(article__uuid__in=without)
        .order_by("article__uuid")
        .values_list(
            _text("article__uuid"),
            "article__story__slug",
            "article__outlet__name",
            _text("article__near_duplicate_group"),
            "article__title",
            "article__byline",
            "article__published_at",
            "article__language",
            "article__url",
            "article__created_at",
            "article__text",
            "article__text_sha256",
            "article__cleaner_version",
            "article__n_chars",
            "article__rights",
        )
        .iterator(chunk_size=100)
    ):
        work: list[TaskRow] = []
        by_id: dict[int, TaskRow] = {}
        for _, *task, task_id in tasks.take(key):
            row: TaskRow = as_task(*task, [], [], {})
            work.append(row)
            by_id[task_id] = row
        for _, task_id, *mark in marks.take(key):
            by_id[task_id].marks.append(MarkRow._make(mark))
        for _, task_id, *relation in relations.take(key):
            by_id[task_id].relations.append(tuple(relation))
        for _, task_id, question, value in answers.take(key):
            by_id[task_id].answers[question] = value
        yield as_article(key, *fields, work)


# The pseudonym of a person with several roles is that of the first of these.
ROLES = (Role.ANNOTATOR, Role.ADJUDICATOR, Role.RESEARCHER, Role.MANAGER)


def pseudonyms(project: Project) -> dict[int, tuple[str, str]]:
    """user id → (pseudonym, role) of every member."""
    found: dict[int, tuple[str, str]] = {}
    members = Membership.objects.filter(project=project).values_list("user_id", "role", "pseudonym")
    for user_id, role, pseudonym in sorted(members, key=lambda member: ROLES.index(Role(member[1]))):
        found.setdefault(user_id, (pseudonym, role))
    return found
