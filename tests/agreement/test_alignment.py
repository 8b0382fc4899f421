"""agreement.alignment: best alignments against every possible one, and what is said when the limits are reached."""

import random
import time
from itertools import combinations, permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agreement import alignment
from agreement.alignment import ALONE, UnfinishedError, Unit, _TupleSearch, best_alignment, best_pairs, cost_of
from tests.agreement.samples import ALEX_PAUL_SUZAN


@st.composite
def reading(draw, most=4):
    units = []
    for _ in range(draw(st.integers(0, most))):
        start = draw(st.integers(0, 12))
        units.append(Unit(start, start + draw(st.integers(1, 8)), draw(st.sampled_from("XY"))))
    return units


def distance(one, other):
    return one.distance(other) + (one.label != other.label)


def cost_of_pairs(left, right, pairs):
    return sum(distance(left[i], right[j]) for i, j in pairs) + ALONE * (len(left) + len(right) - 2 * len(pairs))


@settings(max_examples=60, deadline=None)
@given(left=reading(), right=reading())
def test_best_pairs_cost_no_more_than_any_others(left, right):
    pairs = best_pairs(left, right)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    least = min(
        cost_of_pairs(left, right, list(zip(chosen, others, strict=True)))
        for size in range(min(len(left), len(right)) + 1)
        for chosen in combinations(range(len(left)), size)
        for others in permutations(range(len(right)), size)
    )
    assert cost_of_pairs(left, right, pairs) == pytest.approx(least, abs=1e-12)


def least_cost(readings):
    """Every partition: the first unit left is in every unitary alignment that it can be in, and so on."""
    n = len(readings)
    pairs = n * (n - 1) / 2

    def cost(members):
        units = [readings[a][i] for a, i in members]
        real = list(combinations(units, 2))
        return (sum(distance(u, v) for u, v in real) + ALONE * (pairs - len(real))) / pairs

    def best(left):
        if not left:
            return 0.0
        (a, i), rest = left[0], left[1:]
        choices = [[None, *(place for place in rest if place[0] == b)] for b in range(n) if b != a]
        return min(
            cost(members := [(a, i), *(place for place in others if place is not None)])
            + best(tuple(place for place in rest if place not in members))
            for others in product(*choices)
        )

    return best(tuple((a, i) for a, r in enumerate(readings) for i in range(len(r))))


@settings(max_examples=60, deadline=None)
@given(readings=st.lists(reading(most=3), min_size=3, max_size=4).filter(lambda rs: sum(map(len, rs)) <= 8))
def test_best_alignment_of_more_than_two_costs_no_more_than_any_other(readings):
    tuples = best_alignment(readings)
    members = [member for one in tuples for member in one]
    assert len(set(members)) == len(members)
    assert all(len(one) >= 2 and len({a for a, _ in one}) == len(one) for one in tuples)
    assert cost_of(readings, tuples) == pytest.approx(least_cost(readings), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(left=reading(most=8), right=reading(most=8))
def test_the_search_over_tuples_finds_what_assignment_finds(left, right):
    by_search = cost_of([left, right], _TupleSearch([left, right], time.monotonic() + 60).solve())
    assert by_search == pytest.approx(cost_of_pairs(left, right, best_pairs(left, right)), abs=1e-9)


def crowded(annotators):
    """Everybody marks the same forty places, each a little elsewhere."""
    return [
        [Unit(8 * i + (a * i) % 3, 8 * i + 10 + (a + i) % 4, "XY"[(a * i) % 7 == 0]) for i in range(40)]
        for a in range(annotators)
    ]


def scattered(annotators):
    """Fifteen places in 200 characters, of which everybody marks most, a little elsewhere, some by another name."""
    rng = random.Random(1)
    places = [(rng.randrange(200), rng.randint(2, 20), rng.choice("XYZ")) for _ in range(15)]
    return [
        [
            Unit(start + rng.randint(0, 6), start + length + rng.randint(7, 10), rng.choice((label, label, "X")))
            for start, length, label in places
            if rng.random() < 0.8
        ]
        for _ in range(annotators)
    ]


def test_the_order_of_annotators_does_not_matter():
    readings = scattered(4)
    forward = cost_of(readings, best_alignment(readings))
    assert cost_of(readings[::-1], best_alignment(readings[::-1])) == pytest.approx(forward, abs=1e-9)


def test_the_published_three_annotators():
    # pygamma-agreement's tests: 6 unitary alignments and, with the weight of place 1 as here, disorder 0.653542.
    readings = [ALEX_PAUL_SUZAN[name] for name in ("Alex", "Paul", "Suzan")]
    tuples = best_alignment(readings)
    alone = 16 - sum(map(len, tuples))
    assert len(tuples) + alone == 6
    assert cost_of(readings, tuples) / (16 / 3) == pytest.approx(0.6535417, abs=1e-6)


@pytest.mark.parametrize(("annotators", "unitary", "disorder"), [(4, 12, 0.8479689), (5, 11, 0.7544600)])
def test_four_and_five_annotators_as_the_reference_implementation_has_them(annotators, unitary, disorder):
    # pygamma-agreement 0.5.9 (GLPK_MI, alpha = beta = delta_empty = 1), run once by hand: number of unitary alignments
    # and observed disorder.
    readings = [
        [
            Unit(9 * i + (a * i) % 3, 9 * i + 8 + (a + i) % 4, "XY"[(a * i) % 7 == 0])
            for i in range(12)
            if (a + 2 * i) % 5
        ]
        for a in range(annotators)
    ]
    units = sum(map(len, readings))
    tuples = best_alignment(readings)
    assert len(tuples) + units - sum(map(len, tuples)) == unitary
    assert cost_of(readings, tuples) / (units / annotators) == pytest.approx(disorder, abs=1e-6)


@pytest.mark.parametrize("annotators", [2, 5])
def test_a_deadline_ends_the_search(annotators):
    with pytest.raises(UnfinishedError, match="time_limit"):
        best_alignment(crowded(annotators), deadline=time.monotonic() - 1)


@pytest.mark.parametrize(
    ("readings", "reason"),
    [
        pytest.param([[Unit(i, i + 1, "X") for i in range(700)]] * 3, "too_many_units", id="units"),
        pytest.param([[Unit(i, i + 1, "X") for i in range(1001)]] * 2, "too_many_units", id="units of two"),
        pytest.param([[Unit(0, 500 + i, "X") for i in range(30)]] * 5, "too_many_tuples", id="tuples"),
    ],
)
def test_what_is_too_large_is_refused_and_not_approximated(readings, reason):
    with pytest.raises(UnfinishedError) as caught:
        best_alignment(readings, time.monotonic() + 20)
    assert caught.value.reason == reason


def test_a_search_that_stays_too_narrow_is_not_an_answer(monkeypatch):
    monkeypatch.setattr(alignment, "WIDTHS", (1,))
    with pytest.raises(UnfinishedError, match="too_many_alignments"):
        best_alignment(scattered(4))
