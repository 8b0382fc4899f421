"""The state of a task as its annotator may see it: what the labelling page and the API hand out."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.utils.crypto import salted_hmac
from django.utils.safestring import SafeString, mark_safe

from annotate.enabled import EnabledCodebook, enabled_codebook
from annotate.models import Task
from annotate.quantities import quantities
from corpus.models import Article
from corpus.operations.borders import borders_for

# The newest operations that come with the state; where they begin within a gesture (operations whose op_ids end alike,
# see docs/decisions/0004), those before them that belong to it come too, as far as a gesture goes: it is undone as a whole.
HISTORY = 100
LONGEST_GESTURE = 300
# Counting stops here, so that a page costs the same in a project of a million articles.
MOST_COUNTED = 10_000
_LINE = re.compile(r"[^\n]+")

# One statement for all that a task's state needs, however many marks there are. Lists come as JSON text made by the
# database: most of it goes through to the browser as it is, and making objects of it would cost more than reading it.
# row_to_json writes compact rows in the order of the columns, which is that of SPAN and RELATION.
# Whose task it is and whether the person (still) is an annotator of the project is asked here too.
_READ = """
SELECT task.state, task.revision, task.lease_expires, task.active_seconds, task.note,
       project.slug, project.title, project.guidelines, project.blind_fields = '[]', project.switches::text,
       codebook.id, codebook.sha256,
       article.id, article.text, article.language, article.n_chars, article.text_sha256, article.zones::text,
       borders.words::text, borders.sentences::text,
       outlet.name, article.byline, article.published_at, article.url,
       (SELECT json_agg(kept)::text FROM (
            SELECT span.id, label.code AS label, span.start, span."end", span.fragments, span.quote, span.attributes,
                   span.unsure, span.confidence, span.comment
            FROM annotate_spanannotation span JOIN annotate_label label ON label.id = span.label_id
            WHERE span.task_id = task.id AND span.deleted_at IS NULL ORDER BY span.start, span."end", span.id
        ) kept),
       (SELECT json_agg(kept)::text FROM (
            SELECT id, type, from_span_id AS from_span, to_span_id AS to_span FROM annotate_relationannotation
            WHERE task_id = task.id AND deleted_at IS NULL ORDER BY created_at, id
        ) kept),
       (SELECT json_object_agg(question, value)::text FROM annotate_articleannotation WHERE task_id = task.id),
       (SELECT json_agg(kept)::text FROM (
            SELECT op_id, kind, undoes, before, after FROM annotate_operation
            WHERE task_id = task.id AND seq >= coalesce((
                SELECT min(whole.seq)
                FROM (SELECT seq, op_id FROM annotate_operation
                      WHERE task_id = task.id ORDER BY seq DESC OFFSET %(history)s - 1 LIMIT 1) oldest
                JOIN annotate_operation whole ON whole.task_id = task.id
                     AND whole.seq BETWEEN oldest.seq - %(gesture)s AND oldest.seq
                     AND right(whole.op_id::text, 12) = right(oldest.op_id::text, 12)
            ), 0) ORDER BY seq
        ) kept),
       (SELECT count(*) FROM (
            SELECT FROM annotate_task mine
            WHERE mine.project_id = project.id AND mine.annotator_id = %(user)s AND mine.state = 'submitted'
            LIMIT %(most)s
        ) counted),
       (SELECT count(*) FROM (
            SELECT FROM annotate_projectarticle wanted WHERE wanted.project_id = project.id AND NOT wanted.excluded
            LIMIT %(most)s
        ) counted)
