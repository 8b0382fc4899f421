"""Gamma: where units lie and what they are called, aligned at least cost and compared with chance.

Mathet, Widlöcher & Métivier 2015; gamma-cat: Mathet 2017. ``agreement.alignment`` finds the best alignment. Its
*disorder* is its cost divided by the mean number of units of an annotator; gamma = 1 - disorder / mean disorder of
random texts of the same habits: per annotator, as many units as drawn from a normal distribution, then gap and length
in turn, each from a normal with the mean and deviation found, labels with the frequencies found (the "statistical"
sampler of pygamma-agreement). Over documents, observed and expected disorders are each weighted by the mean number of
units. ``pairwise_disorder`` aligns each pair of annotators apart, which is a different and much cheaper statistic;
``run_gamma`` aligns all annotators of a document at once, within limits.
"""

from __future__ import annotations

import hashlib
import math
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, pairwise
from statistics import NormalDist, fmean, pstdev

import numpy as np

from agreement.alignment import Floats, Reading, Tuple, UnfinishedError, Unit, best_alignment, cost_of
from agreement.documents import Document

SAMPLES = 30
SAMPLER = "statistical"
TIME_LIMIT = "time_limit"
OUTPUTS_AT_ONCE = 256

_QUANTILE = NormalDist().inv_cdf


@dataclass(frozen=True, slots=True)
class Disorder:
    """Sums of one document, each weighted by the mean number of units; ``units``: all marks.

    ``observed`` and ``expected`` disorder; ``…_labels``: the share of label differences among aligned units (gamma-cat).
    Of the pairwise form, sums over the pairs of annotators, each weighted by its own mean.
    """

    units: int
    observed: float
    expected: float
    observed_labels: float
    expected_labels: float


@dataclass(frozen=True, slots=True)
class GammaPlan:
    """How gamma is estimated: recorded beside the figure.

    ``seed`` of the random texts and of the choice of documents; ``samples`` random texts per document; ``documents``:
    at most so many, drawn at random (None: all); ``seconds`` for the whole run and ``document_seconds`` for each
    document, of wall clock (None: no limit).
    """

    seed: int = 0
    samples: int = SAMPLES
    documents: int | None = None
    seconds: float | None = None
    document_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class GammaRun:
    """What came out of a plan.

    ``comparable``: documents with a text that two or more completed; ``drawn``: ids of those it tried, in the order
    it took them, which is random; ``disorders`` of those that were finished; ``unfinished``: id to the reason
    (``time_limit``, ``too_many_units``, ``too_many_tuples``, ``too_many_alignments``). Documents that were given up
    for their size are the densest ones, so with many of them the figure speaks for the others only.
    """

    plan: GammaPlan
    comparable: int
    drawn: tuple[str, ...]
    disorders: Mapping[str, Disorder]
    unfinished: Mapping[str, str]

    def described(self) -> dict[str, object]:
        """As it is printed: seed, sampler, sample, limits, and what was not finished."""
        return {
            "seed": self.plan.seed,
            "sampler": SAMPLER,
            "samples": self.plan.samples,
            "n_comparable": self.comparable,
            "n_drawn": len(self.drawn),
            "n_finished": len(self.disorders),
            "seconds": self.plan.seconds,
            "document_seconds": self.plan.document_seconds,
            "unfinished": [{"id": name, "reason": reason} for name, reason in sorted(self.unfinished.items())],
        }


def run_gamma(
    documents: Sequence[Document], plan: GammaPlan | None = None, progress: Callable[[int, int], None] | None = None
) -> GammaRun:
    """Joint disorders of the documents of a plan; :func:`agreement.gamma_metrics` makes figures of them.

    ``progress(done, drawn)`` is called after every document; what it raises ends the run. The same plan, documents
    and ids give the same disorders to the last bit, in any order, unless a time limit is reached; what is not finished
    then is named, never estimated. Five annotators with twelve marks each take about a second a document.
    """
    plan = plan or GammaPlan()
    if plan.samples < 1:
        raise ValueError(f"samples must be 1 or more, not {plan.samples}")
    started = time.monotonic()
    end = math.inf if plan.seconds is None else started + plan.seconds
    comparable = sorted((d for d in documents if len(d.annotators) >= 2 and d.length > 0), key=lambda d: d.id)
    drawn = random.Random(plan.seed).sample(comparable, len(comparable))[: plan.documents]  # noqa: S311 - no secret
    disorders: dict[str, Disorder] = {}
    unfinished: dict[str, str] = {}
    for done, document in enumerate(drawn, 1):
        now = time.monotonic()
        limit = end if plan.document_seconds is None else min(end, now + plan.document_seconds)
        try:
            if now >= end:
                raise UnfinishedError(TIME_LIMIT)
            disorders[document.id] = joint_disorder(document, plan.seed, plan.samples, limit)
        except UnfinishedError as error:
            unfinished[document.id] = error.reason
        if progress is not None:
            progress(done, len(drawn))
    return GammaRun(plan, len(comparable), tuple(d.id for d in drawn), disorders, unfinished)


def joint_disorder(document: Document, seed: int, samples: int = SAMPLES, deadline: float = math.inf) -> Disorder:
    """Disorders of the best alignment of all annotators; zeros where nobody marked anything.

    ``deadline``: value of ``time.monotonic()``. Raises UnfinishedError.
    """
    names = sorted(document.annotators)
    of_all = _readings(document)
    readings = [of_all[name] for name in names]
    units = sum(map(len, readings))
    if not units:
        return Disorder(0, 0.0, 0.0, 0.0, 0.0)
    return Disorder(units, *_weighted(readings, (str(seed), document.id, *names), samples, deadline).tolist())


