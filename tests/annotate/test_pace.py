"""The estimate of the time left, as My work words it."""

import pytest

from annotate.pace import duration, time_left


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "under 5 min"), (4.9, "under 5 min"), (5, "about 5 min"), (13, "about 15 min"), (57.4, "about 55 min"),
        (57.5, "about 1 h"), (64, "about 1 h"), (66, "about 1 h 10 min"), (130, "about 2 h 10 min"), (594, "about 9 h 50 min"),
        (600, "about 10 h"), (630, "about 10 h"), (100_000, "about 1,667 h"),
    ],
)  # fmt: skip
def test_a_duration_is_rounded_as_an_estimate_is(minutes: float, words: str):
    assert duration(minutes * 60) == words


def test_the_time_left_is_pace_times_what_is_left():
    assert time_left(pace=390.0, remaining=20) == "about 2 h 10 min"
    assert time_left(pace=390.0, remaining=1000, capped=True) == "more than 108 h"


@pytest.mark.parametrize(("pace", "remaining"), [(None, 20), (390.0, 0)])
def test_without_a_pace_or_with_nothing_left_there_is_no_estimate(pace: float | None, remaining: int):
    assert time_left(pace=pace, remaining=remaining) is None
