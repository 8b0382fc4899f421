"""A figure with what it rests on and how sure it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agreement.columns import Columns, Sums
from agreement.figures import Figure

# Below this many documents the percentile interval is too narrow to be relied on.
ENOUGH_DOCUMENTS = 20
# An interval from which more than this share of the resamples had to be dropped would flatter the data.
MOST_DROPPED = 0.05
# Of the normal distribution, for 95 %.
STANDARD_ERRORS = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure and what it rests on.

    ``value`` None: undefined, ``reason`` says why; never 0 or 1 in its place. ``ci``: the 2.5th and 97.5th percentile
    over resampled documents; None without a bootstrap, where the value is undefined, or where more than 5 % of the
    resamples had no value (``ci_dropped`` of them). ``jackknife_ci``: value ± 1.96 standard errors from leaving out
    each document in turn; None where not asked for (``jackknifed`` False), the value or one of those without a
    document is undefined, or there is but one document. ``interval_unreliable``: fewer than 20 documents; None
    without an interval. ``n_documents``: documents with something to compare; ``n_annotators``: people in them;
    ``n_pairs``: of figures about attributes, pairs of matched spans that it rests on.
    """

    value: float | None
    reason: str | None
    ci: tuple[float, float] | None
    ci_dropped: int | None
    interval_unreliable: bool | None
    n_documents: int
    n_annotators: int
    jackknifed: bool = False
    jackknife_ci: tuple[float, float] | None = None
    n_pairs: int | None = None


def printed(found: Mapping[str, Metric]) -> dict[str, dict[str, Any]]:
    """As the contract has it: a reason only where there is one, an interval only where one was asked for."""
    result: dict[str, dict[str, Any]] = {}
    for name, metric in found.items():
        entry: dict[str, Any] = {"value": metric.value}
        if metric.reason is not None:
            entry["reason"] = metric.reason
        if metric.ci_dropped is not None:
            entry["ci"] = None if metric.ci is None else list(metric.ci)
            entry["ci_dropped"] = metric.ci_dropped
        if metric.jackknifed:
            entry["jackknife_ci"] = None if metric.jackknife_ci is None else list(metric.jackknife_ci)
        if metric.interval_unreliable is not None:
            entry["interval_unreliable"] = metric.interval_unreliable
        entry["n_documents"] = metric.n_documents
        entry["n_annotators"] = metric.n_annotators
        if metric.n_pairs is not None:
            entry["n_pairs"] = metric.n_pairs
        result[name] = entry
    return result


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which intervals are wanted: percentiles of ``bootstrap`` resamples (None: none), the jackknife."""

    bootstrap: int | None = None
    seed: int = 0
    jackknife: bool = False

    def sums(self, columns: Columns) -> Sums:
        """Entry 0 the corpus, then the resamples, then the corpus without each document in turn."""
        return columns.summed(self.bootstrap or 0, self.seed, leave_one_out=self.jackknife)

    def metric(self, figure: Figure, documents: Collection[int], n_annotators: int) -> Metric:
        """``figure`` of such sums; ``documents``: numbers of those with something to compare."""
        values = figure.values()
        value = None if np.isnan(values[0]) else float(values[0])
        ci, dropped = None, None
        resamples = self.bootstrap or 0
        if self.bootstrap is not None:
            ci, dropped = _percentiles(value, values[1 : 1 + resamples])
        jackknife_ci = None
        if self.jackknife and value is not None:
            jackknife_ci = _jackknife(value, values[1 + resamples :][sorted(documents)])
        unreliable = None
        if self.bootstrap is not None or self.jackknife:
            unreliable = len(documents) < ENOUGH_DOCUMENTS
        return Metric(
            value=value,
            reason=figure.reason,
            ci=ci,
            ci_dropped=dropped,
            interval_unreliable=unreliable,
            n_documents=len(documents),
            n_annotators=n_annotators,
            jackknifed=self.jackknife,
            jackknife_ci=jackknife_ci,
            n_pairs=figure.n_pairs,
        )


def _percentiles(value: float | None, resampled: NDArray[np.float64]) -> tuple[tuple[float, float] | None, int]:
    defined = resampled[~np.isnan(resampled)]
    dropped = len(resampled) - len(defined)
    if value is None or len(defined) == 0 or dropped > MOST_DROPPED * len(resampled):
        return None, dropped
    low, high = np.percentile(defined, [2.5, 97.5], method="linear")
    return (float(low), float(high)), dropped


def _jackknife(value: float, without: NDArray[np.float64]) -> tuple[float, float] | None:
    """value ± z se, se² = (D - 1) / D sum (t_d - mean t)², t_d the figure without document d.

    Tukey 1958; Miller, Biometrika 61 (1974); Efron & Tibshirani 1993, ch. 11. Not clipped to the figure's range.
    """
    n = len(without)
    if n < 2 or np.isnan(without).any():
        return None
    error = float(np.sqrt((n - 1) / n * np.square(without - without.mean()).sum()))
    return value - STANDARD_ERRORS * error, value + STANDARD_ERRORS * error
