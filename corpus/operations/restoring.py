"""Articles that come with their canonical text and their identity, as a release holds them: stored as they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from corpus.canonical import fingerprint, received_hash, text_sha256
from corpus.models import Article, ImportBatch
from corpus.operations.imports import Names
from corpus.search_tasks import request_index

FORMAT = "release"


class GivenArticle(NamedTuple):
    """An article whose text is canonical already. ``outlet`` is a name, ``story`` a slug; "" where there is none."""

    uuid: UUID
    text: str
    title: str
    outlet: str
    story: str
    byline: str | None
    published_at: datetime | None
    language: str | None
    url: str | None
    rights: str | None
    cleaner_version: str
    created_at: datetime | None


class Restored(NamedTuple):
    """The stored articles by the uuids they were given with, and which of these were made now."""

    articles: dict[UUID, Article]
    created: set[UUID]


class OtherTextError(Exception):
    """An article of this uuid exists with another text."""


@transaction.atomic
def restore_articles(*, articles: Iterable[GivenArticle], source: str, now: datetime) -> Restored:
    """Store articles under their own uuids; one that is there, by uuid or as the same text of the outlet, is taken.

    What was received is not known: the text stands for it. Raises OtherTextError.
    """
    names = Names(default_story="", default_outlet="")
    restored = Restored({}, set())
    new: list[Article] = []
    times: dict[UUID, datetime | None] = {}
    batch: ImportBatch | None = None
    for given in articles:
        outlet = names.outlet(given.outlet)
        print_ = fingerprint(given.text)
        known = (
            Article.objects.filter(uuid=given.uuid).first()
            or Article.objects.filter(outlet=outlet, fingerprint=print_, text_sha256=text_sha256(given.text)).first()
        )
        if known is not None:
            if known.text != given.text:
                raise OtherTextError(f"Article {given.uuid} is stored with another text than the release has.")
            restored.articles[given.uuid] = known
            continue
        if batch is None:
            batch = ImportBatch.objects.create(
                source=source[:500],
                format=FORMAT,
                state=ImportBatch.State.DONE,
                started_at=now,
                finished_at=now,
            )
        article = _article(given, batch, outlet, names.story(given.story), print_)
        restored.articles[given.uuid] = article
        restored.created.add(given.uuid)
        times[given.uuid] = given.created_at
        new.append(article)
    Article.objects.bulk_create(new, batch_size=500)
    # Inserting sets the time to now; the article was retrieved when the release says.
    for article in new:
        article.created_at = times.get(article.uuid) or article.created_at
    Article.objects.bulk_update(new, ["created_at"], batch_size=500)
    if batch is not None:
        batch.n_created, batch.n_duplicates = len(new), len(restored.articles) - len(new)
        batch.save(update_fields=["n_created", "n_duplicates"])
        request_index()
    return restored


def _article(given: GivenArticle, batch: ImportBatch, outlet: int | None, story: int | None, print_: str) -> Article:
    length = len(given.text)
    headline = len(given.title) if given.title and given.text.startswith(f"{given.title}\n") else 0
    body = headline + 2 if headline else 0
    zones = [{"zone": "headline", "start": 0, "end": headline}] if headline else []
    return Article(
        uuid=given.uuid,
        outlet_id=outlet,
        story_id=story,
        url=given.url,
        title=given.title[:1000],
        byline=given.byline,
        published_at=given.published_at,
        language=given.language,
        rights=given.rights,
        raw=given.text,
        raw_fields=[{"name": "text", "start": 0, "end": length}],
        text=given.text,
        segments=[{"raw_start": 0, "raw_end": length, "text_start": 0, "text_end": length}],
        zones=[*zones, {"zone": "body", "start": body, "end": length}] if body < length else zones,
        text_sha256=text_sha256(given.text),
        fingerprint=print_,
        received_hash=received_hash(given.text),
        n_chars=length,
        cleaner_version=given.cleaner_version,
        import_batch=batch,
    )
