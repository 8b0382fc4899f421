"""The state of a task as its annotator may see it: what the labelling page and the API hand out."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.contrib.auth.models import User
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Func, IntegerField, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.crypto import salted_hmac

from annotate.codebook import enabled_content
from annotate.models import (
    ArticleAnnotation,
    Operation,
    Project,
    ProjectArticle,
    RelationAnnotation,
    SpanAnnotation,
    Task,
)
from annotate.rows import keyed, span_row
from corpus.models import Article
from corpus.operations.borders import borders_for

HISTORY = 100
# Counting stops here, so that a page costs the same in a project of a million articles.
MOST_COUNTED = 10_000
_LINE = re.compile(r"[^\n]+")


@dataclass(frozen=True, slots=True)
class AnnotatorArticle:
    """All that an annotator of a blind project may know of an article. What is not named here does not go out."""

    text: str
    language: str | None
    n_chars: int
    text_sha256: str
    zones: list[dict[str, Any]]
    paragraphs: list[list[int]]
    words: list[int]
    sentences: list[int]

    @classmethod
    def of(cls, article: Article) -> Self:
        """Borders are computed and stored at the first call for an article."""
        borders = borders_for(article)
        return cls(
            text=article.text,
            language=article.language,
            n_chars=article.n_chars,
            text_sha256=article.text_sha256,
            zones=[{"zone": zone["zone"], "start": zone["start"], "end": zone["end"]} for zone in article.zones],
            paragraphs=paragraphs(article.text),
            words=borders.words,
            sentences=borders.sentences,
        )

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def paragraphs(text: str) -> list[list[int]]:
    """[start, end) of every line of ``text`` that holds something; line breaks lie between them."""
    return [[line.start(), line.end()] for line in _LINE.finditer(text)]


def task_for_state(tasks: QuerySet[Task], **conditions: Any) -> Task:
    """One of ``tasks`` with all that its state needs joined, in one query; Task.DoesNotExist where there is none."""
    return (
        tasks.select_related("project", "codebook", "article__borders", "article__outlet")
        .defer("article__raw", "article__raw_fields", "article__segments", "article__removed")
        .get(**conditions)
    )


def task_state(task: Task, user: User) -> dict[str, Any]:
    """STATE of the API: three queries for a task from ``task_for_state``, however many marks there are.

    ``user`` must be its annotator: who may see the task is decided where it is fetched.
    """
    project = task.project
    state: dict[str, Any] = {
        "task": str(task.uuid),
        "state": task.state,
        "revision": task.revision,
        "user": opaque_id(user),
        "username": user.get_username(),
        "project": {"slug": project.slug, "title": project.title},
        "lease_expires": _iso(task.lease_expires),
        "note": task.note,
        "article": AnnotatorArticle.of(task.article).as_json(),
        "codebook": enabled_content(task.codebook.content, project.switches),
        **_rows(task, user),
        "history": _history(task),
    }
    if meta := article_meta(task.article, project):
        state["article_meta"] = meta
    return state


def article_meta(article: Article, project: Project) -> dict[str, str | None]:
    """What else annotators of this project may know; {} in a project that hides anything.

    One hidden field hides all of them: the address names the outlet, the byline does as good as that.
    """
    if project.blind_fields:
        return {}
    return {
        "outlet": article.outlet.name if article.outlet else None,
        "byline": article.byline,
        "date": _iso(article.published_at),
        "url": article.url,
    }


def opaque_id(user: User) -> str:
    """Tells one account from another without naming it: under it the browser keeps what is not yet saved."""
    return salted_hmac("annotate.state.user", str(user.pk), algorithm="sha256").hexdigest()[:20]


def _rows(task: Task, user: User) -> dict[str, Any]:
    """Marks in one query; relations, answers and progress in another."""
    spans = SpanAnnotation.objects.filter(task=task, deleted_at=None).select_related("label")
    mine = Task.objects.filter(project=task.project_id, annotator=user, state=Task.State.SUBMITTED)
    articles = ProjectArticle.objects.filter(project=task.project_id, excluded=False)
    rest = (
        Task.objects.filter(pk=task.pk)
        .values(
            links=ArraySubquery(
                RelationAnnotation.objects.filter(task=OuterRef("pk"), deleted_at=None)
                .order_by("created_at", "pk")
                .values(row=JSONObject(id="pk", type="type", from_span="from_span_id", to_span="to_span_id"))
            ),
            given=ArraySubquery(
                ArticleAnnotation.objects.filter(task=OuterRef("pk")).values(
                    row=JSONObject(code="question", value="value")
                )
            ),
            n_submitted=_count(mine),
            n_total=_count(articles),
        )
        .get()
    )
    return {
        "spans": list(keyed(span_row(span) for span in spans).values()),
        "relations": rest["links"],
        "answers": {answer["code"]: answer["value"] for answer in rest["given"]},
        "progress": {"submitted": rest["n_submitted"], "total": rest["n_total"]},
    }


def _count(rows: QuerySet[Any]) -> Func:
    """The number of ``rows``, at most ``MOST_COUNTED``, as part of another query."""
    return Func(
        ArraySubquery(rows.order_by().values("pk")[:MOST_COUNTED]), function="cardinality", output_field=IntegerField()
    )


def _history(task: Task) -> list[dict[str, Any]]:
    """The last operations, newest last."""
    newest = Operation.objects.filter(task=task).order_by("-seq")[:HISTORY]
    return [
        {
            "op_id": str(entry.op_id),
            "kind": entry.kind,
            "undoes": str(entry.undoes) if entry.undoes else None,
            "before": entry.before,
            "after": entry.after,
        }
        for entry in reversed(newest)
    ]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
