"""Agreement between people: every pair, one person against the others, and groups of people.

All from the rows of pairs (``pair_read``, ``pair_any``, ``pair_label``, ``f1_...``), which add over documents. Alpha of
some of the annotators follows from them: with m of them in a document, its coincidences are the sums over their pairs
divided by m - 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import lcm

import numpy as np

from agreement.columns import Columns, Sums
from agreement.documents import LabelIndexes, label_indexes
from agreement.figures import GROUP_TOO_SMALL, Figure, alpha_of_two, change, f1, kappa_between, undefined
from agreement.metric import Metric, Sampling
from agreement.overlaps import Pair
from agreement.stat import StatRow
from spans.matching import CRITERIA

LENGTHS = {"pair_any": "char_alpha_any", "pair_label": "char_alpha_label"}

type Key = tuple[str, str]
type Formula = Callable[[Sums], Figure]


@dataclass(frozen=True, slots=True)
class AnnotatorFigures:
    """One person against the others, by name of the figure.

    ``without``: the corpus' alpha as if this person had read nothing. ``change``: that minus the alpha with all; above
    0, the others agree better among themselves. ``with_others``: F1 over all pairs that this person is in.
    """

    without: dict[str, Metric]
    change: dict[str, Metric]
    with_others: dict[str, Metric]


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """``within``: of the pairs inside each group. ``between``: of the pairs across each two groups, in order."""

    within: dict[str, dict[str, Metric]]
    between: dict[Pair, dict[str, Metric]]


def pair_figures(
    rows_by_document: Mapping[str, Iterable[StatRow]],
    labels: Sequence[str] | LabelIndexes,
    bootstrap: int | None = None,
    seed: int = 0,
    *,
    jackknife: bool = False,
    criteria: Collection[str] = CRITERIA,
) -> dict[Pair, dict[str, Metric]]:
    """Of every two people who both completed a document, the lower name first: ``char_alpha_any``,
    ``char_alpha_label:X``, ``span_f1_exact`` and so on, each exactly the corpus' figure for documents of these two.

    ``criteria``: of F1, if not all are wanted. Other arguments as of ``metrics``.
    """
    counts = _Counts.of(rows_by_document)
    asked = _Asked(label_indexes(labels), criteria)
    columns = Columns(counts.n_documents)
    formulas = {
        pair: {**_alphas(counts, columns, asked, pair), **_f1s(counts, columns, asked, pair, [pair])}
        for pair in sorted(counts.read)
    }
    sampling = Sampling(bootstrap, seed, jackknife)
    sums = sampling.sums(columns)
    return {
        pair: {name: sampling.metric(formula(sums), counts.read[pair], 2) for name, formula in of_pair.items()}
        for pair, of_pair in formulas.items()
    }


def annotator_figures(
    rows_by_document: Mapping[str, Iterable[StatRow]],
    labels: Sequence[str] | LabelIndexes,
    bootstrap: int | None = None,
    seed: int = 0,
    *,
    jackknife: bool = False,
    criteria: Collection[str] = CRITERIA,
) -> dict[str, AnnotatorFigures]:
    """Everybody who completed a document together with somebody else, against the others.

    The same resamples serve both alphas of a ``change``, so its interval is that of the difference. F1 with the others
    is 2 sum TP / sum (|A| + |B|) over the pairs this person is in: a mean weighted by spans. ``n_documents`` and
    ``n_annotators`` of ``without`` and ``change`` are those left without this person, of ``with_others`` those of the
    documents read together. Arguments as of :func:`pair_figures`.
    """
    counts = _Counts.of(rows_by_document)
    asked = _Asked(label_indexes(labels), criteria)
    columns = Columns(counts.n_documents)
    everybody = sorted({name for pair in counts.read for name in pair})
    with_all = _alphas(counts, columns, asked, tuple(everybody))
    formulas = {}
    for name in everybody:
        others = tuple(other for other in everybody if other != name)
        own = [pair for pair in counts.read if name in pair]
        formulas[name] = (_alphas(counts, columns, asked, others), _f1s(counts, columns, asked, ("with", name), own))
    sampling = Sampling(bootstrap, seed, jackknife)
    sums = sampling.sums(columns)
    whole = {figure: formula(sums) for figure, formula in with_all.items()}
    result = {}
    for name, (without, with_others) in formulas.items():
        left = counts.among([other for other in everybody if other != name])
        together = counts.among_pairs([pair for pair in counts.read if name in pair])
        figures = {figure: formula(sums) for figure, formula in without.items()}
        result[name] = AnnotatorFigures(
            without={figure: sampling.metric(found, left[0], len(left[1])) for figure, found in figures.items()},
            change={
                figure: sampling.metric(change(found, whole[figure]), left[0] | together[0], len(left[1]))
                for figure, found in figures.items()
            },
            with_others={
                figure: sampling.metric(formula(sums), together[0], len(together[1]))
                for figure, formula in with_others.items()
            },
        )
    return result


def group_figures(
    rows_by_document: Mapping[str, Iterable[StatRow]],
    labels: Sequence[str] | LabelIndexes,
    groups: Mapping[str, str],
    minimum: int = 2,
    bootstrap: int | None = None,
    seed: int = 0,
    *,
    jackknife: bool = False,
    criteria: Collection[str] = CRITERIA,
) -> GroupFigures:
    """Within and between groups; ``groups`` gives each person's, people without one are left out.

    Within: alpha as if only this group had read, and F1 over its pairs. Between: F1 over pairs of one from each, and
    ``char_kappa_any``, ``char_kappa_label:X`` (:func:`agreement.figures.kappa_between`). Figures of a group of which
    fewer than ``minimum`` people completed a document together with somebody else are undefined with the reason
    ``group_too_small``, so that no figure speaks of one person. Other arguments as of :func:`pair_figures`.
    """
    counts = _Counts.of(rows_by_document)
    asked = _Asked(label_indexes(labels), criteria)
    columns = Columns(counts.n_documents)
    present = {name for pair in counts.read for name in pair}
    members: dict[str, list[str]] = {group: [] for group in sorted(set(groups.values()))}
    for name in sorted(present):
        if name in groups:
            members[groups[name]].append(name)
    formulas: dict[Pair, dict[str, Formula]] = {}
    pairs_of: dict[Pair, list[Pair]] = {}
    for group, names in members.items():
        pairs_of[group, group] = [pair for pair in combinations(names, 2) if pair in counts.read]
        formulas[group, group] = _alphas(counts, columns, asked, tuple(names))
    for one, other in combinations(members, 2):
        crossing = [(a, b) if a < b else (b, a) for a in members[one] for b in members[other]]
        pairs_of[one, other] = [pair for pair in crossing if pair in counts.read]
        formulas[one, other] = _kappas(counts, columns, asked, (one, other), pairs_of[one, other], set(members[one]))
    for key, pairs in pairs_of.items():
        formulas[key] |= _f1s(counts, columns, asked, ("groups", *key), pairs)
    sampling = Sampling(bootstrap, seed, jackknife)
    sums = sampling.sums(columns)
    figures = {}
    for key, named in formulas.items():
        documents, people = counts.among_pairs(pairs_of[key])
        too_small = any(len(members[group]) < minimum for group in key)
        figures[key] = {
            name: sampling.metric(
                undefined(sums.samples, GROUP_TOO_SMALL) if too_small else formula(sums), documents, len(people)
            )
            for name, formula in named.items()
        }
    return GroupFigures(
        within={group: figures[group, group] for group in members},
        between={key: figures[key] for key in combinations(members, 2)},
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    indexes: dict[str, int]
    criteria: Collection[str]

    @property
    def lengths(self) -> list[tuple[str, str, str]]:
        """Measure, label and what follows ``char_alpha_`` in the name of its figure."""
        return [("pair_any", "", "any"), *(("pair_label", label, f"label:{label}") for label in self.indexes)]


@dataclass(slots=True)
class _Counts:
    """Rows of pairs by document number; documents are numbered as ``metrics`` does, so resamples are the same.

    ``read``: characters by pair and document. ``lengths`` (both, a, b) and ``matchings`` (matched, spans) by measure
    and label, then pair, then document.
    """

    n_documents: int
    read: defaultdict[Pair, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    lengths: defaultdict[Key, defaultdict[Pair, dict[int, tuple[int, int, int]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    matchings: defaultdict[Key, defaultdict[Pair, dict[int, tuple[int, int]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )

    @classmethod
    def of(cls, rows_by_document: Mapping[str, Iterable[StatRow]]) -> _Counts:
        with_rows = [rows for name in sorted(rows_by_document) if (rows := list(rows_by_document[name]))]
        counts = cls(len(with_rows))
        for number, rows in enumerate(with_rows):
            for row in rows:
                measure = row.measure
                pair = (row.annotator_a, row.annotator_b)
                if measure == "pair_read":
                    counts.read[pair][number] = row.n
                elif measure in LENGTHS:
                    counts.lengths[measure, row.label][pair][number] = (row.n, row.size_a, row.size_b)
                elif measure.startswith("f1_"):
                    counts.matchings[measure, row.label][pair][number] = (row.n, row.size_a + row.size_b)
        return counts

    def among(self, names: Sequence[str]) -> tuple[set[int], set[str]]:
        """Documents that two of ``names`` completed, and who of them did with another."""
        return self.among_pairs([pair for pair in combinations(sorted(names), 2) if pair in self.read])

    def among_pairs(self, pairs: Iterable[Pair]) -> tuple[set[int], set[str]]:
        documents: set[int] = set()
        people: set[str] = set()
        for pair in pairs:
            documents.update(self.read[pair])
            people.update(pair)
        return documents, people


def _alphas(counts: _Counts, columns: Columns, asked: _Asked, people: tuple[str, ...]) -> dict[str, Formula]:
    """Alpha of every label as if only ``people`` had read."""
    pairs = [pair for pair in combinations(people, 2) if pair in counts.read]
    readers: defaultdict[int, set[str]] = defaultdict(set)
    for pair in pairs:
        for document in counts.read[pair]:
            readers[document].update(pair)
    scale = lcm(*(len(names) - 1 for names in readers.values()))
    factors = {document: scale // (len(names) - 1) for document, names in readers.items()}
    result: dict[str, Formula] = {}
    _enter(columns, ("read", *people), (counts.read[pair] for pair in pairs), factors)
    for measure, label, suffix in asked.lengths:
        by_pair: Mapping[Pair, dict[int, tuple[int, int, int]]] = counts.lengths.get((measure, label), {})
        found = [by_pair[pair] for pair in pairs if pair in by_pair]
        ones, mixed = ("ones", label, *people), ("mixed", label, *people)
        _enter(columns, ones, ({d: a + b for d, (_, a, b) in cells.items()} for cells in found), factors)
        _enter(columns, mixed, ({d: a + b - 2 * both for d, (both, a, b) in cells.items()} for cells in found), factors)
        result[f"char_alpha_{suffix}"] = _alpha_of(("read", *people), ones, mixed, scale)
    return result


def _alpha_of(read: tuple[str, ...], ones: tuple[str, ...], mixed: tuple[str, ...], scale: int) -> Formula:
    return lambda s: alpha_of_two(2 * s[read] - s[ones], s[ones], s[mixed], scale)


def _kappas(
    counts: _Counts, columns: Columns, asked: _Asked, key: Pair, pairs: Sequence[Pair], first: Collection[str]
) -> dict[str, Formula]:
    """``first``: members of the first group; the lower name of a pair may be of either."""
    read = ("across", "read", *key)
    _enter(columns, read, (counts.read[pair] for pair in pairs))
    result: dict[str, Formula] = {}
    for measure, label, suffix in asked.lengths:
        by_pair: Mapping[Pair, dict[int, tuple[int, int, int]]] = counts.lengths.get((measure, label), {})
        names = [("across", part, label, *key) for part in ("one", "other", "mixed")]
        for name, part in zip(names, (_of_first, _of_second, _mixed), strict=True):
            cells = (
                {d: part(cell, swapped=pair[0] not in first) for d, cell in by_pair[pair].items()}
                for pair in pairs
                if pair in by_pair
            )
            _enter(columns, name, cells)
        result[f"char_kappa_{suffix}"] = _kappa_of(read, *names)
    return result


def _of_first(cell: tuple[int, int, int], *, swapped: bool) -> int:
    return cell[2] if swapped else cell[1]


def _of_second(cell: tuple[int, int, int], *, swapped: bool) -> int:
    return cell[1] if swapped else cell[2]


def _mixed(cell: tuple[int, int, int], *, swapped: bool) -> int:  # noqa: ARG001 - the same from either side
    return cell[1] + cell[2] - 2 * cell[0]


def _kappa_of(read: tuple[str, ...], one: tuple[str, ...], other: tuple[str, ...], mixed: tuple[str, ...]) -> Formula:
    return lambda s: kappa_between(s[read], s[one], s[other], s[mixed])


def _f1s(
    counts: _Counts, columns: Columns, asked: _Asked, key: tuple[str, ...], pairs: Sequence[Pair]
) -> dict[str, Formula]:
    """F1 over ``pairs``, by the names of ``metric_names``."""
    result: dict[str, Formula] = {}
    for criterion in asked.criteria:
        families = {
            f"span_f1_{criterion}": [(f"f1_{criterion}", label) for label in asked.indexes],
            f"span_f1_{criterion}_unlabelled": [(f"f1_{criterion}_unlabelled", "")],
            **{f"span_f1_{criterion}_label:{label}": [(f"f1_{criterion}", label)] for label in asked.indexes},
        }
        for name, keys in families.items():
            found = [
                counts.matchings[one][pair]
                for one in keys
                if one in counts.matchings
                for pair in pairs
                if pair in counts.matchings[one]
            ]
            matched, spans = (name, "matched", *key), (name, "spans", *key)
            _enter(columns, matched, ({d: n for d, (n, _) in cells.items()} for cells in found))
            _enter(columns, spans, ({d: n for d, (_, n) in cells.items()} for cells in found))
            result[name] = _f1_of(matched, spans)
    return result


def _f1_of(matched: tuple[str, ...], spans: tuple[str, ...]) -> Formula:
    return lambda s: f1(s[matched], s[spans])


def _enter(
    columns: Columns,
    name: tuple[str, ...],
    parts: Iterable[Mapping[int, int]],
    factors: Mapping[int, int] | None = None,
) -> None:
    """One column: the sum of ``parts`` by document, times the document's factor."""
    total: dict[int, int] = {}
    for part in parts:
        for document, n in part.items():
            total[document] = total.get(document, 0) + n
    if not total:
        return
    factor = [factors[document] for document in total] if factors else 1
    columns.add(name, np.array(list(total), dtype=np.int64), np.array(list(total.values()), dtype=np.int64), factor)
