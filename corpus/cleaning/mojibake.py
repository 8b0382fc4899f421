"""Text that was decoded with the wrong charset ("donâ€™t"): finding it, and reading it again where that is wanted.

ftfy judges and repairs; it costs ten times as much as all rules together, so a page without the signs of mojibake never
reaches it. What it changes is kept as edits of raw, so that the map from raw to text stays exact.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ftfy import TextFixerConfig, fix_encoding

from corpus.canonical import add_stretch
from spans.offsets import Segment

# The lead bytes of UTF-8 as they look in windows-1252 and Latin-1, those of Mac Roman, and a replaced apostrophe.
_SIGNS = tuple("ÃÂâÐÑØÙÎÏ×ÅÄåäæçãð√\x92\x93\x94")
_TAIL = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_SUSPECT = re.compile(
    rf"[\u00c2-\u00df][{_TAIL} ]|[\u00e0-\u00ef][{_TAIL}]{{2}}|[\u00f0-\u00f4][{_TAIL}]{{3}}|‚Ä|√[^\s\w]|[\x80-\x9f]"
)
# Only the charset is put right: quotes, ligatures, line breaks and wide characters stay as they came.
_CONFIG = TextFixerConfig(
    uncurl_quotes=False,
    normalization="NFC",
    fix_line_breaks=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    unescape_html=False,
    remove_terminal_escapes=False,
    remove_control_chars=False,
    fix_surrogates=False,
)
_RUN = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Edit:
    """``[start, end)`` of raw, and what it says when it is read with the right charset."""

    start: int
    end: int
    text: str


def edits_of(raw: str, ranges: Iterable[tuple[int, int]]) -> list[Edit]:
    """What a repair would change within the given ranges of raw, in order; empty for nearly every text."""
    if raw.isascii() or not any(sign in raw for sign in _SIGNS):
        return []
    return [edit for start, end in ranges for edit in _within(raw, start, end)]


def _within(raw: str, start: int, end: int) -> Iterator[Edit]:
    at = start
    # U+0085 and its like may be halves of a broken character, so only LF parts lines here.
    for line in raw[start:end].split("\n"):
        if _SUSPECT.search(line):
            fixed = fix_encoding(line, _CONFIG)
            if fixed != line:
                yield from _edits(line, fixed, at)
        at += len(line) + 1


def _edits(line: str, fixed: str, at: int) -> Iterator[Edit]:
    """The runs that differ; where more than letters beyond ASCII changed, all from the first to the last change."""
    if _RUN.sub("\0", line) != _RUN.sub("\0", fixed):
        yield from _narrowed(line, fixed, at)
        return
    for found, made in zip(_RUN.finditer(line), _RUN.findall(fixed), strict=True):
        if found[0] != made:
            yield from _narrowed(found[0], made, at + found.start())


def _narrowed(was: str, made: str, at: int) -> Iterator[Edit]:
    """One edit without the ends that agree, or one for each character that was read as so many as it has bytes."""
    head = 0
    while head < min(len(was), len(made)) and was[head] == made[head]:
        head += 1
    tail = 0
    while tail < min(len(was), len(made)) - head and was[-1 - tail] == made[-1 - tail]:
        tail += 1
    if head + tail == len(was):  # nothing would be left that could be replaced
        head = tail = 0
    was, made, at = was[head : len(was) - tail], made[head : len(made) - tail], at + head
    widths = [len(character.encode()) for character in made]
    if sum(widths) != len(was):
        yield Edit(at, at + len(was), made)
        return
    for character, width in zip(made, widths, strict=True):
        yield Edit(at, at + width, character)
        at += width


class Repaired:
    """Raw with edits made, and the way back."""

    def __init__(self, raw: str, edits: Sequence[Edit]) -> None:
        parts: list[str] = []
        self._edits: list[tuple[int, int, int, int]] = []  # raw start, raw end, start, end in the repaired text
        at = length = 0
        for edit in edits:
            parts += (raw[at : edit.start], edit.text)
            length += edit.start - at
            self._edits.append((edit.start, edit.end, length, length + len(edit.text)))
            length += len(edit.text)
            at = edit.end
        parts.append(raw[at:])
        self.text = "".join(parts)
        self._starts = [start for _, _, start, _ in self._edits]
        self._raw_starts = [start for start, _, _, _ in self._edits]

    def from_raw(self, offset: int) -> int:
        """Where an offset of raw that lies in no edit stands in the repaired text."""
        index = bisect_right(self._raw_starts, offset) - 1
        if index < 0:
            return offset
        start, end, made_start, made_end = self._edits[index]
        return made_start if offset == start else made_end + offset - end

    def _to_raw(self, offset: int, *, late: bool) -> int:
        """Where an offset of the repaired text stands in raw; within an edit its end (``late``) or its start."""
        index = bisect_right(self._starts, offset) - 1
        if index < 0:
            return offset
        start, end, made_start, made_end = self._edits[index]
        if offset <= made_start:
            return start
        if offset < made_end:
            return end if late else start
        return end + offset - made_end

    def in_raw(
        self, segments: Sequence[Segment], removed: Sequence[tuple[int, int, str]]
    ) -> tuple[list[Segment], list[tuple[int, int, str]]]:
        """Segments and removed ranges of the repaired text as such of raw.

        An edit belongs to what is first kept of it, so that nothing of raw is in two of them.
        """
        pieces = sorted(
            [
                *((s.raw_start, s.raw_end, index, "") for index, s in enumerate(segments)),
                *((start, end, -1, rule) for start, end, rule in removed),
            ],
            key=lambda piece: (piece[0], piece[1], piece[2]),
        )
        stretches: list[tuple[int, int, int, int]] = []
        gone: list[tuple[int, int, str]] = []
        reached = 0
        for start, end, index, rule in pieces:
            if index < 0:
                begin, finish = max(reached, self._to_raw(start, late=False)), self._to_raw(end, late=False)
                if begin < finish:
                    gone.append((begin, finish, rule))
                    reached = finish
                continue
            segment = segments[index]
            for s, e, text_start, text_end in self._cut(segment):
                begin = max(reached, self._to_raw(s, late=False))
                finish = max(begin, self._to_raw(e, late=e > s))
                add_stretch(stretches, begin, finish, text_start, text_end)
                reached = finish
        return [Segment(*stretch) for stretch in stretches], gone

    def _cut(self, segment: Segment) -> Iterator[tuple[int, int, int, int]]:
        """The segment in parts that lie in one edit or in none, where it maps character by character."""
        start, end = segment.raw_start, segment.raw_end
        if end - start != segment.text_end - segment.text_start or start == end:
            yield start, end, segment.text_start, segment.text_end
            return
        first = max(bisect_right(self._starts, start) - 1, 0)
        borders = {start, end}
        for _, _, made_start, made_end in self._edits[first:]:
            if made_start >= end:
                break
            borders |= {border for border in (made_start, made_end) if start < border < end}
        shift = segment.text_start - start
        for s, e in pairwise(sorted(borders)):
            yield s, e, s + shift, e + shift
