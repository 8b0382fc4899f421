"""Filling the table of searched words. Imports do not wait for it: the worker does it afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from corpus.models import Article, ArticleSearch
from corpus.search import SEARCHED_CHARS, config_for, in_pairs, installed_configs

CHUNK = 200
_LOCK = 0x51A28
_FILL = """
INSERT INTO corpus_articlesearch (article_id, config, vector)
SELECT id, config, setweight(to_tsvector(config::regconfig, headline), 'A')
                || setweight(to_tsvector(config::regconfig, body), 'B')
                || setweight(to_tsvector(config::regconfig, aside), 'D')
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS given(id, config, headline, body, aside)
WHERE EXISTS (SELECT FROM corpus_article a WHERE a.id = given.id)
ON CONFLICT (article_id) DO UPDATE SET config = excluded.config, vector = excluded.vector
"""
# The weight each zone has in the order by relevance.
_HEADLINE, _ASIDE = frozenset({"headline"}), frozenset({"caption", "correction"})


def pending_articles() -> QuerySet[Article]:
    """Articles later than the last one indexed. Counting or reading some of them costs the same however many there are.

    One that was committed late, below that mark, is found by :func:`index_stragglers`.
    """
    last = ArticleSearch.objects.aggregate(last=Max("pk"))["last"] or 0
    return Article.objects.filter(pk__gt=last).order_by("pk")


def index_pending(*, limit: int) -> int:
    """Index up to ``limit`` of the pending articles, each chunk for itself; how many. 0 also while another does it."""
    done = 0
    while done < limit:
        with transaction.atomic():
            if not _alone():
                return done
            some = list(_for_index(pending_articles())[: min(CHUNK, limit - done)])
            _fill(some)
        if not some:
            break
        done += len(some)
    if done:
        _settle()
    return done


@dataclass(frozen=True, slots=True)
class Sweep:
    """A walk over all articles in turns: how many were indexed, and where the next turn begins (0: at the start)."""

    indexed: int
    next_key: int


def index_stragglers(*, after: int, look_at: int) -> Sweep:
    """Index what is missing among the ``look_at`` articles after the key ``after``."""
    keys = list(Article.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:look_at])
    if not keys:
        return Sweep(0, 0)
    missing = Article.objects.filter(pk__gt=after, pk__lte=keys[-1]).filter(
        ~Exists(ArticleSearch.objects.filter(article=OuterRef("pk")))
    )
    some = list(missing.order_by("pk").values_list("pk", flat=True)[: 10 * CHUNK])
    indexed = index_articles(articles=Article.objects.filter(pk__in=some)) if some else 0
    # A turn that met more than it could do comes back to the same place.
    return Sweep(indexed, after if indexed == 10 * CHUNK else keys[-1] if len(keys) == look_at else 0)


def index_articles(*, articles: QuerySet[Article] | None = None) -> int:
    """Index these articles (default: all), also those that were indexed before; how many."""
    chosen = Article.objects.all() if articles is None else articles
    done = 0
    for keys in batched(chosen.order_by("pk").values_list("pk", flat=True).iterator(chunk_size=10_000), CHUNK):
        with transaction.atomic():
            some = list(_for_index(Article.objects.filter(pk__in=keys).order_by("pk")))
            _fill(some)
        done += len(some)
    if done:
        _settle()
    return done


def _alone() -> bool:
    """Two that index the same articles would only do it twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _for_index(articles: QuerySet[Article]) -> QuerySet[Article]:
    return articles.only("pk", "language", "text", "zones")


def _fill(articles: Sequence[Article]) -> None:
    if not articles:
        return
    installed = installed_configs()
    rows = [(article.pk, config_for(article.language, installed), *_parts(article)) for article in articles]
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [list(column) for column in zip(*rows, strict=True)])


def _parts(article: Article) -> tuple[str, str, str]:
    """(headline, body and standfirst, captions and corrections) as they are indexed."""
    return (
        _zones(article, lambda zone: zone in _HEADLINE),
        _zones(article, lambda zone: zone not in _HEADLINE | _ASIDE),
        _zones(article, lambda zone: zone in _ASIDE),
    )


def _zones(article: Article, wanted: Any) -> str:
    zones: Iterable[Mapping[str, Any]] = article.zones
    found = (article.text[z["start"] : min(z["end"], SEARCHED_CHARS)] for z in zones if wanted(z["zone"]))
    return in_pairs("\n".join(found))


def _settle() -> None:
    """Work new words into the index proper; until then every search reads them one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('search_by_word')")
