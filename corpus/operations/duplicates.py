"""Near-duplicates: who resembles whom, and the groups that follow.

An import calls, in this order and in its own transaction:

- with the policy ``skip``, ``resembled(texts=…)`` before it stores a chunk, and stores only what resembles nothing;
- ``link_identical(fingerprints=…)`` after it stored a chunk, with the fingerprints that more than one article bears
  (under any policy: the same text under several outlets is one group);
- with ``skip``, ``link_near_duplicates(articles=…)`` for what it stored, so that the next chunk is compared with it.

With ``link`` and ``skip`` it ends with ``corpus.grouping_tasks.request_linking``: once it is committed, the worker (or
the command itself) runs ``link_missing``, which gives every article a sketch that has none, and groups. With ``keep`` the import notes ``{"near_duplicates": "keep"}`` in
``ImportBatch.options``, and its articles are left alone.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from corpus import sketches
from corpus.errors import Refusal
from corpus.joining import Pair, joined
from corpus.models import Article, ArticleSketch, DuplicateGroup, GroupMerge, ImportBatch, NotDuplicates

# Articles worked on in one transaction.
CHUNK = 1000
# A band that so many articles share is given to no more of them: whatever resembles the crowd is found by its first
# members, and the cost of an article stays the same when thousands are made from one template.
CROWD = 20
# Linking waits for linking: "which group is it in?" and "put it there" cannot be torn apart.
_LINK_LOCK = 0x51A28


@dataclass(frozen=True, slots=True)
class Linked:
    """What linking did: articles looked at, articles that came into a group, groups made and groups merged."""

    sketched: int = 0
    grouped: int = 0
    made: int = 0
    merged: int = 0

    def __add__(self, other: Linked) -> Linked:
        return Linked(
            self.sketched + other.sketched,
            self.grouped + other.grouped,
            self.made + other.made,
            self.merged + other.merged,
        )


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What a text resembles: a stored ``article``, or the text at index ``earlier`` of the same list."""

    similarity: float
    article: uuid.UUID | None = None
    earlier: int | None = None


@transaction.atomic
def link_near_duplicates(*, articles: Collection[int], now: datetime | None = None) -> Linked:
    """Give the articles (primary keys) sketches, and group them with each other and with every stored article alike.

    Alike is an estimated similarity of ``settings.NEAR_DUPLICATE_PERCENT`` or more. Articles that have a sketch are not
    looked at again, nor are those that a newer version supersedes. Where an article resembles members of two groups,
    they become one under the older's id, which is recorded; what a person told apart is never brought together.
    """
    _wait_for_others()
    wanted = Article.objects.filter(pk__in=articles, superseded_by=None).exclude(sketch__version=sketches.VERSION)
    rows = list(wanted.order_by("pk").values_list("pk", "text"))
    if not rows:
        return Linked()
    ids = np.array([pk for pk, _ in rows], dtype=np.int64)
    made = sketches.sketches_of([text for _, text in rows])
    found = _compare(made)
    _store(ids, made, found)
    pairs = [Pair(int(ids[one]), int(ids[other]), score) for one, other, score in found.among if score >= _least()] + [
        Pair(int(ids[one]), other, score) for one, other, score in found.stored if score >= _least()
    ]
    return Linked(sketched=len(rows)) + _join(pairs, now=now or timezone.now())


@transaction.atomic
def link_identical(*, fingerprints: Collection[str], now: datetime | None = None) -> Linked:
    """Group the articles that share one of these fingerprints: the same text under several outlets."""
    if not fingerprints:
        return Linked()
    _wait_for_others()
    bearers: dict[str, list[int]] = defaultdict(list)
    same = Article.objects.filter(fingerprint__in=fingerprints, superseded_by=None).order_by("pk")
    for pk, fingerprint in same.values_list("pk", "fingerprint"):
        bearers[fingerprint].append(pk)
    pairs = [Pair(found[0], other, 1.0) for found in bearers.values() for other in found[1:]]
    return _join(pairs, now=now or timezone.now())