FROM annotate_task task
JOIN annotate_project project ON project.id = task.project_id
JOIN annotate_codebook codebook ON codebook.id = task.codebook_id
JOIN corpus_article article ON article.id = task.article_id
LEFT JOIN corpus_articleborders borders ON borders.article_id = article.id
LEFT JOIN corpus_outlet outlet ON outlet.id = article.outlet_id
WHERE task.uuid = %(task)s AND task.annotator_id = %(user)s AND EXISTS (
    SELECT FROM annotate_membership member
    WHERE member.project_id = project.id AND member.user_id = %(user)s AND member.role = 'annotator'
)
"""


@dataclass(frozen=True, slots=True)
class AnnotatorArticle:
    """All that an annotator of a blind project may know of an article. What is not named here does not go out.

    Word and sentence borders and paragraphs follow from the text.
    """

    text: str
    language: str | None
    n_chars: int
    text_sha256: str
    zones: list[dict[str, Any]]

    @classmethod
    def of(cls, article: Article | _Read, zones: list[dict[str, Any]]) -> Self:
        return cls(
            text=article.text,
            language=article.language,
            n_chars=article.n_chars,
            text_sha256=article.text_sha256,
            zones=[{"zone": zone["zone"], "start": zone["start"], "end": zone["end"]} for zone in zones],
        )

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def paragraphs(text: str) -> list[list[int]]:
    """[start, end) of every line of ``text`` that holds something; line breaks lie between them."""
    return [[line.start(), line.end()] for line in _LINE.finditer(text)]


class _Read(NamedTuple):
    """The columns of ``_READ``."""

    state: str
    revision: int
    lease_expires: datetime | None
    active_seconds: int
    note: str
    slug: str
    title: str
    guidelines: str
    hides_nothing: bool
    switches: str
    codebook: int
    codebook_sha256: str
    article: int
    text: str
    language: str | None
    n_chars: int
    text_sha256: str
    zones: str
    words: str | None
    sentences: str | None
    outlet: str | None
    byline: str
    published_at: datetime | None
    url: str
    spans: str | None
    relations: str | None
    answers: str | None
    history: str | None
    submitted: int
    total: int


class TaskState:
    """STATE of the API for one task, made by :func:`read_state`; large parts stay JSON text until somebody asks."""

    def __init__(self, uuid: UUID, user: User, read: _Read) -> None:
        self._read = read
        self.uuid = uuid
        self.user = user
        self.state = read.state
        self.revision = read.revision
        self.note = read.note
        self.username = user.get_username()
        self.project = {"slug": read.slug, "title": read.title}
        self.guidelines = read.guidelines
        self.progress = {"submitted": read.submitted, "total": read.total}
        self._words, self._sentences = read.words, read.sentences
        if read.words is None or read.sentences is None:
            # The first opening of this article: borders are computed and stored.
            borders = borders_for(Article.objects.only("text").get(pk=read.article))
            self._words, self._sentences = json.dumps(borders.words), json.dumps(borders.sentences)

    @cached_property
    def codebook(self) -> EnabledCodebook:
        read = self._read
        return enabled_codebook(pk=read.codebook, sha256=read.codebook_sha256, switches=_switches(read.switches))

    @cached_property
    def spans(self) -> list[dict[str, Any]]:
        return json.loads(self._read.spans) if self._read.spans else []

    @cached_property
    def article(self) -> dict[str, Any]:
        """The article of STATE without its borders, which stay text."""
        read = self._read
        known = AnnotatorArticle.of(read, json.loads(read.zones)).as_json()
        return {**known, "paragraphs": paragraphs(read.text)}

    @property
    def n_words(self) -> int:
        """Counted in the JSON text, which is a flat list of starts and ends."""
        words = self._words or "[]"
        return 0 if words == "[]" else (words.count(",") + 1) // 2

    @cached_property
    def article_meta(self) -> dict[str, str | None]:
        """What else annotators of this project may know; {} in a project that hides anything.

        One hidden field hides all of them: the address names the outlet, the byline does as good as that.
        """
        read = self._read
        if not read.hides_nothing:
            return {}
        return {
            "outlet": read.outlet,
            "byline": read.byline,
            "date": _iso(read.published_at),
            "url": read.url,
        }

    @cached_property
    def etag(self) -> str:
        """Changes with whatever the person sees or may do, but not with the lease and the time worked (so it is weak).

        Marks, relations, answers and the log change only with the revision.
        """
        read = self._read
        parts = [
            read.state,
            read.revision,
            read.note,
            self.project,
            self.progress,
            self.username,
            read.text_sha256,
            self.codebook.key,
            self.article_meta,
        ]
        return f'W/"{hashlib.sha256(_compact(parts).encode()).hexdigest()[:32]}"'

    def as_text(self) -> str:
        """STATE as JSON."""
        read = self._read
        head = {
            "task": str(self.uuid),
            "state": read.state,
            "revision": read.revision,
            "user": opaque_id(self.user),
            "username": self.username,
            "project": self.project,
            "lease_expires": _iso(read.lease_expires),
            "active_seconds": read.active_seconds,
            "note": read.note,
            "progress": self.progress,
        }
        if meta := self.article_meta:
            head["article_meta"] = meta
        return (
            f'{_compact(head)[:-1]},"article":{_compact(self.article)[:-1]},'
            f'"words":{self._words},"sentences":{self._sentences}}},"codebook":{self.codebook.text},'
            f'"spans":{read.spans or "[]"},"relations":{read.relations or "[]"},"answers":{read.answers or "{}"},'
            f'"history":{read.history or "[]"},"quantities":{_proposals(read.text, read.language)}}}'
        )

    def as_script(self) -> SafeString:
        """STATE in the page, as Django's ``json_script`` writes it: no character of it can end the element."""
        # Three passes: str.translate goes character by character where the text has an emoji.
        text = self.as_text().replace("&", "\\u0026").replace("<", "\\u003C").replace(">", "\\u003E")
        return mark_safe(f'<script id="task-state" type="application/json">{text}</script>')  # noqa: S308 - see above

    def as_json(self) -> dict[str, Any]:
        """STATE as plain data."""
        data: dict[str, Any] = json.loads(self.as_text())
        return data


def read_state(*, uuid: UUID, user: User) -> TaskState:
    """The state of the person's own task, in one query (more only where borders or codebook are new to us).

    Raises Task.DoesNotExist where it is not theirs, or they are no annotator of its project any more.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _READ, {"task": uuid, "user": user.pk, "history": HISTORY, "gesture": LONGEST_GESTURE, "most": MOST_COUNTED}
        )
        row = cursor.fetchone()
    if row is None:
        raise Task.DoesNotExist
    return TaskState(uuid, user, _Read(*row))


def opaque_id(user: User) -> str:
    """Tells one account from another without naming it: under it the browser keeps what is not yet saved."""
    return salted_hmac("annotate.state.user", str(user.pk), algorithm="sha256").hexdigest()[:20]


@lru_cache(maxsize=256)
def _switches(text: str) -> dict[str, bool]:
    """Switches from their JSON; shared, so never changed."""
    switches: dict[str, bool] = json.loads(text)
    return switches


@lru_cache(maxsize=64)
def _proposals(text: str, language: str | None) -> str:
    """The figures of an article as JSON: under a millisecond for a usual one, kept for those that are not."""
    return _compact(quantities(text, language))


def _compact(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
