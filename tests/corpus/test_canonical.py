"""Canonical text and the map between it and raw."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.canonical import DROPPED, Line, canonicalise, fingerprint, plain, text_sha256, trim
from spans.offsets import Segment, SegmentMap


def _one_line(raw: str):
    start, end = trim(raw, 0, len(raw))
    return canonicalise(raw, [Line(start, end)])


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param("caf\u0065\u0301", "café", id="composed"),
        pytest.param("7,500\u00a0people", "7,500 people", id="no-break space"),
        pytest.param("a\u2003b\u3000c", "a b c", id="em space and ideographic space"),
        pytest.param("a\tb", "a b", id="tab"),
        pytest.param("mi\u00adgrant \u200bcaravan\u2060\ufeff", "migrant caravan", id="invisible characters"),
        pytest.param("a\x07b\x9fc", "abc", id="controls"),
        pytest.param("👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم", id="joiners stay"),
        pytest.param("\u200fא\u200e", "\u200fא\u200e", id="bidi marks stay"),
        pytest.param("“isn’t”  it", "“isn’t”  it", id="curly quotes and double spaces stay"),
        pytest.param("\u1112\u1161\u11ab", "한", id="jamo compose"),
        pytest.param("e\u200b\u0301", "é", id="a mark behind an invisible character"),
    ],
)
def test_canonical_text_of_a_line(raw, text):
    assert _one_line(raw).text == text
    assert plain(raw) == text


def test_a_word_with_a_soft_hyphen_maps_back_and_forth():
    raw = "the mi\u00adgrants"
    found = SegmentMap(_one_line(raw).segments)

    assert found.to_text(4, 13) == (4, 12)
    assert found.to_raw(4, 12) == (4, 13)


def test_paragraphs_with_windows_line_ends_map_across_the_break():
    raw = "one\r\n\r\n\r\ntwo"
    made = canonicalise(raw, [Line(0, 3), Line(9, 12)])

    assert made.text == "one\n\ntwo"
    assert made.segments == (Segment(0, 3, 0, 3), Segment(3, 9, 3, 5), Segment(9, 12, 5, 8))
    assert SegmentMap(made.segments).to_text(0, 12) == (0, 8)


def test_a_break_beside_removed_text_is_inserted():
    made = canonicalise("one[x]two", [Line(0, 3), Line(6, 9)])

    assert made.text == "one\n\ntwo"
    assert made.segments == (Segment(0, 3, 0, 3), Segment(3, 3, 3, 5), Segment(6, 9, 5, 8))
    assert made.dropped == ((3, 6),)


def test_fingerprint_ignores_case_and_white_space_only():
    assert fingerprint("A  B\n\nc") == fingerprint("a b c")
    assert fingerprint("a b c") != fingerprint("a b, c")
    assert text_sha256("é") == "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"


# Characters that canonical text treats in some way, among ordinary ones.
_alphabet = st.sampled_from(
    "aZ9.,’ é\u00a0\t\u200b\u00ad\ufeff\u200d👩💻\u0301\u0323\u1100\u1161\u11a8\x07\x85\u09c7\u09be\r\n"
)
_lines = st.lists(st.text(_alphabet, min_size=1, max_size=12), min_size=1, max_size=6)


@given(_lines, st.sampled_from(["\n", "\n\n", "\r\n\r\n", " \n\t\n", "x"]))
def test_segments_rebuild_the_text_and_partition_raw(parts, between):
    raw, lines = "", []
    for part in parts:
        raw += between if raw else ""
        line = part.replace("\r", "").replace("\n", "").replace("\x85", "")
        start, end = trim(raw + line, len(raw), len(raw) + len(line))
        raw += line
        if start < end:
            lines.append(Line(start, end, opens=len(lines) % 2 == 0))

    made = canonicalise(raw, lines)

    assert unicodedata.is_normalized("NFC", made.text)
    assert "".join(_rebuilt(raw, made)) == made.text
    covered = sorted([*((s.raw_start, s.raw_end) for s in made.segments if s.raw_end > s.raw_start), *made.dropped])
    assert [at for piece in covered for at in range(*piece)] == list(range(len(raw)))
    SegmentMap(made.segments)  # refuses segments that run backwards, overlap or leave a gap in the text
    assert [made.text[s:e] for s, e in made.lines] == [plain(raw[line.start : line.end]) for line in lines]


def _rebuilt(raw, made):
    """The text of each segment made anew from raw alone, but for breaks between lines, whose number raw does not say."""
    for s in made.segments:
        text = made.text[s.text_start : s.text_end]
        parts = [raw[s.raw_start : s.raw_end]]
        if s.raw_end - s.raw_start == s.text_end - s.text_start:
            mapped = "".join(_break_or_plain(kept, got) for kept, got in zip(parts[0], text, strict=True))
            yield unicodedata.normalize("NFC", mapped)
        else:
            yield _break_or_plain(parts[0], text)


def _break_or_plain(source, text):
    if not source.strip("\n\r\x85 \t\u00a0\u200b\u00ad\ufeff\x07") and set(text) == {"\n"}:
        return text
    spaced = "".join(" " if c in "\t\u00a0" else c for c in source if c not in DROPPED)
    return unicodedata.normalize("NFC", spaced)


def test_every_space_of_unicode_is_known() -> None:
    spaces = [char for char in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(char) == "Zs"]

    assert [char for char in spaces if canonicalise(f"a{char}b", [Line(0, 3)]).text != "a b"] == []
