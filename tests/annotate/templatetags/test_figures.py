import pytest

from annotate.templatetags.figures import figure, interval, percent

DASH = '<span class="quiet">–</span>'


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.666, "0.67"), (1.0, "1.00"), (-0.034, "−0.03"), (-0.001, "0.00"), (0.0, "0.00"), (None, DASH)],
)
def test_figure(value, words):
    assert figure(value, 2) == words


@pytest.mark.parametrize(("bounds", "words"), [((-0.5, 0.25), "−0.500 – 0.250"), (None, DASH)])
def test_interval(bounds, words):
    assert interval(bounds, 3) == words


@pytest.mark.parametrize(
    ("share", "digits", "words"),
    [
        (0.0744, 1, "7.4 %"),
        (0.5, 0, "50 %"),
        (0.9996, 1, "99.96 %"),
        (0.0004, 0, "0.04 %"),
        (1.0, 1, "100 %"),
        (0.0, 0, "0 %"),
        (None, 1, DASH),
    ],
)
def test_what_is_not_all_or_nothing_does_not_round_to_it(share, digits, words):
    assert percent(share, digits) == words
