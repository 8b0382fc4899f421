"""Which articles may report the same event: a proposal, never a decision. Pure: numpy, no database.

Two articles are alike as the cosine of their weighted character n-grams (3 to 5 characters inside words): names,
inflected forms and compounds count in part, in any language with an alphabet. Frequent n-grams weigh little (inverse
document frequency, counted over a sample of the same articles). The n-grams are hashed into ``WIDTH`` signed columns,
which keeps an article at a fixed size and blurs a similarity by about ``1 / sqrt(WIDTH)`` = 0.016.

Cost: each article is compared with those up to ``days`` before it, and with at most ``REACH`` of them, by one matrix
product: linear in the number of articles, and memory for ``REACH`` articles.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import batched

import numpy as np
from numpy.typing import NDArray

from corpus.joining import Pair, joined

WIDTH = 4096
REACH = 4000
# Headline and lead tell what happened; the rest is background that other events share.
LEAD = 2000
SAMPLE = 2000
# Two pages about one event: .32 to .41 in a set of five; pages on neighbouring subjects up to .28.
LEAST = 0.3
DAYS = 3
_SIZES = (3, 4, 5)
_BUCKETS = 1 << 18
_SPACE = 32
_BLOCK = 500
_UNKNOWN = -1_000_000

type Vectors = NDArray[np.float32]
type Grams = NDArray[np.uint64]


def _constants(name: str, n: int) -> Grams:
    digests = b"".join(hashlib.sha256(f"slantwise {name} {i}".encode()).digest()[:8] for i in range(n))
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64) | np.uint64(1)


_FACTORS = _constants("characters of an n-gram", max(_SIZES))


@dataclass(frozen=True, slots=True)
class Report:
    """What is asked about one article. ``day`` is None where nothing is known; ``story`` is None where it has none."""

    key: int
    day: date | None = None
    story: int | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """Articles for one story: a new one, or the existing ``story``. Scores are mean similarities, most alike first."""

    story: int | None
    members: tuple[tuple[int, float], ...]
    score: float


def grams_of(text: str) -> Grams:
    """Hashes of the n-grams of a text's beginning, as often as they occur."""
    words = "".join(character if character.isalnum() else " " for character in text[:LEAD].casefold()).split()
    codes = np.frombuffer(f" {' '.join(words)} ".encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
    space = codes == _SPACE
    found = []
    for size in _SIZES:
        n = len(codes) - size + 1
        if n < 1:
            continue
        sums = np.zeros(n, dtype=np.uint64)
        whole = np.ones(n, dtype=bool)
        for offset in range(size):
            sums += codes[offset : offset + n] * _FACTORS[offset]
            if 0 < offset < size - 1:
                # A space inside would join two words, whose order says little.
                whole &= ~space[offset : offset + n]
        found.append(_mixed(sums[whole] + np.uint64(size)))
    return np.concatenate(found) if found else np.empty(0, dtype=np.uint64)


class Weights:
    """How much an n-gram tells, learned from a sample: ln((1 + n) / (1 + articles that have it)) + 1."""

    def __init__(self, sample: Iterable[str]) -> None:
        frequencies = np.zeros(_BUCKETS, dtype=np.int64)
        n = 0
        for text in sample:
            frequencies[np.unique(_bucket(grams_of(text)))] += 1
            n += 1
        self._weights = np.log((1 + n) / (1 + frequencies)) + 1

    def vectors_of(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text; zeros for a text without a word."""
        made = np.zeros((len(texts), WIDTH), dtype=np.float32)
        for index, text in enumerate(texts):
            grams, counts = np.unique(grams_of(text), return_counts=True)
            if len(grams):
                weights = (1 + np.log(counts)) * self._weights[_bucket(grams)]
                signs = np.where(grams >> np.uint64(63), 1.0, -1.0)
                columns = (grams % np.uint64(WIDTH)).astype(np.intp)
                row = np.bincount(columns, weights * signs, minlength=WIDTH)
                made[index] = row / (np.linalg.norm(row) or 1)
        return made


def pairs_of(
    reports: Iterable[Report], vectors_of: Callable[[Sequence[Report]], Vectors], *, days: int, least: float
) -> Iterator[Pair]:
    """Pairs of reports that are alike, as the cosine of their vectors; of two that have a story each, none.

    ``reports`` come in the order of time. Two whose days are known are compared up to ``days`` apart, others wherever
    they meet; each with at most ``REACH`` before it.
    """
    held: list[Report] = []
    held_vectors = np.empty((0, WIDTH), dtype=np.float32)
    for block in batched(reports, _BLOCK):
        vectors = vectors_of(block)
        held, held_vectors = [*held, *block][-(REACH + len(block)) :], np.concatenate((held_vectors, vectors))
        held_vectors = held_vectors[-len(held) :]
        scores = vectors @ held_vectors.T
        mine, theirs = _days(block), _days(held)
        near = (np.abs(mine[:, None] - theirs) <= days) | (mine[:, None] == _UNKNOWN) | (theirs == _UNKNOWN)
        # Each pair once: with what stands before it.
        earlier = np.arange(len(held)) < (len(held) - len(block) + np.arange(len(block)))[:, None]
        for row, column in zip(*np.nonzero((scores >= least) & near & earlier), strict=True):
            one, other = block[row], held[column]
            if one.story is None or other.story is None:
                yield Pair(one.key, other.key, min(1.0, float(scores[row, column])))


def propose(
    reports: Iterable[Report], pairs: Iterable[Pair], *, apart: Iterable[tuple[int, int]] = ()
) -> list[Proposed]:
    """Sets of two or more reports without a story, and reports for an existing one, the most alike first.

    Two sets become one where at least half of the pairs across them are alike, so that one odd article does not chain
    two events together. ``apart`` names keys that are never brought together; a story is named by its number, negated.
    Two stories never become one. The order of ``reports`` and ``pairs`` does not matter.
    """
    story_of = {report.key: report.story for report in reports}
    size: dict[int, int] = {}
    for story in story_of.values():
        if story is not None:
            size[-story] = size.get(-story, 0) + 1

    def node(key: int) -> int:
        story = story_of.get(key)
        return key if story is None else -story

    links: dict[int, dict[int, int]] = {}
    best: dict[tuple[int, int], float] = {}
    weight: dict[int, float] = {}
    # In a fixed order: sums of floats depend on it.
    found = sorted(pairs, key=lambda pair: (pair.one, pair.other))
    for pair in found:
        one, other = sorted((node(pair.one), node(pair.other)))
        best[one, other] = max(best.get((one, other), 0.0), pair.score)
        for here, there in ((one, other), (other, one)):
            links.setdefault(here, {})[there] = links.get(here, {}).get(there, 0) + 1

    def may_join(one: int, other: int) -> bool:
        # A story is negative and therefore the first of its set.
        both_stories = one < 0 and other < 0
        return not both_stories and 2 * links[one].get(other, 0) >= size.get(one, 1) * size.get(other, 1)

    def on_join(first: int, last: int) -> None:
        size[first] = size.get(first, 1) + size.get(last, 1)
        for there, n in links.pop(last).items():
            links[there].pop(last, None)
            if there != first:
                links[first][there] = links[there][first] = links[first].get(there, 0) + n

    sets = joined(
        (Pair(one, other, score) for (one, other), score in best.items()),
        apart=apart,
        may_join=may_join,
        on_join=on_join,
    )
    home = {member: index for index, members in enumerate(sets) for member in members}
    for pair in found:
        one, other = node(pair.one), node(pair.other)
        if home.get(one, -1) == home.get(other, -2):
            weight[pair.one] = weight.get(pair.one, 0.0) + pair.score
            weight[pair.other] = weight.get(pair.other, 0.0) + pair.score
    proposals = [_proposed(members, size[members[0]], weight) for members in sets]
    return sorted(proposals, key=lambda proposal: (-proposal.score, proposal.members))


def _proposed(members: list[int], size: int, weight: dict[int, float]) -> Proposed:
    """A pair that is not alike counts as 0."""
    scored = sorted(
        ((key, weight[key] / (size - 1)) for key in members if key > 0), key=lambda item: (-item[1], item[0])
    )
    story = -members[0] if members[0] < 0 else None
    return Proposed(story, tuple(scored), sum(score for _, score in scored) / len(scored))


def _days(reports: Sequence[Report]) -> NDArray[np.int64]:
    return np.array([report.day.toordinal() if report.day else _UNKNOWN for report in reports], dtype=np.int64)


def _bucket(grams: Grams) -> NDArray[np.intp]:
    return ((grams >> np.uint64(16)) % np.uint64(_BUCKETS)).astype(np.intp)


def _mixed(values: Grams) -> Grams:
    """The finaliser of SplitMix64."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