def link_missing(
    *,
    batch: int | None = None,
    limit: int | None = None,
    now: datetime | None = None,
    progress: Callable[[Linked], object] | None = None,
) -> Linked:
    """Link every article without a sketch, or those of one import; ``progress`` is told the sum after each chunk.

    Ends after the chunk in which ``limit`` is reached. Each chunk is a transaction of its own: ended half-way, the next call goes on where this one stopped. Articles of
    imports that were asked to keep near-duplicates apart are passed over.
    """
    total, after = Linked(), 0
    while ids := list(sketch_missing(batch=batch, after=after)[:CHUNK]):
        total += link_near_duplicates(articles=ids, now=now)
        after = ids[-1]
        if progress:
            progress(total)
        if limit is not None and total.sketched >= limit:
            break
    return total


def sketch_missing(*, batch: int | None = None, after: int = 0) -> QuerySet[Article, int]:
    """Primary keys, rising from ``after``, of the articles that ``link_missing`` is still to look at."""
    missing = Article.objects.filter(pk__gt=after, superseded_by=None).exclude(sketch__version=sketches.VERSION)
    if batch is not None:
        missing = missing.filter(import_batch=batch)
    kept_apart = ImportBatch.objects.filter(options__near_duplicates="keep").order_by()
    return missing.exclude(import_batch__in=kept_apart.values("pk")).order_by("pk").values_list("pk", flat=True)


def resembled(*, texts: Sequence[str]) -> list[Resemblance | None]:
    """For each text what it resembles, stored or earlier in the list; None for one that is new.

    A text is compared with those earlier ones only that are new themselves: the others would not be stored. Stored
    articles without a sketch are not seen, so let ``link_missing`` run before.
    """
    found = _compare(sketches.sketches_of(texts))
    answers: list[Resemblance | None] = [None] * len(texts)
    best: dict[int, tuple[float, int]] = {}
    for one, other, score in found.stored:
        if score >= _least():
            best[one] = max(best.get(one, (0.0, 0)), (score, -other))
    uuids = dict(Article.objects.filter(pk__in={-pk for _, pk in best.values()}).values_list("pk", "uuid"))
    for index, (score, pk) in best.items():
        answers[index] = Resemblance(score, article=uuids[-pk])
    for earlier, later, score in sorted(found.among):
        if score >= _least() and answers[earlier] is None and answers[later] is None:
            answers[later] = Resemblance(score, earlier=earlier)
    return answers


@transaction.atomic
def split_group(
    *, group: DuplicateGroup, leaving: Collection[int], by: AbstractBaseUser | None = None, now: datetime
) -> None:
    """Part a group in two: the articles ``leaving`` (primary keys) and the rest. It is remembered for every import.

    A part of one article has no group any more; a leaving part of two or more becomes a group of its own.
    """
    _wait_for_others()
    members = set(Article.objects.filter(near_duplicate_group=group.pk).values_list("pk", flat=True))
    part, rest = members & set(leaving), members - set(leaving)
    if not part:
        raise Refusal("Choose articles of this group.")
    if not rest:
        raise Refusal("All of them would leave. Leave out at least one article, which the others are told apart from.")
    NotDuplicates.objects.bulk_create(
        [
            NotDuplicates(one_id=min(one, other), other_id=max(one, other), decided_at=now, decided_by=by)  # type: ignore[misc]
            for one in sorted(part)
            for other in sorted(rest)
        ],
        ignore_conflicts=True,
        batch_size=CHUNK,
    )
    own = DuplicateGroup.objects.create() if len(part) > 1 else None
    Article.objects.filter(pk__in=part).update(near_duplicate_group=own and own.pk)
    if len(rest) == 1:
        Article.objects.filter(pk__in=rest).update(near_duplicate_group=None)
        DuplicateGroup.objects.filter(pk=group.pk).delete()


