"""Where the dots and intervals of the agreement plot stand. Numbers only; the template draws them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 560
RIGHT = 14
TOP = 16
ROW = 40
CHARACTER = 7.2  # The mean width of a character of the row's name at its size.
# The customary floor for tentative conclusions (Krippendorff 2019, ch. 12).
FLOOR = 0.667


@dataclass(frozen=True, slots=True)
class Row:
    """One label on the plot; without a value nothing is drawn but its name and "not defined yet"."""

    name: str
    tone: int
    y: float
    x: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Plot:
    """Coordinates in units of the view box, ``width`` by ``height``."""

    width: int
    height: int
    left: float
    bottom: float
    ticks: tuple[tuple[float, str], ...]
    floor: float
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure to draw: name, tone of its layer, value or None, interval or None."""

    name: str
    tone: int
    value: float | None
    interval: tuple[float, float] | None


def _tick(mark: float) -> str:
    """0.2, 1, −0.4: with a true minus sign, and no -0."""
    words = f"{abs(mark):.1f}".removesuffix(".0")
    return f"−{words}" if mark < -0.05 else words


def dot_plot(estimates: Sequence[Estimate]) -> Plot:
    """A row for each estimate, on an axis from 0 to 1, or from the next fifth below the lowest value where that is
    less than 0. What lies outside [-1, 1] cannot occur."""
    lowest = min(
        (min(e.value, e.interval[0] if e.interval else e.value) for e in estimates if e.value is not None), default=0.0
    )
    start = min(0.0, math.floor(round(lowest * 5, 9)) / 5)
    left = min(220.0, max(90.0, 14 + CHARACTER * max((len(e.name) for e in estimates), default=0)))
    step = 0.2 if start > -0.6 else 0.4

    def x(value: float) -> float:
        return round(left + (value - start) / (1 - start) * (WIDTH - RIGHT - left), 1)

    bottom = TOP + ROW * len(estimates)
    count = round((1 - start) / step)
    marks = [1 - step * number for number in range(count, -1, -1)]
    return Plot(
        width=WIDTH,
        height=bottom + 36,
        left=left,
        bottom=bottom,
        ticks=tuple((x(mark), _tick(mark)) for mark in marks),
        floor=x(FLOOR),
        rows=tuple(
            Row(
                name=e.name,
                tone=e.tone,
                y=TOP + ROW * (number + 0.5),
                x=None if e.value is None else x(e.value),
                low=None if e.interval is None else x(e.interval[0]),
                high=None if e.interval is None else x(e.interval[1]),
            )
            for number, e in enumerate(estimates)
        ),
    )
