"""A received article as lines, and the questions that rules ask of a line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile

from corpus.canonical import beyond_ascii, line_spans, needs_no_work, plain

PROSE_WORDS = 40  # from this length on, a line with sentences in it is text, whatever it resembles
RUNNING_WORDS = 20  # a shorter sentence may be debris; one of this length ends the head and the tail of a page
_TITLE_WORDS = (3, 25)
_FEWEST_WRAPPED = 2
HARD_WRAP = 100  # files wrapped at a column have no line beyond it

_IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_KEY_PART = re.compile(r"[^\W_]+")
_LOWER = bytes(range(0x100)).lower()
_NO_KEY = bytes(byte for byte in range(0x100) if byte >= 0x80 or not chr(byte).isalnum())
_OPENING_CHARS = 60
_CLOSERS = "\"'”’»)] "
SENTENCE_ENDS = frozenset(".!?…。！？")
_SENTENCE_MARK = re.compile(r"[.!?。！？](?:\s|[\"'”’»)\]]|$)")


class Line:
    """One line of raw, trimmed: ``[start, end)`` in raw, the received field and the paragraph it belongs to.

    ``text`` is the line as it would stand in the text, ``as_is`` whether that is what stands in raw. ``n_words`` counts
    two characters of a script without spaces as one word. ``wrapped`` marks one of several lines of a paragraph that
    was broken at a column.
    """

    __slots__ = (
        "_closing_key", "_is_prose", "_is_running", "_key", "_last_sign", "_opening_key",
        "as_is", "end", "field_name", "n_words", "paragraph", "raw", "start", "text", "wrapped",
    )  # fmt: skip

    def __init__(self, raw: str, start: int, end: int, field_name: str, paragraph: int, *, normal: bool) -> None:
        """``normal`` says that raw is known to be in NFC."""
        self.raw = raw
        self.start = start
        self.end = end
        self.field_name = field_name
        self.paragraph = paragraph
        self.wrapped = False
        stretch = raw[start:end]
        self.as_is = needs_no_work(stretch, normal=normal)
        self.text = text = stretch if self.as_is else plain(stretch)
        # The only white space in a plain line is U+0020, and none at its ends.
        self.n_words = (len(text.split()) if "  " in text else text.count(" ") + 1) if text else 0
        if not text.isascii():
            self.n_words += len(_IDEOGRAPH.findall(beyond_ascii(text))) // 2
        self._key: str | None = None
        self._opening_key: str | None = None
        self._closing_key: str | None = None
        self._last_sign: str | None = None
        self._is_prose: bool | None = None
        self._is_running: bool | None = None

    def __repr__(self) -> str:
        return f"Line({self.start}, {self.end}, {self.text!r})"

    @property
    def key(self) -> str:
        """Letters and digits only, without case and accents: equal for a title and its slug."""
        if self._key is None:
            self._key = key_of(self.text)
        return self._key

    @property
    def opening_key(self) -> str:
        """The key of the first characters: cheap, and different for nearly all lines that differ."""
        if self._opening_key is None:
            self._opening_key = key_of(self.text[:_OPENING_CHARS])
        return self._opening_key

    @property
    def closing_key(self) -> str:
        """The key of the last characters."""
        if self._closing_key is None:
            self._closing_key = key_of(self.text[-_OPENING_CHARS:])
        return self._closing_key

    @property
    def last_sign(self) -> str:
        """The last character, closing quotes and brackets aside."""
        if self._last_sign is None:
            self._last_sign = self.text.rstrip(_CLOSERS)[-1:]
        return self._last_sign

    @property
    def ends_sentence(self) -> bool:
        return self.last_sign in SENTENCE_ENDS

    @property
    def is_prose(self) -> bool:
        """A real paragraph by its length: no rule may take it unless it is repeated or names itself."""
        if self._is_prose is None:
            long = self.n_words >= PROSE_WORDS
            self._is_prose = self.wrapped or (long and _SENTENCE_MARK.search(self.text) is not None)
        return self._is_prose

    @property
    def is_running(self) -> bool:
        """A sentence of some length: the article itself has begun, or has not ended."""
        if self._is_running is None:
            self._is_running = self.wrapped or (self.n_words >= RUNNING_WORDS and self.ends_sentence)
        return self._is_running

    @property
    def is_title_like(self) -> bool:
        """Could be the title of an article: short, and not closed by a full stop."""
        return _TITLE_WORDS[0] <= self.n_words <= _TITLE_WORDS[1] and self.last_sign not in (".", "。")


def key_of(text: str) -> str:
    """Letters and digits only, without case and accents."""
    if not text.isascii() and _KEY_PART.search(unicodedata.normalize("NFKD", beyond_ascii(text)).casefold()):
        return "".join(_KEY_PART.findall(unicodedata.normalize("NFKD", text).casefold()))
    # Quotation marks and dashes aside it is ASCII, which bytes do several times as fast.
    return text.encode("utf-8", "surrogatepass").translate(_LOWER, _NO_KEY).decode()


@dataclass(frozen=True, slots=True)
class Cut:
    """A range of raw to leave out, and what it says about the article (a byline, an outlet, a news agency)."""

    start: int
    end: int
    byline: str = ""
    outlet: str = ""
    agency: str = ""
    caption: Line | None = None  # the line that a removed fragment shows to be a caption


class Page:
    """The lines of an article that are still kept, with what is known of it from outside the text.

    The lists of lines are made once and kept until a line goes: do not change them.
    """

    def __init__(
        self,
        raw: str,
        lines: list[Line],
        *,
        title_given: bool = False,
        byline: str = "",
        outlet: str = "",
        url: str = "",
    ) -> None:
        self.raw = raw
        self.title_given = title_given
        self.byline = byline
        self.outlet = outlet
        self.url = url
        self.captions: list[Line] = []
        self.standfirst_ends: list[Line] = []
        self._headline: Line | None = None
        self.lines = lines

    @property
    def lines(self) -> list[Line]:
        """Every kept line, the headline too."""
        return self._lines

    @lines.setter
    def lines(self, lines: list[Line]) -> None:
        self._lines = lines
        self._forget()

    @property
    def headline(self) -> Line | None:
        return self._headline

    @headline.setter
    def headline(self, line: Line | None) -> None:
        self._headline = line
        self._forget()

    def _forget(self) -> None:
        self._body: list[Line] | None = None
        self._short: list[Line] | None = None
        self._head: list[Line] | None = None
        self._opening: list[Line] | None = None
        self._tail: list[Line] | None = None

    def whole(self, line: Line, *, byline: str = "") -> Cut:
        return Cut(line.start, line.end, byline=byline)

    def matching(self, pattern: re.Pattern[str], among: Iterable[Line] | None = None) -> Iterator[Cut]:
        """Cuts of the lines (of all, or ``among``) that the pattern matches from end to end."""
        for line in self.short if among is None else among:
            if line.n_words <= PROSE_WORDS and pattern.fullmatch(line.text):
                yield self.whole(line)

    @property
    def body(self) -> list[Line]:
        """Every kept line but the headline."""
        if self._body is None:
            self._body = [line for line in self._lines if line is not self._headline]
        return self._body

    @property
    def short(self) -> list[Line]:
        """The lines of the body that are no longer than debris is."""
        if self._short is None:
            self._short = [line for line in self.body if line.n_words <= PROSE_WORDS]
        return self._short

    @property
    def head(self) -> list[Line]:
        """The kept lines, headline aside, before the first sentence of some length and the next few blocks.

        Bylines and dates stand above the first paragraph or between it (a standfirst) and the second or third.
        """
        if self._head is None:
            self._head = []
            running = 0
            for line in self.body:
                if line.is_running:
                    running += 1
                    if running > 2:
                        break
                else:
                    self._head.append(line)
        return self._head

    @property
    def opening(self) -> list[Line]:
        """The kept lines, headline aside, before the first sentence of some length."""
        if self._opening is None:
            self._opening = list(takewhile(lambda line: not line.is_running, self.body))
        return self._opening

    @property
    def tail(self) -> list[Line]:
        """The kept lines after the last sentence of some length."""
        if self._tail is None:
            after = list(takewhile(lambda line: not line.is_running, reversed(self.body)))
            self._tail = after[::-1]
        return self._tail


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of debris. ``version`` grows when what it removes changes; ``takes_prose`` for debris of any length.

    A rule that is ``short_only`` looks at no line beyond :data:`PROSE_WORDS`: a page without shorter ones is spared it.
    ``description`` is one sentence for people who choose rules.
    """

    name: str
    version: int
    find: Callable[[Page], Iterable[Cut]]
    description: str
    takes_prose: bool = False
    short_only: bool = False


