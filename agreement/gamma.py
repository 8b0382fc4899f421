"""Gamma of pairs of annotators: where units lie and what they are called, aligned at least cost.

Mathet, Widlöcher & Métivier 2015; gamma-cat: Mathet 2017. Two units are d apart: the square of (difference of starts +
difference of ends) / (sum of lengths), plus 1 where the labels differ; a unit left alone costs 1. The best alignment
of two annotators is an assignment problem. Chance is the mean cost over random texts of the same habits: per
annotator, as many units as drawn from a normal distribution, then gap and length in turn, each from a normal with the
mean and deviation found, labels with the frequencies found (the "statistical" sampler of pygamma-agreement).
"""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist, fmean, pstdev

import numpy as np

from agreement.documents import Document

ALONE = 1.0
SAMPLES = 30


@dataclass(frozen=True, slots=True)
class _Unit:
    start: float
    end: float
    label: str

    def distance(self, other: _Unit) -> float:
        """How far apart in place: 0 for the same, no upper bound."""
        moved = abs(self.start - other.start) + abs(self.end - other.end)
        return (moved / (self.end - self.start + other.end - other.start)) ** 2


type _Reading = Sequence[_Unit]


@dataclass(frozen=True, slots=True)
class Disorder:
    """Sums over the pairs of one document, each weighted by the pair's mean number of units; ``units``: all marks."""

    units: int
    observed: float
    expected: float
    observed_labels: float
    expected_labels: float


def document_disorder(document: Document, seed: int) -> Disorder:
    """Observed and expected disorder over all pairs; zeros where nobody marked anything.

    Every pair of every document has a stream of its own, from the seed, the document's id and the two names, so
    neither order nor company of documents matters.
    """
    units: defaultdict[str, set[_Unit]] = defaultdict(set)
    for mark in document.marks:
        units[mark.annotator].add(_Unit(mark.start, mark.end, mark.label))
    sums = np.zeros(4)
    for a, b in combinations(sorted(document.annotators), 2):
        left, right = (sorted(units[name], key=lambda unit: (unit.start, unit.end, unit.label)) for name in (a, b))
        if not left and not right:
            continue
        digest = hashlib.sha256("\0".join((str(seed), document.id, a, b)).encode()).digest()
        weight = (len(left) + len(right)) / 2
        observed, observed_labels = _disorders(left, right)
        sampler = _Sampler((left, right), int.from_bytes(digest[:16], "big"))
        chance = [_disorders(*sampler.pair()) for _ in range(SAMPLES)]
        sums += weight * np.array([observed, fmean(c[0] for c in chance), observed_labels, fmean(c[1] for c in chance)])
    return Disorder(sum(len(units[name]) for name in document.annotators), *sums.tolist())


def _disorders(left: _Reading, right: _Reading) -> tuple[float, float]:
    """Of the best alignment: cost per mean number of units, and share of label differences, near pairs weighing more."""
    pairs = best_alignment(left, right)
    together = sum(left[i].distance(right[j]) + (left[i].label != right[j].label) for i, j in pairs)
    cost = together + ALONE * (len(left) + len(right) - 2 * len(pairs))
    weights = [max(0.0, 1 - left[i].distance(right[j])) for i, j in pairs]
    differing = sum(w for w, (i, j) in zip(weights, pairs, strict=True) if left[i].label != right[j].label)
    total = sum(weights)
    return cost / ((len(left) + len(right)) / 2), differing / total if total else 0.0


def best_alignment(left: _Reading, right: _Reading) -> list[tuple[int, int]]:
    """Pairs (left, right) of an alignment of least cost; who is in none stays alone."""
    gain: dict[tuple[int, int], float] = {}
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            saved = 2 * ALONE - a.distance(b) - (a.label != b.label)
            if saved > 0:
                gain[i, j] = saved
    found: list[tuple[int, int]] = []
    for rows, columns in _components(gain):
        cost = [[-gain.get((i, j), 0.0) for j in columns] for i in rows]
        transposed = len(rows) > len(columns)
        if transposed:
            cost = [list(column) for column in zip(*cost, strict=True)]
        for one, other in enumerate(_assignment(cost)):
            pair = (rows[other], columns[one]) if transposed else (rows[one], columns[other])
            if pair in gain:
                found.append(pair)
    return sorted(found)


