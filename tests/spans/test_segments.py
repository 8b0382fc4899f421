"""spans.segments, on the cases that the browser's tests read too."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spans import Span
from spans.segments import Piece, cut, cut_paragraphs, lanes_of

CASES = json.loads((Path(__file__).parent / "segment_cases.json").read_text(encoding="utf-8"))["cases"]


def spans_of(case):
    return [Span(s["start"], s["end"], "", tuple(map(tuple, s.get("fragments", [])))) for s in case["spans"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_shared_cases(case):
    spans = spans_of(case)
    assert lanes_of(spans) == case["lanes"]
    assert cut(*case["paragraph"], spans) == [Piece(start, end, tuple(over)) for start, end, over in case["pieces"]]


ranges = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda pair: Span(pair[0], pair[0] + pair[1]))


@given(st.lists(ranges, max_size=12))
def test_pieces_fill_the_paragraph_and_name_every_span_over_them(spans):
    pieces = cut(5, 25, spans)
    assert [piece.start for piece in pieces] == [5, *(piece.end for piece in pieces[:-1])]
    assert pieces[-1].end == 25
    for piece in pieces:
        for at in range(piece.start, piece.end):
            assert set(piece.spans) == {i for i, span in enumerate(spans) if span.start <= at < span.end}


@given(st.lists(ranges, max_size=12))
def test_overlapping_spans_never_share_a_lane(spans):
    lanes = lanes_of(spans)
    for i, a in enumerate(spans):
        for j, b in enumerate(spans[:i]):
            assert not a.overlaps(b) or lanes[i] != lanes[j]


@given(st.lists(ranges, max_size=12))
def test_paragraphs_together_are_cut_as_each_alone(spans):
    paragraphs = [(0, 7), (9, 20), (22, 22), (24, 45)]
    assert cut_paragraphs(paragraphs, spans) == [cut(start, end, spans) for start, end in paragraphs]
