"""Sets from pairs."""

import random

from hypothesis import given
from hypothesis import strategies as st

from corpus.joining import Pair, joined

_pairs = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from([0.5, 0.6, 0.9])).filter(lambda p: p[0] != p[1]),
    max_size=25,
)
_apart = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)).filter(lambda p: p[0] != p[1]), max_size=6)


def test_pairs_that_meet_are_one_set():
    assert joined([Pair(1, 2, 0.5), Pair(4, 5, 0.9), Pair(2, 3, 0.7)]) == [[1, 2, 3], [4, 5]]


def test_what_is_apart_stays_apart_and_the_more_alike_pair_wins():
    pairs = [Pair(1, 2, 0.6), Pair(2, 3, 0.9)]

    assert joined(pairs, apart=[(3, 1)]) == [[2, 3]]
    assert joined(pairs, apart=[(2, 3)]) == [[1, 2]]


def test_a_union_is_reported_under_its_first_member():
    told = []

    joined([Pair(2, 3, 0.9), Pair(1, 3, 0.5)], on_join=lambda first, last: told.append((first, last)))

    assert told == [(2, 3), (1, 2)]


def test_a_refused_union_does_not_happen():
    assert joined([Pair(1, 2, 0.9), Pair(2, 3, 0.8)], may_join=lambda _one, other: other != 3) == [[1, 2]]


@given(_pairs, _apart, st.randoms())
def test_the_order_of_pairs_does_not_matter(given_pairs, apart, rng):
    pairs = [Pair(*pair) for pair in given_pairs]
    shuffled = [Pair(pair.other, pair.one, pair.score) if rng.random() < 0.5 else pair for pair in pairs]
    rng.shuffle(shuffled)

    assert joined(shuffled, apart=apart) == joined(pairs, apart=apart)


@given(_pairs, _apart)
def test_sets_are_disjoint_connected_and_hold_nobody_who_is_apart(given_pairs, apart):
    pairs = [Pair(*pair) for pair in given_pairs]

    sets = joined(pairs, apart=apart)

    members = [thing for found in sets for thing in found]
    assert len(members) == len(set(members))
    assert all(len(found) > 1 for found in sets)
    assert not any(one in found and other in found for found in sets for one, other in apart)
    if not apart:
        home = {thing: index for index, found in enumerate(sets) for thing in found}
        assert all(home[pair.one] == home[pair.other] for pair in pairs)


def test_a_long_chain_is_one_set():
    order = list(range(5000))
    random.Random(1).shuffle(order)

    assert joined([Pair(one, one + 1, 0.5) for one in order]) == [list(range(5001))]