def _components(edges: dict[tuple[int, int], float]) -> list[tuple[list[int], list[int]]]:
    """Connected components of a bipartite graph: an alignment of distant parts falls into alignments of each."""
    root: dict[tuple[int, int], tuple[int, int]] = {}

    def find(node: tuple[int, int]) -> tuple[int, int]:
        root.setdefault(node, node)
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    for i, j in edges:
        root[find((0, i))] = find((1, j))
    sides: defaultdict[tuple[int, int], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side, number in sorted(root):
        sides[find((side, number))][side].append(number)
    return list(sides.values())


def _assignment(cost: Sequence[Sequence[float]]) -> list[int]:
    """Column of each row in an assignment of least cost (rows <= columns): shortest augmenting paths, O(rows² columns).

    Kuhn's method with potentials, after Jonker & Volgenant 1987. Row and column 0 of the arrays are a sentinel.
    """
    n, m = len(cost), len(cost[0])
    row_potential, column_potential = [0.0] * (n + 1), [0.0] * (m + 1)
    owner, way = [0] * (m + 1), [0] * (m + 1)
    for row in range(1, n + 1):
        owner[0] = row
        column = 0
        least = [math.inf] * (m + 1)
        used = [False] * (m + 1)
        while owner[column]:
            used[column] = True
            i, delta, following = owner[column], math.inf, 0
            for j in range(1, m + 1):
                if used[j]:
                    continue
                reduced = cost[i - 1][j - 1] - row_potential[i] - column_potential[j]
                if reduced < least[j]:
                    least[j], way[j] = reduced, column
                if least[j] < delta:
                    delta, following = least[j], j
            for j in range(m + 1):
                if used[j]:
                    row_potential[owner[j]] += delta
                    column_potential[j] -= delta
                else:
                    least[j] -= delta
            column = following
        while column:
            owner[column] = owner[way[column]]
            column = way[column]
    result = [0] * n
    for j in range(1, m + 1):
        if owner[j]:
            result[owner[j] - 1] = j - 1
    return result


class _Sampler:
    """Random pairs of readings with the habits of a given pair."""

    def __init__(self, pair: tuple[_Reading, _Reading], seed: int) -> None:
        self._stream = np.random.PCG64(seed)
        units = [unit for reading in pair for unit in reading]
        first = min(unit.start for unit in units)
        gaps: list[float] = []
        for reading in pair:
            reached = first
            for unit in reading:
                gaps.append(unit.start - reached)
                reached = unit.end
        self._counts = self._normal([float(len(reading)) for reading in pair])
        self._gaps = self._normal(gaps)
        self._lengths = self._normal([unit.end - unit.start for unit in units])
        # Drawing an observed label at random is drawing labels by their frequencies.
        self._labels = sorted(unit.label for unit in units)

    @staticmethod
    def _normal(observed: Sequence[float]) -> tuple[float, float]:
        return fmean(observed), pstdev(observed)

    def _uniform(self) -> float:
        """Strictly between 0 and 1, from the upper 52 bits of the next output."""
        return (int(self._stream.random_raw()) // 4096 + 0.5) / 2**52

    def _draw(self, normal: tuple[float, float]) -> float:
        mean, deviation = normal
        return mean + deviation * NormalDist().inv_cdf(self._uniform())

    def pair(self) -> tuple[_Reading, _Reading]:
        """Two readings with at least one unit between them."""
        while True:
            left, right = self._reading(), self._reading()
            if left or right:
                return left, right

    def _reading(self) -> list[_Unit]:
        at = self._draw(self._gaps)
        result = []
        for _ in range(abs(int(self._draw(self._counts)))):
            start = at + self._draw(self._gaps)
            length = abs(self._draw(self._lengths))
            while length == 0:
                length = abs(self._draw(self._lengths))
            label = self._labels[int(self._uniform() * len(self._labels))]
            at = start + length
            result.append(_Unit(start, at, label))
        return result
