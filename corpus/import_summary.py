"""What is worth a look after an import: what its articles lack, copies among them, what cleaning took, odd characters."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from corpus.cleaning import SWITCHABLE
from corpus.models import Article, ImportBatch

# Of a large import so many articles, from its first on, are looked through one by one.
LOOKED_AT = 1000
_MOST_SHOWN = 10
_RULES = frozenset(SWITCHABLE)
_TEXT_FIELDS = ("title", "text")


@dataclass(frozen=True, slots=True)
class Lack:
    """How many articles of an import have no value in one field; ``field`` is what the list's filter takes."""

    field: str
    words: str
    articles: int


@dataclass(frozen=True, slots=True)
class Copies:
    """A group of near-duplicates with an article of the import in it."""

    group: uuid.UUID
    articles: int


@dataclass(frozen=True, slots=True)
class Cleaned:
    """``share`` of the received headline and text, in [0, 1], that rules took."""

    article: int
    title: str
    share: float

    @property
    def percent(self) -> int:
        return round(self.share * 100)


@dataclass(frozen=True, slots=True)
class Summary:
    """Of ``articles`` that are still there, ``looked_at`` were read for ``cleaned``.

    ``n_suspects`` have characters that look decoded with the wrong charset and were left as they came.
    """

    articles: int
    lacks: list[Lack]
    n_groups: int
    groups: list[Copies]
    looked_at: int
    cleaned: list[Cleaned]
    n_suspects: int


def summary_of(batch: ImportBatch, *, visible: QuerySet[Article]) -> Summary:
    """What ``visible`` holds of an import: at most three queries, whatever its size."""
    articles = visible.order_by().filter(import_batch=batch)
    counts = articles.aggregate(
        all=Count("pk"),
        groups=Count("near_duplicate_group", distinct=True),
        suspects=Count("pk", filter=Q(n_mojibake__gt=0)),
        **{name: Count("pk", filter=Q(**{f"{field}__isnull": True})) for name, (field, _) in LACKS.items()},
    )
    cleaned, looked_at = _looked_through(articles)
    return Summary(
        articles=counts["all"],
        lacks=[Lack(name, words, counts[name]) for name, (_, words) in LACKS.items() if counts[name]],
        n_groups=counts["groups"],
        groups=_groups(articles, visible) if counts["groups"] else [],
        looked_at=looked_at,
        cleaned=sorted(cleaned, key=lambda one: -one.share)[:_MOST_SHOWN],
        n_suspects=counts["suspects"],
    )


# Name in addresses -> (column, words).
LACKS: dict[str, tuple[str, str]] = {
    "outlet": ("outlet", "no outlet"),
    "date": ("published_at", "no date"),
    "byline": ("byline", "no byline"),
    "language": ("language", "no language"),
}


def _groups(articles: QuerySet[Article], visible: QuerySet[Article]) -> list[Copies]:
    """The largest groups. Copies in other imports count too."""
    met = articles.filter(near_duplicate_group__isnull=False).values("near_duplicate_group")
    sizes = (
        visible.order_by()
        .filter(near_duplicate_group__in=met)
        .values("near_duplicate_group")
        .annotate(n=Count("pk"))
        .order_by("-n", "near_duplicate_group")
    )
    return [Copies(group, row["n"]) for row in sizes[:_MOST_SHOWN] if (group := row["near_duplicate_group"])]


def _looked_through(articles: QuerySet[Article]) -> tuple[list[Cleaned], int]:
    cleaned: list[Cleaned] = []
    looked_at = 0
    rows = articles.order_by("pk").values_list("pk", "title", "raw_fields", "removed")
    for pk, title, raw_fields, removed in rows[:LOOKED_AT]:
        looked_at += 1
        received = sum(part["end"] - part["start"] for part in raw_fields if part["name"] in _TEXT_FIELDS)
        taken = sum(part["end"] - part["start"] for part in removed if part["rule"] in _RULES)
        if taken and received:
            cleaned.append(Cleaned(pk, title, min(taken / received, 1.0)))
    return cleaned, looked_at
