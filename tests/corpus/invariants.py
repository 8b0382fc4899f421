"""What holds of every accepted article, whatever it came from: its map between raw and text.

``assert_maps`` takes a stored Article or what ``clean`` returns; the tests of every reader call it.
"""

from __future__ import annotations

import unicodedata
from itertools import pairwise
from typing import Any

import pytest

from corpus.canonical import DROPPED, LINE_BREAK
from corpus.cleaning import RULE_NAMES
from spans.offsets import OffsetError, Segment, SegmentMap

ZONES = {"headline", "standfirst", "body", "caption", "correction"}


def assert_maps(article: Any) -> None:
    """Segments and removed ranges partition raw in order; segments rebuild text; offsets map there and back.

    Where mojibake was repaired, what a segment of raw became is not to be told from raw alone, but all else holds.
    """
    raw, text = article.raw, article.text
    segments = [s if isinstance(s, Segment) else Segment(**s) for s in article.segments]
    found = SegmentMap(segments)  # refuses segments that run backwards, overlap or leave a gap in the text
    assert [f for f in article.raw_fields if not 0 <= f["start"] <= f["end"] <= len(raw)] == []
    _assert_partition(raw, segments, article.removed)
    assert "".join(text[s.text_start : s.text_end] for s in segments) == text
    for segment in () if article.cleaner_version.endswith("+mojibake") else segments:
        _assert_rebuilds(raw, text, segment)
    _assert_both_ways(found, segments)
    _assert_zones(text, article.zones)
    assert unicodedata.is_normalized("NFC", text)
    assert not set(text) & (set(DROPPED) | {"\r", "\t", "\u00a0"})
    # The headline opens the text unless what stands above it was to be kept.
    headlines = [text[zone["start"] : zone["end"]] for zone in article.zones if zone["zone"] == "headline"]
    assert headlines == ([article.title] if article.title else [])


def _assert_partition(raw: str, segments: list[Segment], removed: list[Any]) -> None:
    kept = [(s.raw_start, s.raw_end) for s in segments if s.raw_start < s.raw_end]
    dropped = [(r["start"], r["end"]) for r in removed]
    assert dropped == sorted(dropped)
    pieces = sorted(kept + dropped)
    assert all(start < end for start, end in pieces)
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert (pieces[0][0], pieces[-1][1]) == (0, len(raw)) if pieces else raw == ""
    assert {r["rule"] for r in removed} <= set(RULE_NAMES)


def _assert_rebuilds(raw: str, text: str, segment: Segment) -> None:
    """Each character of an equally long segment is its raw one, or a space or line break for it; else NFC of raw."""
    source = raw[segment.raw_start : segment.raw_end]
    made = text[segment.text_start : segment.text_end]
    if not source:
        assert made.strip("\n") == "", "inserted text is line breaks only"
    elif len(source) == len(made):
        for was, now in zip(source, made, strict=True):
            blank = was.isspace() or was in DROPPED
            assert was == now or (blank and now in " \n") or unicodedata.normalize("NFC", was) == now, (was, now)
    elif set(made) <= {"\n"}:
        assert all(c.isspace() or c in DROPPED for c in source)
    else:
        plain = "".join(" " if c.isspace() else c for c in source if c not in DROPPED)
        assert unicodedata.normalize("NFC", plain) == made


def _assert_both_ways(found: SegmentMap, segments: list[Segment]) -> None:
    for segment in segments:
        if segment.raw_start == segment.raw_end or segment.text_start == segment.text_end:
            continue
        in_raw, in_text = (segment.raw_start, segment.raw_end), (segment.text_start, segment.text_end)
        assert found.to_text(*in_raw) == in_text
        assert found.to_raw(*in_text) == in_raw
        if in_raw[1] - in_raw[0] == in_text[1] - in_text[0]:
            middle = (in_raw[1] - in_raw[0]) // 2
            assert found.to_text(in_raw[0] + middle, in_raw[0] + middle + 1) == (
                in_text[0] + middle,
                in_text[0] + middle + 1,
            )
    for before, after in pairwise(s for s in segments if s.raw_start < s.raw_end):
        if before.raw_end < after.raw_start:
            with pytest.raises(OffsetError) as refused:
                found.to_text(before.raw_end, after.raw_start)
            assert refused.value.code == "removed"


def _assert_zones(text: str, zones: list[Any]) -> None:
    assert {zone["zone"] for zone in zones} <= ZONES
    if not text:
        assert zones == []
        return
    assert (zones[0]["start"], zones[-1]["end"]) == (0, len(text))
    for before, after in pairwise(zones):
        assert before["end"] < after["start"]
        assert LINE_BREAK.sub("", text[before["end"] : after["start"]]) == ""
