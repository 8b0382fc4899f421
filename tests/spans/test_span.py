"""spans.span: half-open arithmetic in whole characters."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spans import Span
from spans.span import shared_length, union_of

RANGES = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda p: (p[0], p[0] + p[1])), max_size=6)


def characters(ranges):
    return {c for start, end in ranges for c in range(start, end)}


@pytest.mark.parametrize(
    ("a", "b", "shared"),
    [
        pytest.param(Span(0, 5), Span(5, 9), 0, id="touching"),
        pytest.param(Span(0, 6), Span(5, 9), 1, id="one character"),
        pytest.param(Span(0, 20), Span(3, 7), 4, id="nested"),
        pytest.param(Span(0, 20, "A", ((0, 5), (15, 20))), Span(5, 15), 0, id="in the gap"),
        pytest.param(Span(0, 20, "A", ((0, 5), (15, 20))), Span(4, 16, "B"), 2, id="across the gap"),
    ],
)
def test_intersection_counts_characters(a, b, shared):
    assert a.intersection(b) == b.intersection(a) == shared
    assert a.overlaps(b) is (shared > 0)


def test_iou_of_a_half_counts_as_a_half():
    assert Span(0, 20).iou_at_least(Span(0, 10), 1, 2)
    assert not Span(0, 21).iou_at_least(Span(0, 10), 1, 2)


@pytest.mark.parametrize(("start", "end"), [(3, 3), (4, 3), (-1, 2)])
def test_span_refuses_empty_and_negative_ranges(start, end):
    with pytest.raises(ValueError, match="0 <= start < end"):
        Span(start, end)


@pytest.mark.parametrize("fragments", [((0, 3), (5, 5)), ((0, 3), (5, 8)), ((1, 10),)])
def test_span_refuses_fragments_that_do_not_fill_the_hull(fragments):
    with pytest.raises(ValueError, match="fragment"):
        Span(0, 10, "A", fragments)


def test_span_in_touching_pieces_equals_the_span_in_one():
    assert Span(0, 10, "A", ((4, 10), (0, 4))) == Span(0, 10, "A")


def test_spans_sort_by_start_end_label():
    spans = [Span(2, 3, "A"), Span(1, 5, "B"), Span(1, 5, "A"), Span(1, 4, "Z")]
    assert sorted(spans) == [Span(1, 4, "Z"), Span(1, 5, "A"), Span(1, 5, "B"), Span(2, 3, "A")]


@given(RANGES, RANGES)
def test_union_and_shared_length_agree_with_sets_of_characters(a, b):
    assert characters(union_of(a)) == characters(a)
    assert shared_length(union_of(a), union_of(b)) == len(characters(a) & characters(b))


@given(RANGES)
def test_union_is_sorted_and_leaves_gaps(ranges):
    pieces = union_of(ranges)
    assert all(before[1] < after[0] for before, after in pairwise(pieces))
