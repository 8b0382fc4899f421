"""Where dots and intervals stand."""

from datetime import date

import pytest

from annotate.dashboard.plots import Estimate, Point, dot_plot, stacked_bars, strip_plot, trend_plot


def estimate(value, interval=None, name="Frame"):
    return Estimate(name, 0, value, interval)


def test_the_axis_runs_from_0_to_1():
    plot = dot_plot([estimate(0.0), estimate(1.0), estimate(0.5)])

    assert [words for _, words in plot.ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert [row.x for row in plot.rows] == [plot.ticks[0][0], plot.ticks[-1][0], (plot.left + 466) / 2]
    assert [row.y for row in plot.rows] == [36, 76, 116]


@pytest.mark.parametrize(("lowest", "first"), [(-0.01, "−0.2"), (-0.2, "−0.2"), (-0.21, "−0.4"), (-1.0, "−1")], ids=str)
def test_the_axis_reaches_below_the_lowest_interval(lowest, first):
    plot = dot_plot([estimate(0.3, (lowest, 0.5))])

    assert plot.ticks[0][1] == first
    assert plot.rows[0].low >= plot.left


def test_an_undefined_figure_has_a_name_and_no_place():
    (row,) = dot_plot([estimate(None)]).rows

    assert (row.name, row.x, row.low, row.high) == ("Frame", None, None, None)


def test_long_names_get_more_room():
    short, long = dot_plot([estimate(0.5)]), dot_plot([estimate(0.5, name="Informational bias")])

    assert short.left < long.left


def test_a_plot_without_labels_has_an_axis():
    plot = dot_plot([])

    assert (plot.rows, plot.ticks[0][1], plot.ticks[-1][1]) == ((), "0", "1")


def test_a_narrow_plot_has_names_above_its_dots():
    (row,) = dot_plot([estimate(0.5, (0.4, 0.6))], narrow=True).rows

    assert row.name_y < row.y - 12


def test_the_key_names_only_what_is_drawn():
    sure = estimate(0.5, (0.4, 0.6))
    unsure = Estimate("Frame", 0, 0.5, (0.1, 0.9), unreliable=True)

    assert [one.sign for one in dot_plot([sure]).key] == ["interval", "floor"]
    assert [one.sign for one in dot_plot([unsure]).key] == ["unreliable", "floor"]
    assert [one.sign for one in dot_plot([sure], floor=False).key] == ["interval"]
    assert [one.sign for one in dot_plot([Estimate("Frame", 0, 0.5, None, published=((0.4, "elsewhere"),))]).key] == [
        "elsewhere",
        "floor",
    ]
    assert dot_plot([estimate(None)]).key == ()


@pytest.mark.parametrize("narrow", [False, True])
def test_keys_stay_within_the_plot(narrow):
    unsure = Estimate("Frame", 0, 0.5, (0.1, 0.9), unreliable=True, published=((0.4, "elsewhere"),), head=True)
    plot = dot_plot([estimate(0.5, (0.4, 0.6)), unsure], narrow=narrow)

    assert all(one.y < plot.height for one in plot.key)
    assert len({one.y for one in plot.key}) > 1


def test_published_values_outside_the_axis_are_left_out():
    (row,) = dot_plot([Estimate("Frame", 0, 0.5, None, published=((-0.5, "far"), (0.5, "near")))]).rows

    assert row.published == ((row.x, "near"),)


def test_the_parts_of_a_bar_fill_it():
    bars = stacked_bars([("Frame", 0, (1, 1, 2, 0)), ("Source", 1, (0, 0, 0, 0))], ("a", "b", "c", "d"))
    first, second = bars.bars

    assert [(part.kind, part.share) for part in first.parts] == [(0, 25), (1, 25), (2, 50)]
    assert (first.parts[0].x, first.parts[-1].x + first.parts[-1].width + 1) == (bars.left, bars.width)
    assert (second.parts, second.why != "") == ((), True)
    assert [one.words for one in bars.key] == ["a", "b", "c", "d"]


def point(day, value, interval=None):
    return Point(date(2026, 11, 1), date(2026, 11, day), value, interval, 25)


def test_a_trend_is_broken_where_it_is_undefined():
    trend = trend_plot([point(1, 0.5), point(8, 0.6), point(15, None), point(22, 0.7), point(29, 0.7)])

    assert len(trend.lines) == 2
    assert [dot.x for dot in trend.dots] == sorted(dot.x for dot in trend.dots)
    assert trend.dots[1].y < trend.dots[0].y
    assert trend.dates[0][1] == "1 Nov"


def test_a_trend_has_a_band_of_its_intervals():
    trend = trend_plot([point(1, 0.5, (0.3, 0.7)), point(8, 0.6, (0.4, 0.8))])

    (band,) = trend.bands
    assert len(band.split()) == 4
    assert trend.dots[0].high < trend.dots[0].y < trend.dots[0].low


def test_a_trend_of_one_week_is_a_dot_in_the_middle():
    trend = trend_plot([point(1, 0.5)])

    assert (trend.lines, len(trend.dots)) == ((), 1)
    assert trend_plot([]).dots == ()


def test_stretches_lie_along_the_strip_and_can_be_seen():
    wide, thin, last = strip_plot([(0, 500, 1), (600, 601, 3), (9_999, 10_000, 2)], 10_000)

    assert (wide.x, wide.width, wide.level) == (0, 50, 1)
    assert (thin.x, thin.width) == (60, 2)
    assert last.x + last.width <= 1000
    assert strip_plot([(0, 1, 1)], 0) == ()


def test_a_near_axis_shows_tenths_around_the_values_and_says_so():
    plot = dot_plot([estimate(0.58, (0.55, 0.6)), estimate(0.66, (0.63, 0.68))], near=True)

    assert [words for _, words in plot.ticks] == ["0.5", "0.55", "0.6", "0.65", "0.7"]
    assert (plot.ticks[0][0], plot.ticks[-1][0]) == (plot.left, 466)
    assert plot.key[-1].words == "The axis runs from 0.5 to 0.7."
    assert plot.floor is not None
    assert dot_plot([estimate(0.2)], near=True).floor is None


@pytest.mark.parametrize(("value", "ticks"), [(0.5, ["0.5", "0.55", "0.6"]), (-0.05, ["−0.1", "−0.05", "0"])], ids=str)
def test_a_near_axis_has_a_length_with_one_value_too(value, ticks):
    assert [words for _, words in dot_plot([estimate(value)], near=True).ticks] == ticks


def test_a_near_axis_without_values_is_the_usual_one():
    assert [words for _, words in dot_plot([estimate(None)], near=True).ticks][-1] == "1"