@transaction.atomic
def merge_groups(*, groups: Collection[uuid.UUID], by: AbstractBaseUser | None = None, now: datetime) -> DuplicateGroup:
    """One group out of several, under the oldest's id; what had told their members apart is forgotten."""
    _wait_for_others()
    found = list(DuplicateGroup.objects.filter(pk__in=groups).order_by("created_at", "pk"))
    if len(found) < 2:
        raise Refusal("Choose at least two groups to merge.")
    keys = [group.pk for group in found]
    NotDuplicates.objects.filter(one__near_duplicate_group__in=keys, other__near_duplicate_group__in=keys).delete()
    for group in found[1:]:
        _absorb(found[0].pk, group.pk, by=by, now=now)
    return found[0]


def similarities(*, articles: Sequence[int]) -> dict[int, float | None]:
    """How alike each article is to the first of them; None where a sketch is missing."""
    stored = dict(
        ArticleSketch.objects.filter(article__in=articles, version=sketches.VERSION).values_list("article", "signature")
    )
    if not articles or articles[0] not in stored:
        return dict.fromkeys(articles)
    known = [pk for pk in articles if pk in stored]
    rows = sketches.from_bytes([stored[pk] for pk in known])
    alike = sketches.similarity(np.broadcast_to(rows[known.index(articles[0])], rows.shape), rows)
    return dict.fromkeys(articles) | {pk: float(score) for pk, score in zip(known, alike, strict=True)}


@dataclass(frozen=True, slots=True)
class _Found:
    """Candidates with their similarity: (row, row) ``among`` the given sketches, (row, primary key) of ``stored``."""

    bands: sketches.Bands
    among: list[tuple[int, int, float]]
    stored: list[tuple[int, int, float]]
    crowded: dict[int, int]


def _least() -> float:
    return settings.NEAR_DUPLICATE_PERCENT / 100


def _wait_for_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LINK_LOCK])


def _compare(made: sketches.Sketches) -> _Found:
    bands = sketches.bands_of(made)
    rows = np.flatnonzero(~sketches.is_empty(made))
    one, other = _sharing(bands, rows)
    among = list(zip(one.tolist(), other.tolist(), sketches.similarity(made[one], made[other]).tolist(), strict=True))
    candidates = _candidates(bands, rows)
    known = sorted({pk for _, pk in candidates})
    stored: list[tuple[int, int, float]] = []
    crowded: dict[int, int] = {}
    if known:
        kept = list(
            ArticleSketch.objects.filter(article__in=known)
            .order_by("article")
            .values_list("article", "signature", "bands")
        )
        theirs = sketches.from_bytes([signature for _, signature, _ in kept])
        place = {pk: index for index, (pk, _, _) in enumerate(kept)}
        mine = np.array([row for row, _ in candidates])
        at = np.array([place[pk] for _, pk in candidates])
        alike = sketches.similarity(made[mine], theirs[at])
        stored = [(row, pk, score) for (row, pk), score in zip(candidates, alike.tolist(), strict=True)]
        for _, _, numbers in kept:
            for number in numbers:
                crowded[number] = crowded.get(number, 0) + 1
    return _Found(bands, among, stored, crowded)


