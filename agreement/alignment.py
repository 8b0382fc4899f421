"""The cheapest way to pair up the units of annotators: of two by assignment, of more by tuples.

Mathet, Widlöcher & Métivier 2015. Two units are d apart: the square of (difference of starts + difference of ends) /
(sum of lengths), plus 1 where the labels differ. A *unitary alignment* holds at most one unit of each annotator and
costs the mean over all pairs of annotators of d, or of 1 (``ALONE``) where one or both have no unit in it. An
*alignment* puts every unit into exactly one unitary alignment; the best one costs least. With two annotators that is
an assignment problem. With n of them it is a set partition over up to prod(units + 1) tuples, solved here exactly:

1. only tuples from which no unit had better be left alone are listed;
2. prices of the units (Lagrangian relaxation of "at most once", subgradient steps) bound what any alignment can save,
   and strike out every tuple that cannot be in an alignment as good as one already found;
3. a search along the text, over which later units are already taken, decides among the rest. It starts narrow and is
   widened until nothing that could be better was cut off.

What does not end within the given limits raises :class:`UnfinishedError`; nothing is approximated.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Places = NDArray[np.int64]

ALONE = 1.0

# Beyond these an alignment is reported as unfinished rather than left to fill the memory.
MOST_UNITS = 2000
MOST_TUPLES = 500_000
WIDTHS = (64, 1024, 16_384, 131_072)
PRICE_STEPS = 120
# A second's work or so may pass before a deadline is noticed.
STATES_UNWATCHED = 4096
# Savings are sums of a few hundred numbers of the order of one.
SLACK = 1e-9


class UnfinishedError(RuntimeError):
    """The best alignment was not found within the limits; ``reason`` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unit(NamedTuple):
    """A labelled stretch of the text."""

    start: float
    end: float
    label: str

    def distance(self, other: Unit) -> float:
        """How far apart in place: 0 for the same, no upper bound."""
        moved = abs(self.start - other.start) + abs(self.end - other.end)
        return (moved / (self.end - self.start + other.end - other.start)) ** 2


type Reading = Sequence[Unit]
# (annotator, unit) of each member, as positions in the readings; at least two members, the rest stay alone.
type Tuple = tuple[tuple[int, int], ...]


def cost_of(readings: Sequence[Reading], tuples: Sequence[Tuple]) -> float:
    """The sum of the costs of the unitary alignments: ``tuples``, and each remaining unit alone."""
    n = len(readings)
    pairs_of_annotators = n * (n - 1) // 2
    total = ALONE * (sum(map(len, readings)) - sum(map(len, tuples)))
    for members in tuples:
        units = [readings[annotator][place] for annotator, place in members]
        between = 0.0
        for i, unit in enumerate(units):
            between += sum(unit.distance(other) + (unit.label != other.label) for other in units[:i])
        missing = pairs_of_annotators - len(units) * (len(units) - 1) // 2
        total += (between + ALONE * missing) / pairs_of_annotators
    return total


def best_alignment(readings: Sequence[Reading], deadline: float = math.inf) -> list[Tuple]:
    """The unitary alignments of two units or more in an alignment of least cost, in the order of the text.

    ``deadline``: the value of ``time.monotonic()`` at which to give up. Raises UnfinishedError then, and for more
    than 2,000 units, 2 million tuples or 131,072 ways to go on from one place.
    """
    if sum(map(len, readings)) > MOST_UNITS:
        raise UnfinishedError("too_many_units")
    if len(readings) == 2:
        return [((0, i), (1, j)) for i, j in best_pairs(readings[0], readings[1], deadline)]
    return _TupleSearch(readings, deadline).solve()


def _check_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise UnfinishedError("time_limit")


