"""spans.offsets, on the cases that the browser's tests read too."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spans.offsets import OffsetError, Segment, SegmentMap, Utf16Map, code_point_from_utf16, utf16_from_code_point

CASES = json.loads((Path(__file__).parent / "offset_cases.json").read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_both_ways_on_the_shared_cases(case):
    offsets = Utf16Map(case["text"])
    assert (offsets.code_points, offsets.units) == (case["code_points"], case["utf16_units"])
    assert [[p, offsets.to_utf16(p)] for p, _ in case["pairs"]] == case["pairs"]
    assert [[offsets.to_code_point(u), u] for _, u in case["pairs"]] == case["pairs"]


@pytest.mark.parametrize("case", [c for c in CASES if c["inside_character"]], ids=lambda case: case["name"])
def test_units_inside_a_character_are_refused(case):
    for unit in case["inside_character"]:
        with pytest.raises(OffsetError) as refused:
            code_point_from_utf16(case["text"], unit)
        assert refused.value.code == "inside_character"


@pytest.mark.parametrize("offset", [-1, 4])
def test_offsets_outside_the_text_are_refused(offset):
    with pytest.raises(OffsetError, match="outside a text of 3"):
        utf16_from_code_point("abc", offset)
    with pytest.raises(OffsetError, match="outside a text of 3"):
        code_point_from_utf16("abc", offset)


@given(st.text(alphabet=st.sampled_from("a é“😀👩\u200d🇫\n"), max_size=40))
def test_units_are_what_the_encoder_writes(text):
    offsets = Utf16Map(text)
    for i in range(len(text) + 1):
        units = len(text[:i].encode("utf-16-le")) // 2
        assert offsets.to_utf16(i) == units
        assert offsets.to_code_point(units) == i


# raw "Head" + "\r\n" + "  body" ; text "Head" + "\n\n" (one break rewritten, one inserted) + "body"
SEGMENTS = SegmentMap([Segment(0, 4, 0, 4), Segment(4, 6, 4, 5), Segment(6, 6, 5, 6), Segment(8, 12, 6, 10)])


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param((0, 4), (0, 4), id="a whole segment"),
        pytest.param((1, 3), (1, 3), id="within one"),
        pytest.param((9, 12), (7, 10), id="after a removal"),
        pytest.param((2, 6), (2, 5), id="over a rewritten break"),
        pytest.param((4, 6), (4, 5), id="the rewritten break"),
    ],
)
def test_ranges_map_both_ways(raw, text):
    assert SEGMENTS.to_text(*raw) == text
    assert SEGMENTS.to_raw(*text) == raw


def test_to_raw_gives_the_hull_over_removed_text():
    assert SEGMENTS.to_raw(2, 10) == (2, 12)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ((3, 9), "removed"),
        ((6, 8), "removed"),
        ((7, 9), "removed"),
        ((10, 13), "removed"),
        ((20, 22), "removed"),
        ((2, 5), "inside_replacement"),
        ((3, 3), "empty"),
    ],
)
def test_to_text_refuses_what_has_no_place(raw, code):
    with pytest.raises(OffsetError) as refused:
        SEGMENTS.to_text(*raw)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "code"), [((5, 6), "inserted"), ((5, 8), "inserted"), ((8, 11), "inserted"), ((2, 2), "empty")]
)
def test_to_raw_refuses_what_was_not_in_the_input(text, code):
    with pytest.raises(OffsetError) as refused:
        SEGMENTS.to_raw(*text)
    assert refused.value.code == code


def test_removed_head_is_refused():
    with pytest.raises(OffsetError, match="removed"):
        SegmentMap([Segment(5, 9, 0, 4)]).to_text(2, 7)


@pytest.mark.parametrize(
    "segments",
    [
        [Segment(3, 2, 0, 1)],
        [Segment(0, 2, 1, 3)],
        [Segment(0, 2, 0, 2), Segment(1, 3, 2, 4)],
        [Segment(0, 2, 0, 2), Segment(2, 3, 3, 4)],
    ],
    ids=["backwards", "late start", "raw overlap", "text gap"],
)
def test_segments_that_are_no_map_are_refused(segments):
    with pytest.raises(ValueError, match=r"[Ss]egment"):
        SegmentMap(segments)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 5)), min_size=1, max_size=6), st.data())
def test_a_text_range_comes_back_from_raw_unless_something_was_removed(parts, data):
    segments, raw, text = [], 0, 0
    for removed, kept in parts:
        raw += removed
        segments.append(Segment(raw, raw + kept, text, text + kept))
        raw, text = raw + kept, text + kept
    offsets = SegmentMap(segments)
    start = data.draw(st.integers(0, text - 1))
    end = data.draw(st.integers(start + 1, text))
    raw_start, raw_end = offsets.to_raw(start, end)
    if raw_end - raw_start == end - start:
        assert offsets.to_text(raw_start, raw_end) == (start, end)
    else:
        with pytest.raises(OffsetError, match="removed"):
            offsets.to_text(raw_start, raw_end)
