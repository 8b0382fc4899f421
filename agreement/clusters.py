"""Marks of several readers gathered into units, with the votes kept: soft labels and support per character.

The rule, which a release writes into its manifest: two marks of one layer, by different annotators, are linked where
their intersection over union reaches the threshold, whatever their labels; a unit is a connected component of these
links (single linkage). A mark without a link is a unit of its own, two marks of one annotator are only joined through
somebody else's, and a chain of links may hold marks that do not overlap. Nothing depends on the order of the input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from math import lcm
from operator import attrgetter
from typing import Literal, NamedTuple

from agreement.votes import coverage_runs
from spans.span import Fragments, shared_length, union_of

OUTSIDE = "O"
_IN_ORDER = attrgetter("start", "end", "id")

type Resolution = Literal["unanimous", "majority", "tie"]


class LayerMark(NamedTuple):
    """A mark as it enters a unit; ``id`` is what the unit lists as its member and must be unique."""

    id: str
    annotator: str
    layer: str
    label: str
    start: int
    end: int
    fragments: Fragments = ()

    @property
    def pieces(self) -> Fragments:
        """The characters covered, as sorted ranges that neither overlap nor touch."""
        return union_of(self.fragments) if self.fragments else ((self.start, self.end),)


class Support(NamedTuple):
    """A run of characters covered by the same share of all annotators, greater than 0."""

    start: int
    end: int
    support: float


class LabelShare(NamedTuple):
    """The share of the votes that a label has; ``O``: no mark here."""

    label: str
    p: float


class Cluster(NamedTuple):
    """One unit: marks that answer each other, and what all who completed the article say of it.

    ``n_annotators``: who completed the article; ``n_marked``: those with a mark in the unit. ``members``: ids, sorted.
    ``start``, ``end``: hull of the characters that at least half of those who marked cover, or of all where there are
    none. ``core_*``: hull of the characters that more than half of *all* annotators cover; None where there are none.
    ``union_*``: hull of every member. ``char_support``: runs with support, in order; gaps between fragments are left
    out. ``soft_label``: one vote an annotator, split equally over the distinct labels it used here, ``O`` for those
    without a mark; by falling share, then label, O last; sums to one. ``hard_label``: the entry with strictly more
    than any other (``O`` if most marked nothing), None on a tie. ``mean_iou``: over pairs of annotators who marked,
    each with all characters it covers here; None where only one did.
    """

    layer: str
    n_annotators: int
    n_marked: int
    members: tuple[str, ...]
    start: int
    end: int
    core_start: int | None
    core_end: int | None
    union_start: int
    union_end: int
    char_support: tuple[Support, ...]
    soft_label: tuple[LabelShare, ...]
    hard_label: str | None
    resolution: Resolution
    mean_iou: float | None


def clusters(
    marks: Iterable[LayerMark], annotators: Collection[str], threshold: Fraction = Fraction(1, 2)
) -> list[Cluster]:
    """The units of one article, by start, end, layer and members.

    ``annotators`` completed it; marks of others are left out. ``threshold``: least intersection over union of a link,
    above 0 and up to 1, compared in whole numbers, so that 10 of 20 reaches a half. ValueError for another threshold
    or an id that occurs twice.
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"the threshold must be above 0 and at most 1, not {threshold}")
    by_layer: defaultdict[str, list[LayerMark]] = defaultdict(list)
    ids = set()
    for mark in marks:
        if mark.id in ids:
            raise ValueError(f"two marks have the id {mark.id!r}")
        ids.add(mark.id)
        if mark.annotator in annotators:
            by_layer[mark.layer].append(mark)
    found = [
        _cluster(layer, members, len(set(annotators)))
        for layer, of_layer in by_layer.items()
        for members in _components(of_layer, (threshold.numerator, threshold.denominator))
    ]
    return sorted(found, key=attrgetter("union_start", "union_end", "layer", "members"))


def _components(marks: Sequence[LayerMark], threshold: tuple[int, int]) -> list[list[LayerMark]]:
    """Connected components over links; a sweep by start looks only at marks whose hulls overlap."""
    ordered = sorted(marks, key=_IN_ORDER)
    root = list(range(len(ordered)))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    # Of every mark before: end, annotator, number, pieces. Written out, as this runs for every two marks that overlap.
    active: list[tuple[int, str, int, Fragments]] = []
    for now, mark in enumerate(ordered):
        start, annotator, pieces = mark.start, mark.annotator, mark.pieces
        active = [before for before in active if before[0] > start]
        for _, other, before, other_pieces in active:
            if other != annotator and _linked(pieces, other_pieces, threshold):
                root[find(now)] = find(before)
        active.append((mark.end, annotator, now, pieces))
    groups: defaultdict[int, list[LayerMark]] = defaultdict(list)
    for i, mark in enumerate(ordered):
        groups[i if root[i] == i else find(i)].append(mark)
    return list(groups.values())


def _length(pieces: Fragments) -> int:
    if len(pieces) == 1:
        return pieces[0][1] - pieces[0][0]
    return sum(end - start for start, end in pieces)