class _TupleSearch:
    """Units are numbered along the text; a tuple's *root* is its first unit."""

    def __init__(self, readings: Sequence[Reading], deadline: float) -> None:
        self.deadline = deadline
        self.annotators = len(readings)
        places = [(a, i) for a, reading in enumerate(readings) for i in range(len(reading))]
        units = {place: readings[place[0]][place[1]] for place in places}
        self.places = sorted(places, key=lambda place: (units[place].start + units[place].end, place))
        ordered = [units[place] for place in self.places]
        self.owner = np.array([a for a, _ in self.places], dtype=np.int64)
        self.distances = _distances(ordered, ordered)
        self.pairs_of_annotators = self.annotators * (self.annotators - 1) // 2

    def solve(self) -> list[Tuple]:
        members, savings = self._tuples()
        if not len(savings):
            return []
        found, reached = _greedy(members, savings, len(self.places))
        members, savings, prices, spare = self._priced(members, savings, reached)
        for width in WIDTHS:
            better, cut = self._search(members, savings, prices, spare, reached, width)
            if better is not None:
                found, reached = better
            if not cut:
                break
        else:
            raise UnfinishedError("too_many_alignments")
        nobody = len(self.places)
        return [tuple(sorted(self.places[i] for i in row if i != nobody)) for row in sorted(found)]

    def _tuples(self) -> tuple[Places, Floats]:
        """Tuples of two units or more (rows of unit numbers, sorted, padded with their count) and what each saves.

        A tuple of k units costs less than its units alone by ``k - cost``. Unit u had better be left alone unless the
        sum of its distances to the others is below (pairs of annotators) + k - 1; partial tuples only grow, so one
        in which a sum reaches the bound for the largest k is not continued.
        """
        nobody = len(self.places)
        bound = self.pairs_of_annotators + self.annotators - 1
        rows = np.empty((0, 0), dtype=np.int64)
        sums = np.empty((0, 0))
        for annotator in range(self.annotators):
            own = np.nonzero(self.owner == annotator)[0]
            grown_rows, grown_sums = [np.pad(rows, ((0, 0), (0, 1)), constant_values=nobody)], [_widened(sums)]
            alone = np.full((len(own), annotator + 1), nobody, dtype=np.int64)
            alone[:, annotator] = own
            grown_rows.append(alone)
            grown_sums.append(np.zeros((len(own), annotator + 1)))
            count = len(rows) + len(own)
            for unit in own.tolist():
                _check_time(self.deadline)
                between = np.append(self.distances[unit], 0.0)[rows]
                total = between.sum(axis=1)
                kept = np.nonzero((total < bound) & ((sums + between) < bound).all(axis=1))[0]
                count += len(kept)
                if count > MOST_TUPLES:
                    raise UnfinishedError("too_many_tuples")
                grown_rows.append(np.column_stack((rows[kept], np.full(len(kept), unit, dtype=np.int64))))
                grown_sums.append(np.column_stack(((sums + between)[kept], total[kept])))
            rows, sums = np.concatenate(grown_rows), np.concatenate(grown_sums)
        size = (rows != nobody).sum(axis=1)
        useful = (size >= 2) & (sums < (self.pairs_of_annotators + size - 1)[:, np.newaxis]).all(axis=1)
        rows, size = np.sort(rows[useful], axis=1), size[useful]
        between = sums[useful].sum(axis=1) / 2
        cost = (between + ALONE * (self.pairs_of_annotators - size * (size - 1) // 2)) / self.pairs_of_annotators
        savings = ALONE * size - cost
        order = np.lexsort((*rows.T[::-1],))
        order = order[savings[order] > 0]
        return rows[order], savings[order]

    def _priced(self, members: Places, savings: Floats, reached: float) -> tuple[Places, Floats, Floats, Floats]:
        """Tuples that may be in a better alignment than ``reached``, prices, and per root what prices leave over.

        Any alignment saves at most sum(prices) + sum(left over); a tuple that misses its root's best by more than the
        gap between that and ``reached`` is struck out.
        """
        nobody = len(self.places)
        prices = np.zeros(nobody + 1)
        share = savings / (members != nobody).sum(axis=1)
        np.maximum.at(prices, members.ravel(), np.repeat(share, members.shape[1]))
        prices[nobody] = 0.0
        best_prices, least = prices, math.inf
        step, stale = 1.0, 0
        for _ in range(PRICE_STEPS):
            _check_time(self.deadline)
            left = savings - prices[members].sum(axis=1)
            roots, first = np.unique(members[:, 0], return_index=True)
            highest = np.maximum.reduceat(left, first)
            bound = float(prices.sum() + np.maximum(highest, 0.0).sum())
            if bound < least - SLACK:
                least, best_prices, stale = bound, prices, 0
                kept = self._kept(members, left, roots, highest, bound - reached)
                if kept.sum() < 0.9 * len(kept):
                    members, savings, left = members[kept], savings[kept], left[kept]
                    if not len(savings):
                        break
                    roots, first = np.unique(members[:, 0], return_index=True)
                    highest = np.maximum.reduceat(left, first)
            else:
                stale += 1
                if stale >= 5:
                    step, stale = step / 2, 0
            if least <= reached + SLACK or step < 1e-3:
                break
            chosen = _first_best(left, first, highest)
            used = np.bincount(members[chosen].ravel(), minlength=nobody + 1)
            slope = (1.0 - used)[:nobody]
            # A price of nothing cannot fall.
            slope[(prices[:nobody] <= 0) & (slope > 0)] = 0.0
            norm = float(slope @ slope)
            if norm == 0:
                break
            move = step * (bound - reached) / norm
            prices = np.append(np.maximum(prices[:nobody] - move * slope, 0.0), 0.0)
        left = savings - best_prices[members].sum(axis=1)
        spare = np.zeros(nobody)
        np.maximum.at(spare, members[:, 0], left)
        gap = float(best_prices.sum() + spare.sum()) - reached
        kept = spare[members[:, 0]] - left <= gap + SLACK
        return members[kept], savings[kept], best_prices, spare

    @staticmethod
    def _kept(members: Places, left: Floats, roots: Places, highest: Floats, gap: float) -> NDArray[np.bool_]:
        of_root = np.maximum(highest, 0.0)[np.searchsorted(roots, members[:, 0])]
        return np.asarray(of_root - left <= gap + SLACK)

    def _search(
        self, members: Places, savings: Floats, prices: Floats, spare: Floats, reached: float, width: int
    ) -> tuple[tuple[list[list[int]], float] | None, bool]:
        """A better alignment than ``reached``, if there is one, and whether any way was cut off.

        State before unit u: the later units that are taken, as bits from u on. ``hope`` is what all units from u on
        could still save; taken ones give their price back.
        """
        nobody = len(self.places)
        price_of = prices.tolist()
        by_root: defaultdict[int, list[tuple[int, float, float, int]]] = defaultdict(list)
        for number, (row, saved) in enumerate(zip(members.tolist(), savings.tolist(), strict=True)):
            root, rest = row[0], [i for i in row[1:] if i != nobody]
            by_root[root].append((sum(1 << (i - root) for i in rest), saved, sum(price_of[i] for i in rest), number))
        hope = np.append(np.cumsum((prices[:nobody] + spare)[::-1])[::-1], 0.0).tolist()
        # bits -> (saved so far, price of the taken bits, way here)
        states: dict[int, tuple[float, float, _Way | None]] = {0: (0.0, 0.0, None)}
        cut = False
        for unit in range(nobody):
            after: dict[int, tuple[float, float, _Way | None]] = {}
            offers, price, later = by_root.get(unit, ()), price_of[unit], hope[unit + 1]
            for place, (bits, (saved, taken, way)) in enumerate(states.items()):
                if place % STATES_UNWATCHED == 0:
                    _check_time(self.deadline)
                key, left = bits >> 1, taken - price if bits & 1 else taken
                if saved + later - left > reached + SLACK and (key not in after or after[key][0] < saved):
                    after[key] = (saved, left, way)
                if bits & 1:
                    continue
                for own, gained, cost, number in offers:
                    if own & bits:
                        continue
                    key = (own | bits) >> 1
                    total, paid = saved + gained, taken + cost
                    if total + later - paid > reached + SLACK and (key not in after or after[key][0] < total):
                        after[key] = (total, paid, _Way(number, way))
            if len(after) > width:
                cut = True
                # Ties are settled by the bits, so that the same text always gives the same alignment.
                best = sorted(after.items(), key=lambda item: (item[1][1] - item[1][0], item[0]))[:width]
                after = dict(best)
            states = after
        if not states:
            return None, cut
        saved, _, way = states[0]
        rows: list[list[int]] = []
        while way is not None:
            rows.append(members[way.number].tolist())
            way = way.before
        return (rows, saved), cut


@dataclass(frozen=True, slots=True)
class _Way:
    """The tuples taken so far, last first."""

    number: int
    before: _Way | None


def _widened(sums: Floats) -> Floats:
    return np.pad(sums, ((0, 0), (0, 1)))


def _distances(left: Reading, right: Reading) -> Floats:
    """d of each unit of one reading (rows) to each of the other: place and label."""
    names = {label: number for number, label in enumerate({unit.label for unit in (*left, *right)})}
    a, b = (
        np.array([(unit.start, unit.end, names[unit.label]) for unit in units]).reshape(-1, 3).T
        for units in (left, right)
    )
    moved = np.abs(np.subtract.outer(a[0], b[0])) + np.abs(np.subtract.outer(a[1], b[1]))
    lengths = np.add.outer(a[1] - a[0], b[1] - b[0])
    return np.asarray((moved / lengths) ** 2 + np.not_equal.outer(a[2], b[2]), dtype=np.float64)


def _first_best(left: Floats, first: Places, highest: Floats) -> Places:
    """For each root with something left over, its first tuple that leaves most."""
    ends = [*first[1:].tolist(), len(left)]
    return np.array(
        [
            low + int(np.argmax(left[low:high]))
            for low, high, most in zip(first, ends, highest, strict=True)
            if most > 0
        ],
        dtype=np.int64,
    )


def _greedy(members: Places, savings: Floats, nobody: int) -> tuple[list[list[int]], float]:
    """Tuples in falling order of what they save a unit, as long as their units are free."""
    size = (members != nobody).sum(axis=1)
    taken: set[int] = set()
    rows, total = [], 0.0
    for number in np.argsort(-savings / size, kind="stable").tolist():
        row = members[number].tolist()
        units = {i for i in row if i != nobody}
        if taken.isdisjoint(units):
            taken |= units
            rows.append(row)
            total += float(savings[number])
    return rows, total


def best_pairs(left: Reading, right: Reading, deadline: float = math.inf) -> list[tuple[int, int]]:
    """Pairs (left, right) of two annotators' alignment of least cost; who is in none stays alone."""
    if not left or not right:
        return []
    saved = 2 * ALONE - _distances(left, right)
    lefts, rights = np.nonzero(saved > 0)
    gain = dict(zip(zip(lefts.tolist(), rights.tolist(), strict=True), saved[lefts, rights].tolist(), strict=True))
    found: list[tuple[int, int]] = []
    for rows, columns in _components(gain):
        cost = [[-gain.get((i, j), 0.0) for j in columns] for i in rows]
        transposed = len(rows) > len(columns)
        if transposed:
            cost = [list(column) for column in zip(*cost, strict=True)]
        for one, other in enumerate(_assignment(cost, deadline)):
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


def _assignment(cost: Sequence[Sequence[float]], deadline: float) -> list[int]:
    """Column of each row in an assignment of least cost (rows <= columns): shortest augmenting paths, O(rows² columns).

    Kuhn's method with potentials, after Jonker & Volgenant 1987. Row and column 0 of the arrays are a sentinel.
    """
    n, m = len(cost), len(cost[0])
    row_potential, column_potential = [0.0] * (n + 1), [0.0] * (m + 1)
    owner, way = [0] * (m + 1), [0] * (m + 1)
    for row in range(1, n + 1):
        _check_time(deadline)
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
