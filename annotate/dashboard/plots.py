"""Where dots, bars, lines and stretches of the agreement plots stand. Numbers only; templates/annotate/plots draws them.

Coordinates are units of a view box. Each plot is drawn twice: wide, and narrow for small screens, so that words keep
their size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDE = 480
NARROW = 340
RIGHT = 14
TOP = 16
ROW = 40
NARROW_ROW = 52
CHARACTER = 7.2  # The mean width of a character of the row's name at its size.
SMALL_CHARACTER = 6.4  # The same in keys and on axes.
SIGN = 24
# The customary floor for tentative conclusions (Krippendorff 2019, ch. 12).
FLOOR = 0.667
# What a file has where a page has classes: the light theme of base.css.
TONES = ("#d55e00", "#0072b2", "#009e73", "#b8578f", "#b27d00", "#5d5fb0")
INK = "#1d2126"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure to draw: name, tone of its layer (None: ink), value or None, interval or None.

    ``why`` says in words why there is no value; ``published`` are other data sets' values, each with what it is; ``head`` marks a row that
    sums up those below it, such as a layer's.
    """

    name: str
    tone: int | None
    value: float | None
    interval: tuple[float, float] | None
    unreliable: bool = False
    why: str = ""
    published: tuple[tuple[float, str], ...] = ()
    head: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One figure on the plot; without a value nothing is drawn but its name and that it is not defined."""

    name: str
    tone: int | None
    colour: str
    name_y: float
    y: float
    x: float | None
    low: float | None
    high: float | None
    unreliable: bool
    why: str
    words_x: float
    published: tuple[tuple[float, str], ...]
    head: bool


@dataclass(frozen=True, slots=True)
class Key:
    """A sign of the plot, what it means, and where the two begin."""

    sign: str
    words: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Plot:
    """Dots with intervals; ``floor`` is None where the customary floor means nothing (F1, shares)."""

    width: int
    height: float
    narrow: bool
    left: float
    top: float
    bottom: float
    ticks: tuple[tuple[float, str], ...]
    floor: float | None
    rows: tuple[Row, ...]
    key: tuple[Key, ...]


def key_of(signs: Sequence[tuple[str, str]], *, left: float, right: float, top: float) -> tuple[Key, ...]:
    """Signs with their words side by side, in as many lines of 20 as they need; the first line's middle is ``top``."""
    placed, x, y = [], left, top
    for sign, words in signs:
        needed = SIGN + SMALL_CHARACTER * len(words)
        if x > left and x + needed > right:
            x, y = left, y + 20
        placed.append(Key(sign, words, round(x, 1), y))
        x += needed + 14
    return tuple(placed)


def colour_of(tone: int | None) -> str:
    """The tone in the light theme; ink where a figure belongs to no layer."""
    return INK if tone is None else TONES[tone % len(TONES)]


def _tick(mark: float, digits: int = 1) -> str:
    """0.2, 1, −0.4: with a true minus sign, and no -0."""
    words = f"{abs(mark):.{digits}f}".rstrip("0").removesuffix(".") or "0"
    return f"−{words}" if mark < -0.005 else words


def axis_of(values: Sequence[float]) -> tuple[float, list[float]]:
    """Where an axis that ends at 1 begins, and its ticks: at 0, or at the next fifth below the lowest value."""
    lowest = min(values, default=0.0)
    start = max(-1.0, min(0.0, math.floor(round(lowest * 5, 9)) / 5))
    step = 0.2 if start > -0.6 else 0.4
    count = round((1 - start) / step)
    return start, [1 - step * number for number in range(count, -1, -1)]


