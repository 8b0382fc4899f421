"""spans.matching against every possible matching of small lists."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spans import Span
from spans.matching import CRITERIA, agrees, match, maximum_matching


@st.composite
def small_spans(draw):
    spans = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, 12))
        end = start + draw(st.integers(1, 8))
        cut = draw(st.integers(start, end))
        pieces = ((start, cut), (cut + 2, end + 2)) if start < cut < end else ()
        spans.append(Span(start, end + 2 if pieces else end, draw(st.sampled_from("AB")), pieces))
    return spans


def largest_by_trial(left, right, criterion, labelled):
    if len(left) > len(right):
        left, right = right, left
    return max(
        sum(
            agrees(a, b, criterion) and (not labelled or a.label == b.label) for a, b in zip(left, chosen, strict=False)
        )
        for chosen in permutations(right)
    )


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("labelled", [True, False])
@settings(max_examples=80, deadline=None)
@given(left=small_spans(), right=small_spans())
def test_match_is_one_to_one_and_as_large_as_can_be(criterion, labelled, left, right):
    pairs = match(left, right, criterion, labelled=labelled)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert all(agrees(left[i], right[j], criterion) for i, j in pairs)
    assert not labelled or all(left[i].label == right[j].label for i, j in pairs)
    assert len(pairs) == largest_by_trial(left, right, criterion, labelled)


def test_first_come_first_served_would_find_one_pair_too_few():
    left = [Span(0, 10, "A"), Span(0, 3, "A")]
    right = [Span(0, 3, "A"), Span(5, 9, "A")]
    assert match(left, right, "overlap") == [(0, 1), (1, 0)]


def test_exact_compares_fragments_not_hulls():
    whole, split = Span(0, 10, "A"), Span(0, 10, "A", ((0, 4), (6, 10)))
    assert match([whole], [split], "exact") == []
    assert match([split], [split], "exact") == [(0, 0)]
    assert match([whole], [split], "iou50") == [(0, 0)]


def test_labels_decide_only_where_asked():
    assert match([Span(0, 5, "A")], [Span(0, 5, "B")], "exact") == []
    assert match([Span(0, 5, "A")], [Span(0, 5, "B")], "exact", labelled=False) == [(0, 0)]


def test_a_long_chain_needs_no_recursion():
    length = 3000
    # Every vertex but the last prefers the one after it: the only perfect matching shifts the whole chain.
    edges = [[i + 1, i] if i + 1 < length else [i] for i in range(length)]
    partner = maximum_matching(edges, length)
    assert sorted(partner) == list(range(length))