def _sharing(bands: sketches.Bands, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pairs of rows (the lower first, each pair once) that share a band; in a crowd, each with its nearest."""
    numbers = bands[rows].ravel()
    owners = np.repeat(rows, sketches.BANDS)
    order = np.argsort(numbers, kind="stable")
    numbers, owners = numbers[order], owners[order]
    pairs = []
    for distance in range(1, min(CROWD, len(numbers) - 1) + 1):
        same = numbers[distance:] == numbers[:-distance]
        if not same.any():
            break
        pairs.append(np.column_stack((owners[:-distance][same], owners[distance:][same])))
    if not pairs:
        empty = np.empty(0, dtype=np.intp)
        return empty, empty
    unique = np.unique(np.concatenate(pairs), axis=0)
    unique = unique[unique[:, 0] != unique[:, 1]]
    return unique[:, 0], unique[:, 1]


def _candidates(bands: sketches.Bands, rows: NDArray[np.intp]) -> list[tuple[int, int]]:
    """(row, primary key) of stored sketches that share a band with the row's."""
    if not len(rows):
        return []
    with _index_only(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT asked.row, found.article_id FROM ("
            " SELECT row, bands::int[] AS bands FROM unnest(%s::int[], %s::text[]) AS given(row, bands) OFFSET 0"
            ") AS asked, LATERAL ("
            # OFFSET 0 keeps the lookup inside the loop: one scan of the index for each row.
            " SELECT article_id FROM corpus_articlesketch"
            " WHERE bands && asked.bands AND version = %s OFFSET 0"
            ") AS found ORDER BY 1, 2",
            # Postgres reads a literal many times faster than psycopg writes a list of lists.
            [rows.tolist(), [f"{{{str(some)[1:-1]}}}" for some in bands[rows].tolist()], sketches.VERSION],
        )
        found = cursor.fetchall()
    current = set(
        Article.objects.filter(pk__in={pk for _, pk in found}, superseded_by=None).values_list("pk", flat=True)
    )
    return [(row, pk) for row, pk in found if pk in current]


@contextmanager
def _index_only() -> Iterator[None]:
    """Inside an import the planner still believes the table to be small, and would read all of it for each row."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield
        cursor.execute("SET LOCAL enable_seqscan = on")


def _store(ids: NDArray[np.int64], made: sketches.Sketches, found: _Found) -> None:
    """COPY the sketches, each with the bands that are not crowded yet."""
    ArticleSketch.objects.filter(article__in=ids.tolist()).delete()
    room = _with_room(found) & ~sketches.is_empty(made)[:, None]
    full = room.all(axis=1)
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(
            "COPY corpus_articlesketch (article_id, version, signature, bands) FROM STDIN (FORMAT BINARY)"
        ) as copy,
    ):
        copy.write(_copy_head)
        copy.write(_copy_rows(ids[full], made[full], found.bands[full]))
        for index in np.flatnonzero(~full):
            numbers = found.bands[index][room[index]]
            copy.write(_copy_rows(ids[index : index + 1], made[index : index + 1], numbers[None]))
        copy.write(_copy_tail)


# Postgres's binary COPY format (its manual, "COPY", "Binary Format"), written by numpy: psycopg takes a third of the
# time of linking for it. Integers are big-endian; each field follows its length.
_copy_head, _copy_tail = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_INT4_OID = 23


def _copy_rows(ids: NDArray[np.int64], made: sketches.Sketches, bands: sketches.Bands) -> bytes:
    """Rows (article, version, signature, bands); all have the same number of bands."""
    n = bands.shape[1]
    rows = np.zeros(
        len(ids),
        dtype=[
            ("fields", ">i2"), ("id_size", ">i4"), ("id", ">i8"), ("version_size", ">i4"), ("version", ">i2"),
            ("signature_size", ">i4"), ("signature", "<u4", sketches.PLACES), ("bands_size", ">i4"),
            ("dimensions", ">i4"), ("flags", ">i4"), ("oid", ">i4"),
            *([("length", ">i4"), ("lower", ">i4"), ("bands", [("size", ">i4"), ("band", ">i4")], n)] if n else []),
        ],
    )  # fmt: skip
    rows["fields"], rows["id_size"], rows["id"] = 4, 8, ids
    rows["version_size"], rows["version"] = 2, sketches.VERSION
    rows["signature_size"], rows["signature"] = 4 * sketches.PLACES, made
    rows["bands_size"], rows["oid"] = 12 + (8 + 8 * n if n else 0), _INT4_OID
    if n:
        rows["dimensions"], rows["length"], rows["lower"] = 1, n, 1
        rows["bands"]["size"], rows["bands"]["band"] = 4, bands
    return rows.tobytes()


def _with_room(found: _Found) -> NDArray[np.bool_]:
    """Which bands of which rows are shared by fewer than ``CROWD`` articles, stored ones and earlier rows."""
    flat = found.bands.ravel()
    order = np.argsort(flat, kind="stable")
    numbers = flat[order]
    begins = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))
    rank = np.arange(len(numbers)) - np.repeat(begins, np.diff(np.append(begins, len(numbers))))
    before = np.empty(len(flat), dtype=np.int64)
    before[order] = rank
    if found.crowded:
        before += np.array([found.crowded.get(number, 0) for number in flat.tolist()])
    return (before < CROWD).reshape(found.bands.shape)


def _join(pairs: list[Pair], *, now: datetime) -> Linked:
    """Bring articles (primary keys) that are alike into groups; of several groups the oldest prevails."""
    if not pairs:
        return Linked()
    concerned = {pk for pair in pairs for pk in (pair.one, pair.other)}
    group_of = dict(Article.objects.filter(pk__in=concerned).values_list("pk", "near_duplicate_group"))
    held = {group for group in group_of.values() if group}
    aged = list(DuplicateGroup.objects.filter(pk__in=held).order_by("created_at", "pk").values_list("pk", flat=True))
    # Groups stand before single articles and the oldest group first, so the first of a joined set is what prevails.
    number = {group: index - len(aged) for index, group in enumerate(aged)}

    def node(pk: int, group: uuid.UUID | None) -> int:
        return number.get(group, pk) if group else pk

    best: dict[tuple[int, int], float] = {}
    for pair in pairs:
        ends = sorted((node(pair.one, group_of[pair.one]), node(pair.other, group_of[pair.other])))
        if ends[0] != ends[1]:
            key = (ends[0], ends[1])
            best[key] = max(best.get(key, 0.0), pair.score)
    sets = joined(
        [Pair(one, other, score) for (one, other), score in best.items()],
        apart=_told_apart(concerned, aged, node),
    )
    return _apply(sets, aged, now=now)


def _told_apart(
    concerned: Collection[int], groups: Collection[uuid.UUID], node: Callable[[int, uuid.UUID | None], int]
) -> list[tuple[int, int]]:
    mine = Q(one__in=concerned) | Q(other__in=concerned)
    if groups:
        mine |= Q(one__near_duplicate_group__in=groups) | Q(other__near_duplicate_group__in=groups)
    rows = NotDuplicates.objects.filter(mine).values_list(
        "one", "one__near_duplicate_group", "other", "other__near_duplicate_group"
    )
    return [(node(one, group), node(other, others)) for one, group, other, others in rows]


def _apply(sets: list[list[int]], aged: list[uuid.UUID], *, now: datetime) -> Linked:
    made: list[DuplicateGroup] = []
    moves: list[tuple[int, uuid.UUID]] = []
    merged = 0
    for nodes in sets:
        groups = [aged[node] for node in nodes if node < 0]
        if groups:
            target = groups[0]
        else:
            made.append(DuplicateGroup())
            target = made[-1].pk
        for absorbed in groups[1:]:
            _absorb(target, absorbed, by=None, now=now)
            merged += 1
        moves += [(node, target) for node in nodes if node >= 0]
    DuplicateGroup.objects.bulk_create(made)
    if moves:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE corpus_article AS article SET near_duplicate_group = moved.target"
                " FROM unnest(%s::bigint[], %s::uuid[]) AS moved(id, target) WHERE article.id = moved.id",
                [[pk for pk, _ in moves], [target for _, target in moves]],
            )
    return Linked(grouped=len(moves), made=len(made), merged=merged)


def _absorb(target: uuid.UUID, absorbed: uuid.UUID, *, by: AbstractBaseUser | None, now: datetime) -> None:
    Article.objects.filter(near_duplicate_group=absorbed).update(near_duplicate_group=target)
    # What the absorbed group had absorbed is still told, now of the group that it is in.
    GroupMerge.objects.filter(group=absorbed).update(group=target)
    GroupMerge.objects.create(group_id=target, absorbed=absorbed, merged_at=now, merged_by=by)  # type: ignore[misc]
    DuplicateGroup.objects.filter(pk=absorbed).delete()