def near_axis(values: Sequence[float]) -> tuple[float, float, list[float]]:
    """Beginning, end and ticks of an axis that shows small differences: tenths around ``values``, ticks at twentieths
    where there are few."""
    low = math.floor(round(10 * min(values), 9))
    high = max(math.ceil(round(10 * max(values), 9)), low + 1)
    step = 20 if high - low <= 3 else 10
    ticks = [number / step for number in range(low * step // 10, high * step // 10 + 1)]
    return low / 10, high / 10, ticks


def dot_plot(
    estimates: Sequence[Estimate],
    *,
    narrow: bool = False,
    floor: bool = True,
    head: str = "all labels of a layer",
    near: bool = False,
) -> Plot:
    """A row for each estimate, on an axis from 0 to 1, or from the next fifth below the lowest value where that is
    less than 0. What lies outside [-1, 1] cannot occur. In a ``narrow`` plot names stand above their dots. ``head``
    says in the key what rows that sum up others are. ``near``: the axis shows tenths around the values alone, and the
    key says so."""
    drawn = [value for e in estimates if e.value is not None for value in (e.value, *(e.interval or ()))]
    start, marks = axis_of(drawn)
    stop = 1.0
    if near and drawn:
        start, stop, marks = near_axis(drawn)
    width = NARROW if narrow else WIDE
    longest = CHARACTER * max((len(e.name) for e in estimates), default=0)
    left = 10.0 if narrow else min(220.0, max(90.0, 14 + longest))
    height = NARROW_ROW if narrow else ROW
    offset = 36 if narrow else ROW / 2

    def x(value: float) -> float:
        return round(left + (value - start) / (stop - start) * (width - RIGHT - left), 1)

    floor = floor and start <= FLOOR <= stop
    bottom = TOP + height * len(estimates)
    signs = _signs(estimates, floor=floor, head=head)
    if start > 0 or stop < 1:
        signs.append(("note", f"The axis runs from {_tick(start)} to {_tick(stop)}."))
    key = key_of(signs, left=0.0, right=width, top=bottom + 46)
    return Plot(
        width=width,
        height=(key[-1].y if key else bottom + 26) + 12,
        narrow=narrow,
        left=left,
        top=TOP,
        bottom=bottom,
        ticks=tuple((x(mark), _tick(mark, 2 if near else 1)) for mark in marks),
        floor=x(FLOOR) if floor else None,
        rows=tuple(
            Row(
                name=e.name,
                tone=e.tone,
                colour=colour_of(e.tone),
                name_y=TOP + height * number + (16 if narrow else offset),
                y=TOP + height * number + offset,
                x=None if e.value is None else x(e.value),
                low=None if e.interval is None or e.value is None else x(e.interval[0]),
                high=None if e.interval is None or e.value is None else x(e.interval[1]),
                unreliable=e.unreliable,
                why=e.why,
                words_x=left + (0 if narrow else 8),
                published=tuple(
                    (x(value), words) for value, words in e.published if e.value is not None and start <= value <= stop
                ),
                head=e.head,
            )
            for number, e in enumerate(estimates)
        ),
        key=key,
    )


def _signs(estimates: Sequence[Estimate], *, floor: bool, head: str) -> list[tuple[str, str]]:
    """The signs that the plot shows, and no others."""
    drawn = [e for e in estimates if e.value is not None]
    with_interval = [e for e in drawn if e.interval is not None]
    signs = []
    if any(not e.unreliable for e in with_interval):
        signs.append(("interval", "value, 95% interval over articles"))
    if any(e.unreliable for e in drawn):
        signs.append(("unreliable", "fewer than 20 articles: do not rely on the interval"))
    if any(e.head for e in drawn):
        signs.append(("head", head))
    if any(e.published for e in drawn):
        signs.append(("elsewhere", "published elsewhere"))
    if floor and drawn:
        signs.append(("floor", f"{FLOOR:.3f}"))
    return signs


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: ``kind`` is its place among the parts, from 0; ``share`` in percent for people."""

    kind: int
    x: float
    width: float
    share: int
    worded: bool
    middle: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of parts that fill it, or none."""

    name: str
    tone: int | None
    colour: str
    name_y: float
    y: float
    middle: float
    parts: tuple[Part, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Bars:
    """Bars one below the other, each as long as the others; ``key`` has a place for each kind of part."""

    width: int
    height: float
    narrow: bool
    left: float
    bars: tuple[Bar, ...]
    key: tuple[Key, ...]


BAR = 20
# Parts narrower than this have no room for their percentage.
ROOM = 34


def stacked_bars(
    rows: Sequence[tuple[str, int | None, Sequence[float]]], kinds: Sequence[str], *, narrow: bool = False
) -> Bars:
    """Shares of a whole for each (name, tone, parts); rows whose parts are all 0 stay empty."""
    width = NARROW if narrow else WIDE
    longest = CHARACTER * max((len(name) for name, _, _ in rows), default=0)
    left = 0.0 if narrow else min(220.0, max(90.0, 14 + longest))
    height = NARROW_ROW if narrow else ROW
    middle = 36 if narrow else ROW / 2
    bars = []
    for number, (name, tone, amounts) in enumerate(rows):
        whole = sum(amounts)
        at, parts = left, []
        for kind, amount in enumerate(amounts):
            if whole <= 0 or amount <= 0:
                continue
            long = amount / whole * (width - left)
            parts.append(
                Part(
                    kind=kind,
                    x=round(at, 1),
                    width=round(max(long - 1, 0.5), 1),
                    share=round(100 * amount / whole),
                    worded=long >= ROOM,
                    middle=round(at + long / 2, 1),
                )
            )
            at += long
        top = TOP + height * number
        name_y, centre = top + (16 if narrow else middle), top + middle
        why = "" if parts else "nothing to split: nobody differs here"
        bars.append(Bar(name, tone, colour_of(tone), name_y, centre - BAR / 2, centre, tuple(parts), why))
    key = key_of(
        [(str(kind), words) for kind, words in enumerate(kinds)],
        left=left,
        right=width,
        top=TOP + height * len(rows) + 18,
    )
    return Bars(width, key[-1].y + 14, narrow, left, tuple(bars), key)


@dataclass(frozen=True, slots=True)
class Point:
    """A figure over time: what came in from ``start`` to ``end``, or up to ``end``."""

    start: date
    end: date
    value: float | None
    interval: tuple[float, float] | None
    n_documents: int
    unreliable: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class TrendDot:
    """A point of the line, with the ends of its interval where it has one."""

    x: float
    y: float
    low: float | None
    high: float | None
    unreliable: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through the defined points, broken where one is not, over the band of their intervals."""

    width: int
    height: float
    narrow: bool
    left: float
    top: float
    bottom: float
    ticks: tuple[tuple[float, str], ...]
    floor: float
    dates: tuple[tuple[float, str], ...]
    lines: tuple[str, ...]
    bands: tuple[str, ...]
    dots: tuple[TrendDot, ...]


TREND = 180
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def trend_plot(points: Sequence[Point], *, narrow: bool = False) -> Trend:
    """Points in the order of time; a point stands at its last day."""
    width = NARROW if narrow else 1120
    left, top, bottom = 40.0, 14.0, 14.0 + TREND
    drawn = [value for p in points if p.value is not None for value in (p.value, *(p.interval or ()))]
    start, marks = axis_of(drawn)
    days = [p.end.toordinal() for p in points]
    first, last = (min(days), max(days)) if days else (0, 0)

    def x(day: int) -> float:
        place = 0.5 if last == first else (day - first) / (last - first)
        return round(left + 16 + place * (width - RIGHT - left - 32), 1)

    def y(value: float) -> float:
        return round(bottom - (value - start) / (1 - start) * (bottom - top), 1)

    runs: list[list[Point]] = [[]]
    for point in points:
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(point)
    lines, bands = [], []
    for run in runs:
        defined = [(x(p.end.toordinal()), p) for p in run]
        if len(defined) > 1:
            lines.append(" ".join(f"{at},{y(p.value or 0.0)}" for at, p in defined))
        with_interval = [(at, p.interval) for at, p in defined if p.interval is not None]
        if len(with_interval) > 1:
            above = [f"{at},{y(high)}" for at, (_, high) in with_interval]
            below = [f"{at},{y(low)}" for at, (low, _) in reversed(with_interval)]
            bands.append(" ".join(above + below))
    return Trend(
        width=width,
        height=bottom + 30,
        narrow=narrow,
        left=left,
        top=top,
        bottom=bottom,
        ticks=tuple((y(mark), _tick(mark)) for mark in marks),
        floor=y(FLOOR),
        dates=_dates([(x(p.end.toordinal()), p.end) for p in points], 64 if narrow else 96),
        lines=tuple(lines),
        bands=tuple(bands),
        dots=tuple(
            TrendDot(
                x=x(p.end.toordinal()),
                y=y(p.value),
                low=None if p.interval is None else y(p.interval[0]),
                high=None if p.interval is None else y(p.interval[1]),
                unreliable=p.unreliable,
            )
            for p in points
            if p.value is not None
        ),
    )


def _dates(places: Sequence[tuple[float, date]], apart: float) -> tuple[tuple[float, str], ...]:
    """Days below the axis, as many as have room."""
    told: list[tuple[float, str]] = []
    for at, day in places:
        if not told or at - told[-1][0] >= apart:
            told.append((at, f"{day.day} {MONTHS[day.month - 1]}"))
    return tuple(told)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of characters along the strip: how far the readers differ there, ``level`` 0 (alike) to 3."""

    start: int
    end: int
    x: float
    width: float
    level: int


STRIP = 1000


def strip_plot(runs: Sequence[tuple[int, int, int]], length: int) -> tuple[Stretch, ...]:
    """(start, end, level) along a strip of 1000 units; a stretch is at least two wide, or it would not be seen."""
    if length <= 0:
        return ()
    return tuple(
        Stretch(
            start,
            end,
            min(round(STRIP * start / length, 1), STRIP - 2),
            round(max(STRIP * (end - start) / length, 2), 1),
            level,
        )
        for start, end, level in runs
        if level
    )
