"""Dawid & Skene 1979, label by label: how reliable each annotator is, and how likely a label given who voted for it.

The true answer at a place is yes or no. Annotator a says yes where it is yes with probability *sensitivity* and no where
it is no with probability *specificity*, whatever the others say; the share of yes is the *prevalence*. Expectation
maximisation, begun from the share of votes at each place, alternates between

    score = P(yes | votes)      by Bayes' rule from prevalence, sensitivities and specificities
    prevalence, sensitivity, specificity      as shares of the expected yes and no

All places with the same readers and the same voters have the same score, so a corpus is its distinct *patterns* with
their weights: characters, so that a long span counts for more, or segments, each maximal run with one set of voters
once. Deterministic: no random start, patterns in a fixed order, one tolerance, one limit of iterations.

The model takes places as independent. Characters of a span are not, and annotators share habits, so scores are far too
sure of themselves: an order, not probabilities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agreement.documents import Document
from agreement.figures import NO_PAIRS, NO_VARIATION
from agreement.votes import Run, covers_by_label, voter_runs

type Weighting = Literal["characters", "segments"]
type Floats = NDArray[np.float64]

CAVEAT = (
    "Estimated from the votes alone, as if places were independent and mistakes had no common cause. Characters of a "
    "span are not independent and annotators share habits, so scores are over-confident: read them as an order. "
    "Competence compares people who read comparable articles under this model; it is not a verdict on a person, and a "
    "minority that sees what others miss looks unreliable here."
)

TOO_FEW = "too_few_annotators"
# With two annotators there are three free shares of votes for five unknowns: any start would be its own answer.
FEWEST_ANNOTATORS = 3
TOLERANCE = 1e-9
MOST_ITERATIONS = 1000
# Expected counts are kept off zero, so that a mistake never seen is very unlikely rather than impossible.
FLOOR = 1e-10


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """Who read a place and which of them voted for the label, both by name."""

    annotators: tuple[str, ...]
    voters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Competence:
    """``sensitivity``: share of the expected yes that the annotator marked; ``specificity``: of the expected no that it
    left. None where there is no yes (no no) in what it read. ``n``: characters or segments read."""

    annotator: str
    sensitivity: float | None
    specificity: float | None
    n: int


@dataclass(frozen=True, slots=True)
class LabelModel:
    """``prevalence`` None: undefined, ``reason`` says why (``no_pairable_units``, ``no_variation``: nobody or everybody
    voted for the label everywhere, ``too_few_annotators``: fewer than three). ``n``: characters or segments in all.

    ``converged``: whether no score moved by the tolerance in the last of ``iterations``.
    """

    prevalence: float | None
    reason: str | None
    n: int
    annotators: tuple[Competence, ...]
    scores: Mapping[Pattern, float]
    iterations: int
    converged: bool

    def printed(self) -> dict[str, object]:
        """As ``python -m agreement --soft`` prints it: a reason only where the model is undefined."""
        result: dict[str, object] = {"prevalence": self.prevalence}
        if self.reason is not None:
            result["reason"] = self.reason
        return result | {
            "n": self.n,
            "iterations": self.iterations,
            "converged": self.converged,
            "annotators": {
                one.annotator: {"sensitivity": one.sensitivity, "specificity": one.specificity, "n": one.n}
                for one in self.annotators
            },
        }


@dataclass(frozen=True, slots=True)
class ScoreSegment:
    """Characters ``[start, end)`` with one set of voters, and the score of the label there."""

    label: str
    start: int
    end: int
    score: float


def label_models(
    documents: Iterable[Document], labels: Sequence[str], weighting: Weighting = "characters"
) -> dict[str, LabelModel]:
    """A model per label from the documents with a text that two or more annotators completed."""
    patterns: dict[str, Counter[Pattern]] = {label: Counter() for label in labels}
    for document in documents:
        if len(document.annotators) < 2 or document.length == 0:
            continue
        covers = covers_by_label(document)
        readers = tuple(sorted(document.annotators))
        for label in labels:
            runs = voter_runs(covers.get(label, {}))
            counted = patterns[label]
            for start, end, voters in runs:
                counted[_pattern(readers, voters)] += end - start if weighting == "characters" else 1
            counted[Pattern(readers, ())] += _silence(document.length, runs, weighting)
    return {label: dawid_skene(counted) for label, counted in patterns.items()}


def dawid_skene(
    patterns: Mapping[Pattern, int], *, tolerance: float = TOLERANCE, most_iterations: int = MOST_ITERATIONS
) -> LabelModel:
    """The model of one label from how often each pattern occurs. ``tolerance`` 0: all iterations."""
    ordered = sorted((pattern, weight) for pattern, weight in patterns.items() if weight)
    total = sum(weight for _, weight in ordered)
    names = sorted({name for pattern, _ in ordered for name in pattern.annotators})
    reason = None
    if not ordered:
        reason = NO_PAIRS
    elif not any(p.voters for p, _ in ordered) or all(p.voters == p.annotators for p, _ in ordered):
        reason = NO_VARIATION
    elif len(names) < FEWEST_ANNOTATORS:
        reason = TOO_FEW
    if reason is not None:
        return LabelModel(None, reason, total, (), {}, 0, converged=False)
    votes = _Votes(ordered, names)
    scores = votes.shares()
    prevalence, sensitivity, specificity = votes.expected(scores)
    change, iteration = np.inf, 0
    while iteration < most_iterations and change >= tolerance:
        iteration += 1
        before, scores = scores, votes.scores(prevalence, sensitivity, specificity)
        prevalence, sensitivity, specificity = votes.expected(scores)
        change = float(np.abs(scores - before).max())
    yes, no = votes.read(scores)
    return LabelModel(
        prevalence,
        None,
        total,
        tuple(
            Competence(
                name,
                float(sensitivity.right[a]) if yes[a] > FLOOR else None,
                float(specificity.right[a]) if no[a] > FLOOR else None,
                round(float(yes[a] + no[a])),
            )
            for a, name in enumerate(names)
        ),
        dict(zip((pattern for pattern, _ in ordered), scores.tolist(), strict=True)),
        iteration,
        converged=change < tolerance,
    )


def score_segments(document: Document, models: Mapping[str, LabelModel]) -> list[ScoreSegment]:
    """Runs with one set of voters and the score of each, by label and place, where somebody voted for the label.

    A label without a model, and a document that the models were not made with, have none.
    """
    readers = tuple(sorted(document.annotators))
    result = []
    for label, covers in sorted(covers_by_label(document).items()):
        scores = models[label].scores if label in models else {}
        for start, end, voters in voter_runs(covers):
            score = scores.get(_pattern(readers, voters))
            if score is not None:
                result.append(ScoreSegment(label, start, end, score))
    return result


def _pattern(readers: tuple[str, ...], voters: frozenset[str]) -> Pattern:
    return Pattern(readers, tuple(name for name in readers if name in voters))


def _silence(length: int, runs: Sequence[Run], weighting: Weighting) -> int:
    """Characters, or stretches between runs, without a vote."""
    if weighting == "characters":
        return length - sum(end - start for start, end, _ in runs)
    ends = [(0, 0), *((start, end) for start, end, _ in runs), (length, length)]
    return sum(start > end for (_, end), (start, _) in pairwise(ends))


class Rates(NamedTuple):
    """Per annotator, how often right and how often wrong: both, as one minus a number near 1 would be rounded away."""

    right: Floats
    wrong: Floats


class _Votes:
    """Patterns as flat columns, one entry per pattern and reader, so that the cost is that of the votes there are."""

    def __init__(self, ordered: Sequence[tuple[Pattern, int]], names: Sequence[str]) -> None:
        number = {name: a for a, name in enumerate(names)}
        entries = [
            (p, number[name], name in pattern.voters)
            for p, (pattern, _) in enumerate(ordered)
            for name in pattern.annotators
        ]
        self.weights: Floats = np.array([weight for _, weight in ordered], dtype=np.float64)
        self.pattern = np.array([p for p, _, _ in entries], dtype=np.int64)
        self.annotator = np.array([a for _, a, _ in entries], dtype=np.int64)
        self.vote = np.array([vote for _, _, vote in entries], dtype=bool)
        self.annotators = len(names)

    def shares(self) -> Floats:
        """Of the readers of each pattern, those who voted for the label."""
        return np.bincount(self.pattern, weights=self.vote) / np.bincount(self.pattern)

    def read(self, scores: Floats) -> tuple[Floats, Floats]:
        """Expected yes and no in what each annotator read."""
        return self._sum(self.weights * scores), self._sum(self.weights * (1 - scores))

    def expected(self, scores: Floats) -> tuple[float, Rates, Rates]:
        """Prevalence, sensitivities, specificities."""
        yes, no = self.weights * scores, self.weights * (1 - scores)
        prevalence = float(yes.sum() / self.weights.sum())
        return prevalence, self._rates(yes, self.vote), self._rates(no, ~self.vote)

    def scores(self, prevalence: float, sensitivity: Rates, specificity: Rates) -> Floats:
        """P(yes | votes) of each pattern."""
        of_yes = np.where(self.vote, sensitivity.right[self.annotator], sensitivity.wrong[self.annotator])
        of_no = np.where(self.vote, specificity.wrong[self.annotator], specificity.right[self.annotator])
        odds = np.bincount(self.pattern, weights=np.log(of_yes) - np.log(of_no))
        odds += np.log(max(prevalence, FLOOR)) - np.log(max(1 - prevalence, FLOOR))
        return np.asarray(np.exp(-np.logaddexp(0.0, -odds)))

    def _sum(self, amounts: Floats) -> Floats:
        return np.bincount(self.annotator, weights=amounts[self.pattern], minlength=self.annotators)

    def _rates(self, amounts: Floats, right: NDArray[np.bool_]) -> Rates:
        of_entries = amounts[self.pattern]
        hits = np.bincount(self.annotator, weights=of_entries * right, minlength=self.annotators)
        misses = np.bincount(self.annotator, weights=of_entries * ~right, minlength=self.annotators)
        hits, misses = np.maximum(hits, FLOOR), np.maximum(misses, FLOOR)
        return Rates(hits / (hits + misses), misses / (hits + misses))
