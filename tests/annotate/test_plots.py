"""Where dots and intervals stand."""

import pytest

from annotate.plots import Estimate, dot_plot


def estimate(value, interval=None, name="Frame"):
    return Estimate(name, 0, value, interval)


def test_the_axis_runs_from_0_to_1():
    plot = dot_plot([estimate(0.0), estimate(1.0), estimate(0.5)])

    assert [words for _, words in plot.ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]
    assert [row.x for row in plot.rows] == [plot.ticks[0][0], plot.ticks[-1][0], (plot.left + 546) / 2]
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
