"""The one way articles come in: the command and the admin's upload both call it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from corpus.cleaning import CleanArticle, clean
from corpus.import_settings import ImportSettings
from corpus.models import Article, ImportBatch, ImportIssue, Outlet, Story
from corpus.operations.bulk import copy_articles
from corpus.readers.rows import ImportRow, Rejection

CHUNK = 500
# Imports wait for each other, so that "is it there already?" and "store it" cannot be torn apart.
_IMPORT_LOCK = 0x51A27
_TITLE_WIDTH = 1000
_OUTLET_WIDTH = 200

type _Key = tuple[int | None, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """How far an import is."""

    created: int = 0
    duplicates: int = 0
    rejected: int = 0

    @property
    def records(self) -> int:
        return self.created + self.duplicates + self.rejected


@dataclass
class ImportResult:
    """What an import did. ``articles`` names created and matched ones in input order, each once.

    ``batch`` is None after a dry run, and ``articles`` then holds only those that were there before.
    """

    created: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    articles: list[uuid.UUID] = field(default_factory=list)
    batch: ImportBatch | None = None

    @property
    def seen(self) -> Seen:
        return Seen(self.created, self.duplicates, len(self.rejected))


@transaction.atomic
def import_rows(
    *,
    rows: Iterable[ImportRow | Rejection],
    source: str,
    format: str,
    story: str = "",
    outlet: str = "",
    sha256: str = "",
    created_by: AbstractBaseUser | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
    settings: ImportSettings | None = None,
    on_progress: Callable[[Seen], object] | None = None,
) -> ImportResult:
    """Clean and store articles, report duplicates and rejections; everything or, on an exception, nothing.

    ``story`` (a slug) and ``outlet`` (a name) stand in where a record names none; both are made if missing; what else
    may be chosen is in ``settings``, which then counts alone. An article is a duplicate where its outlet has the same
    text already, case and white space aside; under another outlet it is a new article in the same near-duplicate group.
    A dry run does all of it and takes it back.
    """
    settings = settings or ImportSettings(format=format, story=story, outlet=outlet)
    batch = ImportBatch.objects.create(
        source=source[:500],
        format=format,
        sha256=sha256,
        created_by=created_by,  # type: ignore[misc]
        options=settings.as_json(),
        state=ImportBatch.State.RUNNING,
        started_at=now or timezone.now(),
    )
    result = import_into(batch=batch, rows=rows, settings=settings, on_progress=on_progress, dry_run=dry_run)
    batch.n_created, batch.n_duplicates, batch.n_rejected = result.created, result.duplicates, len(result.rejected)
    batch.progress = result.seen.records
    batch.state = ImportBatch.State.DONE
    batch.finished_at = batch.heartbeat = now or timezone.now()
    batch.save()
    if dry_run:
        transaction.set_rollback(True)
        result.batch = None
    return result


def import_into(
    *,
    batch: ImportBatch,
    rows: Iterable[ImportRow | Rejection],
    settings: ImportSettings,
    on_progress: Callable[[Seen], object] | None = None,
    dry_run: bool = False,
) -> ImportResult:
    """Store what ``rows`` brings in the caller's transaction, as articles and issues of ``batch``.

    ``on_progress`` is told after each chunk how far it is; what it raises ends the import.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_IMPORT_LOCK])
    result = ImportResult(batch=batch)
    names = _Names(default_story=settings.story, default_outlet=settings.outlet)
    matched_before: list[uuid.UUID] = []
    seen: set[uuid.UUID] = set()
    for chunk in batched(rows, CHUNK):
        fresh: set[uuid.UUID] = set()
        for found in _store(chunk, batch=batch, names=names, result=result, fresh=fresh):
            if found not in seen:
                seen.add(found)
                result.articles.append(found)
                if found not in fresh:
                    matched_before.append(found)
        if on_progress:
            on_progress(result.seen)
    _record_issues(batch, result.rejected)
    if dry_run:
        result.articles = matched_before
    return result


class _Names:
    """Outlets by name and stories by slug, made when first met."""

    def __init__(self, *, default_story: str, default_outlet: str) -> None:
        self._default_story = default_story
        self._default_outlet = default_outlet
        self._outlets: dict[str, Outlet] = {}
        self._stories: dict[str, Story] = {}

    def outlet(self, name: str) -> Outlet | None:
        name = (name or self._default_outlet).strip()[:_OUTLET_WIDTH]
        if not name:
            return None
        key = name.casefold()
        if key not in self._outlets:
            known = Outlet.objects.filter(name__iexact=name).order_by("pk").first()
            self._outlets[key] = known or Outlet.objects.create(name=name, slug=_free_slug(name))
        return self._outlets[key]

    def story(self, slug: str) -> Story | None:
        given = (slug or self._default_story).strip()
        made = slugify(given)[:100]
        if not made:
            return None
        if made not in self._stories:
            title = given if given != made else ""
            self._stories[made], _ = Story.objects.get_or_create(slug=made, defaults={"title": title[:300]})
        return self._stories[made]