def pairwise_disorder(document: Document, seed: int) -> Disorder:
    """Observed and expected disorder over all pairs; zeros where nobody marked anything.

    Every pair of every document has a stream of its own, from the seed, the document's id and the two names, so
    neither order nor company of documents matters.
    """
    readings = _readings(document)
    sums = np.zeros(4)
    for a, b in combinations(sorted(document.annotators), 2):
        if readings[a] or readings[b]:
            sums += _weighted([readings[a], readings[b]], (str(seed), document.id, a, b), SAMPLES, math.inf)
    return Disorder(sum(len(readings[name]) for name in document.annotators), *sums.tolist())


def _readings(document: Document) -> dict[str, Reading]:
    """Units of each annotator in order; the same span entered twice is one, a fragmented one its hull."""
    units: defaultdict[str, set[Unit]] = defaultdict(set)
    for mark in document.marks:
        units[mark.annotator].add(Unit(mark.start, mark.end, mark.label))
    return {
        name: sorted(units[name], key=lambda unit: (unit.start, unit.end, unit.label)) for name in document.annotators
    }


def _weighted(readings: Sequence[Reading], names: Sequence[str], samples: int, deadline: float) -> Floats:
    """Observed, expected, and both of labels, times the mean number of units."""
    digest = hashlib.sha256("\0".join(names).encode()).digest()
    weight = sum(map(len, readings)) / len(readings)
    observed, observed_labels = _disorders(readings, deadline)
    sampler = _Sampler(readings, int.from_bytes(digest[:16], "big"))
    chance = [_disorders(sampler.readings(), deadline) for _ in range(samples)]
    expected, expected_labels = (fmean(one[part] for one in chance) for part in (0, 1))
    return weight * np.array([observed, expected, observed_labels, expected_labels])


def _disorders(readings: Sequence[Reading], deadline: float) -> tuple[float, float]:
    """Of the best alignment: cost per mean number of units, and share of label differences among aligned units."""
    tuples = best_alignment(readings, deadline)
    mean_units = sum(map(len, readings)) / len(readings)
    return cost_of(readings, tuples) / mean_units, _label_differences(readings, tuples)


def _label_differences(readings: Sequence[Reading], tuples: Sequence[Tuple]) -> float:
    """Mathet 2017: pairs of aligned units, weighing more the nearer they are and the fewer their tuple holds."""
    differing = total = 0.0
    for members in tuples:
        units = [readings[annotator][place] for annotator, place in members]
        for unit, other in combinations(units, 2):
            weight = max(0.0, 1 - unit.distance(other)) / (len(units) - 1)
            total += weight
            if unit.label != other.label:
                differing += weight
    return differing / total if total else 0.0


def _uniform(seed: int) -> Iterator[float]:
    """Numbers strictly between 0 and 1, from the upper 52 bits of each output of PCG64."""
    stream = np.random.PCG64(seed)
    while True:
        for raw in stream.random_raw(OUTPUTS_AT_ONCE).tolist():
            yield ((raw >> 12) + 0.5) / 2**52


class _Sampler:
    """Random readings, as many as given and with their habits.

    A gap is what lies between a unit and the one before it, or the beginning of the text; one of 0 is added to those
    found, as the reference implementation does.
    """

    def __init__(self, readings: Sequence[Reading], seed: int) -> None:
        self._uniform = _uniform(seed)
        units = [unit for reading in readings for unit in reading]
        self._annotators = len(readings)
        gaps = [0.0]
        for reading in readings:
            gaps += [unit.start - before.end for before, unit in pairwise(reading)]
            if reading and reading[0].start > 0:
                gaps.append(reading[0].start)
        self._counts = self._normal([float(len(reading)) for reading in readings])
        self._gaps = self._normal(gaps)
        self._lengths = self._normal([unit.end - unit.start for unit in units])
        # Drawing an observed label at random is drawing labels by their frequencies.
        self._labels = sorted(unit.label for unit in units)

    @staticmethod
    def _normal(observed: Sequence[float]) -> tuple[float, float]:
        return fmean(observed), pstdev(observed)

    def _draw(self, normal: tuple[float, float]) -> float:
        mean, deviation = normal
        return mean + deviation * _QUANTILE(next(self._uniform))

    def readings(self) -> list[Reading]:
        """Readings with at least one unit among them: while there is none, a reading gets at least one."""
        drawn: list[Reading] = []
        for _ in range(self._annotators):
            units = abs(int(self._draw(self._counts)))
            drawn.append(self._reading(units if any(drawn) else max(1, units)))
        return drawn

    def _reading(self, units: int) -> Reading:
        uniform = list(islice(self._uniform, 3 * units))
        gaps, lengths = (map(_QUANTILE, uniform[part::3]) for part in (0, 1))
        gap_mean, gap_deviation = self._gaps
        mean, deviation = self._lengths
        labels, kinds = self._labels, len(self._labels)
        at = 0.0
        result = []
        for gap, width, of_label in zip(gaps, lengths, uniform[2::3], strict=True):
            start = at + gap_mean + gap_deviation * gap
            length = abs(mean + deviation * width)
            while length == 0:
                length = abs(self._draw(self._lengths))
            at = start + length
            result.append(Unit(start, at, labels[int(of_label * kinds)]))
        return result
