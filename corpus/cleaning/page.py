"""A received article as lines, and the questions that rules ask of a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, pairwise

from corpus.canonical import LINE_BREAK, plain, trim

PROSE_WORDS = 40  # from this length on, a line with sentences in it is text, whatever it resembles
RUNNING_WORDS = 20  # a shorter sentence may be debris; one of this length ends the head and the tail of a page
_TITLE_WORDS = (3, 25)
_FEWEST_WRAPPED = 2
HARD_WRAP = 100  # files wrapped at a column have no line beyond it

_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_KEY_PART = re.compile(r"[^\W_]+")
_OPENING_CHARS = 60
_CLOSERS = "\"'”’»)] "
_SENTENCE_ENDS = frozenset(".!?…。！？")
_SENTENCE_MARK = re.compile(r"[.!?。！？](?:\s|[\"'”’»)\]]|$)")


@dataclass(eq=False)
class Line:
    """One line of raw, trimmed: ``[start, end)`` in raw, the received field and the paragraph it belongs to."""

    raw: str = field(repr=False)
    start: int
    end: int
    field_name: str
    paragraph: int
    wrapped: bool = False  # one of several lines of a paragraph that was broken at a column

    @cached_property
    def text(self) -> str:
        """As it would stand in the text."""
        return plain(self.raw[self.start : self.end])

    @cached_property
    def n_words(self) -> int:
        """Words; two characters of a script without spaces count as one."""
        spaced = len(self.text.split())
        return spaced if self.text.isascii() else spaced + len(_IDEOGRAPH.findall(self.text)) // 2

    @cached_property
    def key(self) -> str:
        """Letters and digits only, without case and accents: equal for a title and its slug."""
        return key_of(self.text)

    @cached_property
    def opening_key(self) -> str:
        """The key of the first characters: cheap, and different for nearly all lines that differ."""
        return key_of(self.text[:_OPENING_CHARS])

    @cached_property
    def last_sign(self) -> str:
        """The last character, closing quotes and brackets aside."""
        return self.text.rstrip(_CLOSERS)[-1:]

    @property
    def ends_sentence(self) -> bool:
        return self.last_sign in _SENTENCE_ENDS

    @cached_property
    def is_prose(self) -> bool:
        """A real paragraph by its length: no rule may take it unless it is repeated or names itself."""
        return self.wrapped or (self.n_words >= PROSE_WORDS and _SENTENCE_MARK.search(self.text) is not None)

    @cached_property
    def is_running(self) -> bool:
        """A sentence of some length: the article itself has begun, or has not ended."""
        return self.wrapped or (self.n_words >= RUNNING_WORDS and self.ends_sentence)

    @property
    def is_title_like(self) -> bool:
        """Could be the title of an article: short, and not closed by a full stop."""
        return _TITLE_WORDS[0] <= self.n_words <= _TITLE_WORDS[1] and self.last_sign not in (".", "。")


def key_of(text: str) -> str:
    """Letters and digits only, without case and accents."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
    return "".join(_KEY_PART.findall(text.casefold()))


@dataclass(frozen=True, slots=True)
class Cut:
    """A range of raw to leave out, and what it says about the article (a byline, an outlet)."""

    start: int
    end: int
    byline: str = ""
    outlet: str = ""
    caption: Line | None = None  # the line that a removed fragment shows to be a caption


@dataclass
class Page:
    """The lines of an article that are still kept, with what is known of it from outside the text."""

    raw: str
    lines: list[Line]
    title_given: bool = False
    byline: str = ""
    outlet: str = ""
    url: str = ""
    headline: Line | None = None
    captions: list[Line] = field(default_factory=list)
    standfirst_ends: list[Line] = field(default_factory=list)

    def whole(self, line: Line, *, byline: str = "") -> Cut:
        return Cut(line.start, line.end, byline=byline)

    def matching(self, pattern: re.Pattern[str], among: Iterable[Line] | None = None) -> Iterator[Cut]:
        """Cuts of the lines (of all, or ``among``) that the pattern matches from end to end."""
        for line in self.body if among is None else among:
            if line.n_words <= PROSE_WORDS and pattern.fullmatch(line.text):
                yield self.whole(line)

    @property
    def body(self) -> list[Line]:
        """Every kept line but the headline."""
        return [line for line in self.lines if line is not self.headline]

    @property
    def head(self) -> list[Line]:
        """The kept lines, headline aside, before the first sentence of some length and the next few blocks.

        Bylines and dates stand above the first paragraph or between it (a standfirst) and the second or third.
        """
        found = []
        running = 0
        for line in self.body:
            if line.is_running:
                running += 1
                if running > 2:
                    break
            else:
                found.append(line)
        return found

    @property
    def opening(self) -> list[Line]:
        """The kept lines, headline aside, before the first sentence of some length."""
        found = []
        for line in self.body:
            if line.is_running:
                break
            found.append(line)
        return found

    @property
    def tail(self) -> list[Line]:
        """The kept lines after the last sentence of some length."""
        body = self.body
        last = max((i for i, line in enumerate(body) if line.is_running), default=-1)
        return body[last + 1 :]


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of debris. ``version`` grows when what it removes changes; ``takes_prose`` for debris of any length."""

    name: str
    version: int
    find: Callable[[Page], Iterable[Cut]]
    takes_prose: bool = False


def phrases(*patterns: str) -> re.Pattern[str]:
    """One pattern for whole lines, without regard to case."""
    return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE)


def lines_of(raw: str, start: int, end: int, field_name: str, first_paragraph: int) -> list[Line]:
    """The non-empty lines of ``raw[start:end)``.

    Blank lines separate paragraphs. Where there is none, each line is a paragraph, unless the lines look wrapped at a
    column.
    """
    spans: list[tuple[int, int]] = []
    at = start
    for found in LINE_BREAK.finditer(raw, start, end):
        spans.append(trim(raw, at, found.start()))
        at = found.end()
    spans.append(trim(raw, at, end))
    filled = [(s, e) for s, e in spans if s < e]
    first = next((i for i, (s, e) in enumerate(spans) if s < e), 0)
    last = max((i for i, (s, e) in enumerate(spans) if s < e), default=0)
    has_blank = any(s == e for s, e in spans[first:last])
    wrapped = len(filled) > 1 and max(e - s for s, e in filled) <= HARD_WRAP and _mostly_long(filled)
    each = not has_blank and not wrapped
    lines: list[Line] = []
    paragraph = first_paragraph
    for s, e in spans[first : last + 1]:
        if s == e:
            paragraph += 1
            continue
        lines.append(Line(raw, s, e, field_name, paragraph))
        if each:
            paragraph += 1
    _mark_wrapped(lines)
    return lines


def _mark_wrapped(lines: list[Line]) -> None:
    """Tell the lines of a wrapped paragraph from a list of short lines and from a caption shown twice."""
    for _, found in groupby(lines, key=lambda line: line.paragraph):
        group = list(found)
        lengths = [line.end - line.start for line in group]
        if len(group) < _FEWEST_WRAPPED or max(lengths) > HARD_WRAP or min(lengths[:-1]) <= HARD_WRAP // 2:
            continue
        if any(after.text.startswith(before.text) for before, after in pairwise(group)):
            continue
        if sum(line.n_words for line in group) >= RUNNING_WORDS:
            for line in group:
                line.wrapped = True


def _mostly_long(spans: list[tuple[int, int]]) -> bool:
    long = sum(e - s > HARD_WRAP // 2 for s, e in spans)
    return long * 3 >= len(spans) * 2