def _shared(a: Fragments, b: Fragments) -> int:
    if len(a) == len(b) == 1:
        (a_start, a_end), (b_start, b_end) = a[0], b[0]
        shared = (a_end if a_end < b_end else b_end) - (a_start if a_start > b_start else b_start)
        return shared if shared > 0 else 0
    return shared_length(a, b)


def _linked(a: Fragments, b: Fragments, threshold: tuple[int, int]) -> bool:
    shared = _shared(a, b)
    least, most = threshold
    return shared > 0 and most * shared >= least * (_length(a) + _length(b) - shared)


def _alone(layer: str, mark: LayerMark, n_annotators: int) -> Cluster:
    """What ``_cluster`` says of a single mark, and most units are one, without the counting."""
    pieces = mark.pieces
    start, end = pieces[0][0], pieces[-1][1]
    core = n_annotators == 1  # more than half of all, which one can only be alone
    soft_label, winner, resolution = _verdict(((mark.label,),), n_annotators)
    return Cluster(
        layer,
        n_annotators,
        1,
        (mark.id,),
        start,
        end,
        start if core else None,
        end if core else None,
        start,
        end,
        tuple([Support(a, b, 1 / n_annotators) for a, b in pieces]),
        soft_label,
        winner,
        resolution,
        None,
    )


def _cluster(layer: str, members: Sequence[LayerMark], n_annotators: int) -> Cluster:
    if len(members) == 1:
        return _alone(layer, members[0], n_annotators)
    covered: dict[str, Fragments] = {}
    labels: dict[str, tuple[str, ...]] = {}
    for mark in members:
        annotator = mark.annotator
        if annotator in covered:
            covered[annotator] = union_of((*covered[annotator], *mark.pieces))
            labels[annotator] = tuple(sorted({*labels[annotator], mark.label}))
        else:
            covered[annotator] = mark.pieces
            labels[annotator] = (mark.label,)
    runs = coverage_runs(covered.values())
    core = [(start, end) for start, end, count in runs if 2 * count > n_annotators]
    half = [(start, end) for start, end, count in runs if 2 * count >= len(covered)] or runs
    soft_label, winner, resolution = _verdict(tuple(sorted(labels.values())), n_annotators)
    return Cluster(
        layer=layer,
        n_annotators=n_annotators,
        n_marked=len(covered),
        members=tuple(sorted([mark.id for mark in members])),
        start=half[0][0],
        end=half[-1][1],
        core_start=core[0][0] if core else None,
        core_end=core[-1][1] if core else None,
        union_start=runs[0][0],
        union_end=runs[-1][1],
        char_support=tuple([Support(start, end, count / n_annotators) for start, end, count in runs]),
        soft_label=soft_label,
        hard_label=winner,
        resolution=resolution,
        mean_iou=_mean_iou(list(covered.values())),
    )


@lru_cache(maxsize=4096)  # the same few labels come again and again
def _verdict(
    labels: tuple[tuple[str, ...], ...], n_annotators: int
) -> tuple[tuple[LabelShare, ...], str | None, Resolution]:
    """Soft label, hard label and resolution from the labels that each of those who marked used."""
    votes, all_votes = _votes(labels, n_annotators)
    ranked = sorted(votes.values(), reverse=True)
    winner = None if len(ranked) > 1 and ranked[0] == ranked[1] else max(votes, key=lambda label: votes[label])
    soft_label = tuple([LabelShare(label, n / all_votes) for label, n in votes.items()])
    return soft_label, winner, _resolution(winner, votes, all_votes)


def _votes(labels: Collection[Collection[str]], n_annotators: int) -> tuple[dict[str, int], int]:
    """Votes as whole numbers, and how many there are in all: every share is a whole number of the smallest one."""
    parts = lcm(*(len(of_one) for of_one in labels))
    votes: defaultdict[str, int] = defaultdict(int)
    for of_one in labels:
        for label in of_one:
            votes[label] += parts // len(of_one)
    ordered = dict(sorted(votes.items(), key=lambda item: (-item[1], item[0])))
    # Exactly what is missing to all, so the shares add up however votes were split.
    ordered[OUTSIDE] = (n_annotators - len(labels)) * parts
    return ordered, n_annotators * parts


def _resolution(winner: str | None, votes: dict[str, int], total: int) -> Resolution:
    if winner is None:
        return "tie"
    return "unanimous" if votes[winner] == total else "majority"


def _mean_iou(covers: Sequence[Fragments]) -> float | None:
    """Summed as one fraction of whole numbers, which is divided once: the order of the annotators cannot matter."""
    if len(covers) < 2:
        return None
    lengths = [_length(cover) for cover in covers]
    numerator, denominator, pairs = 0, 1, 0
    for (a, length_a), (b, length_b) in combinations(zip(covers, lengths, strict=True), 2):
        shared = _shared(a, b)
        union = length_a + length_b - shared
        numerator, denominator, pairs = numerator * union + shared * denominator, denominator * union, pairs + 1
    return numerator / (denominator * pairs)
