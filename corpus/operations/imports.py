"""The one way articles come in: the command and the admin's upload both call it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import NamedTuple, cast
from uuid import UUID, uuid4

from django.conf import settings as django_settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from corpus.cleaning import RuleSet
from corpus.crew import prepared
from corpus.grouping_tasks import request_linking
from corpus.import_settings import KEEP, SKIP, ImportSettings
from corpus.models import Article, ImportBatch, ImportIssue, Outlet, Story
from corpus.operations.bulk import ArticleCopy, NewArticle
from corpus.operations.duplicates import link_identical, link_near_duplicates, resembled
from corpus.operations.results import ImportResult, Marks, Seen
from corpus.preparing import Cleaning, Prepared
from corpus.readers.rows import ImportRow, Rejection, excerpt_of
from corpus.search_tasks import request_index

# Imports wait for each other, so that "is it there already?" and "store it" cannot be torn apart.
IMPORT_LOCK = 0x51A27
_OUTLET_WIDTH = 200
OUTLET = "outlet"


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
    text already, case and white space aside, or made another text of the same received one by other rules; under another outlet it is a new article in the same near-duplicate group.
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
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
    shelf = _Shelf(batch, settings, only_matched=dry_run)
    # Refuse a rule that there is not before anything is read.
    RuleSet.without(settings.rules_off)
    cleaning = Cleaning(settings.rules_off, settings.repair_mojibake, with_text=settings.near_duplicates == SKIP)
    with closing(prepared(rows, cleaning, processes=django_settings.IMPORT_PROCESSES)) as chunks:
        for chunk in chunks:
            shelf.store(chunk)
            if on_progress:
                on_progress(shelf.result.seen)
    if shelf.result.created:
        request_index()
        if settings.near_duplicates != KEEP:
            request_linking(batch.pk)
    return shelf.result


class Names:
    """Keys of outlets by name and of stories by slug, made when first met."""

    def __init__(self, *, default_story: str, default_outlet: str) -> None:
        self._default_story = default_story
        self._default_outlet = default_outlet
        self._outlets: dict[str, int] = {}
        self._stories: dict[str, int] = {}

    def outlet(self, name: str) -> int | None:
        name = (name or self._default_outlet).strip()[:_OUTLET_WIDTH]
        if not name:
            return None
        key = name.casefold()
        if key not in self._outlets:
            known = Outlet.objects.filter(name__iexact=name).order_by("pk").first()
            self._outlets[key] = (known or Outlet.objects.create(name=name, slug=_free_slug(name))).pk
        return self._outlets[key]

    def story(self, slug: str) -> int | None:
        given = (slug or self._default_story).strip()
        if not given:
            return None
        if given not in self._stories:
            made = slugify(given)[:100]
            if not made:
                return None
            title = given if given != made else ""
            story, _ = Story.objects.get_or_create(slug=made, defaults={"title": title[:300]})
            self._stories[given] = story.pk
        return self._stories[given]


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


class _Stored(NamedTuple):
    """An article that was there before its chunk, perhaps from an earlier chunk (``is_ours``)."""

    pk: int
    uuid: UUID
    is_ours: bool


type _Key = tuple[int | None, str]
type _Received = tuple[int | None, int | None]
type _Place = NewArticle | _Stored


class _Shelf:
    """Where chunks of prepared articles go: each new text once, the others matched."""

    def __init__(self, batch: ImportBatch, settings: ImportSettings, *, only_matched: bool) -> None:
        self.result = ImportResult(batch=batch)
        self._batch = batch
        self._names = Names(default_story=settings.story, default_outlet=settings.outlet)
        self._only_matched = only_matched
        self._skips = settings.near_duplicates == SKIP
        self._matched_before = Marks()
        self._copy = ArticleCopy(batch, now=timezone.now())

    def store(self, chunk: Sequence[Prepared | Rejection]) -> None:
        """Write a chunk and count it; the number of queries does not depend on its size."""
        self._refuse([outcome for outcome in chunk if isinstance(outcome, Rejection)])
        candidates = [outcome for outcome in chunk if isinstance(outcome, Prepared)]
        known, received = self._known(candidates)
        order: list[_Place] = []
        new: list[NewArticle] = []
        for candidate in candidates:
            outlet = self._names.outlet(candidate.outlet)
            key = (outlet, candidate.fingerprint)
            place = known.get(key) or received.get((outlet, candidate.received_hash))
            if place is None:
                place = known[key] = NewArticle(candidate, uuid4(), outlet)
                new.append(place)
            order.append(place)
        if self._skips and new:
            alike = self._alike(new)
            order = [alike.get(place.uuid, place) for place in order]
            new = [article for article in new if article.uuid not in alike]
        for article in new:
            article.story = self._names.story(article.prepared.story)
            self.result.missing.update(
                article.prepared.missing if article.outlet else (*article.prepared.missing, OUTLET)
            )
        self._copy.write(new)
        self._count(order, new)
        self._link(known, new)

    def _known(self, candidates: Sequence[Prepared]) -> tuple[dict[_Key, _Place], dict[_Received, _Stored]]:
        """What is stored with their texts, and with what they came of: other rules may have made another text of it."""
        stored = Article.objects.filter(
            Q(fingerprint__in={candidate.fingerprint for candidate in candidates})
            | Q(received_hash__in={candidate.received_hash for candidate in candidates})
        ).order_by("version", "pk")
        known: dict[_Key, _Place] = {}
        received: dict[_Received, _Stored] = {}
        for pk, found, outlet, print_, hash_, batch in stored.values_list(
            "pk", "uuid", "outlet_id", "fingerprint", "received_hash", "import_batch_id"
        ):
            known[outlet, print_] = place = _Stored(pk, found, batch == self._batch.pk)
            received[outlet, hash_] = place
        return known, received

    def _alike(self, new: Sequence[NewArticle]) -> dict[UUID, _Place]:
        """Those of the new articles that resemble another, stored or earlier in the list, with what they resemble."""
        found = resembled(texts=[article.prepared.text for article in new])
        stored = Article.objects.filter(uuid__in=[one.article for one in found if one and one.article])
        places = {
            key: _Stored(pk, key, batch == self._batch.pk)
            for pk, key, batch in stored.values_list("pk", "uuid", "import_batch_id")
        }
        alike: dict[UUID, _Place] = {}
        told: list[Rejection] = []
        for article, one in zip(new, found, strict=True):
            if one is None:
                continue
            place = new[one.earlier] if one.earlier is not None else places[cast(UUID, one.article)]
            alike[article.uuid] = place
            told.append(_resembling(article.prepared, place.uuid, one.similarity))
        for resembling in told:
            self.result.resembling.append(resembling)
        self._record(told)
        return alike

    def _count(self, order: Sequence[_Place], new: Sequence[NewArticle]) -> None:
        self.result.created += len(new)
        self.result.duplicates += len(order) - len(new)
        listed: set[UUID] = set()
        for place in order:
            if isinstance(place, NewArticle):
                first = not self._only_matched and place.uuid not in listed
                listed.add(place.uuid)
            else:
                first = not place.is_ours and self._matched_before.add(place.pk)
            if first:
                self.result.articles.append(place.uuid)

    def _link(self, known: Mapping[_Key, _Place], new: Sequence[NewArticle]) -> None:
        """Group the same text under several outlets, and, where near-duplicates are skipped, note what is new."""
        bearers = Counter(print_ for _, print_ in known)
        if shared := {a.prepared.fingerprint for a in new if bearers[a.prepared.fingerprint] > 1}:
            link_identical(fingerprints=shared)
        if self._skips and new:
            stored = Article.objects.filter(uuid__in=[article.uuid for article in new])
            link_near_duplicates(articles=list(stored.values_list("pk", flat=True)))

    def _refuse(self, rejected: Sequence[Rejection]) -> None:
        for rejection in rejected:
            self.result.rejected.append(rejection)
        self._record(rejected)

    def _record(self, issues: Sequence[Rejection]) -> None:
        ImportIssue.objects.bulk_create(
            ImportIssue(
                batch=self._batch,
                source=issue.source[:500],
                line=issue.line,
                field=issue.field[:50],
                code=issue.code,
                message=issue.message,
                excerpt=issue.excerpt[:200].replace("\x00", " "),
            )
            for issue in issues
        )


def _resembling(prepared: Prepared, other: UUID, similarity: float) -> Rejection:
    return Rejection(
        prepared.source,
        prepared.line,
        "text",
        "near_duplicate",
        f"Not stored: {similarity:.0%} alike with article {other}. Import with near-duplicates linked to keep both.",
        excerpt_of(prepared.text[:400]),
    )