def _free_slug(name: str) -> str:
    stem = slugify(name)[:190] or slugify(name, allow_unicode=True)[:190].encode("ascii", "ignore").decode() or "outlet"
    taken = set(Outlet.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(slug for slug in _slugs(stem) if slug not in taken)


def _slugs(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


@dataclass
class _Candidate:
    row: ImportRow
    article: CleanArticle
    outlet: Outlet | None

    @property
    def key(self) -> _Key:
        return (self.outlet.pk if self.outlet else None, self.article.fingerprint)


def _store(
    chunk: Iterable[ImportRow | Rejection],
    *,
    batch: ImportBatch,
    names: _Names,
    result: ImportResult,
    fresh: set[uuid.UUID],
) -> list[uuid.UUID]:
    """Store a chunk; the uuids of its articles, created or matched, in order. ``fresh`` is told the created ones."""
    candidates = [c for entry in chunk if (c := _candidate(entry, names, result)) is not None]
    known: dict[_Key, uuid.UUID] = {}
    groups: dict[str, uuid.UUID | None] = {}
    stored = Article.objects.filter(fingerprint__in={c.article.fingerprint for c in candidates}).order_by(
        "version", "pk"
    )
    for pk, found, outlet_id, print_, group in stored.values_list(
        "pk", "uuid", "outlet_id", "fingerprint", "near_duplicate_group"
    ):
        known[outlet_id, print_] = found
        groups[print_] = groups.get(print_) or group
        del pk
    new: list[Article] = []
    order: list[uuid.UUID] = []
    copies: dict[str, list[Article]] = defaultdict(list)
    for candidate in candidates:
        match = known.get(candidate.key)
        if match is not None:
            result.duplicates += 1
            order.append(match)
            continue
        article = _article(candidate, batch=batch, names=names)
        known[candidate.key] = article.uuid
        copies[article.fingerprint].append(article)
        new.append(article)
        fresh.add(article.uuid)
        order.append(article.uuid)
    _group(copies, stored=groups)
    copy_articles(new)
    result.created += len(new)
    return order


def _candidate(entry: ImportRow | Rejection, names: _Names, result: ImportResult) -> _Candidate | None:
    if isinstance(entry, Rejection):
        result.rejected.append(entry)
        return None
    article = clean(entry.fields)
    problem = _problem(article)
    if problem is not None:
        code, message = problem
        result.rejected.append(Rejection(entry.source, entry.line, "text", code, message, entry.fields["text"][:200]))
        return None
    return _Candidate(entry, article, names.outlet(entry.fields.get("outlet", "").strip() or article.outlet))


def _problem(article: CleanArticle) -> tuple[str, str] | None:
    if not article.text:
        return "empty_text", "Nothing but page debris is in the text. Check that the whole article was received."
    if len(article.title) > _TITLE_WIDTH:
        return "too_long", f"The headline has over {_TITLE_WIDTH} characters. Put a line break after it."
    return None


def _article(candidate: _Candidate, *, batch: ImportBatch, names: _Names) -> Article:
    row, made = candidate.row, candidate.article
    fields = row.fields
    return Article(
        outlet=candidate.outlet,
        story=names.story(fields.get("story", "")),
        external_id=fields.get("id"),
        url=fields["url"].strip() if "url" in fields else None,
        published_at=row.published,
        language=fields["language"].strip() if "language" in fields else None,
        rights=fields.get("rights"),
        import_batch=batch,
        **made.columns(),
    )


def _group(copies: dict[str, list[Article]], *, stored: dict[str, uuid.UUID | None]) -> None:
    """Give the same text under several outlets one near-duplicate group."""
    for print_, articles in copies.items():
        if print_ not in stored and len(articles) == 1:
            continue
        group = stored.get(print_) or uuid.uuid4()
        if print_ in stored:
            Article.objects.filter(fingerprint=print_, near_duplicate_group=None).update(near_duplicate_group=group)
        for article in articles:
            article.near_duplicate_group = group


def _record_issues(batch: ImportBatch, rejected: list[Rejection]) -> None:
    ImportIssue.objects.bulk_create(
        [
            ImportIssue(
                batch=batch,
                source=issue.source[:500],
                line=issue.line,
                field=issue.field[:50],
                code=issue.code,
                message=issue.message,
                excerpt=issue.excerpt[:200].replace("\x00", " "),
            )
            for issue in rejected
        ],
        batch_size=CHUNK,
    )
