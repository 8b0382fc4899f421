"""Which span of one person answers which span of another: a maximum one-to-one matching.

Greedy pairing depends on order and undercounts; the size of a maximum matching does not (Hopcroft & Karp 1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from spans.span import Span

type Criterion = Literal["exact", "overlap", "iou50"]

CRITERIA: tuple[Criterion, ...] = ("exact", "overlap", "iou50")


def agrees(a: Span, b: Span, criterion: Criterion) -> bool:
    """Whether two spans meet the criterion, labels aside.

    exact: the same fragments. overlap: a shared character. iou50: intersection over union at least one half. Overlap
    and union are counted over the characters of the fragments, not the hull.
    """
    if criterion == "exact":
        return a.pieces == b.pieces
    if criterion == "overlap":
        return a.overlaps(b)
    return a.iou_at_least(b, 1, 2)


def match(
    left: Sequence[Span], right: Sequence[Span], criterion: Criterion, *, labelled: bool = True
) -> list[tuple[int, int]]:
    """Indexes (left, right) of a maximum matching, sorted; ``labelled``: only spans of the same label may answer.

    Duplicates are not removed here: two equal spans of one list may answer two of the other.
    """
    by_start = sorted(range(len(right)), key=lambda j: right[j].start)
    edges: list[list[int]] = []
    for a in left:
        found = []
        for j in by_start:
            b = right[j]
            if b.start >= a.end:
                break
            if (not labelled or a.label == b.label) and agrees(a, b, criterion):
                found.append(j)
        edges.append(sorted(found))
    partner = maximum_matching(edges, len(right))
    return [(i, j) for i, j in enumerate(partner) if j >= 0]


def maximum_matching(edges: Sequence[Sequence[int]], n_right: int) -> list[int]:
    """For each left vertex its partner on the right, or -1, in a matching of maximum size.

    ``edges[i]`` lists the right vertices that i may take. Hopcroft-Karp, O(E sqrt V), without recursion: a chain of
    a thousand overlapping spans is no deeper than one. Deterministic: it follows the order of ``edges``.
    """
    left_partner = [-1] * len(edges)
    right_partner = [-1] * n_right
    for i, targets in enumerate(edges):
        for j in targets:
            if right_partner[j] < 0:
                left_partner[i], right_partner[j] = j, i
                break
    while True:
        layer = _layers(edges, left_partner, right_partner)
        if layer is None:
            return left_partner
        progress = [0] * len(edges)
        for root, partner in enumerate(left_partner):
            if partner < 0 and edges[root]:
                _augment(root, edges, layer, progress, left_partner, right_partner)


def _layers(edges: Sequence[Sequence[int]], left_partner: list[int], right_partner: list[int]) -> list[int] | None:
    """Breadth-first distance of each left vertex from the free ones; None where no free right vertex is reachable."""
    layer = [-1] * len(edges)
    queue = [i for i, partner in enumerate(left_partner) if partner < 0 and edges[i]]
    for i in queue:
        layer[i] = 0
    free_found = False
    while queue and not free_found:
        following: list[int] = []
        for i in queue:
            for j in edges[i]:
                owner = right_partner[j]
                if owner < 0:
                    free_found = True
                elif layer[owner] < 0:
                    layer[owner] = layer[i] + 1
                    following.append(owner)
        queue = following
    return layer if free_found else None


def _augment(
    root: int,
    edges: Sequence[Sequence[int]],
    layer: list[int],
    progress: list[int],
    left_partner: list[int],
    right_partner: list[int],
) -> None:
    """Depth-first along the layers; on reaching a free right vertex, flip the path walked."""
    path = [root]
    while path:
        i = path[-1]
        if progress[i] == len(edges[i]):
            path.pop()
            if path:
                progress[path[-1]] += 1
            continue
        j = edges[i][progress[i]]
        owner = right_partner[j]
        if owner < 0:
            # Every vertex of the path takes the edge it looks at, which frees its old partner for the one before.
            for walked in path:
                taken = edges[walked][progress[walked]]
                left_partner[walked], right_partner[taken] = taken, walked
            return
        if layer[owner] == layer[i] + 1:
            path.append(owner)
        else:
            progress[i] += 1