def phrases(*patterns: str) -> re.Pattern[str]:
    """One pattern for whole lines, without regard to case."""
    return re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE)


def lines_of(raw: str, start: int, end: int, field_name: str, first_paragraph: int, *, normal: bool) -> list[Line]:
    """The non-empty lines of ``raw[start:end)``; ``normal`` says that raw is known to be in NFC.

    Blank lines separate paragraphs. Where there is none, each line is a paragraph, unless the lines look wrapped at a
    column.
    """
    spans = line_spans(raw, start, end)
    lengths = [e - s for s, e in spans]
    filled = [length for length in lengths if length]
    if not filled:
        return []
    first = next(i for i, length in enumerate(lengths) if length)
    last = len(lengths) - next(i for i, length in enumerate(reversed(lengths)) if length)
    has_blank = 0 in lengths[first:last]
    wrapped = len(filled) > 1 and max(filled) <= HARD_WRAP and _mostly_long(filled)
    each = not has_blank and not wrapped
    lines: list[Line] = []
    paragraph = first_paragraph
    for s, e in spans[first:last]:
        if s == e:
            paragraph += 1
            continue
        lines.append(Line(raw, s, e, field_name, paragraph, normal=normal))
        if each:
            paragraph += 1
    if not each:
        _mark_wrapped(lines)
    return lines


def _mark_wrapped(lines: list[Line]) -> None:
    """Tell the lines of a wrapped paragraph from a list of short lines and from a caption shown twice."""
    groups: dict[int, list[Line]] = {}
    for line in lines:
        groups.setdefault(line.paragraph, []).append(line)
    for group in groups.values():
        if len(group) < _FEWEST_WRAPPED:
            continue
        lengths = [line.end - line.start for line in group]
        if max(lengths) > HARD_WRAP or min(lengths[:-1]) <= HARD_WRAP // 2:
            continue
        if any(after.text.startswith(before.text) for before, after in pairwise(group)):
            continue
        if sum(line.n_words for line in group) >= RUNNING_WORDS:
            for line in group:
                line.wrapped = True


def _mostly_long(lengths: list[int]) -> bool:
    long = sum(length > HARD_WRAP // 2 for length in lengths)
    return long * 3 >= len(lengths) * 2
